#include "sim/kernel/host_clock.h"

#include "sim/check.h"

namespace flinch::sim {
namespace {

constexpr int64_t kMillion = 1'000'000;

// Rounded up; `divisor` is positive.
int64_t Ceiling(int64_t number, int64_t divisor) {
  return number > 0 ? (number - 1) / divisor + 1 : number / divisor;
}

}  // namespace

HostClock::HostClock(SimTime now, const HostOptions& options)
    : anchor_(now), local_(now + options.monotonic_start), wall_ahead_(-options.monotonic_start) {
  Set(now, options.clock);
}

SimTime HostClock::Monotonic(SimTime world) const {
  const int64_t elapsed = (world - anchor_).count();
  if (rate_ == kTrueRate) {
    return Later(local_, Duration(elapsed));
  }
  int64_t span = 0;
  const int64_t rest = (elapsed % kMillion * rate_ + fraction_) / kMillion;
  if (__builtin_mul_overflow(elapsed / kMillion, rate_, &span) ||
      __builtin_add_overflow(span, rest, &span)) {
    return kForever;
  }
  return Later(local_, Duration(span));
}

WallTime HostClock::Wall(SimTime world) const {
  return WallTime(Later(Monotonic(world), wall_ahead_).time_since_epoch());
}

SimTime HostClock::WorldTime(SimTime local) const {
  if (local == kForever) {
    return kForever;
  }
  if (local <= local_) {
    return anchor_;
  }
  int64_t missing = 0;
  if (rate_ == 0 || __builtin_sub_overflow(Nanos(local), Nanos(local_), &missing)) {
    return kForever;
  }
  if (rate_ == kTrueRate) {
    return Later(anchor_, Duration(missing));
  }
  int64_t span = 0;
  const int64_t rest = Ceiling(missing % rate_ * kMillion - fraction_, rate_);
  if (__builtin_mul_overflow(missing / rate_, kMillion, &span) ||
      __builtin_add_overflow(span, rest, &span)) {
    return kForever;
  }
  return Later(anchor_, Duration(span));
}

void HostClock::Set(SimTime now, const ClockCondition& condition) {
  Check(now >= anchor_, "a clock is changed at {} ns, before its last change at {} ns", Nanos(now),
        Nanos(anchor_));
  const SimTime local = Monotonic(now);
  fraction_ = ((now - anchor_).count() % kMillion * rate_ + fraction_) % kMillion;
  local_ = local;
  anchor_ = now;
  rate_ = condition.frozen ? 0 : kTrueRate + condition.drift_ppm;
  if (condition.wall_offset) {
    wall_ahead_ = now + *condition.wall_offset - local_;
  }
  condition_ = condition;
}

}  // namespace flinch::sim
