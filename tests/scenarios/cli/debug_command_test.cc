#include "scenarios/cli/debug_command.h"

#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::Flinch;
using tests::Outcome;

std::string Token() {
  return json::parse(Flinch({"run", "small_job", "--set", "workload.records=50", "--json"}).out)
      .at("replay");
}

TEST(DebugCommandTest, TellsWhoDoesAnEventAndWhere) {
  const Outcome shown = Flinch({"replay", Token(), "--break-at", "400"});
  EXPECT_EQ(shown.exit_code, kExitPassed) << shown.err;
  EXPECT_THAT(shown.out, StartsWith("Event #400 is of "));
  EXPECT_THAT(shown.out, HasSubstr("\n  at "));
  EXPECT_THAT(shown.out, HasSubstr("The run is identical to the recorded one.\n"));
}

TEST(DebugCommandTest, AnEventThatTheRunDoesNotHaveIsRefused) {
  const std::string token = Token();
  const Outcome beyond = Flinch({"replay", token, "--break-at", "999999999"});
  EXPECT_EQ(beyond.exit_code, kExitUsage);
  EXPECT_THAT(beyond.err, HasSubstr("There is no event 999999999: the run has "));
  EXPECT_EQ(Flinch({"replay", token, "--break-at", "0"}).exit_code, kExitUsage);
  EXPECT_THAT(Flinch({"replay", token, "--break-at", "x"}).err,
              HasSubstr("--break-at: \"x\" is no number of an event."));
  EXPECT_EQ(Flinch({"replay", token, "--break-at", "1", "--json"}).exit_code, kExitUsage);
  EXPECT_THAT(Flinch({"replay", token, "--until", "1", "--gdb"}).err, HasSubstr("leave one out"));
}

TEST(DebugCommandTest, ARunWithoutAFindingNeedsAnEvent) {
  const Outcome none = Flinch({"replay", Token(), "--gdb"});
  EXPECT_EQ(none.exit_code, kExitUsage);
  EXPECT_THAT(none.err, HasSubstr("say which: --break-at EVENT"));
}

// With it: tests/gdb.
TEST(DebugCommandTest, WithoutGdbItSaysWhereToStop) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const Outcome absent = Flinch({"replay", "fl1~x", "--gdb", "--break-at", "5"});
  setenv("PATH", path.c_str(), 1);
  EXPECT_NE(absent.exit_code, kExitPassed);
  EXPECT_THAT(absent.err, HasSubstr("gdb cannot be started: is it installed?"));
  EXPECT_THAT(absent.err, HasSubstr("flinch_at_event"));
}

}  // namespace
}  // namespace flinch::scenarios
