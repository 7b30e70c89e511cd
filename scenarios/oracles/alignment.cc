#include "scenarios/oracles/alignment.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

int64_t Alignment::AttemptOf(const sim::TraceEvent& event) const {
  if (const auto attempt = event.Number("attempt")) {
    return *attempt;
  }
  const std::string subtask = FieldText(event, "subtask");
  const auto next = seats_.upper_bound({.subtask = subtask,
                                        .process = event.process,
                                        .attempt = std::numeric_limits<int64_t>::max()});
  if (next == seats_.begin()) {
    return 0;
  }
  const Seat& newest = std::prev(next)->first;
  return newest.subtask == subtask && newest.process == event.process ? newest.attempt : 0;
}

std::string Alignment::Subject(const sim::TraceEvent& event) const {
  return fmt::format("Checkpoint {} at {}, attempt {}: ", event.Number("id").value_or(0),
                     FieldText(event, "subtask"), AttemptOf(event));
}

Alignment::Barriers* Alignment::Find(const sim::TraceEvent& event) {
  const auto id = event.Number("id");
  const auto subtask = event.Text("subtask");
  if (!id.has_value() || !subtask.has_value()) {
    return nullptr;
  }
  ById& by_id = seats_[{
      .subtask = std::string(*subtask), .process = event.process, .attempt = AttemptOf(event)}];
  Barriers& barriers = by_id[*id];
  // Ids grow, so the smallest is the oldest; the one asked for stays.
  if (by_id.size() > kIdsKept && by_id.begin()->first != *id) {
    by_id.erase(by_id.begin());
  }
  return &barriers;
}

void Alignment::OnStarted(const sim::TraceEvent& event) {
  const auto subtask = event.Text("subtask");
  const auto attempt = event.Number("attempt");
  if (!subtask.has_value() || !attempt.has_value()) {
    return;
  }
  const Seat seat{.subtask = std::string(*subtask), .process = event.process, .attempt = *attempt};
  const Seat oldest{.subtask = seat.subtask,
                    .process = seat.process,
                    .attempt = std::numeric_limits<int64_t>::min()};
  seats_.erase(seats_.lower_bound(oldest), seats_.upper_bound(seat));
  seats_.emplace(seat, ById{});
}

void Alignment::OnReceived(const sim::TraceEvent& event) {
  Barriers* barriers = Find(event);
  if (barriers == nullptr) {
    return;
  }
  const std::string channel = FieldText(event, "channel");
  if (!barriers->channels.insert(channel).second) {
    breaches_.Add(fmt::format("{}channel {} delivered its barrier twice{}.", Subject(event),
                              channel, Place(event)),
                  MarkAt(event, "barrier_twice", FieldText(event, "subtask")));
  } else if (barriers->aligned) {
    breaches_.Add(
        fmt::format("{}the barrier of channel {} came after the task had called itself aligned{}.",
                    Subject(event), channel, Place(event)),
        MarkAt(event, "barrier_late", FieldText(event, "subtask")));
  }
}

void Alignment::OnAligned(const sim::TraceEvent& event) {
  Barriers* barriers = Find(event);
  if (barriers == nullptr) {
    return;
  }
  if (barriers->aligned) {
    breaches_.Add(
        fmt::format("{}the task called itself aligned twice{}.", Subject(event), Place(event)),
        MarkAt(event, "aligned_twice", FieldText(event, "subtask")));
    return;
  }
  See();
  barriers->aligned = true;
  size_t& widest = widest_[FieldText(event, "subtask")];
  size_t due = input_ended_ ? 0 : widest;
  if (const auto channels = event.Number("channels")) {
    due = static_cast<size_t>(std::max<int64_t>(*channels, 0));
  }
  const size_t received = barriers->channels.size();
  if (received < due) {
    breaches_.Add(
        fmt::format("{}the task called itself aligned after barriers from {} of its {} channels{}.",
                    Subject(event), received, due, Place(event)),
        MarkAt(event, "aligned_early", FieldText(event, "subtask")));
  }
  widest = std::max(widest, received);
}

std::vector<std::string_view> Alignment::wants() const {
  return {events::kBarrierReceived, events::kBarrierAligned, events::kTaskStarted,
          events::kTaskEndOfInput, events::kTaskFinished};
}

void Alignment::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kBarrierReceived) {
    OnReceived(event);
  } else if (event.kind == events::kBarrierAligned) {
    OnAligned(event);
  } else if (event.kind == events::kTaskStarted) {
    OnStarted(event);
  } else if (event.kind == events::kTaskEndOfInput || event.kind == events::kTaskFinished) {
    input_ended_ = true;
  }
}

std::vector<reports::Finding> Alignment::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
