// Computes a plan the plain way: all rows of each step at once, in memory.
//
// Errors: kInvalidArgument for what a row makes impossible, with the place in the query.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/sql/plan.h"
#include "sim/result.h"

namespace flinch::sql {

using Tables = std::map<std::string, std::vector<Row>, std::less<>>;

// `text` is that of the script, for messages. The rows come in no order that means anything.
sim::Result<std::vector<Row>> Interpret(const Plan& plan, const Tables& tables,
                                        std::string_view text);

}  // namespace flinch::sql
