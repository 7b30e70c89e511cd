#include "engine/checkpoint/checkpoint_coordinator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// Writes that fail are repeated after this time.
constexpr sim::Duration kStoreRetry = 100ms;

// When the final checkpoint has failed the next follows after this time, and the notification of
// one that has not is repeated so often. An interval that is shorter counts instead.
constexpr sim::Duration kFinalRetry = 200ms;

}  // namespace

CheckpointCoordinator::CheckpointCoordinator(sim::Environment& environment, MainThread& main_thread,
                                             CheckpointedJob& job, const std::string& job_name,
                                             const CheckpointOptions& options,
                                             const Defects& defects)
    : environment_(environment),
      main_thread_(main_thread),
      job_(job),
      job_name_(job_name),
      options_(options),
      defects_(defects),
      random_(environment.RandomStream("checkpoint-coordinator")),
      store_(environment, job_name, options.retained, defects),
      ids_(environment, fmt::format("/ha/{}/checkpoint-id", job_name)),
      io_(environment, 1'000) {
  environment_.Spawn("checkpoint-io", [this] { RunIo(); });
}

void CheckpointCoordinator::RunIo() {
  while (std::optional<MainThread::Mail> work = io_.Pop()) {
    (*work)();
  }
}

void CheckpointCoordinator::DoIo(MainThread::Mail work) {
  sim::Check(io_.size() < 1'000, "the checkpoint I/O does not keep up");
  io_.Push(std::move(work));
}

sim::Result<void> CheckpointCoordinator::Recover() {
  if (sim::Result<void> recovered = store_.Recover(); !recovered) {
    return recovered;
  }
  if (defects_.Has(Defect::kCheckpointIdsStartAgain)) {
    return {};
  }
  if (sim::Result<void> recovered = ids_.Recover(); !recovered) {
    return recovered;
  }
  if (store_.latest() != nullptr) {
    ids_.PassOver(store_.latest()->id.value());  // should the counter's file be gone
  }
  if (defects_.Has(Defect::kRecoveryNeedsEqualLogs) && store_.latest() != nullptr &&
      store_.latest()->id.value() != ids_.last()) {
    return sim::Fail(sim::ErrorCode::kUnavailable, "The last checkpoint has not completed.");
  }
  return {};
}

void CheckpointCoordinator::Start() {
  sim::Check(!running_, "the coordinator is started twice");
  running_ = true;
  final_done_ = false;
  overdue_ = false;
  after_restore_ = store_.latest() != nullptr;
  ++period_;
  // Flink: the first trigger comes at a random point of the first interval.
  const sim::Duration low = std::min(options_.min_pause, options_.interval);
  ScheduleNext(random_.Between(low, options_.interval));
  // A job that was restored from its final checkpoint has nothing else to do.
  if (job_.AllAtEndOfInput() && !defects_.Has(Defect::kFinalWaitsAfterRestore)) {
    TriggerNow();
  }
}

void CheckpointCoordinator::Stop() {
  running_ = false;
  ++period_;
  triggering_ = false;
  if (pending_) {
    Abort(CheckpointInput::kFailover);
  }
}

void CheckpointCoordinator::Settle(MainThread::Mail then) {
  if (pending_) {
    settled_.push_back(std::move(then));
  } else {
    then();
  }
}

void CheckpointCoordinator::ScheduleNext(sim::Duration delay) {
  main_thread_.PostLater(delay, [this, period = period_] {
    if (period == period_ && running_) {
      ScheduleNext(options_.interval);
      TriggerNow();
    }
  });
}

void CheckpointCoordinator::OnEndOfInput() {
  if (running_ && job_.AllAtEndOfInput()) {
    TriggerNow();  // the final one, without waiting for the interval
  }
}

void CheckpointCoordinator::TriggerNow() {
  if (!running_ || final_done_ || !MayTrigger()) {
    return;
  }
  if (triggering_ || pending_) {
    overdue_ = true;
    return;
  }
  // Flink: the pause holds back what is periodic, and the final checkpoint is not.
  const bool is_final = job_.AllAtEndOfInput() && !defects_.Has(Defect::kMinPauseByWallClock);
  const sim::Duration pause = is_final ? sim::Duration(0) : PauseLeft();
  if (pause > sim::Duration(0)) {
    main_thread_.PostLater(pause, [this, period = period_] {
      if (period == period_) {
        TriggerNow();
      }
    });
    return;
  }
  overdue_ = false;
  triggering_ = true;
  environment_.Trace(events::kCheckpointDue, {{"after_restore", after_restore_ ? 1 : 0}});
  DoIo([this, period = period_] {
    main_thread_.Post([this, period, id = ids_.Next()] { OnId(period, id); });
  });
}

bool CheckpointCoordinator::MayTrigger() const {
  return job_.AllRunning() || defects_.Has(Defect::kTriggersWhileRestoring);
}

sim::Duration CheckpointCoordinator::PauseLeft() const {
  if (last_completion_ == sim::kEpoch) {
    return sim::Duration(0);
  }
  return defects_.Has(Defect::kMinPauseByWallClock)
             ? last_completion_wall_ + options_.min_pause - environment_.WallNow()
             : sim::Later(last_completion_, options_.min_pause) - environment_.Now();
}

void CheckpointCoordinator::OnId(uint64_t period, sim::Result<uint64_t> id) {
  if (period != period_) {
    return;  // the id is burnt
  }
  triggering_ = false;
  if (!id) {
    const uint64_t burnt = ids_.last();
    environment_.Trace(events::kCheckpointAborted, {{"id", burnt}, {"reason", kIoException}});
    OnFailure(burnt, kIoException);
    return;
  }
  if (!MayTrigger()) {
    return;  // the next interval tries again
  }
  const CheckpointId checkpoint(*id);
  pending_ = std::make_unique<PendingCheckpoint>(checkpoint, job_.AllAtEndOfInput(), job_.Tasks(),
                                                 defects_);
  main_thread_.PostLater(options_.timeout, [this, checkpoint] {
    if (pending_ && pending_->id() == checkpoint) {
      Abort(CheckpointInput::kExpired);
    }
  });
  environment_.Trace(events::kCheckpointTriggered,
                     {{"id", checkpoint}, {"after_restore", after_restore_ ? 1 : 0}});
  for (const ExecutionAttemptId& source : job_.Sources()) {
    job_.Trigger(source, checkpoint);
  }
}

void CheckpointCoordinator::OnAcknowledge(const ExecutionAttemptId& task, CheckpointId id,
                                          const SnapshotHandle& snapshot) {
  const bool is_known =
      pending_ && (pending_->id() == id || defects_.Has(Defect::kCountsAckOfAnyCheckpoint));
  if (!is_known) {
    DiscardLate(task, id);  // the checkpoint has been completed or given up
    return;
  }
  if (pending_->phase() != CheckpointPhase::kPending) {
    return;  // repeated: all have acknowledged
  }
  const PendingCheckpoint::Ack ack = pending_->Acknowledge(task, snapshot);
  if (ack == PendingCheckpoint::Ack::kUnknown) {
    DiscardLate(task, id);
  }
  if (ack != PendingCheckpoint::Ack::kAccepted) {
    return;
  }
  environment_.Trace(events::kCheckpointAckReceived, {{"id", id}, {"subtask", job_.NameOf(task)}});
  const CheckpointAction action = pending_->Take(
      pending_->complete() ? CheckpointInput::kAllAcknowledged : CheckpointInput::kAcknowledged);
  if (action == CheckpointAction::kStore) {
    StorePending();
  }
}

// Nobody else knows of the snapshot any more.
void CheckpointCoordinator::DiscardLate(const ExecutionAttemptId& task, CheckpointId id) {
  if (store_.Has(id) || defects_.Has(Defect::kLateSnapshotIsLeft)) {
    return;  // repeated: the snapshot belongs to a completed checkpoint
  }
  DoIo([this, id, path = SnapshotPath(job_name_, id, task)] {
    if (!RemoveSnapshot(environment_.shared(), path)) {
      DiscardWhatIsOver(id);
    }
  });
}

void CheckpointCoordinator::StorePending() {
  environment_.Trace(events::kCheckpointCompleted, {{"id", pending_->id()}});
  if (defects_.Has(Defect::kNotifiesBeforeStored)) {
    NotifyAll(pending_->id(), pending_->is_final());
  }
  DoIo([this, completed = pending_->ToCompleted()] {
    // Whether a failed write happened is unknown, so there is no way back: only forward.
    while (!store_.Add(completed)) {
      environment_.Sleep(kStoreRetry);
    }
    main_thread_.Post([this] { OnStored(); });
  });
}

void CheckpointCoordinator::OnStored() {
  const CheckpointAction action = pending_->Take(CheckpointInput::kStored);
  sim::Check(action == CheckpointAction::kNotifyComplete, "a stored checkpoint is not announced");
  const CheckpointId id = pending_->id();
  const bool is_final = defects_.Has(Defect::kFinalIsDecidedAtCompletion) ? job_.AllAtEndOfInput()
                                                                          : pending_->is_final();
  pending_.reset();
  failures_in_a_row_ = 0;
  last_completion_ = environment_.Now();
  last_completion_wall_ = environment_.WallNow();
  const bool after_restore = std::exchange(after_restore_, false);
  environment_.Trace(events::kCheckpointStored,
                     {{"id", id}, {"after_restore", after_restore ? 1 : 0}});
  if (!defects_.Has(Defect::kNotifiesBeforeStored)) {
    NotifyAll(id, is_final);
  }
  DoIo([this] { store_.Subsume(); });
  if (running_ && is_final) {
    final_done_ = true;
    RepeatFinal(period_, id);
  }
  std::vector<MainThread::Mail> settled;
  settled.swap(settled_);
  for (MainThread::Mail& then : settled) {
    then();
  }
  if (overdue_) {
    TriggerNow();
  }
}

void CheckpointCoordinator::NotifyAll(CheckpointId id, bool is_final) {
  for (const ExecutionAttemptId& task : job_.Tasks()) {
    job_.NotifyComplete(task, id, is_final);
  }
  environment_.Trace(events::kCheckpointNotified, {{"id", id}});
}

void CheckpointCoordinator::RepeatFinal(uint64_t period, CheckpointId id) {
  if (defects_.Has(Defect::kFinalNotificationSentOnce)) {
    return;
  }
  main_thread_.PostLater(std::min(options_.interval, kFinalRetry), [this, period, id] {
    if (period != period_) {
      return;
    }
    for (const ExecutionAttemptId& task : job_.Tasks()) {
      job_.NotifyComplete(task, id, true);
    }
    RepeatFinal(period, id);
  });
}

void CheckpointCoordinator::OnDecline(CheckpointId id, const std::string&) {
  if (pending_ && pending_->id() == id) {
    Abort(CheckpointInput::kDeclined);
  } else {
    DiscardWhatIsOver(id);
  }
}

void CheckpointCoordinator::DiscardWhatIsOver(CheckpointId id) {
  DoIo([this, id] {
    const bool may_complete = pending_ && pending_->id() == id;
    if (!may_complete && !store_.Has(id)) {
      store_.Discard(id);
    }
  });
}

void CheckpointCoordinator::OnTriggerFailed(CheckpointId id) {
  if (pending_ && pending_->id() == id) {
    Abort(CheckpointInput::kTriggerFailed);
  }
}

void CheckpointCoordinator::Abort(CheckpointInput why) {
  if (pending_->Take(why) != CheckpointAction::kNotifyAborted) {
    return;
  }
  const CheckpointId id = pending_->id();
  pending_.reset();
  environment_.Trace(events::kCheckpointAborted, {{"id", id}, {"reason", Name(why)}});
  for (const ExecutionAttemptId& task : job_.Tasks()) {
    job_.NotifyAborted(task, id);
    if (defects_.Has(Defect::kAbortNoticeNamesThePrevious)) {
      job_.NotifyComplete(task, CheckpointId(id.value() - 1), false);
    }
  }
  DoIo([this, id] {
    store_.Discard(id);
    if (defects_.Has(Defect::kCleanUpByAge) && store_.latest() != nullptr) {
      (void)DeleteCheckpoint(environment_.shared(), job_name_, store_.latest()->id);
    }
  });
  if (Counts(why)) {
    OnFailure(id.value(), Name(why));
  } else {
    TriggerAgain();
  }
}

void CheckpointCoordinator::OnFailure(uint64_t id, std::string_view why) {
  if (++failures_in_a_row_ > options_.tolerable_failures) {
    failures_in_a_row_ = 0;
    job_.OnTooManyFailures(
        fmt::format("More than {} checkpoints failed in a row; the last one, {}, with {}.",
                    options_.tolerable_failures, id, why));
  } else {
    TriggerAgain();
  }
}

void CheckpointCoordinator::TriggerAgain() {
  if (overdue_) {
    TriggerNow();
  } else if (running_ && job_.AllAtEndOfInput() && options_.interval > kFinalRetry) {
    main_thread_.PostLater(kFinalRetry, [this, period = period_] {
      if (period == period_) {
        TriggerNow();
      }
    });
  }
}

}  // namespace flinch::engine
