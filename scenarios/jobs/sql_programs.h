// The stories in SQL once more, written by hand over the engine's typed API: the same tables, the
// same rows, and so the same results, which SQLite foretells of the script.
//
//   [job] sql = "…", program = "clicks_by_location"
//
// Programs: clicks_by_location reads clicks (usr, url, ts) and locations (usr, city, ts), and joins
//           them in windows of a minute; average_age reads people (name, age); clicks_per_url reads
//           clicks (url, ts).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/stream_graph.h"
#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"
#include "scenarios/sql/script.h"

namespace flinch::scenarios {

// Their names.
std::vector<std::string_view> SqlPrograms();

// What is wrong with a script as that of the program: tables or columns that it needs, results that
// it does not give. "" when nothing is.
std::string WhatIsWrongWithProgram(std::string_view program, const sql::Script& script);

engine::StreamGraph BuildSqlProgram(std::string_view program, const sql::Script& script,
                                    const Scenario& scenario, const Workload& workload);

}  // namespace flinch::scenarios
