#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/master/scheduler_core.h"
#include "tests/contracts/contract.h"
#include "tests/support/job_graphs.h"

namespace flinch::engine {
namespace {

using ::testing::HasSubstr;

namespace job_effect = scheduler_effect;
namespace job_input = scheduler_input;

constexpr uint32_t kWanted = 4;

JobGraph SourceAndSink() {
  JobGraph graph;
  for (const uint32_t vertex : {0U, 1U}) {
    graph.vertices.push_back({.id = VertexId(vertex), .name = "v", .parallelism = kWanted});
  }
  tests::Join(graph, 0, 1);
  return graph;
}

SchedulerOptions Adaptive() { return {.type = SchedulerType::kAdaptive}; }

// A job of the adaptive scheduler that wants four slots; its wishes are fulfilled at once, but for
// slots, and its tasks run and stop when they are asked to.
class AdaptiveJob {
 public:
  explicit AdaptiveJob(const SchedulerOptions& options, uint32_t restarts = 10)
      : core_(SourceAndSink(),
              {.restart = {.attempts = restarts, .delay = 0s}, .scheduler = options}) {
    Feed(job_input::Start());
  }

  void GiveSlots(size_t slots) { Feed(job_input::SlotsChanged{{slots, "tm"}}); }

  void FailCheckpoints() { Feed(job_input::CheckpointsFailed{"too many"}); }

  void Cancel() { Feed(job_input::Cancel()); }

  void Pass(Duration span) {
    const sim::SimTime until = now_ + span;
    for (;;) {
      auto next = timers_.end();
      for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
        if (timer->second <= until && (next == timers_.end() || timer->second < next->second)) {
          next = timer;
        }
      }
      if (next == timers_.end()) {
        break;
      }
      now_ = next->second;
      const SchedulerTimer timer = next->first;
      timers_.erase(next);
      Feed(job_input::TimerFired{timer});
    }
    now_ = until;
  }

  // Of the attempts, in their order.
  const std::vector<uint32_t>& sizes() const { return sizes_; }

  const std::string& reason() const { return reason_; }

  JobStatus status() const { return core_.status(); }

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

  void Perform(const job_effect::TellParallelism& told) { sizes_.push_back(told.parallelism); }

  void Perform(const job_effect::Deploy& deploy) {
    for (const ExecutionAttemptId& task : deploy.tasks) {
      Feed(job_input::TaskReported{.task = task, .state = ExecutionState::kRunning});
    }
  }

  void Perform(const job_effect::Cancel& cancel) {
    Feed(job_input::TaskReported{.task = cancel.task, .state = ExecutionState::kCanceled});
  }

  void Perform(const job_effect::SettleCheckpoints&) { Feed(job_input::CheckpointsSettled()); }

  void Perform(const job_effect::WriteResult&) { Feed(job_input::ResultWritten()); }

  void Perform(const job_effect::StartTimer& start) { timers_[start.timer] = now_ + start.after; }

  void Perform(const job_effect::TellStatus& told) { reason_ = told.reason; }

  void Perform(const auto&) {}

  SchedulerCore core_;
  sim::SimTime now_ = sim::kEpoch;
  std::map<SchedulerTimer, sim::SimTime> timers_;
  uint32_t last_number_ = 0;
  std::vector<uint32_t> sizes_;
  std::string reason_;
};

using Sizes = std::vector<uint32_t>;

FLINK_CONTRACT(WaitingForResourcesTest, testTransitionToCreatingExecutionGraph) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(kWanted);
  EXPECT_EQ(job.sizes(), Sizes{kWanted}) << "all that it can use is there: nobody waits";
}

FLINK_CONTRACT(WaitingForResourcesTest, testNotEnoughResources) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(0);
  EXPECT_EQ(job.sizes(), Sizes{});
  EXPECT_EQ(job.status(), JobStatus::kRunning);
}

FLINK_CONTRACT(WaitingForResourcesTest, testNotifyNewResourcesAvailable) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(1);
  EXPECT_EQ(job.sizes(), Sizes{}) << "more may come";
  job.GiveSlots(kWanted + 1);
  EXPECT_EQ(job.sizes(), Sizes{kWanted});
}

FLINK_CONTRACT(WaitingForResourcesTest,
               testSchedulingWithSufficientResourcesAndNoStabilizationTimeout) {
  SchedulerOptions options = Adaptive();
  options.resource_stabilization = 0s;
  AdaptiveJob job(options);
  job.GiveSlots(2);
  job.Pass(0s);
  EXPECT_EQ(job.sizes(), Sizes{2});
}

FLINK_CONTRACT(WaitingForResourcesTest, testNoSchedulingIfStabilizationTimeoutIsConfigured) {
  SchedulerOptions options = Adaptive();
  options.resource_stabilization = 50s;
  AdaptiveJob job(options);
  job.GiveSlots(2);
  job.Pass(49s);
  EXPECT_EQ(job.sizes(), Sizes{});
}

FLINK_CONTRACT(WaitingForResourcesTest,
               testSchedulingWithSufficientResourcesAfterStabilizationTimeout) {
  SchedulerOptions options = Adaptive();
  options.resource_stabilization = 50s;
  AdaptiveJob job(options);
  job.GiveSlots(2);
  job.Pass(50s);
  EXPECT_EQ(job.sizes(), Sizes{2});
}

FLINK_CONTRACT(WaitingForResourcesTest, testStabilizationTimeoutReset) {
  SchedulerOptions options = Adaptive();
  options.resource_stabilization = 50ms;
  AdaptiveJob job(options);
  job.Pass(40ms);
  job.GiveSlots(1);
  job.Pass(40ms);
  job.GiveSlots(0);
  job.Pass(40ms);
  job.GiveSlots(1);
  job.Pass(49ms);
  EXPECT_EQ(job.sizes(), Sizes{}) << "the time began anew";
  job.Pass(1ms);
  EXPECT_EQ(job.sizes(), Sizes{1});
}

FLINK_CONTRACT(WaitingForResourcesTest, testNoStateTransitionOnNoResourceTimeout) {
  SchedulerOptions options = Adaptive();
  options.mode = SchedulerMode::kReactive;
  AdaptiveJob job(options);
  job.Pass(100h);
  EXPECT_EQ(job.status(), JobStatus::kRunning) << "in reactive mode it waits for ever";
  EXPECT_EQ(job.sizes(), Sizes{});
}

FLINK_CONTRACT(WaitingForResourcesTest, testStateTransitionOnResourceTimeout) {
  SchedulerOptions options = Adaptive();
  options.resource_stabilization = 1h;
  AdaptiveJob some(options);
  some.GiveSlots(2);
  some.Pass(options.resource_wait);
  EXPECT_EQ(some.sizes(), Sizes{2}) << "with what there is";
  AdaptiveJob none(options);
  none.Pass(options.resource_wait);
  EXPECT_EQ(none.sizes(), Sizes{});
  EXPECT_EQ(none.status(), JobStatus::kFailed) << "there is nothing";
}

FLINK_CONTRACT(WaitingForResourcesTest, testCancel) {
  AdaptiveJob job(Adaptive());
  job.Cancel();
  EXPECT_EQ(job.status(), JobStatus::kCanceled);
  job.GiveSlots(kWanted);
  EXPECT_EQ(job.sizes(), Sizes{});
}

FLINK_CONTRACT(ExecutingTest, testUnrecoverableGlobalFailureTransitionsToFailingState) {
  AdaptiveJob job(Adaptive(), 0);
  job.GiveSlots(kWanted);
  job.FailCheckpoints();
  EXPECT_EQ(job.status(), JobStatus::kFailed);
}

FLINK_CONTRACT(ExecutingTest, testRecoverableGlobalFailureTransitionsToRestarting) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(kWanted);
  job.FailCheckpoints();
  EXPECT_EQ(job.status(), JobStatus::kRestarting);
  job.Pass(0s);
  EXPECT_EQ(job.sizes(), (Sizes{kWanted, kWanted}));
}

FLINK_CONTRACT(ExecutingTest, testCancelTransitionsToCancellingState) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(kWanted);
  job.Cancel();
  EXPECT_EQ(job.status(), JobStatus::kCanceled);
}

FLINK_CONTRACT(ExecutingTest,
               testNotifyNewResourcesAvailableBeforeCooldownIsOverScheduledStateChange) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(2);
  job.Pass(1s);
  job.GiveSlots(kWanted);
  EXPECT_EQ(job.sizes(), Sizes{2});
  job.Pass(3s);
  EXPECT_EQ(job.sizes(), (Sizes{2, kWanted}));
}

FLINK_CONTRACT(ExecutingTest, testNotifyNewResourcesAvailableAfterCooldownIsOverStateChange) {
  AdaptiveJob job(Adaptive());
  job.GiveSlots(2);
  job.Pass(30s);
  job.GiveSlots(kWanted);
  EXPECT_THAT(job.reason(), HasSubstr("rescales from 4 subtasks to 8"));
  job.Pass(0s);
  EXPECT_EQ(job.sizes(), (Sizes{2, kWanted}));
}

FLINK_CONTRACT(ExecutingTest,
               testNotifyNewResourcesAvailableWithCanScaleUpWithoutForceTransitionsToRestarting) {
  SchedulerOptions options = Adaptive();
  options.scaling_interval = 0s;
  AdaptiveJob job(options, 0);
  job.GiveSlots(2);
  job.Pass(1s);
  job.GiveSlots(kWanted);
  EXPECT_EQ(job.status(), JobStatus::kRestarting) << "that is no failure, and costs no restart";
  job.Pass(0s);
  EXPECT_EQ(job.sizes(), (Sizes{2, kWanted}));
}

FLINK_CONTRACT(EnforceMinimalIncreaseRescalingControllerTest, testScaleUp) {
  SchedulerOptions options = Adaptive();
  options.min_increase = 4;
  options.scaling_interval = 0s;
  AdaptiveJob job(options);
  job.GiveSlots(2);
  job.Pass(1s);
  job.GiveSlots(kWanted);
  job.Pass(0s);
  EXPECT_EQ(job.sizes(), (Sizes{2, kWanted})) << "two vertices grow by two each";
}

FLINK_CONTRACT(EnforceMinimalIncreaseRescalingControllerTest, testNoScaleUp) {
  SchedulerOptions options = Adaptive();
  options.min_increase = 4;
  options.scaling_interval = 0s;
  AdaptiveJob job(options);
  job.GiveSlots(2);
  job.Pass(1s);
  job.GiveSlots(3);
  job.Pass(1h);
  EXPECT_EQ(job.sizes(), Sizes{2});
}

FLINK_CONTRACT(EnforceMinimalIncreaseRescalingControllerTest, testNoScaleOnSameParallelism) {
  SchedulerOptions options = Adaptive();
  options.scaling_interval = 0s;
  AdaptiveJob job(options);
  job.GiveSlots(kWanted);
  job.GiveSlots(2 * kWanted);
  job.Pass(1h);
  EXPECT_EQ(job.sizes(), Sizes{kWanted}) << "more than it wants is no use";
}

}  // namespace
}  // namespace flinch::engine
