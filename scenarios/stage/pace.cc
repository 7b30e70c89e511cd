#include "scenarios/stage/pace.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/checkpoint/checkpoint_protocol.h"
#include "engine/events.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;
using sim::Duration;

// A request that is asked again waits longer each time, up to so many first waits.
constexpr int64_t kAskGrowth = 8;

}  // namespace

bool HasExpired(const sim::TraceEvent& event) {
  return event.kind == events::kCheckpointAborted &&
         event.Text("reason") == engine::Name(engine::CheckpointInput::kExpired);
}

std::vector<std::string_view> PaceWatch::wants() const {
  return {events::kJobStatus, events::kCheckpointStored, events::kCheckpointAborted,
          events::kTransactionCommitted};
}

void PaceWatch::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kTransactionCommitted) {
    results_ += static_cast<uint64_t>(event.Number("records").value_or(0));
  }
  if (HasExpired(event)) {
    ++expired_;
  }
  const bool is_end = event.kind == events::kJobStatus &&
                      (event.Text("to") == "FINISHED" || event.Text("to") == "FAILED");
  if (ended_ || (event.kind != events::kCheckpointStored && !is_end)) {
    return;
  }
  const sim::SimTime now = std::max(event.time, since_);
  longest_ = std::max(longest_, now - last_);
  last_ = now;
  ended_ = is_end;
  finished_ = is_end && event.Text("to") == "FINISHED";
}

Pace PaceWatch::PaceAt(sim::SimTime now, uint64_t events) const {
  return {.finished = finished_,
          .ended = ended_ ? last_ : now,
          .longest_gap = ended_ || now <= last_ ? longest_ : std::max(longest_, now - last_),
          .events = events,
          .results = results_,
          .expired = expired_};
}

std::string ShowRounded(Duration span) {
  const Duration rounded = std::chrono::ceil<std::chrono::milliseconds>(span);
  const bool is_whole = rounded % std::chrono::seconds(1) == Duration(0);
  return is_whole || rounded < std::chrono::seconds(1) ? sim::Show(rounded)
                                                       : sim::Show(sim::SimTime(rounded));
}

Duration TimeoutsOf(const engine::EngineOptions& options) {
  const Duration ask = std::min(options.rpc.ask_timeout, kLongestSpan / kAskGrowth);
  Duration sum = kAskGrowth * ask;
  for (const Duration timeout :
       {options.heartbeat.timeout, options.restart.longest_delay(), options.network.request_timeout,
        options.network.request_backoff, options.checkpoint.timeout, options.sink.delivery_timeout,
        options.source.fetch_wait}) {
    sum += Bounded(timeout);
  }
  if (options.source.assignment == engine::SourceAssignment::kEnumerator) {
    sum += Bounded(options.source.discovery_interval);
  }
  return sum;
}

engine::EngineOptions Generous(engine::EngineOptions options) {
  const engine::EngineOptions usual;
  const auto raise = [](Duration& span, Duration least) { span = std::max(span, least); };
  // Flink's default. Ours is for short runs: a slow sink's backlog may take longer than it.
  raise(options.checkpoint.timeout, std::chrono::minutes(10));
  raise(options.heartbeat.timeout,
        std::max(usual.heartbeat.timeout,
                 5 * std::min(options.heartbeat.interval, kLongestSpan / 5)));
  raise(options.network.request_timeout, usual.network.request_timeout);
  raise(options.rpc.ask_timeout, usual.rpc.ask_timeout);
  raise(options.sink.transaction_timeout, usual.sink.transaction_timeout);
  // Shorter than a fetch may wait it makes readers fail where nothing is broken.
  raise(options.sink.delivery_timeout, usual.sink.delivery_timeout);
  raise(options.log.transaction_timeout_max, options.sink.transaction_timeout);  // or it is refused
  if (options.restart.failures_allowed() < usual.restart.failures_allowed()) {
    options.restart.type = usual.restart.type;
    options.restart.attempts = usual.restart.attempts;
  }
  return options;
}

}  // namespace flinch::scenarios
