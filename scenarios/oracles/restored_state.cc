#include "scenarios/oracles/restored_state.h"

#include <utility>

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
  const int64_t checkpoint = event.Number("checkpoint").value_or(0);
  if (partial_.contains(*attempt)) {
    Part& part = parts_[FieldText(event, "subtask")];
    if (*attempt >= part.attempt) {
      part = {.attempt = *attempt, .checkpoint = checkpoint, .entries = *entries};
    }
    return;
  }
  if (*attempt > attempt_) {
    attempt_ = *attempt;
    checkpoint_ = checkpoint;
    restored_.clear();
    parts_.clear();
  }
  restored_[RoleOf(FieldText(event, "subtask"))] += *entries;
}

void RestoredState::Tell(const sim::TraceEvent& event, const Part& restored,
                         const std::string& whose, int64_t entries) {
  if (restored.entries != entries) {
    breaches_.Add(fmt::format("Attempt {} restored {} entries of the state of {} from checkpoint "
                              "{}, which holds {}{}.",
                              restored.attempt, restored.entries, whose, restored.checkpoint,
                              entries, Place(event)),
                  MarkAt(event, restored.entries < entries ? "lost" : "doubled", whose));
  }
}

void RestoredState::JudgeParts(const sim::TraceEvent& event) {
  for (const auto& [subtask, part] : std::exchange(parts_, {})) {
    const auto snapshot = snapshots_.find(part.checkpoint);
    if (part.checkpoint == 0 || snapshot == snapshots_.end()) {
      continue;
    }
    See();
    const auto entries = snapshot->second.find(subtask);
    Tell(event, part, subtask, entries == snapshot->second.end() ? 0 : entries->second);
  }
}

void RestoredState::OnTriggered(const sim::TraceEvent& event) {
  JudgeParts(event);
  const auto snapshot = snapshots_.find(checkpoint_);
  if (checkpoint_ == 0 || snapshot == snapshots_.end()) {
    return;
  }
  See();
  Entries held;
  for (const auto& [subtask, entries] : snapshot->second) {
    held[RoleOf(subtask)] += entries;
  }
  for (const auto& [chain, entries] : held) {
    if (checkpoint_ <= resumed_from_ && !restored_.contains(chain)) {
      continue;  // the job may have other operators now
    }
    Tell(event, {.attempt = attempt_, .checkpoint = checkpoint_, .entries = restored_[chain]},
         chain, entries);
  }
  checkpoint_ = 0;
}

std::vector<std::string_view> RestoredState::wants() const {
  return {events::kSnapshotTaken,    events::kTaskStarted,  events::kCheckpointTriggered,
          events::kCheckpointStored, events::kJobSubmitted, events::kJobRestored};
}

void RestoredState::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kSnapshotTaken) {
    if (const auto entries = event.Number("entries")) {
      snapshots_[event.Number("id").value_or(0)][FieldText(event, "subtask")] += *entries;
    }
  } else if (event.kind == events::kJobRestored) {
    if (IsPartial(event)) {
      partial_.insert(event.Number("attempt").value_or(0));
    }
  } else if (event.kind == events::kTaskStarted) {
    OnStarted(event);
  } else if (event.kind == events::kCheckpointTriggered) {
    OnTriggered(event);
  } else if (event.kind == events::kJobSubmitted) {
    resumed_from_ = event.Number("checkpoint").value_or(0);
  } else if (event.kind == events::kCheckpointStored) {
    snapshots_.erase(snapshots_.begin(), snapshots_.lower_bound(event.Number("id").value_or(0)));
  }
}

std::vector<reports::Finding> RestoredState::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
