#include "scenarios/cli/fresh_process.h"

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Ended Shell(const std::string& script, const Surroundings& surroundings) {
  sim::Result<FreshProcess> process = FreshProcess::Start({"/bin/sh", "-c", script}, surroundings);
  EXPECT_TRUE(process.has_value());
  return process->Await();
}

TEST(FreshProcessTest, GivesBackBothOutputsAndTheExitCode) {
  const Ended ended = Shell("echo out; echo err >&2; exit 3", PlainSurroundings());
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
}

TEST(FreshProcessTest, LivesInItsSurroundings) {
  setenv("FLINCH_FRESH_TEST", "inherited", 1);
  const std::string script = "echo $LC_ALL $TZ $FLINCH_FRESH_TEST ${#FLINCH_PADDING}; pwd";
  EXPECT_EQ(Shell("cd /; " + script, PlainSurroundings()).out, "C UTC0 inherited 0\n/\n");
  EXPECT_EQ(Shell(script, HostileSurroundings()).out,
            "tr_TR.UTF-8 CHAST-12:45CHADT inherited 6000\n/\n");
}

// A claim of `flinch verify`.
TEST(FreshProcessTest, TellsOnlyDifferencesThatThereAre) {
  const std::vector<std::string> differences = DifferencesOfSurroundings();
  EXPECT_THAT(differences, Contains("time zone"));
  const bool is_installed = std::setlocale(LC_ALL, "tr_TR.UTF-8") != nullptr;
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(std::ranges::count(differences, "locale"), is_installed ? 1 : 0);
  const std::string flags = Shell("cat /proc/self/personality", HostileSurroundings()).out;
  constexpr unsigned long kFixed = 0x0040000;
  EXPECT_EQ(std::ranges::count(differences, "address layout"),
            (std::stoul(flags, nullptr, 16) & kFixed) == 0 ? 0 : 1);
}

TEST(FreshProcessTest, SurvivesMuchOutputOnBothSidesAndASignal) {
  const Ended much = Shell("yes | head -c 300000; yes | head -c 300000 >&2", PlainSurroundings());
  EXPECT_EQ(much.out.size(), 300'000U);
  EXPECT_EQ(much.err.size(), 300'000U);
  EXPECT_EQ(Shell("kill -9 $$", PlainSurroundings()).exit_code, 128 + 9);
}

TEST(FreshProcessTest, AProgramThatIsNotThereEndsAtOnce) {
  sim::Result<FreshProcess> process = FreshProcess::Start({"/no/such"}, PlainSurroundings());
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->Await().exit_code, 127);
}

}  // namespace

}  // namespace flinch::scenarios
