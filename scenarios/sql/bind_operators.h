// Operators and calls whose type depends on those of their operands; bind_expr.h uses it.
#pragma once

#include <optional>
#include <vector>

#include "scenarios/sql/bind_expr.h"

namespace flinch::sql {

Checked<Typed> ApplyOperator(const Expr& expr, std::vector<Typed> args);

// Nothing for functions of the table in functions.h.
Checked<std::optional<Typed>> ApplySpecialCall(const Expr& expr, std::vector<Typed>& args);

// a || b.
Checked<Typed> ConcatOf(std::vector<Typed> args, Place place);

Checked<Typed> ExplicitCast(Typed arg, Type type, const Expr& expr);

// Both as one type, for a comparison.
Checked<Typed> Comparison(Op op, Typed left, Typed right, Place place);

Typed Apply(Op op, Type type, std::vector<Typed> args, Place place);

}  // namespace flinch::sql
