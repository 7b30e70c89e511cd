// The functions that SQLite is lent: those of functions.h that it lacks, decimals, exact sums.
#pragma once

struct sqlite3;

namespace flinch::sql {

void LendFunctions(sqlite3* database);

}  // namespace flinch::sql
