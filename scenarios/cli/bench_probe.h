// What of a workload only a process of its own shows: the most memory that it takes, and how many
// instructions.
//
// Errors: a sentence where that cannot be measured here, as without valgrind.
#pragma once

#include "scenarios/bench/bench_workload.h"
#include "sim/result.h"

namespace flinch::scenarios {

// In the workload's unit. `suite`: the workload's, "engine".
sim::Result<double> Probe(const BenchWorkload& workload, std::string_view suite);

}  // namespace flinch::scenarios
