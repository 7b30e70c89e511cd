#include "engine/checkpoint/pending_checkpoint.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using Ack = PendingCheckpoint::Ack;

ExecutionAttemptId Task(uint32_t subtask, uint32_t attempt = 1) {
  return {VertexId(0), SubtaskIndex(subtask), AttemptNumber(attempt)};
}

SnapshotHandle Handle(uint32_t subtask, std::string path) {
  return {
      .vertex = VertexId(0), .subtask = SubtaskIndex(subtask), .path = std::move(path), .size = 7};
}

PendingCheckpoint Pending(uint32_t tasks = 2) {
  std::vector<ExecutionAttemptId> ids;
  for (uint32_t subtask = 0; subtask < tasks; ++subtask) {
    ids.push_back(Task(subtask));
  }
  return {CheckpointId(5), false, ids};
}

TEST(PendingCheckpointTest, CompletesWhenTheLastSubtaskAcknowledges) {
  PendingCheckpoint pending = Pending();
  EXPECT_FALSE(pending.complete());
  EXPECT_EQ(pending.Acknowledge(Task(1), Handle(1, "b")), Ack::kAccepted);
  EXPECT_FALSE(pending.complete());
  EXPECT_EQ(pending.Acknowledge(Task(0), Handle(0, "a")), Ack::kAccepted);
  ASSERT_TRUE(pending.complete());
  const CompletedCheckpoint completed = pending.ToCompleted();
  EXPECT_EQ(completed.id, CheckpointId(5));
  EXPECT_FALSE(completed.is_final);
  EXPECT_EQ(completed.snapshots, (std::vector<SnapshotHandle>{Handle(0, "a"), Handle(1, "b")}));
}

TEST(PendingCheckpointTest, ADuplicateChangesNothing) {
  PendingCheckpoint pending = Pending();
  EXPECT_EQ(pending.Acknowledge(Task(0), Handle(0, "first")), Ack::kAccepted);
  EXPECT_EQ(pending.Acknowledge(Task(0), Handle(0, "second")), Ack::kDuplicate);
  EXPECT_FALSE(pending.complete());
  EXPECT_EQ(pending.Acknowledge(Task(1), Handle(1, "b")), Ack::kAccepted);
  EXPECT_EQ(pending.Acknowledge(Task(1), Handle(1, "c")), Ack::kDuplicate);
  EXPECT_EQ(pending.ToCompleted().snapshots.front().path, "first");
  EXPECT_EQ(pending.ToCompleted().snapshots.back().path, "b");
}

TEST(PendingCheckpointTest, AnUnknownAttemptDoesNotCount) {
  PendingCheckpoint pending = Pending(1);
  EXPECT_EQ(pending.Acknowledge(Task(0, 2), Handle(0, "later attempt")), Ack::kUnknown);
  EXPECT_EQ(pending.Acknowledge(Task(9), Handle(9, "no such subtask")), Ack::kUnknown);
  EXPECT_FALSE(pending.complete());
}

TEST(PendingCheckpointTest, IsFinalWhenItWasTriggeredSo) {
  PendingCheckpoint pending(CheckpointId(6), true, {Task(0)});
  EXPECT_TRUE(pending.is_final());
  pending.Acknowledge(Task(0), Handle(0, "a"));
  EXPECT_TRUE(pending.ToCompleted().is_final);
}

TEST(PendingCheckpointTest, WaitsForSomebody) {
  EXPECT_THROW(PendingCheckpoint(CheckpointId(1), false, {}), sim::Violation);
}

TEST(PendingCheckpointTest, IsNoCompletedCheckpointWhileAcknowledgementsAreMissing) {
  PendingCheckpoint pending = Pending();
  pending.Acknowledge(Task(0), Handle(0, "a"));
  EXPECT_THROW((void)pending.ToCompleted(), sim::Violation);
}

struct Step {
  CheckpointInput input;
  CheckpointAction action;
  CheckpointPhase phase;
};

struct LifeCase {
  std::string_view name;
  std::vector<Step> steps;
};

class PendingCheckpointLifeTest : public ::testing::TestWithParam<LifeCase> {};

TEST_P(PendingCheckpointLifeTest, GoesThroughItsPhases) {
  PendingCheckpoint pending = Pending();
  for (const Step& step : GetParam().steps) {
    EXPECT_EQ(pending.Take(step.input), step.action) << Name(step.input);
    EXPECT_EQ(pending.phase(), step.phase) << Name(step.input);
  }
}

using Input = CheckpointInput;
using Action = CheckpointAction;
using Phase = CheckpointPhase;

INSTANTIATE_TEST_SUITE_P(
    Lives, PendingCheckpointLifeTest,
    ::testing::Values(
        LifeCase{"completed",
                 {{Input::kAcknowledged, Action::kNone, Phase::kPending},
                  {Input::kAllAcknowledged, Action::kStore, Phase::kFinalizing},
                  {Input::kStored, Action::kNotifyComplete, Phase::kCompleted}}},
        LifeCase{"declined", {{Input::kDeclined, Action::kNotifyAborted, Phase::kAborted}}},
        LifeCase{"expired",
                 {{Input::kAcknowledged, Action::kNone, Phase::kPending},
                  {Input::kExpired, Action::kNotifyAborted, Phase::kAborted}}},
        LifeCase{"not_triggered",
                 {{Input::kTriggerFailed, Action::kNotifyAborted, Phase::kAborted}}},
        LifeCase{"failed_over", {{Input::kFailover, Action::kNotifyAborted, Phase::kAborted}}},
        // Once everybody has acknowledged there is no way back.
        LifeCase{"decided",
                 {{Input::kAllAcknowledged, Action::kStore, Phase::kFinalizing},
                  {Input::kDeclined, Action::kIgnore, Phase::kFinalizing},
                  {Input::kExpired, Action::kIgnore, Phase::kFinalizing},
                  {Input::kTriggerFailed, Action::kIgnore, Phase::kFinalizing},
                  {Input::kFailover, Action::kIgnore, Phase::kFinalizing},
                  {Input::kStored, Action::kNotifyComplete, Phase::kCompleted}}}),
    [](const auto& life) { return std::string(life.param.name); });

TEST(PendingCheckpointTest, KnowsNoWayOutOfItsEnd) {
  for (const Input end : {Input::kDeclined, Input::kExpired, Input::kFailover}) {
    PendingCheckpoint pending = Pending();
    pending.Take(end);
    EXPECT_THROW(pending.Take(Input::kStored), sim::Violation);
  }
}

TEST(PendingCheckpointTest, OnlyDeclinesAndExpiriesCountAgainstTheTolerableNumber) {
  EXPECT_TRUE(Counts(Input::kDeclined));
  EXPECT_TRUE(Counts(Input::kExpired));
  EXPECT_FALSE(Counts(Input::kTriggerFailed));
  EXPECT_FALSE(Counts(Input::kFailover));
}

}  // namespace
}  // namespace flinch::engine
