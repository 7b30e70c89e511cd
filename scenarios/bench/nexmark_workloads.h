// Nexmark as a benchmark: each query of the story `nexmark` alone, without faults.
//
// Shape: a whole run of the program, from the drawing of the rows to SQLite's verdict over what the
//        query gave: rows go through the log, the query's operators and the transactional sink.
// Units: rows that the query's tables have.
#pragma once

#include <span>

#include "scenarios/bench/bench_workload.h"

namespace flinch::scenarios {

std::span<const BenchWorkload> NexmarkWorkloads();

}  // namespace flinch::scenarios
