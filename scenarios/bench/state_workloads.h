// Keyed state by itself: reads, writes, snapshots and restores of each back end, beside what stands
// below it without keys, groups, types and snapshots: a std::unordered_map, and a LevelDB alone.
//
// Shape: keys of eleven bytes, values of eight; accesses by a walk over all keys in no order. A
//        state is filled first, which the figure includes: a tenth of its accesses.
// Where: LevelDB of the engine lies on a simulated disk, and a LevelDB alone in a folder of the
//        machine's, which is removed.
// Units: accesses; entries of the state, for snapshots and restores.
#pragma once

#include <span>

#include "scenarios/bench/bench_workload.h"

namespace flinch::scenarios {

std::span<const BenchWorkload> StateWorkloads();

}  // namespace flinch::scenarios
