#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/master/scheduler_core.h"
#include "tests/contracts/contract.h"
#include "tests/support/job_graphs.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;

namespace job_effect = scheduler_effect;
namespace job_input = scheduler_input;

JobGraph SourceAndSink() {
  JobGraph graph;
  for (const uint32_t vertex : {0U, 1U}) {
    graph.vertices.push_back({.id = VertexId(vertex), .name = "v", .parallelism = 1});
  }
  tests::Join(graph, 0, 1);
  return graph;
}

constexpr ExecutionAttemptId TaskOf(uint32_t vertex, uint32_t attempt) {
  return {VertexId(vertex), SubtaskIndex(0), AttemptNumber(attempt)};
}

// A SchedulerCore whose wishes are fulfilled at once, but for slots, submissions and reports.
class Scheduler {
 public:
  explicit Scheduler(uint32_t restarts) : core_(graph_, {.restart = {.attempts = restarts}}) {
    Feed(job_input::Start());
  }

  void GiveSlots(size_t slots) { Feed(job_input::SlotsChanged{{slots, "tm"}}); }

  void Refuse(const ExecutionAttemptId& task) {
    Feed(job_input::Submitted{.task = task, .failure = "full"});
  }

  void Report(const ExecutionAttemptId& task, ExecutionState state) {
    Feed(job_input::TaskReported{.task = task, .state = state, .reason = "broken"});
  }

  // All tasks of the attempt run.
  void Run(uint32_t attempt) {
    Pass(1s);
    Report(TaskOf(0, attempt), ExecutionState::kRunning);
    Report(TaskOf(1, attempt), ExecutionState::kRunning);
  }

  void FailCheckpoints() { Feed(job_input::CheckpointsFailed{"too many"}); }

  void Pass(Duration span) {
    const sim::SimTime until = now_ + span;
    while (!timers_.empty()) {
      auto next = timers_.begin();
      for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
        next = timer->second < next->second ? timer : next;
      }
      if (next->second > until) {
        break;
      }
      now_ = next->second;
      const SchedulerTimer timer = next->first;
      timers_.erase(next);
      Feed(job_input::TimerFired{timer});
    }
    now_ = until;
  }

  // What the latest change of the job's status said.
  const std::string& reason() const { return reason_; }

  const std::vector<std::string>& done() const { return done_; }

  JobStatus status() const { return core_.status(); }

  const ExecutionGraph& graph() const { return core_.graph(); }

  void Forget() { done_.clear(); }

 private:
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

  void Perform(const job_effect::Deploy&) { done_.emplace_back("deploy"); }

  void Perform(const job_effect::Restore&) { done_.emplace_back("restore"); }

  void Perform(const job_effect::StopCheckpoints&) { done_.emplace_back("stop checkpoints"); }

  void Perform(const job_effect::SettleCheckpoints&) { Feed(job_input::CheckpointsSettled()); }

  void Perform(const job_effect::WriteResult&) { Feed(job_input::ResultWritten()); }

  void Perform(const job_effect::StartTimer& start) { timers_[start.timer] = now_ + start.after; }

  void Perform(const job_effect::TellStatus& told) { reason_ = told.reason; }

  void Perform(const auto&) {}

  JobGraph graph_ = SourceAndSink();
  SchedulerCore core_;
  sim::SimTime now_ = sim::kEpoch;
  std::map<SchedulerTimer, sim::SimTime> timers_;
  uint32_t last_number_ = 0;
  std::vector<std::string> done_;
  std::string reason_;
};

FLINK_CONTRACT(DefaultSchedulerTest, deployTasksOnlyWhenAllSlotRequestsAreFulfilled) {
  Scheduler scheduler(1);
  scheduler.Pass(1h);
  EXPECT_THAT(scheduler.done(), ElementsAre("restore")) << "there is no slot";
  EXPECT_TRUE(scheduler.graph().AllIn(ExecutionState::kScheduled));
  scheduler.GiveSlots(1);
  scheduler.Pass(1s);
  EXPECT_THAT(scheduler.done(), ElementsAre("restore", "deploy"));
  EXPECT_TRUE(scheduler.graph().AllIn(ExecutionState::kDeploying));
}

FLINK_CONTRACT(DefaultSchedulerTest, restartAfterDeploymentFails) {
  Scheduler scheduler(1);
  scheduler.GiveSlots(1);
  scheduler.Pass(1s);
  scheduler.Refuse(TaskOf(0, 1));
  scheduler.Report(TaskOf(1, 1), ExecutionState::kCanceled);
  scheduler.Pass(2s);
  EXPECT_THAT(scheduler.done(),
              ElementsAre("restore", "deploy", "stop checkpoints", "restore", "deploy"));
  EXPECT_NE(scheduler.graph().Find(TaskOf(0, 2)), nullptr);
}

FLINK_CONTRACT(DefaultSchedulerTest, failJobIfCannotRestart) {
  Scheduler scheduler(0);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.Report(TaskOf(0, 1), ExecutionState::kFailed);
  EXPECT_EQ(scheduler.status(), JobStatus::kFailing) << "the other task has not stopped";
  scheduler.Report(TaskOf(1, 1), ExecutionState::kCanceled);
  EXPECT_EQ(scheduler.status(), JobStatus::kFailed);
}

FLINK_CONTRACT(DefaultSchedulerTest, abortPendingCheckpointsWhenRestartingTasks) {
  Scheduler scheduler(1);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.Forget();
  scheduler.Report(TaskOf(1, 1), ExecutionState::kFailed);
  EXPECT_THAT(scheduler.done(), ElementsAre("stop checkpoints"));
}

FLINK_CONTRACT(DefaultSchedulerTest, restoreStateWhenRestartingTasks) {
  Scheduler scheduler(1);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.Report(TaskOf(0, 1), ExecutionState::kFailed);
  scheduler.Forget();
  scheduler.Report(TaskOf(1, 1), ExecutionState::kCanceled);
  scheduler.Pass(1s);
  EXPECT_THAT(scheduler.done(), ElementsAre("restore"));
  scheduler.Pass(1s);
  EXPECT_THAT(scheduler.done(), ElementsAre("restore", "deploy")) << "in this order";
}

FLINK_CONTRACT(DefaultSchedulerTest, vertexIsResetBeforeRestarted) {
  Scheduler scheduler(1);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.Report(TaskOf(0, 1), ExecutionState::kFailed);
  scheduler.Report(TaskOf(1, 1), ExecutionState::kCanceled);
  scheduler.Pass(1s);
  EXPECT_TRUE(scheduler.graph().AllIn(ExecutionState::kScheduled)) << "new attempts";
  EXPECT_EQ(scheduler.graph().Find(TaskOf(0, 1)), nullptr)
      << "and what is told of old ones is stale";
  scheduler.Report(TaskOf(0, 1), ExecutionState::kRunning);
  EXPECT_TRUE(scheduler.graph().AllIn(ExecutionState::kScheduled));
}

// A failure of any task restarts all.
FLINK_CONTRACT(RestartAllFailoverStrategyTest, testGetTasksNeedingRestart) {
  for (const uint32_t failed : {0U, 1U}) {
    Scheduler scheduler(1);
    scheduler.GiveSlots(1);
    scheduler.Run(1);
    scheduler.Report(TaskOf(failed, 1), ExecutionState::kFailed);
    scheduler.Report(TaskOf(1 - failed, 1), ExecutionState::kCanceled);
    scheduler.Pass(1s);
    EXPECT_NE(scheduler.graph().Find(TaskOf(0, 2)), nullptr);
    EXPECT_NE(scheduler.graph().Find(TaskOf(1, 2)), nullptr);
  }
}

FLINK_CONTRACT(ExecutionFailureHandlerTest, testNormalFailureHandling) {
  Scheduler scheduler(1);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.Report(TaskOf(0, 1), ExecutionState::kFailed);
  EXPECT_EQ(scheduler.status(), JobStatus::kRestarting);
  EXPECT_EQ(scheduler.reason(), "v[0] failed: broken");
  scheduler.Report(TaskOf(1, 1), ExecutionState::kCanceled);
  scheduler.Pass(999ms);
  EXPECT_EQ(scheduler.status(), JobStatus::kRestarting) << "the delay is not over";
  scheduler.Pass(1ms);
  EXPECT_EQ(scheduler.status(), JobStatus::kRunning);
}

FLINK_CONTRACT(ExecutionFailureHandlerTest, testRestartingSuppressedFailureHandlingResult) {
  Scheduler scheduler(0);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.Report(TaskOf(0, 1), ExecutionState::kFailed);
  EXPECT_EQ(scheduler.status(), JobStatus::kFailing);
  EXPECT_EQ(scheduler.reason(), "v[0] failed: broken (after 0 restarts no more are allowed)");
}

FLINK_CONTRACT(ExecutionFailureHandlerTest, testGlobalFailureHandling) {
  Scheduler scheduler(1);
  scheduler.GiveSlots(1);
  scheduler.Run(1);
  scheduler.FailCheckpoints();
  EXPECT_EQ(scheduler.status(), JobStatus::kRestarting);
  EXPECT_EQ(scheduler.reason(), "too many");
  EXPECT_TRUE(scheduler.graph().AllIn(ExecutionState::kCanceling)) << "no task is left out";
}

}  // namespace
}  // namespace flinch::engine
