// Batch jobs: who is scheduled, who runs anew, and when it is committed.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/master/scheduler_core.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace job_effect = scheduler_effect;
namespace job_input = scheduler_input;

struct Edge {
  uint32_t from = 0;
  uint32_t to = 0;
  Partitioning partitioning = Partitioning::kHash;
};

JobGraph GraphOf(const std::vector<uint32_t>& parallelisms, const std::vector<Edge>& edges) {
  JobGraph graph;
  for (const uint32_t parallelism : parallelisms) {
    const auto id = static_cast<uint32_t>(graph.vertices.size());
    graph.vertices.push_back(
        {.id = VertexId(id), .name = std::to_string(id), .parallelism = parallelism});
  }
  for (const Edge& edge : edges) {
    graph.vertices[edge.from].outputs.push_back(graph.edges.size());
    graph.vertices[edge.to].inputs.push_back(graph.edges.size());
    graph.edges.push_back({.from = VertexId(edge.from),
                           .to = VertexId(edge.to),
                           .stream_edge = graph.stream.edges.size()});
    graph.stream.edges.emplace_back().partitioning = edge.partitioning;
  }
  return graph;
}

// The core with slots enough, whose tasks run as soon as they are deployed. Tasks are named
// "0[1]": by vertex and subtask.
class BatchScheduler {
 public:
  BatchScheduler(const std::vector<uint32_t>& parallelisms, const std::vector<Edge>& edges)
      : graph_(GraphOf(parallelisms, edges)), core_(graph_, {.is_batch = true}) {
    Feed(job_input::Start());
    Feed(job_input::SlotsChanged{{8, "tm"}});
    Pass();
  }

  // What has been deployed since this was asked last.
  std::vector<std::string> Deployed() { return std::exchange(deployed_, {}); }

  void Finish(const std::string& task) { Report(task, ExecutionState::kFinished); }

  // A task with a sink has all its input.
  void ReachEnd(const std::string& task) {
    Feed(job_input::TaskReported{
        .task = IdOf(task), .state = ExecutionState::kRunning, .end_of_input = true, .reason = {}});
  }

  void Fail(const std::string& task, const std::string& missing = "") {
    Feed(job_input::TaskReported{
        .task = IdOf(task),
        .state = ExecutionState::kFailed,
        .reason = "broken",
        .missing = missing.empty() ? std::nullopt : std::optional(IdOf(missing))});
    Pass();
  }

  // Its TaskManager says that its result is gone, and nobody needs it now.
  void LoseResult(const std::string& task) {
    for (Execution& each : const_cast<ExecutionGraph&>(core_.graph()).executions()) {
      each.result_is_lost = each.result_is_lost || each.id == IdOf(task);
    }
  }

  void Lose(const std::string& task_manager) {
    Feed(job_input::SlotsChanged{{8, "other"}});
    Feed(job_input::TaskManagerLost{.name = task_manager, .reason = "silent"});
    Pass();
  }

  void Commit() { Feed(job_input::Committed()); }

  bool wants_commit() const { return wants_commit_; }

  JobStatus status() const { return core_.status(); }

 private:
  ExecutionAttemptId IdOf(const std::string& task) const {
    const uint32_t vertex = static_cast<uint32_t>(task[0] - '0');
    const uint32_t subtask = static_cast<uint32_t>(task[2] - '0');
    return core_.graph().Latest(VertexId(vertex), SubtaskIndex(subtask)).id;
  }

  void Report(const std::string& task, ExecutionState state) {
    Feed(job_input::TaskReported{.task = IdOf(task), .state = state, .reason = {}});
    Pass();
  }

  // Until no timer runs.
  void Pass() {
    while (!timers_.empty()) {
      const auto next = timers_.begin();
      now_ = std::max(now_, next->second);
      const SchedulerTimer timer = next->first;
      timers_.erase(next);
      Feed(job_input::TimerFired{timer});
    }
  }

  void Feed(const SchedulerInput& input) {
    const std::span<const SchedulerEffect> span = core_.Step(input, now_);
    const std::vector<SchedulerEffect> effects(span.begin(), span.end());
    for (const SchedulerEffect& effect : effects) {
      std::visit([this](const auto& each) { Perform(each); }, effect);
    }
  }

  void Perform(const job_effect::DrawNumber&) {
    Feed(job_input::NumberDrawn{AttemptNumber(++last_number_)});
  }

  void Perform(const job_effect::Deploy& deploy) {
    for (const ExecutionAttemptId& task : deploy.tasks) {
      deployed_.push_back(SubtaskName(graph_.vertex(task.vertex), task.subtask));
      Feed(job_input::TaskReported{.task = task, .state = ExecutionState::kRunning, .reason = {}});
    }
  }

  void Perform(const job_effect::Cancel& cancel) {
    Feed(job_input::TaskReported{
        .task = cancel.task, .state = ExecutionState::kCanceled, .reason = {}});
  }

  void Perform(const job_effect::SettleCheckpoints&) { Feed(job_input::CheckpointsSettled()); }

  void Perform(const job_effect::WriteResult&) { Feed(job_input::ResultWritten()); }

  void Perform(const job_effect::StartTimer& start) { timers_[start.timer] = now_ + start.after; }

  void Perform(const job_effect::StartCheckpoints&) { wants_commit_ = true; }

  void Perform(const job_effect::StopCheckpoints&) { wants_commit_ = false; }

  void Perform(const auto&) {}

  JobGraph graph_;
  SchedulerCore core_;
  sim::SimTime now_ = sim::kEpoch;
  std::map<SchedulerTimer, sim::SimTime> timers_;
  uint32_t last_number_ = 0;
  std::vector<std::string> deployed_;
  bool wants_commit_ = false;
};

// (0, 1) → (3, 4), all to all; 2 → 5.
BatchScheduler SixTasks() { return {{1, 1, 1, 1, 1, 1}, {{0, 3}, {0, 4}, {1, 3}, {1, 4}, {2, 5}}}; }

FLINK_CONTRACT(RestartPipelinedRegionFailoverStrategyTest,
               testRegionFailoverForRegionInternalErrors) {
  for (const auto& [failed, restarted] :
       std::map<std::string, std::string>{{"3[0]", "3[0]"}, {"4[0]", "4[0]"}, {"5[0]", "5[0]"}}) {
    BatchScheduler scheduler = SixTasks();
    for (const char* const producer : {"0[0]", "1[0]", "2[0]"}) {
      scheduler.Finish(producer);
    }
    scheduler.Deployed();
    scheduler.Fail(failed);
    EXPECT_THAT(scheduler.Deployed(), ElementsAre(restarted)) << "results are where they were";
  }
}

FLINK_CONTRACT(RestartPipelinedRegionFailoverStrategyTest,
               testRegionFailoverForDataConsumptionErrors) {
  BatchScheduler scheduler = SixTasks();
  for (const char* const producer : {"0[0]", "1[0]", "2[0]"}) {
    scheduler.Finish(producer);
  }
  scheduler.Deployed();
  scheduler.Fail("3[0]", "1[0]");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("1[0]")) << "who reads it waits for it";
  scheduler.Finish("1[0]");
  EXPECT_THAT(scheduler.Deployed(), UnorderedElementsAre("3[0]", "4[0]"));
  scheduler.Fail("5[0]", "2[0]");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("2[0]"));
}

FLINK_CONTRACT(RestartPipelinedRegionFailoverStrategyTest,
               testRegionFailoverForVariousResultPartitionAvailabilityCombinations) {
  const auto restarted = [](const std::vector<std::string>& lost) {
    BatchScheduler scheduler({1, 1, 1}, {{0, 2}, {1, 2}});
    scheduler.Finish("0[0]");
    scheduler.Finish("1[0]");
    for (const std::string& producer : lost) {
      scheduler.LoseResult(producer);
    }
    scheduler.Deployed();
    scheduler.Fail("2[0]");
    return scheduler.Deployed();
  };
  EXPECT_THAT(restarted({}), ElementsAre("2[0]"));
  EXPECT_THAT(restarted({"0[0]"}), ElementsAre("0[0]"));
  EXPECT_THAT(restarted({"1[0]"}), ElementsAre("1[0]"));
  EXPECT_THAT(restarted({"0[0]", "1[0]"}), UnorderedElementsAre("0[0]", "1[0]"));
}

FLINK_CONTRACT(RestartPipelinedRegionFailoverStrategyTest,
               testRegionFailoverDoesNotRestartCreatedExecutions) {
  BatchScheduler scheduler({2, 1}, {{0, 1}});
  scheduler.Finish("0[0]");
  scheduler.Deployed();
  scheduler.Fail("0[1]");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("0[1]"));
  scheduler.Finish("0[1]");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("1[0]")) << "it was never begun";
}

FLINK_CONTRACT(PipelinedRegionSchedulingStrategyTest, testStartScheduling) {
  BatchScheduler scheduler({2, 2, 1}, {{0, 1}, {1, 2}});
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("0[0]", "0[1]")) << "what reads nothing";
}

FLINK_CONTRACT(PipelinedRegionSchedulingStrategyTest, testRestartTasks) {
  BatchScheduler scheduler({2, 2, 1}, {{0, 1}, {1, 2}});
  scheduler.Finish("0[0]");
  scheduler.Deployed();
  scheduler.Lose("tm");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("0[0]", "0[1]"))
      << "of all that is to start anew, what reads nothing";
}

FLINK_CONTRACT(PipelinedRegionSchedulingStrategyTest,
               testNotifyingBlockingResultPartitionProducerFinished) {
  BatchScheduler scheduler({2, 2}, {{0, 1}});
  scheduler.Deployed();
  scheduler.Finish("0[0]");
  EXPECT_THAT(scheduler.Deployed(), IsEmpty()) << "one of two results is not there";
  scheduler.Finish("0[1]");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("1[0]", "1[1]"));
}

FLINK_CONTRACT(PipelinedRegionSchedulingStrategyTest,
               testSchedulingTopologyWithPersistentBlockingEdges) {
  BatchScheduler scheduler({1, 1}, {{0, 1, Partitioning::kForward}});
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("0[0]"));
}

FLINK_CONTRACT(PipelinedRegionSchedulingStrategyTest,
               testScheduleBlockingDownstreamTaskIndividually) {
  BatchScheduler scheduler({2, 2}, {{0, 1, Partitioning::kForward}});
  scheduler.Deployed();
  scheduler.Finish("0[1]");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("1[1]")) << "it reads nothing of the other";
}

FLINK_CONTRACT(CommitterOperatorTest, testEmitAllCommittablesOnEndOfInput) {
  BatchScheduler scheduler({1, 2}, {{0, 1}});
  scheduler.Finish("0[0]");
  scheduler.ReachEnd("1[0]");
  EXPECT_FALSE(scheduler.wants_commit()) << "a sink still writes";
  scheduler.ReachEnd("1[1]");
  EXPECT_TRUE(scheduler.wants_commit());
  scheduler.Commit();
  scheduler.Finish("1[0]");
  EXPECT_EQ(scheduler.status(), JobStatus::kRunning);
  // Behind the commit nothing is read again, whatever is lost.
  scheduler.Deployed();
  scheduler.Lose("tm");
  EXPECT_THAT(scheduler.Deployed(), ElementsAre("1[0]", "1[1]"));
  scheduler.Finish("1[0]");
  scheduler.Finish("1[1]");
  EXPECT_EQ(scheduler.status(), JobStatus::kFinished);
}

}  // namespace
}  // namespace flinch::engine
