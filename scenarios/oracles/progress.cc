#include "scenarios/oracles/progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace events = engine::events;

void Progress::OnSubject(const Subject& subject) {
  since_ = subject.healed;
  patience_ = subject.patience;
}

void Progress::Look(sim::SimTime now, std::optional<sim::EventId> event) {
  if (!since_ || ended_ || now <= *since_ || now - *since_ <= patience_) {
    return;
  }
  if (!current_) {
    current_ = {.from = *since_, .to = now, .event = event, .status = status_};
  }
  current_->to = now;
  if (!longest_ || current_->to - current_->from > longest_->to - longest_->from) {
    longest_ = current_;
  }
}

std::vector<std::string_view> Progress::wants() const {
  return {events::kJobStatus, events::kCheckpointStored};
}

void Progress::OnEvent(const sim::TraceEvent& event) {
  Look(event.time, event.id);
  if (event.kind == events::kJobStatus) {
    status_ = event.Text("to").value_or("");
    const bool is_over = status_ == "FINISHED" || status_ == "FAILED" || status_ == "CANCELED";
    if (ended_ && event.Text("from") == "CREATED") {  // it was resumed
      ended_ = false;
      since_ = since_ ? std::max(*since_, event.time) : since_;
      current_.reset();
    }
    ended_ = ended_ || is_over;
  } else if (event.kind == events::kCheckpointStored && since_ && event.time > *since_) {
    See();
    since_ = event.time;
    current_.reset();
  }
}

std::vector<reports::Finding> Progress::Judge(const FinalState& state) {
  Look(state.end, std::nullopt);
  Breaches breaches;
  if (longest_ && longest_->to - longest_->from > patience_ + state.slack) {
    breaches.Add(
        fmt::format("No checkpoint completed from {} to {}, though the world was healed and no "
                    "time-out lasts so long; the job's status was {}.",
                    reports::ShowClock(longest_->from), reports::ShowClock(longest_->to),
                    longest_->status.empty() ? "unknown" : longest_->status),
        {.breach = "stalled", .role = "jm", .event = longest_->event});
  }
  return breaches.ToFindings(kName);
}

}  // namespace flinch::scenarios
