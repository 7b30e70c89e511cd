#include "engine/runtime/timer_service.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinch::engine {

std::string TimerState(std::string_view name) { return "_timer_state/event_" + std::string(name); }

std::string_view TimerSpace(std::string_view entry_space) {
  return entry_space.substr(std::min(entry_space.size(), sizeof(int64_t)));
}

std::unexpected<sim::Error> detail::EndlessTimers(std::string_view state, EventTime watermark) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("Timers of {} keep registering timers that are due at once: more "
                               "than {} fired at watermark {}. Register them after the current "
                               "watermark.",
                               state, kChainedTimersMax, watermark.nanos()));
}

}  // namespace flinch::engine
