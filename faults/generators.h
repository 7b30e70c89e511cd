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
//        Behind another fault any may come, and up to three follow each other so.
// Time:  what starts at a time is over by `horizon`, if it follows no other fault. What waits for
//        an event lasts no longer than half of it, and the horizon is when the runner heals.
// Chance: each decision draws from a stream named after it ("crash/3/target"), never from a shared
//        one: a fault that is left out of the plan moves no other, and one more option moves no
//        older decision.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "faults/swarm_options.h"
#include "sim/random.h"

namespace flinch::faults {

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
