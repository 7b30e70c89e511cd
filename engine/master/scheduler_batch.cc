// The part of SchedulerCore that is of batch jobs.
#include <algorithm>

#include <fmt/format.h>

#include "engine/master/scheduler_core.h"

namespace flinch::engine {

namespace job_effect = scheduler_effect;
namespace job_input = scheduler_input;

// A sink finishes when the job's end is durable, so all others have finished by then.
void SchedulerCore::OnFinished() {
  const auto has_finished = [this](const Execution& each) {
    return each.state == ExecutionState::kFinished && (!options_.is_batch || graph_.HasSink(each));
  };
  const bool is_over = !options_.is_batch ? graph_.AllIn(ExecutionState::kFinished)
                       : options_.defects.Has(Defect::kBatchEndsWithItsFirstSink)
                           ? std::ranges::any_of(graph_.executions(), has_finished)
                           : std::ranges::all_of(graph_.executions(), [&](const Execution& each) {
                               return !graph_.HasSink(each) || has_finished(each);
                             });
  if (is_over) {
    checkpointing_ = false;
    FeedAdaptive(AdaptiveInput::kOver);
    Emit(job_effect::StopCheckpoints());
    return End(JobStatus::kFinished);
  }
  if (options_.is_batch) {
    StartCheckpointsWhenRunning();
    ScheduleReady();
  }
}

bool SchedulerCore::IsAtItsEnd() const {
  if (options_.defects.Has(Defect::kBatchEndsWithItsFirstSink)) {
    return std::ranges::any_of(graph_.executions(), [this](const Execution& each) {
      return graph_.HasSink(each) && each.state == ExecutionState::kRunning && each.end_of_input;
    });
  }
  return graph_.IsAtItsEnd(is_committed_);
}

bool SchedulerCore::MayRun(const Execution& execution) const {
  return execution.state == ExecutionState::kCreated &&
         (is_committed_ ? graph_.HasSink(execution) : graph_.MayStart(execution, options_.defects));
}

// While something is to start anew nothing else begins: it may read what is about to go.
void SchedulerCore::ScheduleReady() {
  if (!options_.is_batch || status_ != JobStatus::kRunning || drawing_) {
    return;
  }
  bool is_any = false;
  for (Execution& execution : graph_.executions()) {
    if (MayRun(execution)) {
      Feed(execution, ExecutionInput::kSchedule);
      is_any = true;
    }
  }
  if (is_any) {
    Schedule();
  }
}

void SchedulerCore::LoseResult(Execution& execution) {
  if (!options_.is_batch || is_committed_ || !graph_.HasResult(execution) ||
      graph_.graph().vertex(execution.id.vertex).outputs.empty() ||
      options_.defects.Has(Defect::kLostResultIsNotProducedAgain)) {
    return;
  }
  execution.result_is_lost = true;
  Emit(job_effect::TellResultLost{.task = execution.id, .is_needed = graph_.IsNeeded(execution)});
}

void SchedulerCore::ProduceAgain(const std::string& reason) {
  if (!options_.is_batch || is_committed_) {
    return;
  }
  for (Execution& execution : graph_.executions()) {
    if (execution.result_is_lost && !execution.restarts && graph_.IsNeeded(execution)) {
      FailOver(
          fmt::format("the result of {} is lost: {}",
                      SubtaskName(graph_.graph().vertex(execution.id.vertex), execution.id.subtask),
                      reason),
          &execution);
    }
  }
}

void SchedulerCore::MarkBatchRestarts(const Execution* failed) {
  if (is_committed_) {
    return graph_.MarkSinks();
  }
  const bool is_at_end = failed == nullptr && graph_.IsAtItsEnd(false);
  if ((failed == nullptr && !is_at_end) || options_.failover == FailoverStrategy::kFull) {
    return graph_.MarkAll();
  }
  if (failed != nullptr) {
    graph_.MarkRegion(*failed);
  }
  for (const Execution& execution : graph_.executions()) {
    // What the last checkpoint did not get to commit; and what is not placed yet.
    if ((is_at_end && graph_.HasSink(execution)) || execution.state == ExecutionState::kScheduled) {
      graph_.MarkRegion(execution);
    }
  }
}

void SchedulerCore::On(const job_input::Committed&) {
  is_committed_ = true;
  if (status_ == JobStatus::kRestarting) {
    graph_.MarkSinks();
    CancelRestarting();
    RepeatCancel();
  }
}

}  // namespace flinch::engine
