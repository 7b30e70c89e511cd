// A job whose slowest operator holds up all others: for what back-pressure does to checkpoints.
//
//   source  =rebalance=>  parse  =hash=>  count  ->  sink
//
// `count` takes kSlowness of simulated time for each record, whatever the machine, and gives the
// running count of the row's key. So n subtasks take n / kSlowness records a second, and a workload
// of more fills every queue up to the sources.
#pragma once

#include "scenarios/jobs/job_case.h"

namespace flinch::scenarios {

inline constexpr sim::Duration kSlowness = std::chrono::milliseconds(5);

JobCase SlowCounts();

}  // namespace flinch::scenarios
