#include "scenarios/oracles/progress.h"

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
  breaches_.Add(fmt::format("No checkpoint completed from {} to {}, though the world was healed; "
                            "the job's status was {}.",
                            reports::ShowClock(*since_), reports::ShowClock(now),
                            status_.empty() ? "unknown" : status_),
                {.breach = "stalled", .role = "jm", .event = event});
  ended_ = true;  // one is enough
}

void Progress::OnEvent(const sim::TraceEvent& event) {
  Look(event.time, event.id);
  if (event.kind == events::kJobStatus) {
    status_ = event.Text("to").value_or("");
    ended_ = ended_ || status_ == "FINISHED" || status_ == "FAILED";
  } else if (event.kind == events::kCheckpointStored && since_ && event.time > *since_) {
    See();
    since_ = event.time;
  }
}

std::vector<reports::Finding> Progress::Judge(const FinalState& state) {
  Look(state.end, std::nullopt);
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
