#include "engine/master/scheduler_core.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

namespace job_effect = scheduler_effect;
namespace job_input = scheduler_input;

// A cancel that is not confirmed is sent again after this time.
constexpr sim::Duration kRepeatCancel = 200ms;

// Between having enough slots and using them. Flink: resource-stabilization-timeout, 10 s.
constexpr sim::Duration kSlotStabilization = 50ms;

}  // namespace

std::string_view Name(SchedulerTimer timer) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "stabilization", "repeat-cancel", "restart-delay", "resource-wait", "cooldown"};
  return kNames.at(static_cast<size_t>(timer));
}

SchedulerCore::SchedulerCore(const JobGraph& graph, const Options& options)
    : options_(options),
      graph_(graph, options.is_batch),
      declared_(graph),
      restarts_(MakeRestartStrategy(options.restart, options.random)) {
  sim::Check(!graph.vertices.empty(), "a job without vertices is scheduled");
}

std::span<const SchedulerEffect> SchedulerCore::Step(const SchedulerInput& input,
                                                     sim::SimTime now) {
  sim::Check(now >= now_, "a scheduler's clock goes back");
  now_ = now;
  effects_.clear();
  changed_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  CheckStopped();
  Verify();
  return effects_;
}

void SchedulerCore::Verify() const {
  graph_.Verify();
  for (const ExecutionAttemptId& changed : changed_) {
    graph_.Verify(changed);
  }
  sim::Check(!checkpointing_ || status_ == JobStatus::kRunning,
             "checkpoints are on in a job that is {}", Name(status_));
  sim::Check(!restart_due_ || status_ == JobStatus::kRestarting, "a job that is {} restarts",
             Name(status_));
  sim::Check(adaptive_ == AdaptivePhase::kIdle || status_ == JobStatus::kRunning,
             "a job that is {} is {}", Name(status_), Name(adaptive_));
  sim::Check(!drawing_ || !checkpointing_, "a number is drawn for a job that is complete");
  sim::Check(!ending_ || status_ == JobStatus::kRunning || status_ == JobStatus::kFailing ||
                 status_ == JobStatus::kCancelling || status_ == *ending_,
             "a job that is {} ends", Name(status_));
}

void SchedulerCore::FeedJob(JobInput input, const std::string& reason) {
  const auto& row = engine::Step(kJobTransitions, status_, input);
  if (row.action == JobAction::kIgnore) {
    return;
  }
  const JobStatus from = std::exchange(status_, row.to);
  sim::Check(from != status_, "a job's status changes to itself, {}", Name(from));
  Emit(job_effect::TellStatus{.from = from, .to = status_, .reason = reason});
}

void SchedulerCore::Feed(Execution& execution, ExecutionInput input, const std::string& reason) {
  const auto& row = engine::Step(kExecutionTransitions, execution.state, input);
  const ExecutionState from = std::exchange(execution.state, row.to);
  if (from != row.to) {
    changed_.push_back(execution.id);
    sim::Check(!IsTerminal(from), "an attempt that has ended goes on");
    Emit(job_effect::TellState{.task = execution.id, .from = from, .to = row.to});
  }
  switch (row.action) {
    case ExecutionAction::kNone:
    case ExecutionAction::kIgnore:
      break;
    case ExecutionAction::kSendCancel:
      Emit(job_effect::Cancel{.task_manager = execution.task_manager, .task = execution.id});
      break;
    case ExecutionAction::kFailOver:
      FailOver(
          fmt::format("{} failed: {}",
                      SubtaskName(graph_.graph().vertex(execution.id.vertex), execution.id.subtask),
                      reason),
          &execution);
      break;
    case ExecutionAction::kCheckFinished:
      OnFinished();
      break;
  }
}

void SchedulerCore::On(const job_input::Start& start) {
  sim::Check(status_ == JobStatus::kCreated, "a job that is {} is started", Name(status_));
  is_committed_ = start.is_committed;
  FeedJob(JobInput::kStart);
  WantAttempt();
}

void SchedulerCore::On(const job_input::HasEnded& ended) {
  sim::Check(status_ == JobStatus::kCreated, "a job that is {} has ended before", Name(status_));
  sim::Check(IsGloballyTerminal(ended.status), "{} is no end of a job", Name(ended.status));
  status_ = ended.status;
}

void SchedulerCore::On(const job_input::Unreadable& unreadable) {
  FeedJob(JobInput::kUnreadable, unreadable.reason);
}

void SchedulerCore::On(const job_input::NumberDrawn& drawn) {
  const bool is_cancelled = IsCancelled();
  sim::Check(drawing_ || is_cancelled, "attempt {} was drawn unasked", drawn.number.value());
  drawing_ = false;
  if (status_ != JobStatus::kRunning) {
    return;  // it is burnt: the job was cancelled, or another region fails: all go together then
  }
  if (options_.scheduler.is_adaptive()) {
    return CreateAttempt(drawn.number);
  }
  StartAttempt(drawn.number);
  if (!options_.is_batch) {
    Schedule();
  }
}

void SchedulerCore::WantAttempt() {
  if (options_.scheduler.is_adaptive()) {
    return FeedAdaptive(AdaptiveInput::kWanted);
  }
  drawing_ = true;
  Emit(job_effect::DrawNumber());
}

void SchedulerCore::StartAttempt(AttemptNumber number) {
  const size_t started = graph_.StartAttempt(number);
  Emit(job_effect::Restore{
      .number = number, .subtasks = started, .all = started == graph_.executions().size()});
  if (options_.is_batch) {
    return ScheduleReady();
  }
  for (Execution& execution : graph_.executions()) {
    if (execution.state == ExecutionState::kCreated) {
      Feed(execution, ExecutionInput::kSchedule);
    }
  }
}

std::optional<std::vector<std::string>> SchedulerCore::ChooseSlots() const {
  std::vector<std::string> chosen(graph_.graph().max_vertex_parallelism());
  std::vector<bool> is_wanted(chosen.size());
  for (const Execution& execution : graph_.executions()) {
    const size_t index = execution.id.subtask.value();
    if (execution.state == ExecutionState::kScheduled) {
      is_wanted[index] = true;
    } else if (!IsTerminal(execution.state) && execution.state != ExecutionState::kCreated) {
      chosen[index] = execution.task_manager;
    }
  }
  std::vector<std::string> free = slots_;
  for (const std::string& taken : chosen) {
    if (const auto slot = std::ranges::find(free, taken); slot != free.end()) {
      free.erase(slot);
    }
  }
  auto next = free.begin();
  for (size_t index = 0; index < chosen.size(); ++index) {
    if (is_wanted[index] && chosen[index].empty()) {
      if (next == free.end()) {
        return std::nullopt;
      }
      chosen[index] = *next++;
    }
  }
  return chosen;
}

void SchedulerCore::Schedule() {
  sim::Check(graph_.AnyIn(ExecutionState::kScheduled), "nothing is to be scheduled");
  waits_for_slots_ = !ChooseSlots();
  if (!waits_for_slots_) {
    // TaskManagers that come at the same time shall share the work.
    Emit(job_effect::StartTimer{.timer = SchedulerTimer::kStabilization,
                                .after = kSlotStabilization});
  }
}

void SchedulerCore::On(const job_input::SlotsChanged& changed) {
  slots_ = changed.slots;
  if (options_.scheduler.is_adaptive()) {
    LookAtSlots();
  } else if (waits_for_slots_) {
    Schedule();
  }
}

void SchedulerCore::Place() {
  const std::optional<std::vector<std::string>> slots = ChooseSlots();
  waits_for_slots_ = !slots;
  if (waits_for_slots_) {
    return;
  }
  std::vector<ExecutionAttemptId> tasks;
  for (Execution& execution : graph_.executions()) {
    if (execution.state == ExecutionState::kScheduled) {
      execution.task_manager = slots->at(execution.id.subtask.value());
      sim::Check(!execution.task_manager.empty(), "a slot is nowhere");
      tasks.push_back(execution.id);
      Feed(execution, ExecutionInput::kDeploy);
    }
  }
  // Descriptions name each other's places, so they are made when all places are known.
  Emit(job_effect::Deploy{.tasks = std::move(tasks)});
}

void SchedulerCore::On(const job_input::Submitted& submitted) {
  Execution* execution = graph_.Find(submitted.task);
  if (execution == nullptr || IsTerminal(execution->state)) {
    return;  // of another attempt, or overtaken by its end
  }
  if (!submitted.failure || options_.defects.Has(Defect::kUnansweredDeploymentCounts)) {
    Feed(*execution, ExecutionInput::kAccepted);
  } else if (execution->state == ExecutionState::kDeploying) {
    Feed(*execution, ExecutionInput::kError, "could not be deployed: " + *submitted.failure);
  }
}

void SchedulerCore::On(const job_input::TaskReported& reported) {
  Execution* execution = graph_.Find(reported.task);
  if (execution == nullptr) {
    return;  // of another attempt
  }
  if (IsTerminal(execution->state)) {
    if (options_.defects.Has(Defect::kAcceptsStatesOfLostTasks)) {
      execution->state = reported.state;
    }
    return;  // repeated, or too late
  }
  if (reported.missing) {
    if (Execution* const producer = graph_.Find(*reported.missing)) {
      LoseResult(*producer);
    }
  }
  // A TaskManager that cancels unasked has given us up.
  const bool was_asked = execution->state == ExecutionState::kCanceling;
  switch (reported.state) {
    case ExecutionState::kRunning:
      FeedReport(*execution, ExecutionInput::kStarted, {});
      if (reported.end_of_input && execution->state == ExecutionState::kRunning &&
          !std::exchange(execution->end_of_input, true)) {
        Emit(job_effect::TellEndOfInput());
      }
      StartCheckpointsWhenRunning();
      ScheduleReady();
      break;
    case ExecutionState::kFinished:
      FeedReport(*execution, ExecutionInput::kCompleted, {});
      break;
    case ExecutionState::kCanceled:
      FeedReport(*execution, was_asked ? ExecutionInput::kStopped : ExecutionInput::kError,
                 "was cancelled by its TaskManager");
      break;
    case ExecutionState::kFailed:
      FeedReport(*execution, ExecutionInput::kError, reported.reason);
      break;
    default:
      break;  // no state that a task reports
  }
  ProduceAgain("a consumer did not find it");
}

// What no task in this state can say changes nothing.
void SchedulerCore::FeedReport(Execution& execution, ExecutionInput input,
                               const std::string& reason) {
  if (engine::Find(kExecutionTransitions, execution.state, input) != nullptr) {
    Feed(execution, input, reason);
  }
}

void SchedulerCore::StartCheckpointsWhenRunning() {
  const bool all_run = options_.is_batch
                           ? IsAtItsEnd()
                           : graph_.AllIn(ExecutionState::kRunning) ||
                                 options_.defects.Has(Defect::kTriggersWhileRestoring);
  if (status_ == JobStatus::kRunning && !checkpointing_ && all_run) {
    checkpointing_ = true;
    Emit(job_effect::StartCheckpoints());
  }
}

void SchedulerCore::On(const job_input::TasksListed& listed) {
  for (const ExecutionAttemptId& task : listed.tasks) {
    const Execution* execution = graph_.Find(task);
    if (execution == nullptr || execution->task_manager != listed.task_manager ||
        IsTerminal(execution->state)) {
      // A submission that came after its cancel or whose reply was lost, or that survived its
      // attempt.
      Emit(job_effect::Cancel{.task_manager = listed.task_manager, .task = task});
    }
  }
}

void SchedulerCore::On(const job_input::TaskManagerLost& lost) {
  for (Execution& execution : graph_.executions()) {
    if (execution.task_manager == lost.name) {
      LoseResult(execution);
    }
  }
  for (Execution& execution : graph_.executions()) {
    if (execution.task_manager == lost.name && !IsTerminal(execution.state)) {
      Feed(execution, ExecutionInput::kError,
           fmt::format("its TaskManager {} is lost ({})", lost.name, lost.reason));
    }
  }
  ProduceAgain(fmt::format("its TaskManager {} is lost ({})", lost.name, lost.reason));
}

void SchedulerCore::On(const job_input::CheckpointsFailed& failed) { FailOver(failed.reason); }

void SchedulerCore::On(const job_input::SourceFailed& failed) { FailOver(failed.reason); }

void SchedulerCore::FailOver(const std::string& reason, const Execution* failed) {
  const bool is_restarting = status_ == JobStatus::kRestarting;
  if (status_ != JobStatus::kRunning && !is_restarting) {
    return;
  }
  if (is_restarting && (failed != nullptr ? failed->restarts : graph_.AllRestart())) {
    return;  // one failure of a region is answered once
  }
  if (std::exchange(checkpointing_, false) || !is_restarting) {
    Emit(job_effect::StopCheckpoints());
  }
  waits_for_slots_ = false;
  FeedAdaptive(AdaptiveInput::kOver);
  const auto [decision, why_no_more] = AskForRestart();
  restart_not_before_ = std::max(restart_not_before_, sim::Later(now_, decision.backoff));
  if (decision.can_restart) {
    FeedJob(JobInput::kFailure, reason);
    MarkRestarts(failed);
  } else {
    restart_due_ = false;
    FeedJob(JobInput::kGiveUp, fmt::format("{} ({})", reason, why_no_more));
    graph_.MarkAll();
  }
  CancelRestarting();
  RepeatCancel();
}

void SchedulerCore::MarkRestarts(const Execution* failed) {
  if (options_.is_batch) {
    return MarkBatchRestarts(failed);
  }
  const bool is_whole = failed == nullptr || options_.scheduler.is_adaptive() ||
                        options_.failover == FailoverStrategy::kFull ||
                        graph_.AnyIn(ExecutionState::kFinished);
  if (is_whole) {
    return graph_.MarkAll();
  }
  graph_.MarkRegion(*failed);
  for (const Execution& execution : graph_.executions()) {
    if (execution.state == ExecutionState::kScheduled) {
      graph_.MarkRegion(execution);
    }
  }
}

void SchedulerCore::CancelRestarting() {
  for (Execution& execution : graph_.executions()) {
    if (execution.restarts && !IsTerminal(execution.state) &&
        execution.state != ExecutionState::kCanceling) {
      Feed(execution, ExecutionInput::kCancel);
    }
  }
}

void SchedulerCore::On(const job_input::Cancel&) {
  const bool is_ending = status_ == JobStatus::kFailing || status_ == JobStatus::kCancelling;
  if (ending_ || is_ending || IsGloballyTerminal(status_)) {
    return;  // it ends already
  }
  sim::Check(status_ != JobStatus::kCreated, "a job is cancelled that nobody has started");
  checkpointing_ = false;
  waits_for_slots_ = false;
  drawing_ = false;
  restart_due_ = false;
  FeedAdaptive(AdaptiveInput::kOver);
  Emit(job_effect::StopCheckpoints());
  FeedJob(JobInput::kCancel);
  graph_.MarkAll();
  CancelRestarting();
  RepeatCancel();
}

std::pair<RestartDecision, std::string> SchedulerCore::AskForRestart() {
  const bool counts_twice = options_.defects.Has(Defect::kRestartsCountTwice);
  return std::visit(
      [this, counts_twice](auto& strategy) {
        const RestartDecision decision = strategy.OnFailure(now_);
        if (counts_twice) {
          strategy.OnFailure(now_);
        }
        return std::pair(decision, decision.can_restart ? std::string() : strategy.WhyNoMore());
      },
      restarts_);
}

void SchedulerCore::RepeatCancel() {
  if (!options_.defects.Has(Defect::kCancelSentOnce)) {
    const sim::Duration pause =
        options_.defects.Right(kRepeatCancel, Defect::kCancelRepeatedSeldom, sim::Duration(75s));
    Emit(job_effect::StartTimer{.timer = SchedulerTimer::kRepeatCancel, .after = pause});
  }
}

void SchedulerCore::CheckStopped() {
  if (status_ == JobStatus::kFailing && graph_.AllTerminal()) {
    return End(JobStatus::kFailed);
  }
  if (status_ == JobStatus::kCancelling && graph_.AllTerminal() && !ending_ &&
      !std::exchange(settling_, true)) {
    // Whoever resumes the job must find the store as it stays.
    return Emit(job_effect::SettleCheckpoints());
  }
  if (status_ != JobStatus::kRestarting || drawing_ || restart_due_) {
    return;
  }
  if (graph_.RestartingAreTerminal() || options_.defects.Has(Defect::kRestartsBeforeAllStopped)) {
    restart_due_ = true;
    const sim::Duration delay =
        restart_not_before_ > now_ ? restart_not_before_ - now_ : sim::Duration(0);
    Emit(job_effect::StartTimer{.timer = SchedulerTimer::kRestartDelay, .after = delay});
  }
}

void SchedulerCore::End(JobStatus result) {
  if (!ending_) {
    ending_ = result;
    // Without it a restarted JobManager would run the job again.
    Emit(job_effect::WriteResult{.status = result});
  }
}

void SchedulerCore::On(const job_input::ResultWritten&) {
  sim::Check(ending_.has_value(), "a job ends unasked");
  FeedJob(*ending_ == JobStatus::kFinished ? JobInput::kAllFinished : JobInput::kAllStopped);
}

void SchedulerCore::On(const job_input::CheckpointsSettled&) {
  sim::Check(std::exchange(settling_, false), "nothing waits for the checkpoints");
  if (status_ == JobStatus::kCancelling) {
    return graph_.AllTerminal() ? End(JobStatus::kCanceled) : void();
  }
  if (!std::exchange(restart_due_, false) || now_ < restart_not_before_) {
    return;  // meanwhile another region has failed: for good, or its delay is longer
  }
  if (!graph_.RestartingAreTerminal() && !options_.defects.Has(Defect::kRestartsBeforeAllStopped)) {
    return;
  }
  FeedJob(JobInput::kRestart);
  WantAttempt();
}

void SchedulerCore::On(const job_input::TimerFired& fired) {
  switch (fired.timer) {
    case SchedulerTimer::kStabilization:
      if (options_.scheduler.is_adaptive()) {
        return FeedAdaptive(AdaptiveInput::kStabilized);
      }
      if (graph_.AnyIn(ExecutionState::kScheduled)) {
        Place();
      }
      return;
    case SchedulerTimer::kRepeatCancel:
      if (!graph_.AnyIn(ExecutionState::kCanceling)) {
        return;
      }
      for (const Execution& execution : graph_.executions()) {
        if (execution.state == ExecutionState::kCanceling) {
          Emit(job_effect::Cancel{.task_manager = execution.task_manager, .task = execution.id});
        }
      }
      RepeatCancel();
      return;
    case SchedulerTimer::kResourceWait:
      return FeedAdaptive(
          AdaptiveInput::kWaitOver,
          fmt::format("not one slot came in {}", sim::Show(options_.scheduler.resource_wait)));
    case SchedulerTimer::kCooldown:
      return LookForGrowth();
    case SchedulerTimer::kRestartDelay:
      if (restart_due_ && !std::exchange(settling_, true)) {
        Emit(job_effect::SettleCheckpoints());
      }
      return;
  }
}

}  // namespace flinch::engine
