// Who takes part in a scenario, and what befalls them.
//
// Each process runs on a host of its own, of the same name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "scenarios/scenario.h"
#include "scenarios/workload.h"
#include "sim/result.h"

namespace flinch::scenarios {

inline constexpr std::string_view kJobManager = "jm";
inline constexpr std::string_view kBroker = "broker";
inline constexpr std::string_view kPublisher = "publisher";

// "tm-1", "tm-2", …
std::vector<std::string> TaskManagerNames(const ClusterSpec& cluster);

// All processes and all event kinds that a fault may wait for: the engine's and the kernel's own.
faults::Cast CastOf(const Scenario& scenario);

// The faults of a run: none, the scenario's own plan, or one drawn from the seed. Drawn ones aim at
// the middle of the stream: their anchors are protocol events of the first half of the input.
// The scenario has no problems.
faults::FaultPlan PlanOf(const Scenario& scenario, const Workload& workload, uint64_t seed);

// What is wrong with the numbers of the scenario's swarm, in whole sentences.
sim::Result<void> CheckSwarm(const Scenario& scenario);

}  // namespace flinch::scenarios
