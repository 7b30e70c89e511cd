#include "scenarios/oracles/watermarks_grow.h"

#include <optional>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

void WatermarksGrow::OnSnapshot(const sim::TraceEvent& event) {
  const auto subtask = event.Text("subtask");
  const auto attempt = event.Number("attempt");
  const auto watermark = event.Number("watermark");
  if (!subtask.has_value() || !attempt.has_value() || !watermark.has_value()) {
    return;
  }
  const Seat now{.attempt = *attempt, .watermark = *watermark};
  const auto [found, is_new] = seats_.emplace(std::string(*subtask), now);
  Seat& seat = found->second;
  if (is_new || seat.attempt < now.attempt) {
    seat = now;
    return;
  }
  if (seat.attempt > now.attempt) {
    return;  // of a zombie
  }
  See();
  if (now.watermark < seat.watermark) {
    breaches_.Add(fmt::format("The watermark of {} went back from {} ns to {} ns{}.", *subtask,
                              seat.watermark, now.watermark, Place(event)),
                  MarkAt(event, "back", *subtask));
  }
  seat.watermark = now.watermark;
}

std::vector<std::string_view> WatermarksGrow::wants() const {
  return {events::kSnapshotTaken, events::kWindowLateRecord};
}

void WatermarksGrow::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kSnapshotTaken) {
    OnSnapshot(event);
  } else if (event.kind == events::kWindowLateRecord) {
    const std::optional<int64_t> time = event.Number("timestamp");
    if (time && subject_ != nullptr && subject_->late.contains(*time)) {
      See();
      return;
    }
    const std::string subtask = FieldText(event, "subtask");
    breaches_.Add(fmt::format("{} dropped a record of {} ns as late at the watermark {} ns, though "
                              "no record of this time is late{}.",
                              subtask, FieldText(event, "timestamp"), FieldText(event, "watermark"),
                              Place(event)),
                  MarkAt(event, "late", subtask));
  }
}

std::vector<reports::Finding> WatermarksGrow::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
