#include "engine/runtime/timer_service.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/runtime/processing_timers.h"

namespace flinch::engine {

std::string TimerState(std::string_view name, TimeDomain domain) {
  return fmt::format("_timer_state/{}_{}",
                     domain == TimeDomain::kEventTime ? "event" : "processing", name);
}

std::string_view TimerSpace(std::string_view entry_space) {
  return entry_space.substr(std::min(entry_space.size(), sizeof(int64_t)));
}

std::unexpected<sim::Error> detail::EndlessTimers(std::string_view state, EventTime time) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("Timers of {} keep registering timers that are due at once: more "
                               "than {} fired at time {}. Register them after the current time.",
                               state, kChainedTimersMax, time.nanos()));
}

// A time is past when the clock's next one has begun.
sim::Duration DelayUntilPast(EventTime time, sim::WallTime now) {
  if (time.nanos() < sim::Nanos(now)) {
    return sim::Duration(0);
  }
  const sim::Duration span = sim::WallTime(sim::Duration(time.nanos())) - now;
  return span == sim::Duration::max() ? span : span + sim::Duration(1);
}

}  // namespace flinch::engine
