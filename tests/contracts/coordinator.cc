#include "tests/contracts/coordinator.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::engine {

namespace effect = coordinator_effect;
namespace input = coordinator_input;

Coordinator::Coordinator(const CheckpointOptions& options)
    : core_({.checkpoint = options, .defects = {}}, {}), retained_(options.retained) {}

void Coordinator::Start() {
  Feed(input::Start{.first_delay = {}});
  Pass({});
}

void Coordinator::Stop() { Feed(input::Stop()); }

void Coordinator::Pass(Duration span) {
  const sim::SimTime until = moment_.now + span;
  for (;;) {
    const auto next =
        std::ranges::min_element(timers_, {}, [](const auto& timer) { return timer.second; });
    if (next == timers_.end() || next->second > until) {
      break;
    }
    const auto [timer, at] = *next;
    timers_.erase(next);
    moment_.now = std::max(moment_.now, at);
    Feed(input::TimerFired{timer});
  }
  moment_.now = until;
}

void Coordinator::Acknowledge(uint64_t id, const ExecutionAttemptId& task) {
  SnapshotHandle snapshot;
  snapshot.vertex = task.vertex;
  snapshot.subtask = task.subtask;
  Feed(input::Acknowledge{.task = task, .id = CheckpointId(id), .snapshot = snapshot});
}

void Coordinator::AcknowledgeAll(uint64_t id) {
  Acknowledge(id, kSource);
  Acknowledge(id, kSink);
}

void Coordinator::Decline(uint64_t id) { Feed(input::Decline{CheckpointId(id)}); }

uint64_t Coordinator::AskForSavepoint(CheckpointKind kind) {
  const uint64_t request = ++last_request_;
  Feed(input::RequestSavepoint{.request = request, .kind = kind, .holds = IsSynchronous(kind)});
  return request;
}

void Coordinator::FailTrigger(uint64_t id) { Feed(input::TriggerFailed{CheckpointId(id)}); }

void Coordinator::FireStale(const CoordinatorTimer& timer) { Feed(input::TimerFired{timer}); }

void Coordinator::AnswerId(bool drawn) {
  sim::Check(!tickets_.empty(), "no id was asked for");
  const uint64_t ticket = tickets_.front();
  tickets_.pop_front();
  Feed(input::IdDrawn{.ticket = ticket,
                      .id = ++last_id_,
                      .drawn = drawn,
                      .plan = {.triggered = {kSource}, .acknowledging = {kSource, kSink}}});
}

void Coordinator::AnswerStore(bool stored) {
  sim::Check(!stores_.empty(), "nothing is being stored");
  const CheckpointId id = stores_.back();
  if (stored && !beside_the_store_.contains(id.value())) {
    stored_.push_back(id.value());
  }
  Feed(input::StoreEnded{.id = id, .stored = stored});
}

Coordinator::Ids Coordinator::pending() const {
  Ids ids = triggered_;
  std::erase_if(ids, [this](uint64_t id) {
    return std::ranges::find(aborted_, id, &Aborted::id) != aborted_.end() ||
           std::ranges::find(notified_, id, &Notified::id) != notified_.end();
  });
  return ids;
}

Coordinator::Ids Coordinator::completed() const {
  Ids ids;
  std::ranges::transform(notified_, std::back_inserter(ids), &Notified::id);
  return ids;
}

void Coordinator::Feed(CoordinatorInput input) {
  const bool is_stepping = !inputs_.empty();
  inputs_.push_back(std::move(input));
  if (is_stepping) {
    return;  // an effect has brought it: it comes when all effects of this step are out
  }
  while (!inputs_.empty()) {
    for (const CoordinatorEffect& each : core_.Step(inputs_.front(), moment_)) {
      std::visit([this](const auto& one) { Perform(one); }, each);
    }
    inputs_.pop_front();
  }
}

void Coordinator::Perform(const effect::DrawId& draw) {
  tickets_.push_back(draw.ticket);
  if (!holds_ids_) {
    AnswerId();
  }
}

void Coordinator::Perform(const effect::SnapshotCoordinators& snapshot) {
  sim::Check(false, "checkpoint {} asks for coordinators that there are none of",
             snapshot.id.value());
}

void Coordinator::Perform(const effect::Trigger& trigger) {
  sim::Check(trigger.tasks == std::vector{kSource}, "others than sources are triggered");
  triggered_.push_back(trigger.id.value());
}

void Coordinator::Perform(const effect::Count&) {}

void Coordinator::Perform(const effect::Complete&) {}

void Coordinator::Perform(const effect::Store& store) {
  stores_.push_back(store.checkpoint.id);
  if (store.checkpoint.kind == CheckpointKind::kSavepoint) {
    beside_the_store_.insert(store.checkpoint.id.value());
  }
  if (!holds_stores_) {
    AnswerStore(true);
  }
}

void Coordinator::Perform(const effect::Stored&) {}

void Coordinator::Perform(const effect::NotifyComplete& notify) {
  notified_.push_back({notify.id.value(), notify.tasks});
}

void Coordinator::Perform(const effect::SavepointEnded& ended) {
  answers_[ended.request] = ended.failure.value_or(std::to_string(ended.id.value()));
}

void Coordinator::Perform(const effect::Abort& abort) {
  aborted_.push_back({abort.id.value(), std::string(abort.reason)});
}

void Coordinator::Perform(const effect::NotifyAborted&) {}

void Coordinator::Perform(const effect::CleanUp& clean) {
  for (const CheckpointId id : clean.checkpoints) {
    discarded_.push_back(id.value());
  }
  for (const auto& [id, task] : clean.snapshots) {
    discarded_snapshots_.emplace_back(id.value(), task);
  }
  for (const CheckpointId id : clean.savepoints) {
    discarded_savepoints_.push_back(id.value());
  }
  input::CleanedUp cleaned{.subsumed = {}, .all = true};
  while (stored_.size() > retained_) {
    cleaned.subsumed.emplace_back(stored_.front());
    stored_.erase(stored_.begin());
  }
  Feed(cleaned);
}

void Coordinator::Perform(const effect::FailJob& fail) { job_failures_.push_back(fail.reason); }

void Coordinator::Perform(const effect::StartTimer& start) {
  timers_[start.timer] = moment_.now + start.after;
}

void Coordinator::Perform(const effect::CancelTimer& cancel) { timers_.erase(cancel.timer); }

}  // namespace flinch::engine
