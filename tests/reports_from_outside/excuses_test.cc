// What people who run such jobs have reported, as scenarios: what flinch says of each.
#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/run_summary.h"
#include "tests/reports_from_outside/reported.h"

namespace flinch::scenarios {

namespace {

using reports::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

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
        EXPECT_THAT(reports::ShowText(summary), Not(HasSubstr("/task "))) << "a page of fibers";
        ++inconclusive;
      }
    }
    EXPECT_GT(inconclusive, 0U) << attempts;
  }
}

TEST(ReportsTest, ATransactionTimeoutBelowTheIntervalIsToldByCheckAndRun) {
  const std::string path = PathOfReported("txn-timeout-below-interval.toml");
  const tests::Outcome checked = tests::Flinch({"check", path});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_THAT(checked.out, HasSubstr("Not promised: sink.transaction-timeout is 1s, and "
                                     "checkpoints come every 3s"));
  const tests::Outcome ran = tests::Flinch({"run", path, "--seed", "1"});
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

// Files that could not be removed when a checkpoint was subsumed, and the next one was the last.
TEST(ReportsTest, ADeletionThatFailedBeforeTheLastCheckpointIsTriedAgain) {
  const Scenario scenario = Load("leak-deletion-not-retried");
  size_t failed = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const reports::RunSummary summary = RunOn(scenario, seed).summary;
    EXPECT_EQ(summary.verdict, Verdict::kPassed) << reports::ShowText(summary);
    failed += summary.faults.size();
  }
  EXPECT_EQ(failed, 200U) << "a fault that never came proves nothing";
}

// The record that nobody can process, not the connections that end with its task.
TEST(ReportsTest, APoisonRecordIsTheCauseOfEachRestartAndOfTheEnd) {
  const Scenario scenario = Load("poison-record");
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const reports::RunSummary summary = RunOn(scenario, seed).summary;
    ASSERT_EQ(summary.restart_causes.size(), 3U) << reports::ShowText(summary);
    for (const reports::Restart& restart : summary.restart_causes) {
      EXPECT_THAT(restart.cause, HasSubstr("failed: User code threw in parse[")) << seed;
    }
    EXPECT_THAT(summary.job_end, HasSubstr("failed: User code threw in parse[")) << seed;
  }
}

TEST(ReportsTest, AFaultWhoseEventComesBehindTheHealingSaysSo) {
  const std::string path = PathOfReported("event-after-healing.toml");
  const tests::Outcome ran = tests::Flinch({"run", path, "--seed", "1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("the checkpoint.subsumed number 1 came behind the healing at 6s"));
  EXPECT_EQ(tests::Flinch({"run", path, "--seed", "1", "--strict"}).exit_code, 3);
  const tests::Outcome later =
      tests::Flinch({"run", path, "--seed", "1", "--strict", "--set", "limits.heal_after=9s"});
  EXPECT_EQ(later.exit_code, 0) << later.out << later.err;
  EXPECT_THAT(later.out, Not(HasSubstr("behind the healing")));
}

}  // namespace

}  // namespace flinch::scenarios
