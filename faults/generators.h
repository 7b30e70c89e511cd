// Fault plans drawn from a seed.
//
// Intuition: a plan that does a little of everything tests little of anything. Per seed, some kinds
// of faults are switched off and the others weighted wildly (a swarm; Groce et al. 2012), so that
// over many seeds every kind meets every other one, and also reigns alone.
//
// Shape: crashes first, then the restarts of those crashes that have none of their own, then faults
//        of links, then others of all kinds, then those of user code. Most faults wait for the n-th
//        occurrence of a protocol event, because that is where bugs sit and because such a plan
//        survives a change of the code; some come at a time; some crash a process again soon after
//        it booted.
// Time:  what starts at a time is over by `horizon`. What waits for an event lasts no longer than
//        half of it, and the horizon is when the runner heals. Chance: each decision draws from a
//        stream named after it ("crash/3/target"), never from a shared one: a fault that is left
//        out of the plan moves no other, and one more option moves no older decision.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"

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

struct SwarmOptions {
  std::vector<CrashTarget> crash_targets;
  std::vector<std::string> hosts{};  // for links; fewer than two: no link faults
  // Those of them that hold connections with each other; fewer than two: nothing to reset.
  std::vector<std::string> connected_hosts{};
  // How often a host is one end of a link that fails, by `hosts`. Empty: all equally.
  std::vector<uint32_t> host_weights{};
  std::vector<Anchor> anchors{};  // none: all faults come at times
  // When the run is healed. The other spans must fit into it; Validate says how.
  sim::Duration horizon = std::chrono::seconds(10);

  uint32_t crashes_min = 1;
  uint32_t crashes_max = 4;
  // How many targets may be down at once without harm. Half of the seeds crash no more different
  // ones than that, and one at least. 0: nobody knows; all seeds crash anybody.
  uint32_t spare_targets = 0;
  sim::Duration restart_min = std::chrono::milliseconds(50);
  sim::Duration restart_max = std::chrono::milliseconds(1500);

  uint32_t link_faults_max = 3;
  sim::Duration link_min = std::chrono::milliseconds(20);
  sim::Duration link_max = std::chrono::seconds(3);
  sim::Duration delay_min = std::chrono::milliseconds(1);
  sim::Duration delay_max = std::chrono::milliseconds(500);

  // Faults of every other kind. Disks fail on the host `disk_host` (none: no host has one that
  // matters) and on the shared volume.
  uint32_t others_max = 0;
  std::string disk_host{};
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
  sim::Ratio other_chance = sim::Percent(30);
  sim::Ratio code_chance = sim::Percent(10);
  // Where a crash may fall that follows another one of the same process: the first such event
  // after it. None: some time after the restart.
  std::vector<AtEvent> again_events{};

  // Whole sentences about bounds that cross or do not fit the horizon.
  sim::Result<void> Validate() const;
};

// The kinds that plans of these options hold in one seed or another, in the order of the catalogue.
std::vector<std::string_view> DrawableKinds(const SwarmOptions& options);

// The kinds that DrawAction draws of a family.
std::vector<std::string_view> DrawableKinds(const SwarmOptions& options, std::string_view family);

// Kinds that destroy what was durable, or hide it: drawn where options.damages_storage says so.
inline constexpr auto kDamagingKinds =
    std::to_array<std::string_view>({"lying_sync", "bit_rot", "misdirected_write", "late_listing"});

// Whom an action strikes: "jm", and where it takes two, the other one.
struct Victims {
  std::string first;
  std::string second;
  std::vector<std::string> operators{};  // one of them; none: of all
};

// An action of this family (faults/fault_catalogue.h) against these, with drawn parameters.
Action DrawAction(const SwarmOptions& options, std::string_view family, const Victims& victims,
                  const sim::Random& random);

// The options are valid. The same options and seed give the same plan, everywhere.
FaultPlan DrawPlan(const SwarmOptions& options, sim::Random random);

}  // namespace flinch::faults
