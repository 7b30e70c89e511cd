// The script of a scenario's job "sql", and the rows of its tables as a workload.
//
// Shape:    a row's key is its table's name, its value the row as text (table_rows.h), its
//           timestamp the table's time. Tables are published side by side, each in its order.
// Errors:   kInvalidArgument: what is wrong with the script, a table's rows, or what a row makes
//           impossible (a division by zero), each with its place. A row that is later than its
//           WATERMARK allows is none: what becomes of it is judged (lateness.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"
#include "scenarios/sql/interpreter.h"
#include "scenarios/sql/script.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Compiled once per text; it stays for good.
sim::Result<const sql::Script*> ScriptOf(const Scenario& scenario);

// `input_file`: the rows of the only table that is read.
sim::Result<Workload> LoadTables(const Scenario& scenario, uint64_t seed,
                                 const std::optional<std::string>& input_file);

// The rows that a workload holds, by table.
sql::Tables TablesOf(const sql::Script& script, const Workload& workload);

// Where the rows of a table are, if job.tables says so.
std::optional<std::string> FileOfTable(const Scenario& scenario, const std::string& table);

// The paths of all files whose rows a script reads, as they are written; none of other jobs.
std::vector<std::string> FilesOfTables(const Scenario& scenario);

}  // namespace flinch::scenarios
