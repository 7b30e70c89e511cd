#include "scenarios/oracles/channel_counts.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

void ChannelCounts::OnCompleted(const sim::TraceEvent& event, int64_t id) {
  for (const auto& [producer, flow] : flows_[id]) {
    if (flow.sent < 0) {
      continue;
    }
    See();
    if (flow.sent != flow.received) {
      breaches_.Add(fmt::format("{} had sent {} records before the barrier of checkpoint {}, but "
                                "its consumers had received {} before it{}.",
                                producer, flow.sent, id, flow.received, Place(event)),
                    MarkAt(event, flow.received < flow.sent ? "lost" : "doubled", producer));
    }
  }
  flows_.erase(flows_.begin(), flows_.upper_bound(id));
}

std::vector<std::string_view> ChannelCounts::wants() const {
  return {events::kBarrierSent, events::kBarrierReceived, events::kChannelPersisted,
          events::kCheckpointCompleted};
}

void ChannelCounts::OnEvent(const sim::TraceEvent& event) {
  const bool sent = event.kind == events::kBarrierSent;
  const bool received =
      event.kind == events::kBarrierReceived || event.kind == events::kChannelPersisted;
  if (!sent && !received && event.kind != events::kCheckpointCompleted) {
    return;
  }
  const auto id = event.Number("id");
  if (!id.has_value()) {
    return;
  }
  if (!sent && !received) {
    OnCompleted(event, *id);
    return;
  }
  const auto records = event.Number("records");
  const auto producer = event.Text(sent ? "subtask" : "from");
  if (!records.has_value() || !producer.has_value()) {
    return;
  }
  Flow& flow = flows_[*id][std::string(*producer)];
  if (sent) {
    flow.sent = *records;
  } else {
    flow.received += *records;
  }
  if (flows_.size() > kIdsKept) {
    flows_.erase(flows_.begin());
  }
}

std::vector<reports::Finding> ChannelCounts::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
