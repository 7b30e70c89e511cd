// How a world behaves when nothing is broken, and what it may cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/random.h"
#include "sim/recording/recording.h"
#include "sim/result.h"
#include "sim/time.h"
#include "sim/world/disk_options.h"
#include "sim/world/network_options.h"
#include "sim/world/scheduling.h"
#include "sim/world/tape.h"

namespace flinch::sim {

// What ails the two clocks of a host, from the moment it is set. The default is a clock that is
// right: setting it heals.
struct ClockCondition {
  // Both clocks run faster by so many millionths: 200 gains 720 ms in an hour. At most 500,000 more
  // or less.
  int64_t drift_ppm = 0;
  // Both clocks stand, and no timer of the host's processes fires.
  bool frozen = false;
  // At this moment the wall clock is set to the true time plus this, whatever it showed. Nothing:
  // it is not touched, and keeps the error that it has. The monotonic clock is never set.
  std::optional<Duration> wall_offset = Duration(0);

  Result<void> Validate() const;

  friend bool operator==(const ClockCondition&, const ClockCondition&) = default;
};

struct HostOptions {
  // How far the monotonic clock is ahead of the world's time at first: clocks of different hosts
  // have different origins, and comparing them is a mistake of whoever does. At most a century.
  Duration monotonic_start{0};
  ClockCondition clock;

  Result<void> Validate() const;
};

// How much of a run is kept besides its digest.
enum class Keep : uint8_t {
  kNothing,
  kTrace,       // what processes traced, and faults
  kEverything,  // kernel steps too; what a comparison of two runs needs
};

struct RunLimits {
  uint64_t events_max = 50'000'000;
  SimTime time_max = SimTime(std::chrono::hours(24 * 365));
};

struct WorldOptions {
  uint64_t seed = 1;
  Scheduling scheduling;
  // What chooses instead of `scheduling`; record one with `records_tape`, of a run with the same
  // seed.
  std::optional<Tape> play;
  bool records_tape = false;
  Keep keep = Keep::kNothing;
  // Of each fiber, in whole pages; from 16 KiB to 1 GiB. Code that was not written for fibers may
  // need more. Pages that are not touched take no memory, and nothing of a run depends on it.
  size_t stack_bytes = size_t{64} * 1024;
  // Let World::StackUses tell how much of its stack each fiber used. Slow.
  bool measure_stacks = false;
  // Let World::FiberTimes tell where the time of each fiber went. Nothing of a run depends on it.
  bool measure_times = false;
  Lens lens;  // which part of what `keep` says
  // Kinds of events that processes do not tell: they are not in the digest, nobody observes them,
  // and no fault can wait for them.
  std::vector<std::string> untraced;
  LinkOptions link;
  DiskOptions disk;
  DiskOptions shared_volume{.latency_min = std::chrono::milliseconds(1),
                            .latency_max = std::chrono::milliseconds(5),
                            .sync_min = std::chrono::milliseconds(2),
                            .sync_max = std::chrono::milliseconds(10)};
  RunLimits limits;

  bool NeedsTape() const { return play.has_value() || records_tape; }

  // Whole sentences about values that make no sense: a minimum above its maximum, a window of
  // nothing.
  Result<void> Validate() const;
};

}  // namespace flinch::sim
