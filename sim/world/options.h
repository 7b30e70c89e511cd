// How a world behaves when nothing is broken, and what it may cost.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/random.h"
#include "sim/recording/recording.h"
#include "sim/result.h"
#include "sim/time.h"
#include "sim/world/scheduling.h"
#include "sim/world/tape.h"

namespace flinch::sim {

// Both directions of the path between two hosts, and a host's path to itself.
struct LinkOptions {
  Duration latency_min = std::chrono::microseconds(200);
  Duration latency_max = std::chrono::microseconds(800);
  Duration loopback_latency = std::chrono::microseconds(10);
  // Bytes a connection holds between Send and Receive before Send blocks.
  uint32_t window_bytes = 64 * 1024;
};

// Time a disk operation takes, drawn uniformly.
struct DiskOptions {
  Duration latency_min = std::chrono::microseconds(20);
  Duration latency_max = std::chrono::microseconds(200);
  Duration sync_min = std::chrono::microseconds(500);
  Duration sync_max = std::chrono::milliseconds(3);
};

struct HostOptions {
  // How far the host's clock is ahead of the world's.
  Duration clock_offset{0};
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
  // Let World::StackUses tell how much of its stack each fiber used. Slow.
  bool measure_stacks = false;
  Lens lens;  // which part of what `keep` says
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
