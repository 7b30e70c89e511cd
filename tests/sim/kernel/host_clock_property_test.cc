#include "sim/kernel/host_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace flinch::sim {
namespace {

ClockCondition AnyCondition() {
  ClockCondition condition{.drift_ppm = *rc::gen::inRange<int64_t>(-500'000, 500'001),
                           .frozen = *rc::gen::weightedElement<bool>({{1, true}, {4, false}}),
                           .wall_offset = std::nullopt};
  if (*rc::gen::arbitrary<bool>()) {
    condition.wall_offset = Duration(*rc::gen::inRange<int64_t>(-1'000'000'000, 1'000'000'000));
  }
  return condition;
}

// From nanoseconds to hours, so that both roundings and long spans come up.
Duration AnySpan() {
  const int64_t unit = *rc::gen::element<int64_t>(1, 1'000, 1'000'003, 1'000'000'007);
  return Duration(unit * *rc::gen::inRange<int64_t>(0, 10'000));
}

// A clock with a past; `now` is its last change.
HostClock AnyClock(SimTime& now) {
  HostClock clock(now, {.monotonic_start = AnySpan() - AnySpan(), .clock = AnyCondition()});
  const int changes = *rc::gen::inRange(0, 8);
  for (int i = 0; i < changes; ++i) {
    now += AnySpan();
    clock.Set(now, AnyCondition());
  }
  return clock;
}

RC_GTEST_PROP(HostClockPropertyTest, ADeadlineIsMetAtTheFirstMomentThatIsNotEarly, ()) {
  SimTime now = kEpoch;
  const HostClock clock = AnyClock(now);
  const SimTime local = clock.Monotonic(now) + AnySpan();
  const SimTime world = clock.WorldTime(local);
  if (world == kForever) {
    RC_ASSERT(clock.condition().frozen);
    return;
  }
  RC_ASSERT(clock.Monotonic(world) >= local);
  RC_ASSERT(clock.Monotonic(world) <= local + Duration(1));
  if (world > now) {
    RC_ASSERT(clock.Monotonic(world - Duration(1)) < local);
  }
}

RC_GTEST_PROP(HostClockPropertyTest, TheMonotonicClockNeverGoesBack, ()) {
  SimTime now = kEpoch;
  HostClock clock(now, {.monotonic_start = AnySpan() - AnySpan(), .clock = AnyCondition()});
  SimTime last = clock.Monotonic(now);
  const int steps = *rc::gen::inRange(1, 30);
  for (int i = 0; i < steps; ++i) {
    now += AnySpan();
    const SimTime local = clock.Monotonic(now);
    RC_ASSERT(local >= last);
    clock.Set(now, AnyCondition());
    RC_ASSERT(clock.Monotonic(now) == local);
    last = local;
  }
}

RC_GTEST_PROP(HostClockPropertyTest, ASetWallClockIsRightButForItsOffset, ()) {
  SimTime now = kEpoch;
  HostClock clock = AnyClock(now);
  const ClockCondition condition = AnyCondition();
  const WallTime before = clock.Wall(now);
  clock.Set(now, condition);
  const WallTime after = clock.Wall(now);
  RC_ASSERT(
      after ==
      (condition.wall_offset ? WallTime(now.time_since_epoch() + *condition.wall_offset) : before));
}

}  // namespace
}  // namespace flinch::sim
