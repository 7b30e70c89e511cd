// Simulated time: the only clock types of the tree.
//
// `SimTime` is a point on the world's clock, `Duration` a span of it; both count integer
// nanoseconds. `WallTime` is a point on a host's wall clock, which can be wrong and can jump: it is
// for people and files, never for a deadline. There is deliberately no `now()` here: a process asks
// its `Environment`, an experimenter its `World`. Event time (the time inside a record) is another
// type, in the engine. None of the three converts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace flinch::sim {

using Duration = std::chrono::nanoseconds;

// Names the world's clock for std::chrono. It has no `now()`.
struct SimClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

using SimTime = SimClock::time_point;

// The start of every world, and a deadline that never comes.
inline constexpr SimTime kEpoch{};
inline constexpr SimTime kForever = SimTime::max();

constexpr int64_t Nanos(SimTime time) { return time.time_since_epoch().count(); }

constexpr SimTime AtNanos(int64_t nanos) { return SimTime(Duration(nanos)); }

// Names what a host takes for the time of day. It has no `now()` either.
struct WallClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock>;
  static constexpr bool is_steady = false;
};

// Counts from the start of the world, as the world's time does: with a right clock both are equal.
using WallTime = WallClock::time_point;

constexpr int64_t Nanos(WallTime time) { return time.time_since_epoch().count(); }

// `time + span`, where a sum past the end of time is `kForever`.
constexpr SimTime Later(SimTime time, Duration span) {
  return span > Duration(0) && time > kForever - span ? kForever : time + span;
}

// "1.234567890s" with as many digits as it needs, at least milliseconds: "1.200s".
std::string Show(SimTime time);
std::string Show(WallTime time);

// The shortest exact form with one unit: "250ms", "1500us", "2s", "7ns".
std::string Show(Duration span);

}  // namespace flinch::sim
