#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/master/restore_check.h"
#include "engine/master/stop_with_savepoint.h"
#include "tests/contracts/contract.h"
#include "tests/contracts/coordinator.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Aborted = Coordinator::Aborted;
using Kind = CoordinatorTimer::Kind;

CheckpointOptions Patient(uint32_t concurrent = 1, Duration pause = 0s) {
  return {.interval = 10s,
          .timeout = 1h,
          .min_pause = pause,
          .max_concurrent = concurrent,
          .tolerable_failures = 5,
          .retained = 1};
}

// ---- CheckpointCoordinatorTest

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerAndConfirmSimpleSavepoint) {
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  const uint64_t request = coordinator.AskForSavepoint();
  coordinator.Acknowledge(2, kSource);
  EXPECT_EQ(coordinator.AnswerOf(request), "");
  coordinator.Acknowledge(2, kSink);
  EXPECT_EQ(coordinator.AnswerOf(request), "2");
  EXPECT_THAT(coordinator.completed(), ElementsAre(1)) << "no task hears of it";
  EXPECT_FALSE(coordinator.HasTimer(Kind::kExpiry, 2));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testConcurrentSavepoints) {
  Coordinator coordinator(Patient());
  coordinator.Start();
  std::vector<uint64_t> requests;
  for (int i = 0; i < 5; ++i) {
    requests.push_back(coordinator.AskForSavepoint());
  }
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2, 3, 4, 5, 6));
  for (uint64_t id = 2; id <= 6; ++id) {
    EXPECT_EQ(coordinator.AnswerOf(requests[id - 2]), "");
    coordinator.AcknowledgeAll(id);
    EXPECT_EQ(coordinator.AnswerOf(requests[id - 2]), std::to_string(id));
  }
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testMinDelayBetweenSavepoints) {
  Coordinator coordinator(Patient(1, 100s));
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  coordinator.AskForSavepoint();
  coordinator.AskForSavepoint();
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2, 3));
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testSavepointsAreNotSubsumed) {
  Coordinator coordinator(Patient(2));
  coordinator.Start();
  const uint64_t request = coordinator.AskForSavepoint();
  coordinator.Pass(10s);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2, 3));
  coordinator.AcknowledgeAll(3);
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "CHECKPOINT_SUBSUMED"}));
  coordinator.AcknowledgeAll(2);
  EXPECT_EQ(coordinator.AnswerOf(request), "2");
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testSavepointsAreNotAddedToCompletedCheckpointStore) {
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  coordinator.AskForSavepoint();
  coordinator.AcknowledgeAll(2);
  EXPECT_THAT(coordinator.stored(), ElementsAre(1));
  EXPECT_THAT(coordinator.discarded_savepoints(), IsEmpty());
}

FLINK_CONTRACT(CheckpointCoordinatorTest, testTriggerAndDeclineSyncCheckpointFailureSimple) {
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  const uint64_t request = coordinator.AskForSavepoint(CheckpointKind::kSavepointSuspend);
  coordinator.Decline(2);
  EXPECT_EQ(coordinator.AnswerOf(request), "CHECKPOINT_DECLINED");
  EXPECT_THAT(coordinator.job_failures(), SizeIs(1)) << "whatever number is tolerated";
}

FLINK_CONTRACT(CheckpointCoordinatorTest, jobFailsIfInFlightSynchronousSavepointIsDiscarded) {
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  const uint64_t request = coordinator.AskForSavepoint(CheckpointKind::kSavepointTerminate);
  coordinator.Acknowledge(2, kSource);
  coordinator.FailTrigger(2);
  EXPECT_EQ(coordinator.AnswerOf(request), "TRIGGER_CHECKPOINT_FAILURE");
  EXPECT_THAT(coordinator.job_failures(), SizeIs(1));
  EXPECT_THAT(coordinator.discarded_savepoints(), ElementsAre(2));
}

// ---- CheckpointRequestDeciderTest

FLINK_CONTRACT(CheckpointRequestDeciderTest, testForce) {
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AskForSavepoint();
  EXPECT_THAT(coordinator.pending(), ElementsAre(1, 2)) << "where one may be pending";
}

FLINK_CONTRACT(CheckpointRequestDeciderTest, testSavepointTiming) {
  Coordinator coordinator(Patient());
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.AskForSavepoint();
  coordinator.AskForSavepoint();
  EXPECT_EQ(coordinator.ids_asked(), 1U) << "one trigger at a time";
  coordinator.AnswerId();
  coordinator.AnswerId();
  coordinator.AnswerId();
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2, 3));
}

FLINK_CONTRACT(CheckpointRequestDeciderTest, testUserSubmittedPrioritized) {
  Coordinator coordinator(Patient());
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.Pass(10s);  // a periodic one waits
  const uint64_t request = coordinator.AskForSavepoint();
  coordinator.AnswerId();
  coordinator.AnswerId();
  coordinator.AcknowledgeAll(2);
  EXPECT_EQ(coordinator.AnswerOf(request), "2") << "the savepoint came first";
}

FLINK_CONTRACT(CheckpointRequestDeciderTest, testQueueSizeLimit) {
  Coordinator coordinator(Patient());
  coordinator.HoldIds();
  coordinator.Start();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(coordinator.AnswerOf(coordinator.AskForSavepoint()), "");
  }
  EXPECT_EQ(coordinator.AnswerOf(coordinator.AskForSavepoint()), "TOO_MANY_CHECKPOINT_REQUESTS");
}

// ---- StopWithSavepointTerminationHandlerImplTest

std::vector<StopAction> Play(const std::vector<StopInput>& inputs) {
  StopPhase phase = StopPhase::kWaitingForSavepoint;
  std::vector<StopAction> actions;
  for (const StopInput input : inputs) {
    const auto& row = Step(kStopTransitions, phase, input);
    phase = row.to;
    actions.push_back(row.action);
  }
  return actions;
}

FLINK_CONTRACT(StopWithSavepointTerminationHandlerImplTest, testHappyPath) {
  EXPECT_THAT(Play({StopInput::kSavepointComplete, StopInput::kAllFinished}),
              ElementsAre(StopAction::kNone, StopAction::kTellStopped));
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  coordinator.AskForSavepoint(CheckpointKind::kSavepointSuspend);
  coordinator.AcknowledgeAll(2);
  EXPECT_THAT(coordinator.completed(), ElementsAre(1, 2)) << "the tasks may finish";
  EXPECT_THAT(coordinator.stored(), ElementsAre(2));
  coordinator.Pass(1h);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2)) << "checkpoints stay off";
}

FLINK_CONTRACT(StopWithSavepointTerminationHandlerImplTest,
               testSavepointCreationFailureWithoutExecutionTermination) {
  EXPECT_THAT(Play({StopInput::kSavepointFailed}), ElementsAre(StopAction::kTellNoSavepoint));
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  const uint64_t request = coordinator.AskForSavepoint(CheckpointKind::kSavepointSuspend);
  coordinator.Pass(1h);
  EXPECT_EQ(coordinator.AnswerOf(request), "CHECKPOINT_EXPIRED");
  EXPECT_THAT(coordinator.job_failures(), IsEmpty());
  coordinator.Pass(10s);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2, 3)) << "checkpoints are on again";
}

FLINK_CONTRACT(StopWithSavepointTerminationHandlerImplTest,
               testSavepointCreationFailureWithFailingExecutions) {
  EXPECT_THAT(Play({StopInput::kTasksFailed, StopInput::kSavepointFailed}),
              ElementsAre(StopAction::kIgnore, StopAction::kTellNoSavepoint));
}

FLINK_CONTRACT(StopWithSavepointTerminationHandlerImplTest, testFailedTerminationHandling) {
  EXPECT_THAT(Play({StopInput::kSavepointComplete, StopInput::kTasksFailed}),
              ElementsAre(StopAction::kNone, StopAction::kTellWhatIsPending));
  Coordinator coordinator(Patient());
  coordinator.Start();
  coordinator.AcknowledgeAll(1);
  coordinator.AskForSavepoint(CheckpointKind::kSavepointSuspend);
  coordinator.AcknowledgeAll(2);
  coordinator.Stop();  // the job fails over
  EXPECT_THAT(coordinator.discarded_savepoints(), IsEmpty());
  EXPECT_THAT(coordinator.stored(), ElementsAre(2)) << "and starts from the savepoint";
}

FLINK_CONTRACT(StopWithSavepointTerminationHandlerImplTest, testInvalidExecutionTerminationCall) {
  EXPECT_THROW(Play({StopInput::kAllFinished}), sim::Violation);
}

// ---- CheckpointMetadataLoadingTest

SnapshotHandle Snapshot(const std::string& name, uint32_t subtask, uint32_t group) {
  SnapshotHandle handle;
  handle.subtask = SubtaskIndex(subtask);
  handle.operators[name].keyed.groups = {{KeyGroup(group), 0}};
  return handle;
}

CompletedCheckpoint Taken(uint32_t max_parallelism) {
  return {.id = CheckpointId(3),
          .snapshots = {Snapshot("count", 0, 0), Snapshot("count", 1, 70)},
          .max_parallelism = max_parallelism};
}

JobGraph Job(const std::string& uid, uint32_t parallelism, uint32_t chosen_max = 0) {
  JobGraph graph;
  graph.stream.job_name = "job";
  graph.stream.max_parallelism = chosen_max == 0 ? 128 : chosen_max;
  graph.stream.max_parallelism_is_set = chosen_max != 0;
  OperatorSpec& node = graph.stream.nodes.emplace_back();
  node.name = "renamed";
  node.uid = uid;
  node.parallelism = parallelism;
  return graph;
}

FLINK_CONTRACT(CheckpointMetadataLoadingTest, testAllStateRestored) {
  const sim::Result<JobGraph> fit = FitToSnapshot(Job("count", 7), Taken(128), false);
  ASSERT_TRUE(fit.has_value()) << fit.error().message;
  const Topology old = TopologyOf(Taken(128));
  EXPECT_EQ(old.at("count").parallelism, 2U);
  EXPECT_EQ(old.at("count").max_parallelism, 128U);
}

FLINK_CONTRACT(CheckpointMetadataLoadingTest, testMaxParallelismMismatch) {
  const sim::Result<JobGraph> refused = FitToSnapshot(Job("count", 2, 64), Taken(128), false);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("'count' is divided into 128 key groups"));
  const sim::Result<JobGraph> adopted = FitToSnapshot(Job("count", 2), Taken(64), false);
  ASSERT_TRUE(adopted.has_value());
  EXPECT_EQ(adopted->stream.max_parallelism, 64U) << "nobody has chosen another";
  const sim::Result<JobGraph> wide = FitToSnapshot(Job("count", 65), Taken(64), false);
  ASSERT_FALSE(wide.has_value());
  EXPECT_THAT(wide.error().message, HasSubstr("exceeds the maximum parallelism 64"));
}

FLINK_CONTRACT(CheckpointMetadataLoadingTest, testNonRestoredStateWhenDisallowed) {
  const sim::Result<JobGraph> refused = FitToSnapshot(Job("other", 2), Taken(128), false);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("operator 'count', which the job does not have"));
  CompletedCheckpoint stateless = Taken(128);
  for (SnapshotHandle& snapshot : stateless.snapshots) {
    snapshot.operators["count"] = {};
  }
  EXPECT_TRUE(FitToSnapshot(Job("other", 2), stateless, false).has_value())
      << "what had no state is not missed";
}

FLINK_CONTRACT(CheckpointMetadataLoadingTest, testNonRestoredStateWhenAllowed) {
  EXPECT_TRUE(FitToSnapshot(Job("other", 2), Taken(128), true).has_value());
}

}  // namespace
}  // namespace flinch::engine
