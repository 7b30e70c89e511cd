#include "scenarios/oracles/restored_state.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

void RestoredState::OnStarted(const sim::TraceEvent& event) {
  const auto attempt = event.Number("attempt");
  const auto entries = event.Number("entries");
  if (!attempt.has_value() || !entries.has_value() || *attempt < attempt_) {
    return;
  }
  if (*attempt > attempt_) {
    attempt_ = *attempt;
    checkpoint_ = event.Number("checkpoint").value_or(0);
    restored_.clear();
  }
  restored_[RoleOf(FieldText(event, "subtask"))] += *entries;
}

void RestoredState::OnTriggered(const sim::TraceEvent& event) {
  const auto snapshot = snapshots_.find(checkpoint_);
  if (checkpoint_ == 0 || snapshot == snapshots_.end()) {
    return;
  }
  See();
  for (const auto& [chain, entries] : snapshot->second) {
    if (is_resumed_ && !restored_.contains(chain)) {
      continue;  // the job may have other operators now
    }
    if (const int64_t restored = restored_[chain]; restored != entries) {
      breaches_.Add(fmt::format("Attempt {} restored {} entries of the state of {} from checkpoint "
                                "{}, which holds {}{}.",
                                attempt_, restored, chain, checkpoint_, entries, Place(event)),
                    MarkAt(event, restored < entries ? "lost" : "doubled", chain));
    }
  }
  checkpoint_ = 0;
  is_resumed_ = false;
}

std::vector<std::string_view> RestoredState::wants() const {
  return {events::kSnapshotTaken, events::kTaskStarted, events::kCheckpointTriggered,
          events::kCheckpointStored, events::kJobSubmitted};
}

void RestoredState::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kSnapshotTaken) {
    if (const auto entries = event.Number("entries")) {
      snapshots_[event.Number("id").value_or(0)][RoleOf(FieldText(event, "subtask"))] += *entries;
    }
  } else if (event.kind == events::kTaskStarted) {
    OnStarted(event);
  } else if (event.kind == events::kCheckpointTriggered) {
    OnTriggered(event);
  } else if (event.kind == events::kJobSubmitted) {
    is_resumed_ = true;
  } else if (event.kind == events::kCheckpointStored) {
    snapshots_.erase(snapshots_.begin(), snapshots_.lower_bound(event.Number("id").value_or(0)));
  }
}

std::vector<reports::Finding> RestoredState::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
