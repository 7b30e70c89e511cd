#include "scenarios/oracles/restores_newest.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

std::vector<std::string_view> RestoresNewest::wants() const {
  return {events::kCheckpointCompleted, events::kJobRestored, events::kCheckpointStored,
          events::kJobSubmitted};
}

void RestoresNewest::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kCheckpointCompleted) {
    completed_.insert(event.Number("id").value_or(0));
    return;
  }
  if (event.kind == events::kJobSubmitted) {
    // A user says from where, which need not be the newest.
    newest_ = event.Number("checkpoint").value_or(0);
    completed_.insert(newest_);
    return;
  }
  const bool restored = event.kind == events::kJobRestored;
  if (!restored && event.kind != events::kCheckpointStored) {
    return;
  }
  const int64_t id = event.Number(restored ? "checkpoint" : "id").value_or(0);
  if (restored) {
    See();
    if (id < newest_) {
      breaches_.Add(
          fmt::format("The job was restored from {}, though checkpoint {} was in the store{}.",
                      id == 0 ? std::string("nothing") : fmt::format("checkpoint {}", id), newest_,
                      Place(event)),
          MarkAt(event, "older", event.process_name));
    } else if (id > newest_ && !completed_.contains(id)) {
      breaches_.Add(fmt::format("The job was restored from checkpoint {}, which never completed{}.",
                                id, Place(event)),
                    MarkAt(event, "incomplete", event.process_name));
    }
  }
  if (id > newest_) {
    newest_ = id;
    completed_.erase(completed_.begin(), completed_.upper_bound(id));
  }
}

std::vector<reports::Finding> RestoresNewest::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
