// Expressions as SQLite writes them; sqlite_text.h uses it.
#pragma once

#include <string>

#include "scenarios/sql/plan.h"

namespace flinch::sql {

// Columns are `prefix` and their index: "c3".
std::string SqliteExpr(const Typed& expr);

std::string SqliteAggregate(const AggregateCall& call);

// The expression as something whose order in SQLite is that of its type.
std::string SqliteOrder(const Typed& expr);

std::string SqliteQuote(std::string_view text);

}  // namespace flinch::sql
