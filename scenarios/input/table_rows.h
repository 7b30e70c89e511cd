// Rows of tables as text: in the log, and in results.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/sql/value.h"
#include "sim/result.h"

namespace flinch::scenarios {

// A row in the log: its values with commas between them.
std::string TextOfRow(const sql::Row& row, const std::vector<sql::Type>& types);

// What TextOfRow wrote.
sim::Result<sql::Row> RowOfText(std::string_view text, const std::vector<sql::Type>& types);

// A result as a record of the log: its first column, and "+" or "-" (it is taken back) before an
// object of JSON.
std::pair<std::string, std::string> OutputOfRow(const std::vector<std::string>& names,
                                                const std::vector<sql::Type>& types,
                                                const sql::Row& row, bool is_delete);

}  // namespace flinch::scenarios
