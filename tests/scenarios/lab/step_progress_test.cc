#include "scenarios/lab/step_progress.h"

#include <cstdint>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;

TEST(StepProgressTest, SaysNothingOfWhatIsSoonOver) {
  int64_t now = 0;
  std::ostringstream err;
  {
    StepProgress progress(ProgressStyle::kTerminal, "seeds", 10, [&now] { return now; }, err);
    now = kSecond;
    progress.Show(5);
  }
  EXPECT_EQ(err.str(), "");
}

TEST(StepProgressTest, TellsRateAndTimeLeftInFewerAndFewerLines) {
  int64_t now = 0;
  std::ostringstream err;
  StepProgress progress(ProgressStyle::kLines, "seeds", 400, [&now] { return now; }, err);
  for (uint64_t done = 1; done <= 100; ++done) {
    now += kSecond / 10;
    progress.Show(done);
  }
  EXPECT_EQ(err.str(),
            "20 of 400 seeds, 10.0 a second, 38 s left\n"
            "40 of 400 seeds, 10.0 a second, 36 s left\n"
            "80 of 400 seeds, 10.0 a second, 32 s left\n");
}

TEST(StepProgressTest, ATerminalGetsOneLineThatIsClearedAtTheEnd) {
  int64_t now = 0;
  std::ostringstream err;
  {
    StepProgress progress(ProgressStyle::kTerminal, "runs", 4, [&now] { return now; }, err);
    now = 3 * kSecond;
    progress.Show(3);
    EXPECT_THAT(err.str(), HasSubstr("\r\x1b[K3 of 4 runs, 1.0 a second, 1 s left"));
  }
  EXPECT_THAT(err.str(), EndsWith("\r\x1b[K"));
}

TEST(StepProgressTest, ALineThatIsDrawnOverIsShorterThanSixtyColumns) {
  int64_t now = 0;
  std::ostringstream err;
  const std::string unit(80, 'u');
  StepProgress progress(ProgressStyle::kTerminal, unit, 0, [&now] { return now; }, err);
  now = 3 * kSecond;
  progress.Show(6);
  EXPECT_EQ(err.str(), "\r\x1b[K6 " + unit.substr(0, 57));
}

TEST(StepProgressTest, OtherTextComesWhereTheLineWas) {
  int64_t now = 0;
  std::ostringstream err;
  StepProgress progress(ProgressStyle::kTerminal, "runs", 0, [&now] { return now; }, err);
  progress.Clear();
  EXPECT_EQ(err.str(), "");
  now = 3 * kSecond;
  progress.Show(6);
  progress.Clear();
  EXPECT_THAT(err.str(), EndsWith("6 runs, 2.0 a second\r\x1b[K"));
  err.str("");
  progress.Clear();
  EXPECT_EQ(err.str(), "");
}

TEST(StepProgressTest, NobodyIsToldWhereNobodyLooks) {
  std::ostringstream err;
  EXPECT_EQ(StyleOnTerminal(err), ProgressStyle::kQuiet);
  EXPECT_EQ(StyleOfProgress(err), ProgressStyle::kQuiet);
  int64_t now = 0;
  StepProgress progress(ProgressStyle::kQuiet, "runs", 4, [&now] { return now; }, err);
  now = 9 * kSecond;
  progress.Show(3);
  EXPECT_EQ(err.str(), "");
}

}  // namespace

}  // namespace flinch::scenarios
