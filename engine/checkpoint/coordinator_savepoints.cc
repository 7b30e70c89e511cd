// The part of CoordinatorCore that takes savepoints.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/coordinator_core.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

namespace effect = coordinator_effect;
namespace input = coordinator_input;

// So many savepoints may wait. Flink: 1000.
constexpr size_t kSavepointsWaitingMax = 1000;

// Why a savepoint comes to nothing before it has an id: Flink's CheckpointFailureReason.
constexpr std::string_view kTooManyRequests = "TOO_MANY_CHECKPOINT_REQUESTS";
constexpr std::string_view kCoordinatorSuspend = "CHECKPOINT_COORDINATOR_SUSPEND";

}  // namespace

size_t CoordinatorCore::CheckpointsPending() const { return pending_.size() - taking_.size(); }

bool CoordinatorCore::IsExclusive() const {
  return options_.checkpoint.overtakes() && !pending_.empty();
}

bool CoordinatorCore::IsHeld() const {
  if (options_.defects.Has(Defect::kCheckpointsGoOnDuringAStop)) {
    return false;
  }
  return ends_ || std::ranges::any_of(requests_, &Request::holds) ||
         (drawing_for_ && drawing_for_->holds) ||
         std::ranges::any_of(taking_, [](const auto& each) { return each.second.holds; });
}

void CoordinatorCore::On(const input::RequestSavepoint& asked) {
  std::optional<std::string_view> refusal;
  if (!running_ || !MayTrigger()) {
    refusal = kNotAllRunning;
  } else if (final_ || IsHeld()) {
    refusal = kCoordinatorSuspend;  // the job ends already
  } else if (requests_.size() >= kSavepointsWaitingMax) {
    refusal = kTooManyRequests;
  }
  if (refusal) {
    return EndSavepoint(asked, CheckpointId(), std::string(*refusal));
  }
  requests_.push_back(asked);
  if (asked.holds && !options_.defects.Has(Defect::kCheckpointsGoOnDuringAStop)) {
    overdue_ = false;
    for (const Kind kind : {Kind::kInterval, Kind::kPause, Kind::kFinalRetry}) {
      CancelTimer(kind);
    }
  }
  TriggerNext();
}

void CoordinatorCore::TriggerNext() {
  while (!requests_.empty() && !MayTrigger()) {
    const Request refused = requests_.front();
    requests_.erase(requests_.begin());
    EndSavepoint(refused, CheckpointId(), std::string(kNotAllRunning));
    Resume(refused);
  }
  if (running_ && !drawing_ && !requests_.empty() && !IsExclusive()) {
    const Request next = requests_.front();
    requests_.erase(requests_.begin());
    DrawId(next);
  }
  if (overdue_) {
    TriggerNow();
  }
}

void CoordinatorCore::TriggerWaiting() {
  if (options_.checkpoint.overtakes() && running_ && !requests_.empty()) {
    TriggerNext();
  }
}

void CoordinatorCore::Resume(const Request& request) {
  if (!request.holds || !running_) {
    return;
  }
  StartTimer(Kind::kInterval, options_.checkpoint.interval);
  if (moment_.all_at_end) {
    TriggerNow();
  }
}

void CoordinatorCore::EndSavepoint(const std::optional<Request>& request, CheckpointId id,
                                   std::optional<std::string> failure) {
  sim::Check(request.has_value(), "savepoint {} ends, which nobody has asked for", id.value());
  Emit(
      effect::SavepointEnded{.request = request->request, .id = id, .failure = std::move(failure)});
}

std::optional<CoordinatorCore::Request> CoordinatorCore::TakeRequestOf(CheckpointId id) {
  const auto found = taking_.find(id);
  if (found == taking_.end()) {
    return std::nullopt;
  }
  return std::move(taking_.extract(found).mapped());
}

void CoordinatorCore::OnSavepointStored(CheckpointId id) {
  savepoints_[id] = true;
  const std::optional<Request> request = TakeRequestOf(id);
  ends_ = ends_ || (request && request->holds);
  EndSavepoint(request, id, std::nullopt);
}

// Flink: what fails at the master never counts; a task that cannot take part in a stop fails the
// job, and so does a drained one, whose input has been ended.
void CoordinatorCore::OnSavepointFailed(CheckpointId id, CheckpointKind kind, CheckpointInput why) {
  DiscardSavepoint(id);
  const std::optional<Request> request = TakeRequestOf(id);
  EndSavepoint(request, CheckpointId(), std::string(Name(why)));
  const bool is_declined = why == CheckpointInput::kDeclined;
  if (why == CheckpointInput::kFailover) {
    return;
  }
  if (kind == CheckpointKind::kSavepointTerminate || (IsSynchronous(kind) && is_declined)) {
    Emit(effect::FailJob{fmt::format(
        "Savepoint {}, with which the job was to stop, failed with {}.", id.value(), Name(why))});
    return;
  }
  Resume(*request);
  if (is_declined) {
    OnFailure(id, Name(why));
  } else {
    TriggerAgain();
  }
}

// One that is complete is the user's, and one that is pending may yet be.
void CoordinatorCore::DiscardSavepoint(CheckpointId id) {
  if (!savepoints_.at(id) && !pending_.contains(id)) {
    discarded_savepoints_.insert(id);
    CleanUp();
  }
}

CompletedCheckpoint CoordinatorCore::CompletedOf(const PendingCheckpoint& pending) const {
  CompletedCheckpoint completed = pending.ToCompleted();
  completed.max_parallelism = options_.max_parallelism;
  return completed;
}

}  // namespace flinch::engine
