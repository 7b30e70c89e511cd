// Computes a plan with SQLite, in memory.
#pragma once

#include <string>
#include <vector>

#include "scenarios/sql/interpreter.h"
#include "scenarios/sql/plan.h"
#include "sim/result.h"

namespace flinch::sql {

// What SQLite makes of the plan; the rows in no order. kInvalidArgument with what SQLite says.
sim::Result<std::vector<Row>> ComputeWithSqlite(const Plan& plan, const Tables& tables);

}  // namespace flinch::sql
