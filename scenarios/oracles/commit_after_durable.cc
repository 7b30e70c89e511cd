#include "scenarios/oracles/commit_after_durable.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

std::string CommitAfterDurable::Place(const sim::TraceEvent& event) const {
  const std::string newest = stored_.empty()
                                 ? "none is stored yet"
                                 : fmt::format("the newest stored is {}", *stored_.rbegin());
  return fmt::format(" ({}; event #{} at {})", newest, event.id.value(),
                     reports::ShowClock(event.time));
}

void CommitAfterDurable::OnCommitting(const sim::TraceEvent& event) {
  See();
  const auto checkpoint = event.Number("checkpoint");
  if (checkpoint.has_value() && (stored_.empty() || *stored_.rbegin() < *checkpoint)) {
    breaches_.Add(
        fmt::format(
            "Transaction \"{}\" of {} was committed before its checkpoint {} was durable{}.",
            FieldText(event, "transaction"), FieldText(event, "subtask"), *checkpoint,
            Place(event)),
        MarkAt(event, "early", FieldText(event, "subtask")));
  }
}

void CommitAfterDurable::OnNotified(const sim::TraceEvent& event) {
  See();
  const auto id = event.Number("id");
  if (id.has_value() && !stored_.contains(*id)) {
    breaches_.Add(fmt::format("Checkpoint {} was notified as complete before it was durable{}.",
                              *id, Place(event)),
                  MarkAt(event, "early", event.process_name));
  }
}

std::vector<std::string_view> CommitAfterDurable::wants() const {
  return {events::kCheckpointStored, events::kJobRestored, events::kSinkCommitting,
          events::kCheckpointNotified};
}

void CommitAfterDurable::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kCheckpointStored) {
    if (const auto id = event.Number("id")) {
      stored_.insert(*id);
    }
  } else if (event.kind == events::kJobRestored) {
    if (const auto id = event.Number("checkpoint"); id.has_value() && *id > 0) {
      stored_.insert(*id);
    }
  } else if (event.kind == events::kSinkCommitting) {
    OnCommitting(event);
  } else if (event.kind == events::kCheckpointNotified) {
    OnNotified(event);
  }
}

std::vector<reports::Finding> CommitAfterDurable::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
