// Who takes part in a scenario, and what befalls them.
//
// Each process runs on a host of its own, of the same name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/events.h"
#include "faults/fault_plan.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

inline constexpr std::string_view kJobManager = "jm";  // the first: "jm", "jm-2", …
inline constexpr std::string_view kTaskManagerPrefix = "tm-";
inline constexpr std::string_view kBroker = "broker";
inline constexpr std::string_view kPublisher = "publisher";
inline constexpr std::string_view kClient = "client";  // where there is a story
inline constexpr std::string_view kCoordination = "coordination";

// "jm", "jm-2", …
std::vector<std::string> JobManagerNames(const ClusterSpec& cluster);

bool IsJobManager(std::string_view process);

// "tm-1", "tm-2", …
std::vector<std::string> TaskManagerNames(const ClusterSpec& cluster);

// What the world tells about itself, which a fault may wait for like any event of the engine.
std::span<const engine::events::EventInfo> WorldEvents();

// All processes and all events that a fault may wait for: the engine's and the world's own.
faults::Cast CastOf(const Scenario& scenario);

// The same of the largest cluster there may be, for a plan of which nobody said for what it is.
faults::Cast CastOfAnyScenario();

// The faults of a run: none, the scenario's own plan, or one drawn from the seed. Drawn ones aim at
// the middle of the stream: their anchors are protocol events of the first half of the input, or of
// the time until the healing where that is shorter.
// The scenario has no problems.
faults::FaultPlan PlanOf(const Scenario& scenario, const Workload& workload, uint64_t seed);

// The kinds of faults that PlanOf draws in one seed or another, in the order of the catalogue; with
// those of plans that aim at a cell. None where nothing is drawn.
enum class Aims : uint8_t { kNowhere, kAtCells };
std::vector<std::string> DrawableFaults(const Scenario& scenario, Aims aims);

// What is wrong with the numbers of the scenario's swarm, in whole sentences.
sim::Result<void> CheckSwarm(const Scenario& scenario);

}  // namespace flinch::scenarios
