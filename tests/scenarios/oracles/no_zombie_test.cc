#include "scenarios/oracles/no_zombie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

std::vector<reports::Finding> Judge(const RecordingBuilder& history) {
  NoZombie oracle;
  history.ShowTo(oracle);
  return oracle.Judge({});
}

class NoZombieTest : public ::testing::Test {
 protected:
  void Transaction(std::string_view kind, std::string_view name, int64_t epoch = 1) {
    history_.By("broker").Tell(kind, {{"transaction", name}, {"producer", 1}, {"epoch", epoch}});
  }

  void Sink(std::string_view kind, std::string_view name, int64_t checkpoint) {
    history_.By("tm-1").Tell(
        kind, {{"transaction", name}, {"checkpoint", checkpoint}, {"subtask", "sink[0]"}});
  }

  void Restore(int64_t checkpoint, int64_t attempt) {
    history_.By("jm").Tell("job.restored", {{"checkpoint", checkpoint}, {"attempt", attempt}});
  }

  std::string Breach() const {
    const auto findings = Judge(history_);
    return findings.size() == 1 ? findings[0].breach : "";
  }

  RecordingBuilder history_;
};

TEST_F(NoZombieTest, PassesWhenTheNextAttemptCommitsWhatTheCheckpointHolds) {
  Restore(0, 1);
  Transaction("transaction.begun", "sink-0-1-0");
  Sink("sink.precommitted", "sink-0-1-0", 1);
  Transaction("transaction.begun", "sink-0-1-1");
  Restore(1, 2);
  Sink("sink.committing", "sink-0-1-0", 1);
  Transaction("transaction.committed", "sink-0-1-0");
  Transaction("transaction.aborted", "sink-0-1-1");
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(NoZombieTest, FailsWhenAnAbandonedTransactionIsCommitted) {
  Restore(0, 1);
  Transaction("transaction.begun", "sink-0-1-0");
  Sink("sink.precommitted", "sink-0-1-0", 2);
  Restore(1, 2);
  Transaction("transaction.committed", "sink-0-1-0");
  const auto findings = Judge(history_);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "Transaction \"sink-0-1-0\", written by attempt 1 for checkpoint 2, was committed "
            "though attempt 2 had been restored from checkpoint 1 (event #5 at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "zombie");
  EXPECT_EQ(findings[0].role, "sink");
}

TEST_F(NoZombieTest, FailsWhenAZombieBeginsAndCommits) {
  Restore(0, 1);
  Restore(1, 2);
  Transaction("transaction.begun", "sink-0-1-7");
  Transaction("transaction.committed", "sink-0-1-7");
  EXPECT_EQ(Breach(), "zombie");
}

TEST_F(NoZombieTest, FailsWhenAnEpochDoesNotGrow) {
  Transaction("transaction.begun", "sink-0-1-0", 2);
  Transaction("transaction.begun", "sink-0-1-0", 2);
  EXPECT_EQ(Breach(), "epoch_back");
}

TEST_F(NoZombieTest, FailsWhenAnOldEpochIsCommitted) {
  Transaction("transaction.begun", "sink-0-1-0", 1);
  Transaction("transaction.begun", "sink-0-1-0", 2);
  Transaction("transaction.committed", "sink-0-1-0", 1);
  EXPECT_EQ(Breach(), "old_epoch");
}

TEST_F(NoZombieTest, FailsWhenAnEarlierTransactionIsSkipped) {
  Sink("sink.precommitted", "sink-0-1-0", 1);
  Sink("sink.precommitted", "sink-0-1-1", 2);
  Sink("sink.committing", "sink-0-1-1", 2);
  ASSERT_THAT(Judge(history_), SizeIs(1));
  EXPECT_THAT(Judge(history_)[0].witness,
              HasSubstr("sink[0] commits transaction \"sink-0-1-1\" of checkpoint 2 and has "
                        "skipped \"sink-0-1-0\" of checkpoint 1"));
}

TEST_F(NoZombieTest, PassesWhenBothAreAskedForInOrder) {
  Sink("sink.precommitted", "sink-0-1-0", 1);
  Sink("sink.precommitted", "sink-0-1-1", 2);
  Sink("sink.committing", "sink-0-1-0", 1);
  Sink("sink.committing", "sink-0-1-1", 2);
  EXPECT_THAT(Judge(history_), IsEmpty());
}

class PartialRestoreTest : public NoZombieTest {
 protected:
  // Of the region of sink[INDEX].
  void RestoreRegion(int64_t checkpoint, int64_t attempt, std::string_view subtask) {
    history_.By("jm").Tell(
        "job.restored",
        {{"checkpoint", checkpoint}, {"attempt", attempt}, {"subtasks", 1}, {"all", 0}});
    history_.By("jm").Tell(
        "execution.state",
        {{"subtask", subtask}, {"attempt", attempt}, {"from", "CREATED"}, {"to", "SCHEDULED"}});
  }
};

TEST_F(PartialRestoreTest, WhatOtherRegionsWriteIsTheirs) {
  Restore(0, 1);
  Transaction("transaction.begun", "sink-0-1-0");
  Transaction("transaction.begun", "sink-1-1-0");
  RestoreRegion(0, 2, "source->sink[1]");
  Transaction("transaction.committed", "sink-0-1-0");
  Transaction("transaction.begun", "sink-0-1-1");
  Transaction("transaction.committed", "sink-0-1-1");
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(PartialRestoreTest, FailsWhenTheRegionsOwnIsCommitted) {
  Restore(0, 1);
  Transaction("transaction.begun", "sink-1-1-0");
  RestoreRegion(0, 2, "source->sink[1]");
  Transaction("transaction.committed", "sink-1-1-0");
  EXPECT_EQ(Breach(), "zombie");
}

TEST_F(PartialRestoreTest, FailsWhenWhatTheRegionBeganTooLateIsCommitted) {
  Restore(0, 1);
  RestoreRegion(0, 2, "sink[1]");
  Transaction("transaction.begun", "sink-1-1-4");
  Transaction("transaction.committed", "sink-1-1-4");
  EXPECT_EQ(Breach(), "zombie");
}

}  // namespace

}  // namespace flinch::scenarios
