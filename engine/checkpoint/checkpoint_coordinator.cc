#include "engine/checkpoint/checkpoint_coordinator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "sim/check.h"

namespace flinch::engine {

namespace effect = coordinator_effect;
namespace input = coordinator_input;

namespace {

// Between two attempts at a store that does not answer.
constexpr sim::Duration kAdoptRetry = std::chrono::milliseconds(200);

}  // namespace

CheckpointCoordinator::CheckpointCoordinator(sim::Environment& environment, MainThread& main_thread,
                                             CheckpointedJob& job,
                                             HighAvailabilityServices& services,
                                             const std::string& job_name, const Options& options)
    : environment_(environment),
      main_thread_(main_thread),
      job_(job),
      job_name_(job_name),
      options_(options.checkpoint),
      defects_(options.defects),
      max_parallelism_(options.max_parallelism),
      random_(environment.RandomStream("checkpoint-coordinator")),
      store_(environment, job_name, options.checkpoint.retained,
             services.CompletedCheckpoints(job_name), options.defects),
      ids_(services.CheckpointIds(job_name)),
      io_due_(environment, "work of a coordinator's I/O") {
  if (options.shares_files) {
    store_.SetShares();
  }
}

sim::Result<void> CheckpointCoordinator::Recover() {
  if (sim::Result<void> recovered = store_.Recover(); !recovered) {
    return recovered;
  }
  if (!defects_.Has(Defect::kCheckpointIdsStartAgain)) {
    if (sim::Result<void> recovered = ids_->Recover(); !recovered) {
      return recovered;
    }
    if (store_.latest() != nullptr) {
      ids_->PassOver(store_.latest()->id.value());  // should the counter's file be gone
    }
    ids_->PassOver(floor_.value());
    if (defects_.Has(Defect::kRecoveryNeedsEqualLogs) && store_.latest() != nullptr &&
        store_.latest()->id.value() != ids_->last()) {
      return sim::Fail(sim::ErrorCode::kUnavailable, "The last checkpoint has not completed.");
    }
  }
  if (!core_) {  // else something else could not be read, and all is read again
    main_thread_.Async(
        "checkpoint-io",
        [this] {
          RunIo();
          return true;
        },
        [](bool) {});
  }
  core_.emplace(CoordinatorCore::Options{.checkpoint = options_,
                                         .defects = defects_,
                                         .max_parallelism = max_parallelism_,
                                         .floor = floor_},
                store_.checkpoints());
  return {};
}

void CheckpointCoordinator::RunIo() {
  for (;;) {
    while (io_.empty() && !closed_) {
      io_due_.Wait();
    }
    if (closed_) {
      return;
    }
    std::move_only_function<MainThread::Mail()> work = std::move(io_.front());
    io_.pop_front();
    main_thread_.Post(work());
  }
}

void CheckpointCoordinator::DoIo(std::move_only_function<CoordinatorInput()> work) {
  DoOtherIo([this, work = std::move(work)]() mutable -> MainThread::Mail {
    return [this, result = work()]() mutable { OnIoDone(std::move(result)); };
  });
}

void CheckpointCoordinator::DoOtherIo(std::move_only_function<MainThread::Mail()> work) {
  io_.push_back(std::move(work));
  io_due_.NotifyOne();
}

void CheckpointCoordinator::OnIoDone(CoordinatorInput result) {
  if (auto* drawn = std::get_if<input::IdDrawn>(&result)) {
    // Who takes part shows when there is an id.
    drawn->plan = {.triggered = job_.Sources(),
                   .acknowledging = job_.Tasks(),
                   .has_coordinators = job_.HasCoordinators()};
  }
  Feed(std::move(result));
}

CoordinatorCore::Moment CheckpointCoordinator::Moment() const {
  return {.now = environment_.Now(),
          .wall = environment_.WallNow(),
          .all_running = job_.AllRunning(),
          .all_at_end = job_.AllAtEndOfInput()};
}

void CheckpointCoordinator::Feed(CoordinatorInput input) {
  sim::Check(core_.has_value(), "a coordinator is at work before it has recovered");
  inputs_.push_back(std::move(input));
  if (std::exchange(stepping_, true)) {
    return;  // an effect has brought it: it comes when all effects of this step are out
  }
  while (!inputs_.empty()) {
    const CoordinatorInput next = std::move(inputs_.front());
    inputs_.pop_front();
    for (const CoordinatorEffect& effect : core_->Step(next, Moment())) {
      std::visit([this](const auto& each) { Perform(each); }, effect);
    }
  }
  stepping_ = false;
  if (core_->settled()) {
    for (MainThread::Mail& then : std::exchange(settled_, {})) {
      then();
    }
  }
}

void CheckpointCoordinator::CleanUp() { Feed(input::Recovered()); }

void CheckpointCoordinator::Start() {
  // Flink: the first trigger comes at a random point of the first interval.
  const sim::Duration low = std::min(options_.min_pause, options_.interval);
  Feed(input::Start{.first_delay = random_.Between(low, options_.interval)});
}

void CheckpointCoordinator::Stop() { Feed(input::Stop()); }

void CheckpointCoordinator::Close() {
  closed_ = true;
  io_due_.NotifyAll();
}

void CheckpointCoordinator::Settle(MainThread::Mail then) {
  sim::Check(core_.has_value(), "a coordinator is at work before it has recovered");
  if (core_->settled()) {
    then();
  } else {
    settled_.push_back(std::move(then));
  }
}

void CheckpointCoordinator::RequestSavepoint(CheckpointKind kind, bool holds, OnSavepoint then) {
  const uint64_t request = ++last_request_;
  savepoints_.emplace(request, std::move(then));
  Feed(input::RequestSavepoint{.request = request, .kind = kind, .holds = holds});
}

void CheckpointCoordinator::SetFloor(CheckpointId floor) {
  floor_ = floor;
  store_.SetFloor(floor);
}

void CheckpointCoordinator::Adopt(const CompletedCheckpoint& checkpoint, bool keeps,
                                  MainThread::Mail then) {
  DoOtherIo([this, checkpoint, keeps, then = std::move(then)]() mutable -> MainThread::Mail {
    store_.SetFloor(checkpoint.id);
    while (!store_.Adopt(checkpoint, keeps) && !closed_) {
      environment_.Sleep(kAdoptRetry);
    }
    return std::move(then);
  });
}

void CheckpointCoordinator::DiscardAll() {
  DoOtherIo([this]() -> MainThread::Mail {
    while (!store_.Clear() && !closed_) {
      environment_.Sleep(kAdoptRetry);
    }
    return [] {};
  });
}

void CheckpointCoordinator::OnEndOfInput() { Feed(input::EndOfInput()); }

void CheckpointCoordinator::OnCoordinatorsReady(CheckpointId id, const CoordinatorStates& states) {
  Feed(input::CoordinatorsReady{.id = id, .states = states});
}

void CheckpointCoordinator::OnAcknowledge(const ExecutionAttemptId& task, CheckpointId id,
                                          const SnapshotHandle& snapshot) {
  Feed(input::Acknowledge{.task = task, .id = id, .snapshot = snapshot});
}

void CheckpointCoordinator::OnDecline(CheckpointId id, const std::string&) {
  Feed(input::Decline{.id = id});
}

void CheckpointCoordinator::DiscardWhatIsOver(CheckpointId id) { Feed(input::Leftovers{.id = id}); }

void CheckpointCoordinator::OnTriggerFailed(CheckpointId id) {
  Feed(input::TriggerFailed{.id = id});
}

void CheckpointCoordinator::Perform(const effect::DrawId& draw) {
  events::Trace(environment_, events::CheckpointDue{.after_restore = draw.after_restore});
  DoIo([this, ticket = draw.ticket]() -> CoordinatorInput {
    const sim::Result<uint64_t> id = ids_->Next();
    return input::IdDrawn{
        .ticket = ticket, .id = ids_->last(), .drawn = id.has_value(), .plan = {}};
  });
}

void CheckpointCoordinator::Perform(const effect::SnapshotCoordinators& snapshot) {
  job_.SnapshotCoordinators(snapshot.id);
}

void CheckpointCoordinator::Perform(const effect::Trigger& trigger) {
  events::Trace(environment_, events::CheckpointTriggered{.id = trigger.id,
                                                          .after_restore = trigger.after_restore,
                                                          .subtasks = trigger.acknowledging});
  if (IsSavepoint(trigger.kind)) {
    events::Trace(environment_,
                  events::SavepointTriggered{.id = trigger.id, .type = Name(trigger.kind)});
  }
  const CheckpointMeta meta{
      .id = trigger.id, .timestamp = environment_.WallNow(), .options = {.kind = trigger.kind}};
  for (const ExecutionAttemptId& task : trigger.tasks) {
    job_.Trigger(task, meta);
  }
}

void CheckpointCoordinator::Perform(const effect::Count& count) {
  events::Trace(environment_,
                events::CheckpointAckReceived{.id = count.id, .subtask = job_.NameOf(count.task)});
}

void CheckpointCoordinator::Perform(const effect::Complete& complete) {
  events::Trace(environment_, events::CheckpointCompleted{.id = complete.id});
}

void CheckpointCoordinator::Perform(const effect::Store& store) {
  DoIo([this, checkpoint = store.checkpoint]() -> CoordinatorInput {
    const bool stored = store_.Add(checkpoint).has_value();
    if (!stored && defects_.Has(Defect::kUnknownStoreDiscardsFiles)) {
      store_.Discard({&checkpoint.id, 1});
    }
    return input::StoreEnded{.id = checkpoint.id, .stored = stored};
  });
}

void CheckpointCoordinator::Perform(const effect::Stored& stored) {
  events::Trace(environment_,
                events::CheckpointStored{.id = stored.id, .after_restore = stored.after_restore});
}

void CheckpointCoordinator::Perform(const effect::NotifyComplete& notify) {
  if (!notify.is_repeated) {
    job_.OnCheckpointComplete(notify.id);
  }
  for (const ExecutionAttemptId& task : notify.tasks) {
    job_.NotifyComplete(task, notify.id, notify.is_final);
  }
  if (!notify.is_repeated) {
    events::Trace(environment_, events::CheckpointNotified{.id = notify.id});
  }
}

void CheckpointCoordinator::Perform(const effect::SavepointEnded& ended) {
  OnSavepoint then = std::move(savepoints_.extract(ended.request).mapped());
  if (ended.failure) {
    events::Trace(environment_, events::SavepointFailed{.reason = *ended.failure});
    then(sim::Fail(sim::ErrorCode::kUnavailable,
                   fmt::format("The savepoint failed: {}.", *ended.failure)));
    return;
  }
  const TakenSavepoint taken{.id = ended.id, .path = SavepointDirectory(job_name_, ended.id)};
  events::Trace(environment_, events::SavepointStored{.id = taken.id, .path = taken.path});
  then(taken);
}

void CheckpointCoordinator::Perform(const effect::Abort& abort) {
  events::Trace(environment_, events::CheckpointAborted{.id = abort.id, .reason = abort.reason});
  job_.OnCheckpointAborted(abort.id);
}

void CheckpointCoordinator::Perform(const effect::NotifyAborted& notify) {
  for (const ExecutionAttemptId& task : notify.tasks) {
    job_.NotifyAborted(task, notify.id);
  }
}

void CheckpointCoordinator::Perform(const effect::CleanUp& clean_up) {
  DoIo([this, clean_up]() -> CoordinatorInput { return RemoveFiles(clean_up); });
}

input::CleanedUp CheckpointCoordinator::RemoveFiles(const effect::CleanUp& what) {
  std::vector<CheckpointId> discarded = what.checkpoints;
  for (const auto& [id, task] : what.snapshots) {
    if (!RemoveSnapshot(environment_.shared(), SnapshotPath(job_name_, id, task))) {
      discarded.push_back(id);  // it is over, so all that lies there may go, later
    }
    store_.DiscardShared({&id, 1});
  }
  store_.Discard(discarded);
  store_.DiscardSavepoints(what.savepoints);
  std::vector<CheckpointId> subsumed = store_.Subsume();
  return {.subsumed = std::move(subsumed), .all = store_.clean()};
}

void CheckpointCoordinator::Perform(const effect::FailJob& fail) {
  job_.OnTooManyFailures(fail.reason);
}

void CheckpointCoordinator::Perform(const effect::StartTimer& start) {
  Perform(effect::CancelTimer{.timer = start.timer});
  timers_[start.timer] = main_thread_.PostLater(start.after, [this, timer = start.timer] {
    timers_.erase(timer);
    Feed(input::TimerFired{.timer = timer});
  });
}

void CheckpointCoordinator::Perform(const effect::CancelTimer& cancel) {
  if (const auto found = timers_.find(cancel.timer); found != timers_.end()) {
    main_thread_.Cancel(found->second);
    timers_.erase(found);
  }
}

}  // namespace flinch::engine
