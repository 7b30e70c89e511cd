// The engine's benchmarks: records through keyed operators, on one core.
//
// Shape:  one JobManager and one TaskManager whose two tasks hand each other records over a
//         channel. A generator stands before them and nothing but a count behind, or the
//         transactional log at both ends; `run` is a whole run of the program, from the drawing of
//         its rows to the verdict of all oracles. A checkpoint every 200 ms of simulated time.
// Units:  records that the source has read.
#pragma once

#include <cstdint>
#include <span>

#include "scenarios/bench/bench_workload.h"

namespace flinch::scenarios {

std::span<const BenchWorkload> EngineWorkloads();

enum class BenchJob : uint8_t {
  kWindow,      // counts per key and window of one second of event time
  kValueState,  // a running count per key, a result for each record
};

// From a generator to a sink that counts. The results are checked: there are as many as there must
// be.
Work RunGenerated(BenchJob job, uint64_t records, uint32_t keys);

// From a generator in turn to so many sinks, a channel each: what a record costs shall not depend
// on their number. A watermark every 200 ms, as from Flink's sources: each goes to all.
Work RunSpread(uint64_t records, uint32_t channels);

// So many generators, each in turn to as many sinks, on four TaskManagers: all to all.
Work RunExchange(uint64_t records, uint32_t subtasks);

// The window of kWindow on two subtasks, each of which reads from both: on one TaskManager without
// checkpoints, or on two, with credit and a checkpoint every 200 ms.
Work RunExchanged(uint64_t records, uint32_t keys, bool with_credit);

// Windows, read from the log and written to it.
Work RunLogToLog(uint64_t records, uint32_t keys);

// Windows under all oracles and no faults. The run must pass.
Work RunJudged(uint64_t records, uint32_t keys);

}  // namespace flinch::scenarios
