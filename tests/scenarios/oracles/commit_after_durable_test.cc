#include "scenarios/oracles/commit_after_durable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using tests::RecordingBuilder;

class CommitAfterDurableTest : public ::testing::Test {
 protected:
  void Checkpoint(std::string_view kind, int64_t id) { history_.By("jm").Tell(kind, {{"id", id}}); }

  void Commit(int64_t checkpoint) {
    history_.By("tm-1").Tell(
        "sink.committing",
        {{"transaction", "sink-0-a"}, {"checkpoint", checkpoint}, {"subtask", "sink[0]"}});
  }

  std::vector<reports::Finding> Judge() const {
    CommitAfterDurable oracle;
    history_.ShowTo(oracle);
    return oracle.Judge({});
  }

  std::string Witness() const {
    const auto findings = Judge();
    return findings.size() == 1 ? findings[0].witness : "";
  }

  RecordingBuilder history_;
};

TEST_F(CommitAfterDurableTest, PassesWhenTheStoreComesFirst) {
  Checkpoint("checkpoint.completed", 1);
  Checkpoint("checkpoint.stored", 1);
  Checkpoint("checkpoint.notified", 1);
  Commit(1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(CommitAfterDurableTest, PassesWhenALaterCheckpointIsStored) {
  Checkpoint("checkpoint.stored", 3);
  Commit(2);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(CommitAfterDurableTest, TakesARestoreAsProofThatTheCheckpointWasStored) {
  Checkpoint("checkpoint.completed", 2);
  history_.By("world").Tell("fault.crash", {{"process", "jm"}});
  history_.By("jm").Tell("job.restored", {{"checkpoint", 2}, {"attempt", 2}});
  Commit(2);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(CommitAfterDurableTest, FailsWhenTheSinkCommitsBeforeAnythingIsStored) {
  history_.At(2417ms);
  Commit(1);
  Checkpoint("checkpoint.stored", 1);
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0-a\" of sink[0] was committed before its checkpoint 1 was durable "
            "(none is stored yet; event #1 at 00:02.417).");
}

TEST_F(CommitAfterDurableTest, MarksWhoWasEarlyAndWhen) {
  Checkpoint("checkpoint.completed", 1);
  Checkpoint("checkpoint.notified", 1);
  Commit(1);
  const auto findings = Judge();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].breach, "early");
  EXPECT_EQ(findings[0].role, "jm");
  EXPECT_EQ(findings[0].event, sim::EventId(2));
}

TEST_F(CommitAfterDurableTest, CountsWhatItJudged) {
  CommitAfterDurable oracle;
  EXPECT_EQ(oracle.seen(), 0U);
  Checkpoint("checkpoint.stored", 1);
  Checkpoint("checkpoint.notified", 1);
  Commit(1);
  history_.ShowTo(oracle);
  EXPECT_EQ(oracle.seen(), 2U);
}

TEST_F(CommitAfterDurableTest, FailsWhenOnlyAnEarlierCheckpointIsStored) {
  Checkpoint("checkpoint.stored", 4);
  Commit(5);
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0-a\" of sink[0] was committed before its checkpoint 5 was durable "
            "(the newest stored is 4; event #2 at 00:00.000).");
}

TEST_F(CommitAfterDurableTest, DoesNotTakeAStartFromNothingAsProof) {
  history_.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  Commit(1);
  EXPECT_THAT(Witness(), ::testing::HasSubstr("none is stored yet"));
}

TEST_F(CommitAfterDurableTest, FailsWhenANotificationComesBeforeTheStore) {
  Checkpoint("checkpoint.stored", 1);
  Checkpoint("checkpoint.completed", 2);
  Checkpoint("checkpoint.notified", 2);
  Checkpoint("checkpoint.stored", 2);
  EXPECT_EQ(Witness(),
            "Checkpoint 2 was notified as complete before it was durable (the newest stored is 1; "
            "event #3 at 00:00.000).");
}

TEST_F(CommitAfterDurableTest, FailsWhenTheNotifiedCheckpointItselfWasNeverStored) {
  Checkpoint("checkpoint.stored", 3);
  Checkpoint("checkpoint.notified", 2);
  EXPECT_EQ(Witness(),
            "Checkpoint 2 was notified as complete before it was durable (the newest stored is 3; "
            "event #2 at 00:00.000).");
}

}  // namespace

}  // namespace flinch::scenarios
