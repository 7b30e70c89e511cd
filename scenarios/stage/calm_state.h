// A job as its own reference: the same operators with one subtask each, in a world in which nothing
// fails and nothing is planted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/oracles/subject.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

// A run like this one in everything but its faults.
RunRequest Calm(const RunRequest& request, const engine::EngineOptions& options);

// The rows, all published at once.
std::vector<InputRow> PublishedAtOnce(const Workload& workload);

// All rows of the first partition of the first input at once, a second later those of the next one,
// and so on; or from the last one on downwards.
enum class SourceOrder : uint8_t { kUp, kDown };
std::vector<InputRow> PublishedBySource(const JobCase& job, const Workload& workload,
                                        SourceOrder order);

// The rows of each partition before its position.
Workload RowsBefore(const Workload& workload, const std::map<uint32_t, uint64_t>& positions);

// The keyed state when the rows before these positions have been read, and no more will ever come.
// Nothing when no such checkpoint came, or where event time went on although it should not: the job
// makes its own watermarks.
std::optional<KeyedStateView> CollectState(const RunRequest& request, const JobCase& job,
                                           const std::map<uint32_t, uint64_t>& positions,
                                           CalmRun run);

}  // namespace flinch::scenarios
