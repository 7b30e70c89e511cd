// What SchedulerCore does for a job whose size its slots decide.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/master/scheduler_core.h"
#include "sim/check.h"

namespace flinch::engine {

namespace job_effect = scheduler_effect;

JobGraph SchedulerCore::FitToSlots() const {
  return engine::FitToSlots(declared_, static_cast<uint32_t>(slots_.size()),
                            options_.scheduler.mode);
}

void SchedulerCore::FeedAdaptive(AdaptiveInput input, const std::string& reason) {
  const auto& row = engine::Step(kAdaptiveTransitions, adaptive_, input);
  adaptive_ = row.to;
  switch (row.action) {
    case AdaptiveAction::kNone:
    case AdaptiveAction::kIgnore:
      return;
    case AdaptiveAction::kWait:
      if (options_.scheduler.mode != SchedulerMode::kReactive) {
        Emit(job_effect::StartTimer{.timer = SchedulerTimer::kResourceWait,
                                    .after = options_.scheduler.resource_wait});
      }
      return LookAtSlots();
    case AdaptiveAction::kStabilize:
      return Emit(job_effect::StartTimer{.timer = SchedulerTimer::kStabilization,
                                         .after = options_.scheduler.resource_stabilization});
    case AdaptiveAction::kCreate:
      drawing_ = true;
      return Emit(job_effect::DrawNumber());
    case AdaptiveAction::kGiveUp:
      FeedJob(JobInput::kGiveUp, reason);
      return graph_.MarkAll();
    case AdaptiveAction::kRescale:
      return Rescale(reason);
  }
}

void SchedulerCore::LookAtSlots() {
  if (adaptive_ == AdaptivePhase::kExecuting) {
    return LookForGrowth();
  }
  if (slots_.empty()) {
    return FeedAdaptive(AdaptiveInput::kInsufficient);
  }
  const uint32_t wanted = options_.scheduler.mode == SchedulerMode::kReactive
                              ? declared_.stream.max_parallelism
                              : declared_.max_vertex_parallelism();
  FeedAdaptive(slots_.size() >= wanted ? AdaptiveInput::kDesired : AdaptiveInput::kSufficient);
}

void SchedulerCore::On(const scheduler_input::HoldSize& hold) {
  holds_size_ = hold.holds;
  LookForGrowth();
}

// What is ending is left alone: a job whose subtasks have seen all of their input would only read
// again.
void SchedulerCore::LookForGrowth() {
  if (adaptive_ != AdaptivePhase::kExecuting || holds_size_ || slots_.empty() ||
      graph_.AnyIn(ExecutionState::kFinished)) {
    return;
  }
  const uint32_t before = CumulativeParallelism(graph_.graph());
  const uint32_t after = CumulativeParallelism(FitToSlots());
  if (after < before + options_.scheduler.min_increase) {
    return;
  }
  const sim::SimTime earliest = sim::Later(started_at_, options_.scheduler.scaling_interval);
  if (now_ < earliest) {
    return Emit(
        job_effect::StartTimer{.timer = SchedulerTimer::kCooldown, .after = earliest - now_});
  }
  FeedAdaptive(AdaptiveInput::kGrown,
               fmt::format("rescales from {} subtasks to {}, as there are {} slots", before, after,
                           slots_.size()));
}

void SchedulerCore::CreateAttempt(AttemptNumber number) {
  if (slots_.empty()) {
    return FeedAdaptive(AdaptiveInput::kNotCreated);
  }
  graph_.Adopt(FitToSlots());
  FeedAdaptive(AdaptiveInput::kCreated);
  started_at_ = now_;
  Emit(job_effect::TellParallelism{.parallelism = graph_.graph().max_vertex_parallelism()});
  StartAttempt(number);
  Place();
  sim::Check(!waits_for_slots_, "a job that fits its slots waits for more");
}

// No failure: the restart strategy is not asked.
void SchedulerCore::Rescale(const std::string& reason) {
  if (std::exchange(checkpointing_, false)) {
    Emit(job_effect::StopCheckpoints());
  }
  FeedJob(JobInput::kRescale, reason);
  graph_.MarkAll();
  CancelRestarting();
  RepeatCancel();
}

}  // namespace flinch::engine
