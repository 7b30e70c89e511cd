// The two clocks of a host, as exact functions of the world's time.
//
// Shape:    between two changes of its condition a clock is a straight line: so many millionths of
//           a local nanosecond for each of the world's, counted in integers from an anchor. What
//           a change leaves over of a nanosecond is carried on: nothing is lost by rounding.
// Units:    world time and monotonic time are both SimTime; wall time is WallTime.
// Survives: any sequence of conditions: the monotonic clock never goes back; past the end of time
//           it stays at kForever.
#pragma once

#include "sim/time.h"
#include "sim/world/options.h"

namespace flinch::sim {

class HostClock {
 public:
  // A clock that begins `now`. Monotonic and wall time are what the options say for that moment.
  HostClock(SimTime now, const HostOptions& options);

  // `world` is not before the last change.
  SimTime Monotonic(SimTime world) const;
  WallTime Wall(SimTime world) const;

  // The first moment of the world at which the monotonic clock shows `local` or more, as things
  // are now: kForever for a clock that stands; for what it shows already, the last change or later.
  SimTime WorldTime(SimTime local) const;

  void Set(SimTime now, const ClockCondition& condition);

  const ClockCondition& condition() const { return condition_; }

 private:
  static constexpr int64_t kTrueRate = 1'000'000;

  SimTime anchor_;        // the last change, in the world's time
  SimTime local_;         // what the monotonic clock showed then,
  int64_t fraction_ = 0;  // and so many millionths of a nanosecond more
  int64_t rate_ = kTrueRate;
  Duration wall_ahead_{0};  // of the monotonic clock
  ClockCondition condition_;
};

}  // namespace flinch::sim
