#include "scenarios/oracles/checkpoint_ids_grow.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

void CheckpointIdsGrow::OnTriggered(const sim::TraceEvent& event, int64_t id) {
  See();
  if (id <= last_triggered_) {
    breaches_.Add(fmt::format("Checkpoint {} was triggered by {} after checkpoint {}{}.", id,
                              event.process_name, last_triggered_, Place(event)),
                  MarkAt(event, "triggered_back", event.process_name));
  }
  last_triggered_ = std::max(last_triggered_, id);
  open_[id] = Phase::kTriggered;
}

void CheckpointIdsGrow::OnCompleted(const sim::TraceEvent& event, int64_t id) {
  See();
  const auto found = open_.find(id);
  if (id == last_completed_) {
    breaches_.Add(fmt::format("Checkpoint {} completed twice{}.", id, Place(event)),
                  MarkAt(event, "completed_twice", event.process_name));
  } else if (id < last_completed_ && !savepoints_.contains(id)) {
    breaches_.Add(fmt::format("Checkpoint {} completed after checkpoint {}{}.", id, last_completed_,
                              Place(event)),
                  MarkAt(event, "completed_back", event.process_name));
  } else if (found == open_.end()) {
    breaches_.Add(
        fmt::format("Checkpoint {} completed but was never triggered{}.", id, Place(event)),
        MarkAt(event, "not_triggered", event.process_name));
  } else if (found->second == Phase::kAborted) {
    breaches_.Add(
        fmt::format("Checkpoint {} completed although it was aborted before{}.", id, Place(event)),
        MarkAt(event, "aborted", event.process_name));
  }
  if (!savepoints_.contains(id)) {  // beside which checkpoints complete in an order of their own
    last_completed_ = std::max(last_completed_, id);
  }
  open_.erase(id);
}

std::vector<std::string_view> CheckpointIdsGrow::wants() const {
  return {events::kCheckpointTriggered, events::kCheckpointCompleted, events::kCheckpointAborted,
          events::kSavepointTriggered};
}

void CheckpointIdsGrow::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kSavepointTriggered && event.Text("type") == "savepoint") {
    savepoints_.insert(event.Number("id").value_or(0));
  }
  if (!event.kind.starts_with("checkpoint.")) {
    return;
  }
  const auto id = event.Number("id");
  if (!id.has_value()) {
    return;
  }
  if (event.kind == events::kCheckpointTriggered) {
    OnTriggered(event, *id);
  } else if (event.kind == events::kCheckpointCompleted) {
    OnCompleted(event, *id);
  } else if (event.kind == events::kCheckpointAborted) {
    if (const auto found = open_.find(*id); found != open_.end()) {
      found->second = Phase::kAborted;
    }
  }
}

std::vector<reports::Finding> CheckpointIdsGrow::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
