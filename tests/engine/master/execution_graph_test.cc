#include "engine/master/execution_graph.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/job_graphs.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two vertices, of two subtasks and one.
JobGraph Graph() {
  JobGraph graph;
  graph.vertices.push_back({.id = VertexId(0), .name = "source", .parallelism = 2});
  graph.vertices.push_back({.id = VertexId(1), .name = "sink", .parallelism = 1});
  tests::Join(graph, 0, 1);
  return graph;
}

ExecutionAttemptId Id(uint32_t vertex, uint32_t subtask, uint32_t attempt) {
  return {VertexId(vertex), SubtaskIndex(subtask), AttemptNumber(attempt)};
}

TEST(ExecutionGraphTest, AnAttemptHasEverySubtaskOnce) {
  const JobGraph job = Graph();
  ExecutionGraph graph(job);
  EXPECT_THAT(graph.executions(), IsEmpty());
  graph.StartAttempt(AttemptNumber(4));
  std::vector<ExecutionAttemptId> ids;
  for (const Execution& execution : graph.executions()) {
    ids.push_back(execution.id);
    EXPECT_EQ(execution.state, ExecutionState::kCreated);
    EXPECT_FALSE(execution.end_of_input);
  }
  EXPECT_THAT(ids, ElementsAre(Id(0, 0, 4), Id(0, 1, 4), Id(1, 0, 4)));
}

TEST(ExecutionGraphTest, ANewAttemptForgetsTheOldOne) {
  const JobGraph job = Graph();
  ExecutionGraph graph(job);
  graph.StartAttempt(AttemptNumber(1));
  graph.Find(Id(0, 1, 1))->state = ExecutionState::kFailed;
  graph.Find(Id(0, 1, 1))->end_of_input = true;
  graph.MarkAll();
  EXPECT_EQ(graph.StartAttempt(AttemptNumber(2)), 3U);
  EXPECT_EQ(graph.Find(Id(0, 1, 1)), nullptr);
  ASSERT_NE(graph.Find(Id(0, 1, 2)), nullptr);
  EXPECT_EQ(graph.Find(Id(0, 1, 2))->state, ExecutionState::kCreated);
  EXPECT_FALSE(graph.Find(Id(0, 1, 2))->end_of_input);
  EXPECT_EQ(graph.Find(Id(0, 2, 2)), nullptr) << "no such subtask";
}

// A source of two, a map beside each of its subtasks, and two sinks that take from both or from
// one.
std::vector<size_t> RegionSizes(Partitioning to_map, Partitioning to_sink) {
  JobGraph job;
  for (const uint32_t vertex : {0U, 1U, 2U}) {
    job.vertices.push_back({.id = VertexId(vertex), .name = "v", .parallelism = 2});
  }
  tests::Join(job, 0, 1, to_map);
  tests::Join(job, 1, 2, to_sink);
  std::vector<size_t> sizes;
  for (const uint32_t subtask : {0U, 1U}) {
    ExecutionGraph graph(job);
    graph.StartAttempt(AttemptNumber(1));
    graph.MarkRegion(*graph.Find(Id(1, subtask, 1)));
    sizes.push_back(graph.StartAttempt(AttemptNumber(2)));
    EXPECT_NE(graph.Find(Id(1, subtask, 2)), nullptr);
    EXPECT_EQ(graph.Find(Id(1, 1 - subtask, sizes.back() == 6 ? 2 : 1)) == nullptr, false);
  }
  return sizes;
}

TEST(ExecutionGraphTest, ARegionIsWhatExchangesRecords) {
  EXPECT_THAT(RegionSizes(Partitioning::kForward, Partitioning::kForward), ElementsAre(3, 3));
  EXPECT_THAT(RegionSizes(Partitioning::kForward, Partitioning::kHash), ElementsAre(6, 6));
  EXPECT_THAT(RegionSizes(Partitioning::kRebalance, Partitioning::kForward), ElementsAre(6, 6));
}

TEST(ExecutionGraphTest, AsksOfAllSubtasks) {
  const JobGraph job = Graph();
  ExecutionGraph graph(job);
  graph.StartAttempt(AttemptNumber(1));
  EXPECT_TRUE(graph.AllIn(ExecutionState::kCreated));
  EXPECT_FALSE(graph.AllTerminal());
  EXPECT_FALSE(graph.AllAtEndOfInput());
  size_t left = graph.executions().size();
  for (Execution& execution : graph.executions()) {
    execution.state = left == 1 ? ExecutionState::kFailed : ExecutionState::kFinished;
    execution.end_of_input = true;
    --left;
    EXPECT_FALSE(graph.AllIn(ExecutionState::kCreated));
    EXPECT_EQ(graph.AllTerminal(), left == 0);
    EXPECT_EQ(graph.AllAtEndOfInput(), left == 0);
  }
  EXPECT_FALSE(graph.AllIn(ExecutionState::kFinished));
}

constexpr ExecutionState kStates[] = {
    ExecutionState::kCreated,      ExecutionState::kScheduled, ExecutionState::kDeploying,
    ExecutionState::kInitializing, ExecutionState::kRunning,   ExecutionState::kCanceling,
    ExecutionState::kCanceled,     ExecutionState::kFinished,  ExecutionState::kFailed};

constexpr ExecutionInput kInputs[] = {ExecutionInput::kSchedule,  ExecutionInput::kDeploy,
                                      ExecutionInput::kAccepted,  ExecutionInput::kStarted,
                                      ExecutionInput::kCompleted, ExecutionInput::kCancel,
                                      ExecutionInput::kStopped,   ExecutionInput::kError};

TEST(ExecutionGraphTest, NothingLeavesATerminalState) {
  for (const ExecutionState state : kStates) {
    for (const ExecutionInput input : kInputs) {
      if (IsTerminal(state)) {
        EXPECT_EQ(Find(kExecutionTransitions, state, input), nullptr) << Name(state);
      }
    }
  }
}

TEST(ExecutionGraphTest, WhateverRunsCanBeCancelledAndThenEnds) {
  for (const ExecutionState state : kStates) {
    if (IsTerminal(state)) {
      continue;
    }
    const auto* row = Find(kExecutionTransitions, state, ExecutionInput::kCancel);
    ASSERT_NE(row, nullptr) << Name(state);
    const bool is_deployed =
        state != ExecutionState::kCreated && state != ExecutionState::kScheduled;
    EXPECT_EQ(row->to, is_deployed ? ExecutionState::kCanceling : ExecutionState::kCanceled);
    EXPECT_EQ(row->action, is_deployed ? ExecutionAction::kSendCancel : ExecutionAction::kNone);
  }
  for (const ExecutionInput end :
       {ExecutionInput::kStopped, ExecutionInput::kError, ExecutionInput::kCompleted}) {
    EXPECT_EQ(Step(kExecutionTransitions, ExecutionState::kCanceling, end).to,
              ExecutionState::kCanceled)
        << "a failure during the cancellation is no second failure";
  }
}

TEST(ExecutionGraphTest, AnErrorOfWhatIsDeployedFailsTheJobOver) {
  for (const ExecutionState state :
       {ExecutionState::kDeploying, ExecutionState::kInitializing, ExecutionState::kRunning}) {
    const auto& row = Step(kExecutionTransitions, state, ExecutionInput::kError);
    EXPECT_EQ(row.to, ExecutionState::kFailed);
    EXPECT_EQ(row.action, ExecutionAction::kFailOver);
  }
}

// Messages overtake each other: each report that may come twice or late has a row.
TEST(ExecutionGraphTest, ReportsThatComeAgainChangeNothing) {
  for (const auto& [state, input] :
       {std::pair(ExecutionState::kInitializing, ExecutionInput::kAccepted),
        std::pair(ExecutionState::kRunning, ExecutionInput::kAccepted),
        std::pair(ExecutionState::kRunning, ExecutionInput::kStarted),
        std::pair(ExecutionState::kCanceling, ExecutionInput::kAccepted),
        std::pair(ExecutionState::kCanceling, ExecutionInput::kStarted)}) {
    const auto& row = Step(kExecutionTransitions, state, input);
    EXPECT_EQ(row.to, state);
    EXPECT_EQ(row.action, ExecutionAction::kIgnore);
  }
}

TEST(ExecutionGraphTest, OneFailureOfTheJobIsAnsweredOnce) {
  const auto& first = Step(kJobTransitions, JobStatus::kRunning, JobInput::kFailure);
  EXPECT_EQ(first.to, JobStatus::kRestarting);
  EXPECT_EQ(first.action, JobAction::kCancelAll);
  EXPECT_EQ(Step(kJobTransitions, first.to, JobInput::kFailure).action, JobAction::kIgnore);
  const auto& again = Step(kJobTransitions, first.to, JobInput::kRestart);
  EXPECT_EQ(again.to, JobStatus::kRunning);
  EXPECT_EQ(again.action, JobAction::kDeploy);
}

TEST(ExecutionGraphTest, AJobThatGivesUpStopsBeforeItHasFailed) {
  const auto& row = Step(kJobTransitions, JobStatus::kRunning, JobInput::kGiveUp);
  EXPECT_EQ(row.to, JobStatus::kFailing);
  EXPECT_EQ(row.action, JobAction::kCancelAll);
  EXPECT_EQ(Step(kJobTransitions, row.to, JobInput::kAllStopped).to, JobStatus::kFailed);
  for (const JobInput input : {JobInput::kStart, JobInput::kFailure, JobInput::kGiveUp,
                               JobInput::kRestart, JobInput::kAllFinished, JobInput::kAllStopped}) {
    EXPECT_EQ(Find(kJobTransitions, JobStatus::kFailed, input), nullptr);
    EXPECT_EQ(Find(kJobTransitions, JobStatus::kFinished, input), nullptr);
  }
}

TEST(ExecutionGraphTest, NamesAreFlinks) {
  std::set<std::string_view> names;
  for (const ExecutionState state : kStates) {
    names.insert(Name(state));
  }
  EXPECT_THAT(names, ElementsAre("CANCELED", "CANCELING", "CREATED", "DEPLOYING", "FAILED",
                                 "FINISHED", "INITIALIZING", "RUNNING", "SCHEDULED"));
  EXPECT_EQ(Name(JobStatus::kRestarting), "RESTARTING");
}

}  // namespace
}  // namespace flinch::engine
