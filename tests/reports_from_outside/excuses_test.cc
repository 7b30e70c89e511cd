// What people who run such jobs have reported, as scenarios: what flinch says of each.
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/run_summary.h"
#include "scenarios/cli/commands.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/stage/run.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using reports::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

std::string PathOf(const std::string& name) {
  return std::string(FLINCH_SOURCE_DIR) + "/tests/reports_from_outside/" + name + ".toml";
}

Scenario Load(const std::string& name) {
  sim::Result<Scenario> scenario = ReadScenario(PathOf(name));
  EXPECT_TRUE(scenario.has_value()) << scenario.error().message;
  return scenario.value_or(Scenario());
}

RunResult RunOn(const Scenario& scenario, uint64_t seed) {
  const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
  EXPECT_TRUE(workload.has_value());
  return Run({.scenario = scenario, .workload = *workload, .seed = seed, .defects = {}});
}

struct Said {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Said Say(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = RunProgram("flinch", words, out, err);
  return {.exit_code = exit_code, .out = out.str(), .err = err.str()};
}

// The sinks have written, and the JobManager is down for longer than the broker waits for it.
TEST(ReportsTest, AnOutageLongerThanTheTransactionTimeoutDecidesNothingAndSaysWhy) {
  for (const uint32_t attempts : {2147483647U, 3U}) {
    Scenario scenario = Load("txn-outage");
    scenario.options.restart.attempts = attempts;
    size_t inconclusive = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      const reports::RunSummary summary = RunOn(scenario, seed).summary;
      EXPECT_NE(summary.verdict, Verdict::kFailed) << reports::ShowText(summary);
      if (summary.verdict == Verdict::kInconclusive) {
        EXPECT_THAT(summary.reason, HasSubstr("sink.transaction-timeout = 2s")) << attempts;
        EXPECT_THAT(summary.reason, HasSubstr("the outage was longer")) << attempts;
        ++inconclusive;
      }
    }
    EXPECT_GT(inconclusive, 0U) << attempts;
  }
}

TEST(ReportsTest, ATransactionTimeoutBelowTheIntervalIsToldByCheckAndRun) {
  const std::string path = PathOf("txn-timeout-below-interval");
  const Said checked = Say({"check", path});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_THAT(checked.out, HasSubstr("Not promised: sink.transaction-timeout is 1s, and "
                                     "checkpoints come every 3s"));
  const Said ran = Say({"run", path, "--seed", "1"});
  EXPECT_NE(ran.exit_code, 1) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("Not promised: sink.transaction-timeout is 1s"));
}

// What was on time before a restore is so after it.
TEST(ReportsTest, NoRecordIsLateAfterARestore) {
  const Scenario scenario = Load("late-after-restore");
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const reports::RunSummary summary = RunOn(scenario, seed).summary;
    EXPECT_EQ(summary.verdict, Verdict::kPassed) << reports::ShowText(summary);
  }
}

TEST(ReportsTest, AHeartbeatLostInAPauseAndAZombieThatWakesChangeNothing) {
  const Scenario scenario = Load("gc-pause");
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const reports::RunSummary summary = RunOn(scenario, seed).summary;
    EXPECT_EQ(summary.verdict, Verdict::kPassed) << reports::ShowText(summary);
    EXPECT_EQ(summary.faults.size(), 1U);
  }
}

TEST(ReportsTest, ASinkWithNothingToWriteIsNoTrouble) {
  const Scenario scenario = Load("empty-transactions");
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const reports::RunSummary summary = RunOn(scenario, seed).summary;
    EXPECT_EQ(summary.verdict, Verdict::kPassed) << reports::ShowText(summary);
  }
}

// The operator is slow for twelve seconds: checkpoints expire, the job fails over, and is done.
TEST(ReportsTest, CheckpointsThatExpireAreNoFailureOfTheEngine) {
  for (const uint32_t attempts : {2147483647U, 1U}) {
    Scenario scenario = Load("checkpoints-expire");
    scenario.options.restart.attempts = attempts;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const reports::RunSummary summary = RunOn(scenario, seed).summary;
      EXPECT_NE(summary.verdict, Verdict::kFailed) << reports::ShowText(summary);
      EXPECT_GT(summary.checkpoints_failed, 0U);
    }
  }
}

TEST(ReportsTest, AFaultWhoseEventComesBehindTheHealingSaysSo) {
  const std::string path = PathOf("event-after-healing");
  const Said ran = Say({"run", path, "--seed", "1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("the checkpoint.subsumed number 1 came behind the healing at 6s"));
  EXPECT_EQ(Say({"run", path, "--seed", "1", "--strict"}).exit_code, 3);
  const Said later = Say({"run", path, "--seed", "1", "--strict", "--set", "limits.heal_after=9s"});
  EXPECT_EQ(later.exit_code, 0) << later.out << later.err;
  EXPECT_THAT(later.out, Not(HasSubstr("behind the healing")));
}

}  // namespace

}  // namespace flinch::scenarios
