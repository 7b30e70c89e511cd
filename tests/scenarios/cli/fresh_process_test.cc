#include "scenarios/cli/fresh_process.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

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
