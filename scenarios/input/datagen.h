// Rows made from the seed, for tables with 'connector' = 'datagen' or 'nexmark'.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/input/table_source.h"

namespace flinch::scenarios {

// Computed columns are left null. kInvalidArgument for options that make no sense.
sim::Result<std::vector<TableRow>> GenerateTable(const sql::Table& table, uint64_t seed);

}  // namespace flinch::scenarios
