#include <gmock/gmock.h>

#include "tests/contracts/contract.h"
#include "tests/contracts/coordinator.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Aborted = Coordinator::Aborted;
using Ids = Coordinator::Ids;
using Kind = CoordinatorTimer::Kind;
using Notified = Coordinator::Notified;

// A checkpoint a second, and nothing else that ends one.
CheckpointOptions EachSecond(uint32_t concurrent = 1) {
  return {.interval = 1s,
          .timeout = 1h,
          .max_concurrent = concurrent,
          .tolerable_failures = 1000,
          .retained = 1};
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testCheckpointAbortsIfTriggerTasksAreNotExecuted) {
  Coordinator coordinator(EachSecond());
  coordinator.SetRunning(false);
  coordinator.Start();
  EXPECT_THAT(coordinator.triggered(), IsEmpty());
  EXPECT_THAT(coordinator.pending(), IsEmpty());
  EXPECT_THAT(coordinator.stored(), IsEmpty());
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testPeriodicSchedulingWithInactiveTasks) {
  Coordinator coordinator(EachSecond());
  coordinator.SetRunning(false);
  coordinator.Start();
  coordinator.Pass(5s);
  EXPECT_THAT(coordinator.triggered(), IsEmpty());
  EXPECT_THAT(coordinator.job_failures(), IsEmpty()) << "that is no failure";
  coordinator.SetRunning(true);
  coordinator.Pass(1s);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerAndDeclineCheckpointSimple) {
  Coordinator coordinator(EachSecond());
  coordinator.Start();
  coordinator.Acknowledge(1, kSource);
  coordinator.Acknowledge(1, kSource);
  EXPECT_THAT(coordinator.pending(), ElementsAre(1));
  EXPECT_TRUE(coordinator.HasTimer(Kind::kExpiry, 1));
  coordinator.Decline(1);
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "CHECKPOINT_DECLINED"}));
  EXPECT_THAT(coordinator.discarded(), ElementsAre(1));
  EXPECT_FALSE(coordinator.HasTimer(Kind::kExpiry, 1));
  coordinator.Decline(1);
  coordinator.Decline(1);
  EXPECT_THAT(coordinator.aborted(), SizeIs(1));
  EXPECT_THAT(coordinator.pending(), IsEmpty());
  EXPECT_THAT(coordinator.stored(), IsEmpty());
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerAndDeclineCheckpointComplex) {
  Coordinator coordinator(EachSecond(2));
  coordinator.Start();
  coordinator.Pass(1s);
  ASSERT_THAT(coordinator.pending(), ElementsAre(1, 2));
  coordinator.Acknowledge(1, kSource);
  coordinator.Decline(1);
  EXPECT_THAT(coordinator.pending(), ElementsAre(2));
  EXPECT_THAT(coordinator.discarded(), ElementsAre(1)) << "and nothing of the other";
  coordinator.Decline(1);
  coordinator.AcknowledgeAll(2);
  EXPECT_THAT(coordinator.completed(), ElementsAre(2));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerAndConfirmSimpleCheckpoint) {
  Coordinator coordinator(EachSecond());
  coordinator.Start();
  coordinator.Acknowledge(1, kSink);
  coordinator.Acknowledge(1, kSink);
  EXPECT_THAT(coordinator.notified(), IsEmpty());
  coordinator.Acknowledge(1, kSource);
  EXPECT_THAT(coordinator.notified(), ElementsAre(Notified{1, {kSource, kSink}}));
  EXPECT_THAT(coordinator.stored(), ElementsAre(1));
  EXPECT_FALSE(coordinator.HasTimer(Kind::kExpiry, 1));
  coordinator.Pass(1s);
  coordinator.AcknowledgeAll(2);
  EXPECT_THAT(coordinator.stored(), ElementsAre(2)) << "there is room for one";
  EXPECT_THAT(coordinator.completed(), ElementsAre(1, 2));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testMultipleConcurrentCheckpoints) {
  CheckpointOptions options = EachSecond(2);
  options.retained = 2;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Acknowledge(1, kSource);
  coordinator.Pass(1s);
  coordinator.Acknowledge(2, kSource);
  EXPECT_THAT(coordinator.pending(), ElementsAre(1, 2));
  coordinator.Acknowledge(1, kSink);
  EXPECT_THAT(coordinator.completed(), ElementsAre(1));
  EXPECT_THAT(coordinator.pending(), ElementsAre(2));
  coordinator.Acknowledge(2, kSink);
  EXPECT_THAT(coordinator.completed(), ElementsAre(1, 2));
  EXPECT_THAT(coordinator.stored(), ElementsAre(1, 2));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testSuccessfulCheckpointSubsumesUnsuccessful) {
  Coordinator coordinator(EachSecond(2));
  coordinator.Start();
  coordinator.Acknowledge(1, kSource);
  coordinator.Pass(1s);
  coordinator.AcknowledgeAll(2);
  EXPECT_THAT(coordinator.completed(), ElementsAre(2));
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "CHECKPOINT_SUBSUMED"}));
  EXPECT_THAT(coordinator.discarded(), ElementsAre(1)) << "the state that had come";
  coordinator.Acknowledge(1, kSink);
  EXPECT_THAT(coordinator.discarded_snapshots(), ElementsAre(std::pair(1U, kSink)))
      << "and what comes late";
  EXPECT_THAT(coordinator.completed(), ElementsAre(2));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testCheckpointTimeoutIsolated) {
  CheckpointOptions options = EachSecond();
  options.interval = 1h;
  options.timeout = 200ms;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Acknowledge(1, kSource);
  coordinator.Pass(199ms);
  EXPECT_THAT(coordinator.pending(), ElementsAre(1));
  coordinator.Pass(1ms);
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "CHECKPOINT_EXPIRED"}));
  EXPECT_THAT(coordinator.discarded(), ElementsAre(1));
  EXPECT_THAT(coordinator.pending(), IsEmpty());
  EXPECT_THAT(coordinator.notified(), IsEmpty());
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testHandleMessagesForNonExistingCheckpoints) {
  Coordinator coordinator(EachSecond());
  coordinator.Start();
  coordinator.Acknowledge(17, kSource);
  coordinator.Decline(17);
  coordinator.FailTrigger(17);
  coordinator.Acknowledge(1, {VertexId(5), SubtaskIndex(0), AttemptNumber(1)});
  EXPECT_THAT(coordinator.pending(), ElementsAre(1));
  EXPECT_THAT(coordinator.aborted(), IsEmpty());
  coordinator.AcknowledgeAll(1);
  EXPECT_THAT(coordinator.completed(), ElementsAre(1));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testStateCleanupForLateOrUnknownMessages) {
  constexpr ExecutionAttemptId kUnknown{VertexId(0), SubtaskIndex(0), AttemptNumber(9)};
  Coordinator coordinator(EachSecond());
  coordinator.Start();
  coordinator.Acknowledge(1, kSource);
  coordinator.Acknowledge(1, kUnknown);
  EXPECT_THAT(coordinator.discarded_snapshots(), ElementsAre(std::pair(1U, kUnknown)));
  coordinator.Acknowledge(1, kSource);
  EXPECT_THAT(coordinator.discarded_snapshots(), SizeIs(1)) << "a repeated one belongs to it";
  coordinator.Decline(1);
  EXPECT_THAT(coordinator.discarded(), ElementsAre(1));
  coordinator.Acknowledge(1, kSink);
  EXPECT_THAT(coordinator.discarded_snapshots(),
              ElementsAre(std::pair(1U, kUnknown), std::pair(1U, kSink)));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testMinCheckpointPause) {
  CheckpointOptions options = EachSecond();
  options.min_pause = options.interval;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Pass(1500ms);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1)) << "the second waits for the first";
  coordinator.AcknowledgeAll(1);
  coordinator.Pass(999ms);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1)) << "and then for the pause";
  coordinator.Pass(1ms);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testExpiredCheckpointExceedsTolerableFailureNumber) {
  CheckpointOptions options = EachSecond();
  options.timeout = 200ms;
  options.tolerable_failures = 0;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Pass(200ms);
  EXPECT_THAT(coordinator.job_failures(),
              ElementsAre("More than 0 checkpoints failed in a row; the last one, 1, with "
                          "CHECKPOINT_EXPIRED."));
}

FLINK_CONTRACT(CheckpointCoordinatorTest,
               testTriggerAndDeclineCheckpointThenFailureManagerThrowsException) {
  CheckpointOptions options = EachSecond();
  options.tolerable_failures = 0;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Decline(1);
  EXPECT_THAT(coordinator.job_failures(),
              ElementsAre("More than 0 checkpoints failed in a row; the last one, 1, with "
                          "CHECKPOINT_DECLINED."));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testIOExceptionCheckpointExceedsTolerableFailureNumber) {
  CheckpointOptions options = EachSecond();
  options.tolerable_failures = 0;
  Coordinator coordinator(options);
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.AnswerId(false);
  EXPECT_THAT(coordinator.job_failures(), SizeIs(1));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerCheckpointWithCounterIOException) {
  CheckpointOptions options = EachSecond();
  options.tolerable_failures = 1;
  Coordinator coordinator(options);
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.AnswerId(false);
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "IO_EXCEPTION"}));
  EXPECT_THAT(coordinator.pending(), IsEmpty());
  EXPECT_THAT(coordinator.job_failures(), IsEmpty());
  coordinator.Pass(1s);
  coordinator.AnswerId(false);
  EXPECT_THAT(coordinator.job_failures(), SizeIs(1)) << "one failed checkpoint each";
}

void ExpectAtMost(uint32_t attempts) {
  Coordinator coordinator(EachSecond(attempts));
  coordinator.Start();
  coordinator.Pass(20s);
  EXPECT_THAT(coordinator.triggered(), SizeIs(attempts)) << "nobody has acknowledged";
  EXPECT_THAT(coordinator.pending(), SizeIs(attempts));
  coordinator.AcknowledgeAll(1);
  EXPECT_THAT(coordinator.completed(), ElementsAre(1));
  EXPECT_THAT(coordinator.triggered(), SizeIs(attempts + 1)) << "the next comes at once";
  coordinator.Pass(20s);
  EXPECT_THAT(coordinator.triggered(), SizeIs(attempts + 1));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testMaxConcurrentAttempts1) { ExpectAtMost(1); }

FLINK_CONTRACT(CheckpointCoordinatorTest, testMaxConcurrentAttempts2) { ExpectAtMost(2); }

FLINK_CONTRACT(CheckpointCoordinatorTest, testMaxConcurrentAttempts5) { ExpectAtMost(5); }

FLINK_CONTRACT(CheckpointCoordinatorTest, testMaxConcurrentAttemptsWithSubsumption) {
  Coordinator coordinator(EachSecond(2));
  coordinator.Start();
  coordinator.Pass(5s);
  EXPECT_THAT(coordinator.pending(), ElementsAre(1, 2));
  coordinator.AcknowledgeAll(2);
  coordinator.Pass(1s);
  EXPECT_THAT(coordinator.pending(), ElementsAre(3, 4)) << "both places are free";
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerCheckpointAfterStopping) {
  Coordinator coordinator(EachSecond());
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.Stop();
  coordinator.AnswerId();
  EXPECT_THAT(coordinator.triggered(), IsEmpty()) << "its id is burnt";
  EXPECT_THAT(coordinator.pending(), IsEmpty());
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testScheduleTriggerRequestDuringShutdown) {
  Coordinator coordinator(EachSecond());
  coordinator.Start();
  coordinator.Stop();
  coordinator.FireStale({.kind = Kind::kInterval, .id = {}});
  coordinator.FireStale({.kind = Kind::kPause, .id = {}});
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTasksFinishDuringTriggering) {
  CheckpointOptions options = EachSecond();
  options.tolerable_failures = 0;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.FailTrigger(1);
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "TRIGGER_CHECKPOINT_FAILURE"}));
  EXPECT_THAT(coordinator.job_failures(), IsEmpty()) << "the checkpoint ends, not the job";
}

FLINK_CONTRACT(CheckpointCoordinatorFailureTest,
               testCleanupOmissionForPossibleInconsistentStateException) {
  Coordinator coordinator(EachSecond());
  coordinator.HoldStores();
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  coordinator.AnswerStore(false);
  EXPECT_THAT(coordinator.discarded(), IsEmpty()) << "the store may have it all the same";
  EXPECT_THAT(coordinator.notified(), IsEmpty());
}

FLINK_CONTRACT(CheckpointRequestDeciderTest, testEnqueueOnTooManyPending) {
  Coordinator coordinator(EachSecond());
  coordinator.Start();
  coordinator.Pass(3s);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1));
  coordinator.Decline(1);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2)) << "what waited is chosen at once";
}

}  // namespace
}  // namespace flinch::engine
