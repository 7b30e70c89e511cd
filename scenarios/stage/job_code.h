// The code of a scenario's job, as a process of the world loads it.
#pragma once

#include <string>

#include "engine/graph/job_graph.h"
#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

// With these arguments (jobs/job_arguments.h), under the scenario's name whatever code it has.
sim::Result<engine::StreamGraph> LoadStream(const Scenario& scenario, const Workload& workload,
                                            const std::string& arguments);

// The graph of the scenario as it is, which is valid.
engine::JobGraph LoadGraph(const Scenario& scenario, const Workload& workload);

}  // namespace flinch::scenarios
