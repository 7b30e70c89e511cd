// A plan as SQL for SQLite, so that another engine says what must come out.
//
// Types:  whole numbers, truths and all times are integers there (times in nanoseconds), decimals
//         text of a fixed scale, doubles and text themselves.
// Lent:   what SQLite has no function for is a function of ours that begins with "f_"; README.md
//         lists which those are. All else, above all joins, groups, windows, sessions and ranks, is
//         SQLite's own.
#pragma once

#include <string>

#include "scenarios/sql/plan.h"

namespace flinch::sql {

// "SELECT c0, c1 FROM …": the columns of the plan in their order. A table t is "t_<t>", with
// columns c0, c1, ….
std::string SqliteText(const Plan& plan);

// "t_clicks", quoted.
std::string SqliteTable(const std::string& name);

}  // namespace flinch::sql
