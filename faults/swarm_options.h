// What plans are drawn from (faults/generators.h): whom faults may strike, when, and how much.
//
//   const SwarmOptions options{.crash_targets = {{"a"}, {"b"}},
//                              .hosts = {"a", "b"},
//                              .anchors = AnchorsOf(recording_of_a_run_without_faults),
//                              .horizon = 2s};
//   Injector injector(world, DrawPlan(options, Random(seed).Split("faults")), kEpoch + 2s);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faults/triggers.h"
#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"
#include "sim/world/world.h"

namespace flinch::faults {

// Whom to crash, and how readily compared with the others.
struct CrashTarget {
  std::string process;
  uint32_t weight = 1;
};

// An event that is worth a fault.
struct Anchor {
  std::string event;
  // Counted over all processes, a run without faults sees it at least this often.
  uint64_t nth_max = 1;
  // Who traces it. A crash may aim at the very process that has just done so. Empty: it never does.
  std::vector<std::string> processes{};
  uint32_t weight = 1;
};

// Bounds of a span of time that is drawn.
struct SpanBounds {
  sim::Duration min{0};
  sim::Duration max{0};
};

// Whatever is left out is valid: whom to crash and a horizon are enough. Spans that nobody gives
// follow the horizon.
struct SwarmOptions {
  std::vector<CrashTarget> crash_targets{};  // nobody: no crashes
  std::vector<std::string> hosts{};          // for links; fewer than two: no link faults
  // Those of them that hold connections with each other; fewer than two: nothing to reset.
  std::vector<std::string> connected_hosts{};
  // How often a host is one end of a link that fails, by `hosts`. Empty: all equally.
  std::vector<uint32_t> host_weights{};
  std::vector<Anchor> anchors{};  // none: all faults come at times
  // When the run is healed. The spans below fit into it; Validate says how.
  sim::Duration horizon = std::chrono::seconds(10);

  uint32_t crashes_min = 1;
  uint32_t crashes_max = 4;
  // How many targets may be down at once without harm. Half of the seeds crash no more different
  // ones than that, and one at least. 0: nobody knows; all seeds crash anybody.
  uint32_t spare_targets = 0;
  std::optional<sim::Duration> restart_min{};
  std::optional<sim::Duration> restart_max{};

  uint32_t link_faults_max = 3;
  std::optional<sim::Duration> link_min{};
  std::optional<sim::Duration> link_max{};
  std::optional<sim::Duration> delay_min{};
  std::optional<sim::Duration> delay_max{};

  // Faults of every other kind. Disks fail on these hosts (none: no host has one that matters) and
  // on the shared volume.
  uint32_t others_max = 0;
  std::vector<std::string> disk_hosts{};
  // What a fault of the shared volume may be about besides all its files: the beginnings of paths.
  std::vector<std::string> volume_paths{};
  // The operators whose code may fail; none: no such faults.
  std::vector<std::string> operators{};
  uint32_t code_faults_max = 2;
  // Whether what was durable may be destroyed, or found missing: what no system survives unharmed.
  bool damages_storage = false;

  // How readily a fault waits for an event rather than for a time.
  uint32_t anchored_weight = 4;
  uint32_t timed_weight = 1;
  // The chance of each kind to be part of a seed's swarm; its weight there is drawn. Zero: never.
  sim::Ratio drop_chance = sim::Percent(50);
  sim::Ratio delay_chance = sim::Percent(50);
  sim::Ratio cut_chance = sim::Percent(50);
  sim::Ratio one_way_chance = sim::Percent(50);
  sim::Ratio crash_again_chance = sim::Percent(50);
  sim::Ratio follow_chance = sim::Percent(50);
  sim::Ratio other_chance = sim::Percent(30);
  sim::Ratio code_chance = sim::Percent(10);
  // Where a fault may fall that follows another one: the first such event after it. None: some time
  // after it, a crash of the same process after its restart.
  std::vector<AtEvent> again_events{};

  // Whole sentences about bounds that cross or do not fit the horizon.
  sim::Result<void> Validate() const;

  // What was given; of the rest, a usual span, or what of it fits the horizon.
  SpanBounds restart() const;  // from a crash to the restart
  SpanBounds link() const;     // how long a fault of a link holds
  SpanBounds delay() const;    // by which something is delayed
};

// The events that a run without faults has traced, in the order of their first occurrence: how
// often, and by whom. The run kept its trace (Keep::kTrace). Of the world's own events none.
std::vector<Anchor> AnchorsOf(const sim::Recording& recording);

}  // namespace flinch::faults
