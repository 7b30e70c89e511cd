// The job "sql": a case per script.
//
// Expectation: SQLite's, of the same plan over the same rows (sql/sqlite_run.h).
// Law:         of a result that is never taken back the multiset of its rows; of others what the
//              changes come to.
#pragma once

#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/job_case.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// Null when the script is wrong. It stays for good.
const JobCase* SqlJobOf(const Scenario& scenario);

// The script is right.
engine::StreamGraph BuildSqlJob(const Scenario& scenario, const Workload& workload);

// What comes and what is taken back must leave exactly the expected rows; while the job still runs
// anything may be under way.
Law SameContent();

}  // namespace flinch::scenarios
