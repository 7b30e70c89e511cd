// The jobs of this program: what a scenario's `job.name` may be.
//
// The library's own read the topic "input" and write the topic "output" through the
// two-phase-commit sink:
//   source -> parse (one chain)  =hash=>  window or count  ->  sink (a chain of its own: "sink[i]")
// Output: the log record's key is the key as text, its value is encoded (see `show_json`).
// Reference: the same result by plain sequential loops over the rows, without any operator; per key
// in the order in which the job emits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/job_graph.h"
#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// The library's, then those that the program has added; in the order in which they were.
std::vector<const JobCase*> JobCases();

// Null when there is none of this name. Finds those of scenarios/jobs/test_jobs.h, too.
const JobCase* FindJob(std::string_view name);

// The scenario's job; of the job "sql" the one that its script makes. Null when there is none of
// this name, or the script is wrong.
const JobCase* JobOf(const Scenario& scenario);

// The scenario's job as its processes run it: what `job.chaining` says has been applied. The
// scenario has no problems.
engine::StreamGraph BuildStream(const Scenario& scenario, const Workload& workload);

// The same as it is scheduled, without rows: what its vertices are and how they hang together.
engine::JobGraph BuildGraph(const Scenario& scenario);

// Its operators by name, in the order of the stream. Nothing where the job is none that can be
// built.
std::optional<std::vector<std::string>> OperatorNames(const Scenario& scenario);

// The output topic has one partition per subtask of the sink.
uint32_t OutputPartitions(const Scenario& scenario);

}  // namespace flinch::scenarios
