#include "engine/checkpoint/coordinator_core.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

namespace effect = coordinator_effect;
namespace input = coordinator_input;

// A write of the store that failed is repeated after this time.
constexpr sim::Duration kStoreRetry = 100ms;

// So is a clean-up that left something.
constexpr sim::Duration kCleanUpRetry = 200ms;

// When the final checkpoint has failed the next follows after this time, or after the interval if
// that is shorter.
constexpr sim::Duration kFinalRetry = 200ms;

}  // namespace

std::string_view Name(CoordinatorTimer::Kind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "interval", "pause", "final-retry", "expiry", "store-again", "clean-up-again"};
  return kNames.at(static_cast<size_t>(kind));
}

CoordinatorCore::CoordinatorCore(const Options& options,
                                 const std::vector<CompletedCheckpoint>& stored)
    : options_(options) {
  sim::Check(options.checkpoint.max_concurrent > 0, "no checkpoint may ever be pending");
  for (const CompletedCheckpoint& checkpoint : stored) {
    const bool is_new = stored_.insert(checkpoint.id).second;
    sim::Check(is_new, "checkpoint {} is twice in the store", checkpoint.id.value());
  }
  if (!stored.empty()) {
    latest_ = stored.back();
    last_id_ = latest_->id;
  }
  while (latest_ && IsSavepoint(latest_->kind) &&
         options_.defects.Has(Defect::kRestorePrefersCheckpoints)) {
    const auto before = std::ranges::find(stored, latest_->id, &CompletedCheckpoint::id);
    latest_ = before == stored.begin() ? std::nullopt : std::optional(*std::prev(before));
  }
}

std::span<const CoordinatorEffect> CoordinatorCore::Step(const CoordinatorInput& input,
                                                         const Moment& moment) {
  sim::Check(moment.now >= moment_.now, "a coordinator's clock goes back");
  moment_ = moment;
  effects_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  Verify();
  return effects_;
}

void CoordinatorCore::Verify() const {
  sim::Check(running_ || !drawing_, "an id is drawn for a coordinator that is stopped");
  sim::Check(CheckpointsPending() <= options_.checkpoint.max_concurrent,
             "{} checkpoints are pending at most, not {}", options_.checkpoint.max_concurrent,
             CheckpointsPending());
  sim::Check(running_ || requests_.empty(), "savepoints wait for a coordinator that is stopped");
  sim::Check(drawing_ || (!drawing_for_ && (requests_.empty() || IsExclusive())),
             "savepoints wait for nothing");
  sim::Check(!storing_ || pending_.contains(*storing_), "what is stored is not pending");
  for (const auto& [id, request] : taking_) {
    const auto pending = pending_.find(id);
    sim::Check(pending != pending_.end() && pending->second.kind() == request.kind,
               "savepoint {} is taken and not pending", id.value());
  }
  for (const auto& [id, pending] : pending_) {
    const bool lives = pending.phase() == CheckpointPhase::kPending ||
                       pending.phase() == CheckpointPhase::kFinalizing;
    sim::Check(pending.id() == id && lives, "checkpoint {} is kept though it is over", id.value());
    sim::Check(running_ || pending.phase() == CheckpointPhase::kFinalizing,
               "checkpoint {} waits for tasks of an attempt that is over", id.value());
    sim::Check(storing_ || pending.phase() == CheckpointPhase::kPending,
               "checkpoint {} is complete and nothing is being stored", id.value());
  }
}

std::string CoordinatorCore::Show() const {
  const std::array flags = {running_, overdue_, after_restore_, cleaning_, clean_up_due_};
  std::string text =
      fmt::format("{} last {} ticket {}/{} failed {} storing {} final {} latest {}",
                  fmt::join(flags, ""), last_id_.value(), drawing_.value_or(0), last_ticket_,
                  failures_in_a_row_, storing_.value_or(CheckpointId()).value(),
                  final_.value_or(CheckpointId()).value(), latest_ ? latest_->id.value() : 0);
  for (const auto& [id, pending] : pending_) {
    text += fmt::format(" [{}{}]", pending.Show(), untriggered_.contains(id) ? " untriggered" : "");
  }
  for (const std::set<CheckpointId>* const ids : {&stored_, &discards_}) {
    text += " |";
    for (const CheckpointId id : *ids) {
      text += fmt::format(" {}", id.value());
    }
  }
  text += " |";
  for (const auto& [id, task] : late_snapshots_) {
    text += fmt::format(" {}/{}-{}-{}", id.value(), task.vertex.value(), task.subtask.value(),
                        task.attempt.value());
  }
  return text + ShowSavepoints();
}

std::string CoordinatorCore::ShowSavepoints() const {
  std::string text = ends_ ? " ends" : "";
  for (const Request& request : requests_) {
    text += fmt::format(" ask {}{}", Name(request.kind), request.holds ? "!" : "");
  }
  if (drawing_for_) {
    text += fmt::format(" draw {}{}", Name(drawing_for_->kind), drawing_for_->holds ? "!" : "");
  }
  for (const auto& [id, request] : taking_) {
    text += fmt::format(" take {}{}", id.value(), request.holds ? "!" : "");
  }
  for (const auto& [id, is_complete] : savepoints_) {
    text += fmt::format(" {}{}", is_complete ? '+' : '-', id.value());
  }
  for (const CheckpointId id : discarded_savepoints_) {
    text += fmt::format(" discard {}", id.value());
  }
  return text;
}

void CoordinatorCore::StartTimer(Kind kind, sim::Duration after, CheckpointId id) {
  sim::Check(after >= sim::Duration(0), "the timer {} lies in the past", Name(kind));
  Emit(effect::StartTimer{.timer = {.kind = kind, .id = id}, .after = after});
}

void CoordinatorCore::CancelTimer(Kind kind, CheckpointId id) {
  Emit(effect::CancelTimer{.timer = {.kind = kind, .id = id}});
}

void CoordinatorCore::On(const input::Recovered&) {
  sim::Check(!running_ && pending_.empty(), "a coordinator recovers at work");
  if (latest_) {
    CleanUp();
  }
}

void CoordinatorCore::On(const input::Start& start) {
  sim::Check(!running_, "the coordinator is started twice");
  sim::Check(settled(), "the coordinator is started while checkpoint {} is being stored",
             settled() ? 0 : pending_.begin()->first.value());
  running_ = true;
  overdue_ = false;
  ends_ = false;
  final_.reset();
  after_restore_ = latest_.has_value();
  StartTimer(Kind::kInterval, start.first_delay);
  // A job that was restored from its final checkpoint has nothing else to do.
  if (moment_.all_at_end && !options_.defects.Has(Defect::kFinalWaitsAfterRestore)) {
    TriggerNow();
  }
}

void CoordinatorCore::On(const input::Stop&) {
  running_ = false;
  drawing_.reset();
  final_.reset();
  if (drawing_for_) {
    requests_.insert(requests_.begin(), *std::exchange(drawing_for_, std::nullopt));
  }
  for (const Request& request : std::exchange(requests_, {})) {
    EndSavepoint(request, CheckpointId(), std::string(Name(CheckpointInput::kFailover)));
  }
  for (const Kind kind : {Kind::kInterval, Kind::kPause, Kind::kFinalRetry}) {
    CancelTimer(kind);
  }
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    Abort(pending++, CheckpointInput::kFailover);
  }
}

void CoordinatorCore::On(const input::EndOfInput&) {
  if (running_ && moment_.all_at_end) {
    TriggerNow();  // the final one, without waiting for the interval
  }
}

bool CoordinatorCore::MayTrigger() const {
  return moment_.all_running || options_.defects.Has(Defect::kTriggersWhileRestoring);
}

sim::Duration CoordinatorCore::PauseLeft() const {
  if (!last_completion_) {
    return sim::Duration(0);
  }
  const sim::Duration pause = options_.checkpoint.min_pause;
  return options_.defects.Has(Defect::kMinPauseByWallClock)
             ? last_completion_wall_ + pause - moment_.wall
             : sim::Later(*last_completion_, pause) - moment_.now;
}

void CoordinatorCore::TriggerNow() {
  if (!running_ || final_ || IsHeld() || !MayTrigger()) {
    return;
  }
  if (drawing_ || CheckpointsPending() >= options_.checkpoint.max_concurrent || IsExclusive()) {
    overdue_ = true;
    return;
  }
  // Flink: the pause holds back what is periodic, and the final checkpoint is not.
  const bool is_final = moment_.all_at_end && !options_.defects.Has(Defect::kMinPauseByWallClock);
  const sim::Duration pause = is_final ? sim::Duration(0) : PauseLeft();
  if (pause > sim::Duration(0)) {
    StartTimer(Kind::kPause, pause);
    return;
  }
  overdue_ = false;
  DrawId(std::nullopt);
}

void CoordinatorCore::DrawId(std::optional<Request> request) {
  drawing_ = ++last_ticket_;
  drawing_for_ = request;
  Emit(effect::DrawId{.ticket = *drawing_, .after_restore = after_restore_});
}

void CoordinatorCore::On(const input::IdDrawn& drawn) {
  if (drawn.ticket != drawing_) {
    return;  // the id is burnt
  }
  drawing_.reset();
  const std::optional<Request> request = std::exchange(drawing_for_, std::nullopt);
  const CheckpointId id(drawn.id);
  last_id_ = std::max(last_id_, id);
  if (!drawn.drawn) {
    Emit(effect::Abort{.id = id, .reason = kIoException});
    if (request) {
      EndSavepoint(request, CheckpointId(), std::string(kIoException));
      Resume(*request);
      TriggerNext();
    } else {
      OnFailure(id, kIoException);
      TriggerNext();
    }
    return;
  }
  if (request && !MayTrigger()) {
    EndSavepoint(request, CheckpointId(), std::string(kNotAllRunning));
    Resume(*request);
  } else if (MayTrigger() && (request || !IsHeld())) {
    Begin(id, request, drawn.plan);
  }  // else the next interval tries again
  TriggerNext();
}

void CoordinatorCore::Begin(CheckpointId id, const std::optional<Request>& request,
                            const CheckpointPlan& plan) {
  sim::Check(pending_.empty() || pending_.rbegin()->first < id, "checkpoint ids do not grow at {}",
             id.value());
  const CheckpointKind kind = request ? request->kind : options_.checkpoint.kind();
  const bool is_final = IsSavepoint(kind) ? IsSynchronous(kind) : moment_.all_at_end;
  pending_.try_emplace(id, id, is_final, plan.acknowledging, options_.defects, kind);
  if (request) {
    taking_.emplace(id, *request);
    savepoints_.emplace(id, false);
  }
  if (!IsSynchronous(kind) || !options_.defects.Has(Defect::kStopIsAskedForOnce)) {
    StartTimer(Kind::kExpiry, options_.checkpoint.timeout, id);
  }
  untriggered_[id] = plan.triggered;
  if (plan.has_coordinators) {
    Emit(effect::SnapshotCoordinators{.id = id});
  }
  if (!plan.has_coordinators ||
      options_.defects.Has(Defect::kTasksAreTriggeredBeforeCoordinators)) {
    TriggerTasks(id);
  }
}

void CoordinatorCore::On(const input::CoordinatorsReady& ready) {
  const auto pending = pending_.find(ready.id);
  if (pending == pending_.end()) {
    return;  // given up meanwhile
  }
  pending->second.SetCoordinators(ready.states);
  if (untriggered_.contains(ready.id)) {
    TriggerTasks(ready.id);
  }
}

void CoordinatorCore::TriggerTasks(CheckpointId id) {
  Emit(effect::Trigger{.id = id,
                       .after_restore = after_restore_,
                       .tasks = untriggered_.extract(id).mapped(),
                       .acknowledging = pending_.at(id).Tasks().size(),
                       .kind = pending_.at(id).kind()});
}

void CoordinatorCore::On(const input::Acknowledge& ack) {
  auto pending = pending_.find(ack.id);
  if (pending == pending_.end() && options_.defects.Has(Defect::kCountsAckOfAnyCheckpoint)) {
    pending = pending_.begin();
  }
  if (pending == pending_.end()) {
    DiscardLate(ack.id, ack.task);  // the checkpoint has been completed or given up
    return;
  }
  PendingCheckpoint& checkpoint = pending->second;
  if (checkpoint.phase() != CheckpointPhase::kPending) {
    return;  // repeated: all have acknowledged
  }
  const PendingCheckpoint::Ack counted = checkpoint.Acknowledge(ack.task, ack.snapshot);
  if (counted == PendingCheckpoint::Ack::kUnknown) {
    DiscardLate(ack.id, ack.task);
  }
  if (counted != PendingCheckpoint::Ack::kAccepted) {
    return;
  }
  Emit(effect::Count{.id = ack.id, .task = ack.task});
  const CheckpointAction action = checkpoint.Take(
      checkpoint.complete() ? CheckpointInput::kAllAcknowledged : CheckpointInput::kAcknowledged);
  if (action == CheckpointAction::kStore) {
    Complete(pending);
  }
}

void CoordinatorCore::Complete(Pending::iterator pending) {
  const PendingCheckpoint& checkpoint = pending->second;
  sim::Check(checkpoint.phase() == CheckpointPhase::kFinalizing, "checkpoint {} is not complete",
             checkpoint.id().value());
  CancelTimer(Kind::kExpiry, checkpoint.id());
  Emit(effect::Complete{.id = checkpoint.id()});
  if (options_.defects.Has(Defect::kNotifiesBeforeStored)) {
    Announce(checkpoint, checkpoint.is_final());
  }
  StoreNext();
  if (checkpoint.kind() == CheckpointKind::kSavepoint) {
    return;  // nothing goes on from it
  }
  for (auto older = pending_.begin(); older != pending;) {
    const auto next = std::next(older);
    if (!IsSavepoint(older->second.kind())) {
      Abort(older, CheckpointInput::kSubsumed);
    }
    older = next;
  }
}

// The oldest first: the store takes them in the order of their ids.
void CoordinatorCore::StoreNext() {
  for (const auto& [id, checkpoint] : pending_) {
    if (!storing_ && checkpoint.phase() == CheckpointPhase::kFinalizing) {
      storing_ = id;
      Emit(effect::Store{.checkpoint = CompletedOf(checkpoint)});
    }
  }
}

void CoordinatorCore::On(const input::StoreEnded& ended) {
  sim::Check(storing_ == ended.id, "checkpoint {} is not being stored", ended.id.value());
  const auto pending = pending_.find(ended.id);
  sim::Check(pending != pending_.end(), "checkpoint {} was stored unasked", ended.id.value());
  if (!ended.stored) {
    if (options_.defects.Has(Defect::kFailedStoreIsForgotten)) {
      return;
    }
    // Whether the write happened is unknown, so there is no way back: only forward.
    StartTimer(Kind::kStoreAgain, kStoreRetry, ended.id);
    return;
  }
  PendingCheckpoint checkpoint = std::move(pending->second);
  const CheckpointAction action = checkpoint.Take(CheckpointInput::kStored);
  sim::Check(action == CheckpointAction::kNotifyComplete, "a stored checkpoint is not announced");
  pending_.erase(pending);
  storing_.reset();
  failures_in_a_row_ = 0;
  last_completion_ = moment_.now;
  last_completion_wall_ = moment_.wall;
  if (checkpoint.kind() == CheckpointKind::kSavepoint) {
    OnSavepointStored(ended.id);
    StoreNext();
    if (options_.defects.Has(Defect::kRetentionCountsSavepoints)) {
      CleanUp();
    }
    return TriggerNext();
  }
  if (!IsSavepoint(checkpoint.kind()) || !latest_ ||
      !options_.defects.Has(Defect::kRestorePrefersCheckpoints)) {
    latest_ = CompletedOf(checkpoint);
  }
  stored_.insert(ended.id);
  const bool is_final = options_.defects.Has(Defect::kFinalIsDecidedAtCompletion)
                            ? moment_.all_at_end
                            : checkpoint.is_final();
  Emit(effect::Stored{.id = ended.id, .after_restore = std::exchange(after_restore_, false)});
  if (!options_.defects.Has(Defect::kNotifiesBeforeStored)) {
    Announce(checkpoint, is_final);
  }
  if (running_ && is_final) {
    final_ = ended.id;
  }
  if (IsSavepoint(checkpoint.kind())) {
    OnSavepointStored(ended.id);
  }
  StoreNext();
  CleanUp();
  TriggerNext();
}

void CoordinatorCore::Announce(const PendingCheckpoint& pending, bool is_final) {
  Emit(effect::NotifyComplete{
      .id = pending.id(), .is_final = is_final, .is_repeated = false, .tasks = pending.Tasks()});
}

void CoordinatorCore::On(const input::Decline& decline) {
  const auto pending = pending_.find(decline.id);
  if (pending != pending_.end()) {
    Abort(pending, CheckpointInput::kDeclined);
  } else {
    On(input::Leftovers{.id = decline.id});
  }
}

void CoordinatorCore::On(const input::Leftovers& leftovers) {
  if (savepoints_.contains(leftovers.id)) {
    return DiscardSavepoint(leftovers.id);
  }
  if (leftovers.id <= options_.floor) {
    return;
  }
  const bool may_complete = pending_.contains(leftovers.id) || leftovers.id > last_id_;
  if (!may_complete && !stored_.contains(leftovers.id)) {
    discards_.insert(leftovers.id);
    CleanUp();
  }
}

void CoordinatorCore::On(const input::TriggerFailed& failed) {
  const auto pending = pending_.find(failed.id);
  if (pending != pending_.end()) {
    Abort(pending, CheckpointInput::kTriggerFailed);
  }
}

void CoordinatorCore::Abort(Pending::iterator pending, CheckpointInput why) {
  if (pending->second.Take(why) == CheckpointAction::kNotifyAborted) {
    GiveUp(pending, why);
    TriggerWaiting();
  }
}

void CoordinatorCore::GiveUp(Pending::iterator pending, CheckpointInput why) {
  const PendingCheckpoint& checkpoint = pending->second;
  const CheckpointId id = checkpoint.id();
  const CheckpointKind kind = checkpoint.kind();
  const std::vector<ExecutionAttemptId> tasks = checkpoint.Tasks();
  pending_.erase(pending);
  untriggered_.erase(id);
  CancelTimer(Kind::kExpiry, id);
  Emit(effect::Abort{.id = id, .reason = Name(why)});
  Emit(effect::NotifyAborted{.id = id, .tasks = tasks});
  if (IsSavepoint(kind)) {
    return OnSavepointFailed(id, kind, why);
  }
  if (options_.defects.Has(Defect::kAbortNoticeNamesThePrevious)) {
    Emit(effect::NotifyComplete{.id = CheckpointId(id.value() - 1),
                                .is_final = false,
                                .is_repeated = true,
                                .tasks = tasks});
  }
  discards_.insert(id);
  if (options_.defects.Has(Defect::kCleanUpByAge) && latest_) {
    discards_.insert(latest_->id);
  }
  CleanUp();
  if (Counts(why)) {
    OnFailure(id, Name(why));
  } else if (why != CheckpointInput::kSubsumed) {
    TriggerAgain();
  }
}

void CoordinatorCore::OnFailure(CheckpointId id, std::string_view why) {
  const uint32_t tolerable = options_.checkpoint.tolerable_failures;
  if (++failures_in_a_row_ > tolerable) {
    failures_in_a_row_ = 0;
    Emit(effect::FailJob{
        fmt::format("More than {} checkpoints failed in a row; the last one, {}, with {}.",
                    tolerable, id.value(), why)});
  } else {
    TriggerAgain();
  }
}

void CoordinatorCore::TriggerAgain() {
  if (overdue_ || !requests_.empty()) {
    TriggerNext();
  } else if (running_ && moment_.all_at_end && options_.checkpoint.interval > kFinalRetry &&
             !options_.defects.Has(Defect::kFinalIsNotTriedAgain)) {
    StartTimer(Kind::kFinalRetry, kFinalRetry);
  }
}

// Nobody else knows of the snapshot any more.
void CoordinatorCore::DiscardLate(CheckpointId id, const ExecutionAttemptId& task) {
  if (savepoints_.contains(id)) {
    return DiscardSavepoint(id);
  }
  if (id <= options_.floor) {
    return;
  }
  const bool is_stored =
      stored_.contains(id) && !options_.defects.Has(Defect::kRepeatedAckDiscards);
  const bool is_ours = is_stored || id > last_id_;
  if (is_ours || options_.defects.Has(Defect::kLateSnapshotIsLeft)) {
    return;  // repeated: the snapshot belongs to a completed checkpoint; or to one that is to come
  }
  late_snapshots_.emplace(id, task);
  CleanUp();
}

void CoordinatorCore::CleanUp() {
  clean_up_due_ = cleaning_;
  if (cleaning_) {
    return;  // the next one takes along what came meanwhile
  }
  cleaning_ = true;
  CancelTimer(Kind::kCleanUpAgain);
  Emit(effect::CleanUp{.checkpoints = {discards_.begin(), discards_.end()},
                       .snapshots = {late_snapshots_.begin(), late_snapshots_.end()},
                       .savepoints = {discarded_savepoints_.begin(), discarded_savepoints_.end()}});
  discards_.clear();
  discarded_savepoints_.clear();
  late_snapshots_.clear();
}

void CoordinatorCore::On(const input::CleanedUp& cleaned) {
  sim::Check(cleaning_, "a clean-up ends that nobody has asked for");
  cleaning_ = false;
  for (const CheckpointId id : cleaned.subsumed) {
    sim::Check(
        (latest_ && id < latest_->id) || options_.defects.Has(Defect::kRetentionCountsSavepoints),
        "the newest checkpoint {} was subsumed", id.value());
    stored_.erase(id);
  }
  if (clean_up_due_) {
    CleanUp();
  } else if (!cleaned.all) {
    StartTimer(Kind::kCleanUpAgain, kCleanUpRetry);
  }
}

void CoordinatorCore::On(const input::TimerFired& fired) {
  const auto pending = pending_.find(fired.timer.id);
  switch (fired.timer.kind) {
    case Kind::kInterval:
      if (running_) {
        StartTimer(Kind::kInterval, options_.checkpoint.interval);
        TriggerNow();
      }
      return;
    case Kind::kPause:
    case Kind::kFinalRetry:
      return TriggerNow();
    case Kind::kExpiry:
      if (pending != pending_.end()) {
        Abort(pending, CheckpointInput::kExpired);
      }
      return;
    case Kind::kStoreAgain:
      sim::Check(pending != pending_.end() && storing_ == fired.timer.id,
                 "checkpoint {} is stored again and was given up", fired.timer.id.value());
      return Emit(effect::Store{.checkpoint = CompletedOf(pending->second)});
    case Kind::kCleanUpAgain:
      return CleanUp();
  }
}

}  // namespace flinch::engine
