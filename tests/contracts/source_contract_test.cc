#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/master/split_assignment_tracker.h"
#include "tests/contracts/contract.h"
#include "tests/contracts/source_stage.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<SourceSplit> Splits(const std::vector<std::string>& ids) {
  std::vector<SourceSplit> splits;
  for (const std::string& id : ids) {
    splits.push_back({.id = id, .state = {}});
  }
  return splits;
}

std::vector<std::string> TakeBack(SplitAssignmentTracker& tracker, uint32_t reader,
                                  uint64_t restored) {
  std::vector<std::string> ids;
  for (const SourceSplit& split : tracker.TakeBack(SubtaskIndex(reader), CheckpointId(restored))) {
    ids.push_back(split.id);
  }
  return ids;
}

// ---- The tracker --------------------------------------------------------------------------------

FLINK_CONTRACT(SplitAssignmentTrackerTest, testRecordIncrementalSplitAssignment) {
  SplitAssignmentTracker tracker;
  tracker.Record(SubtaskIndex(0), Splits({"0"}));
  tracker.Record(SubtaskIndex(1), Splits({"1", "2"}));
  tracker.Record(SubtaskIndex(0), Splits({"6"}));
  tracker.Record(SubtaskIndex(1), Splits({"7", "8"}));
  EXPECT_EQ(tracker.Show(), "0:0,6 1:1,2,7,8");
}

FLINK_CONTRACT(SplitAssignmentTrackerTest, testTakeSnapshot) {
  SplitAssignmentTracker tracker;
  tracker.Record(SubtaskIndex(0), Splits({"0"}));
  tracker.Record(SubtaskIndex(1), Splits({"1", "2"}));
  tracker.OnCheckpoint(CheckpointId(123));
  EXPECT_EQ(tracker.Show(), "chk-123 0:0 1:1,2") << "and nothing is left that no checkpoint has";
}

FLINK_CONTRACT(SplitAssignmentTrackerTest, testOnCheckpointComplete) {
  SplitAssignmentTracker tracker;
  tracker.Record(SubtaskIndex(0), Splits({"0"}));
  tracker.OnCheckpoint(CheckpointId(100));
  tracker.Record(SubtaskIndex(0), Splits({"3"}));
  tracker.OnCheckpoint(CheckpointId(101));
  EXPECT_EQ(tracker.Show(), "chk-100 0:0 chk-101 0:3");
  tracker.OnCheckpointComplete(CheckpointId(100));
  EXPECT_EQ(tracker.Show(), "chk-101 0:3");
}

FLINK_CONTRACT(SplitAssignmentTrackerTest, testGetAndRemoveUncheckpointedAssignment) {
  SplitAssignmentTracker tracker;
  tracker.Record(SubtaskIndex(0), Splits({"0"}));
  tracker.Record(SubtaskIndex(1), Splits({"1", "2"}));
  tracker.OnCheckpoint(CheckpointId(100));
  tracker.Record(SubtaskIndex(0), Splits({"3"}));
  tracker.OnCheckpoint(CheckpointId(101));
  EXPECT_THAT(TakeBack(tracker, 0, 99), ElementsAre("0", "3"));
  EXPECT_THAT(TakeBack(tracker, 0, 99), IsEmpty()) << "what came back does so once";
  EXPECT_EQ(tracker.Show(), "chk-100 1:1,2 chk-101");
}

FLINK_CONTRACT(SplitAssignmentTrackerTest, testGetAndRemoveSplitsAfterSomeCheckpoint) {
  SplitAssignmentTracker tracker;
  tracker.Record(SubtaskIndex(0), Splits({"0"}));
  tracker.OnCheckpoint(CheckpointId(100));
  tracker.Record(SubtaskIndex(0), Splits({"3"}));
  tracker.OnCheckpoint(CheckpointId(101));
  EXPECT_THAT(TakeBack(tracker, 0, 100), ElementsAre("3"));
}

// ---- The gateway of a reader --------------------------------------------------------------------

FLINK_CONTRACT(SubtaskGatewayImplTest, eventsPassThroughOpenGateway) {
  SourceStage stage;
  stage.Register(1);
  stage.Assign(1, {"a"});
  EXPECT_THAT(stage.sent(1), ElementsAre("a"));
}

FLINK_CONTRACT(SubtaskGatewayImplTest, eventsBlockedByClosedGateway) {
  SourceStage stage;
  stage.Register(1);
  stage.Checkpoint(1);
  stage.Assign(1, {"a"});
  EXPECT_THAT(stage.sent(1), IsEmpty());
}

FLINK_CONTRACT(SubtaskGatewayImplTest, eventsReleasedAfterOpeningGateway) {
  SourceStage stage;
  stage.Register(0);
  stage.Register(1);
  stage.Checkpoint(17);
  stage.Assign(1, {"a"});
  stage.Assign(0, {"b"});
  stage.Barrier(0, 17);
  stage.Barrier(1, 17);
  EXPECT_THAT(stage.sent(0), ElementsAre("b"));
  EXPECT_THAT(stage.sent(1), ElementsAre("a"));
}

FLINK_CONTRACT(SubtaskGatewayImplTest, releasedEventsForwardSendFailures) {
  SourceStage stage;
  stage.Register(0);
  stage.Checkpoint(17);
  stage.Assign(0, {"a"});
  stage.Barrier(0, 17);
  stage.Lose(0);
  EXPECT_THAT(stage.failed_readers(), ElementsAre(0));
}

FLINK_CONTRACT(SubtaskGatewayImplTest, notClosingGatewayForOtherMark) {
  SourceStage stage;
  stage.Register(0);
  stage.Checkpoint(100);
  stage.Barrier(0, 123);
  stage.Assign(0, {"a"});
  EXPECT_THAT(stage.sent(0), IsEmpty()) << "another checkpoint's barrier opens nothing";
}

// ---- Events and checkpoints ---------------------------------------------------------------------

FLINK_CONTRACT(OperatorCoordinatorHolderTest, completedCheckpointFuture) {
  SourceStage stage;
  stage.Register(0);
  stage.Checkpoint(9);
  EXPECT_THAT(stage.ready(), ElementsAre(9));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, eventsAreBlockedAfterCheckpointFutureCompletes) {
  SourceStage stage;
  stage.Register(0);
  stage.Checkpoint(10);
  stage.Assign(0, {"a"});
  EXPECT_THAT(stage.ready(), ElementsAre(10));
  EXPECT_THAT(stage.sent(0), IsEmpty());
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, abortedCheckpointReleasesBlockedEvents) {
  SourceStage stage;
  stage.Register(0);
  stage.Checkpoint(123);
  stage.Assign(0, {"a"});
  stage.Abort(123);
  EXPECT_THAT(stage.sent(0), ElementsAre("a"));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, sourceBarrierInjectionReleasesBlockedEvents) {
  SourceStage stage;
  stage.Register(0);
  stage.Checkpoint(1111);
  stage.Assign(0, {"a"});
  stage.Barrier(0, 1111);
  EXPECT_THAT(stage.sent(0), ElementsAre("a"));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, restoreOpensValveEvents) {
  SourceStage stage;
  stage.Register(1);
  stage.Checkpoint(1000);
  stage.ResetAll();
  stage.Register(1, 2);
  stage.Assign(1, {"a"});
  EXPECT_THAT(stage.sent(1), ElementsAre("a"));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, lateCompleteCheckpointFutureDoesNotBlockEvents) {
  SourceStage stage;
  stage.Register(0);
  stage.Assign(0, {"a"});
  stage.Checkpoint(1000);  // waits for the event
  stage.Abort(1000);
  stage.Checkpoint(1010);
  stage.Acknowledge(0);
  EXPECT_THAT(stage.ready(), ElementsAre(1010)) << "what was given up never gets ready";
  stage.Barrier(0, 1010);
  stage.Assign(0, {"b"});
  EXPECT_THAT(stage.sent(0), ElementsAre("a", "b"));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, takeCheckpointAfterSuccessfulCheckpoint) {
  SourceStage stage;
  stage.Register(0);
  stage.AssignAndAcknowledge(0, {"0"});
  stage.Checkpoint(22);
  stage.Assign(0, {"1"});
  stage.Barrier(0, 22);
  stage.Acknowledge(0);
  stage.AssignAndAcknowledge(0, {"2"});
  stage.Checkpoint(23);
  stage.Assign(0, {"3"});
  stage.Barrier(0, 23);
  EXPECT_THAT(stage.sent(0), ElementsAre("0", "1", "2", "3"));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, takeCheckpointAfterAbortedCheckpoint) {
  SourceStage stage;
  stage.Register(0);
  stage.AssignAndAcknowledge(0, {"0"});
  stage.Checkpoint(22);
  stage.Assign(0, {"1"});
  stage.Abort(22);
  stage.Acknowledge(0);
  stage.AssignAndAcknowledge(0, {"2"});
  stage.Checkpoint(23);
  stage.Assign(0, {"3"});
  stage.Barrier(0, 23);
  EXPECT_THAT(stage.sent(0), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(stage.ready(), ElementsAre(22, 23));
}

FLINK_CONTRACT(OperatorCoordinatorHolderTest, checkpointCompletionWaitsForEventFutures) {
  SourceStage stage;
  stage.Register(0);
  stage.Assign(0, {"a"});
  stage.Checkpoint(22);
  EXPECT_THAT(stage.ready(), IsEmpty());
  stage.Acknowledge(0);
  EXPECT_THAT(stage.ready(), ElementsAre(22));
}

// ---- The coordinator of a source ----------------------------------------------------------------

FLINK_CONTRACT(SourceCoordinatorTest, testReaderRegistration) {
  SourceStage stage;
  EXPECT_FALSE(stage.IsRegistered(0));
  stage.Register(0);
  stage.Assign(0, {"0", "3"});
  EXPECT_TRUE(stage.IsRegistered(0));
  EXPECT_FALSE(stage.IsRegistered(1));
  EXPECT_THAT(stage.Show(), HasSubstr("0:0,3"));
}

FLINK_CONTRACT(SourceCoordinatorTest, testSubtaskFailedAndRevertUncompletedAssignments) {
  SourceStage stage;
  stage.Register(0);
  stage.AssignAndAcknowledge(0, {"0", "3"});
  stage.Checkpoint(100);
  stage.Barrier(0, 100);
  stage.AssignAndAcknowledge(0, {"6"});
  stage.Checkpoint(101);
  stage.Barrier(0, 101);
  stage.Fail(0);
  EXPECT_FALSE(stage.IsRegistered(0));
  EXPECT_THAT(stage.back(), IsEmpty()) << "nobody knows from where it will start";
  stage.Reset(0, 99);
  EXPECT_THAT(stage.back(), ElementsAre("0", "3", "6"));
  EXPECT_THAT(stage.Show(), StartsWith("chk-100 chk-101 |")) << "nothing of it is left";
}

FLINK_CONTRACT(SourceCoordinatorTest, testFailedSubtaskDoNotRevertCompletedCheckpoint) {
  SourceStage stage;
  stage.Register(0);
  stage.AssignAndAcknowledge(0, {"0", "3"});
  stage.Checkpoint(100);
  stage.Barrier(0, 100);
  stage.Complete(100);
  EXPECT_THAT(stage.completed(), ElementsAre(100));
  stage.Fail(0);
  EXPECT_FALSE(stage.IsRegistered(0));
  stage.Reset(0, 100);
  EXPECT_THAT(stage.back(), IsEmpty());
}

FLINK_CONTRACT(SourceCoordinatorTest, testCheckpointCoordinatorAndRestore) {
  SourceStage stage;
  stage.Register(0);
  stage.AssignAndAcknowledge(0, {"0", "3"});
  stage.Checkpoint(100);
  stage.ResetAll();
  EXPECT_FALSE(stage.IsRegistered(0)) << "registrations are not restored";
  EXPECT_THAT(stage.back(), IsEmpty()) << "the enumerator's own state says what is given out";
}

}  // namespace
}  // namespace flinch::engine
