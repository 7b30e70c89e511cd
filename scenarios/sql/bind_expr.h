// Expressions as they were written, with types.
//
// Errors: a Mistake at the place of what does not fit, with a suggestion where a name is meant.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenarios/sql/ast.h"
#include "scenarios/sql/plan.h"

namespace flinch::sql {

class ExprBinder {
 public:
  // Asked first of each expression, from the outside in; nothing lets the usual rules decide. So
  // can the keys and aggregates of a GROUP BY be found behind it.
  using Resolve = std::function<Checked<std::optional<Typed>>(const Expr&)>;

  explicit ExprBinder(std::span<const Column> columns, Resolve resolve = {})
      : columns_(columns), resolve_(std::move(resolve)) {}

  Checked<Typed> Bind(const Expr& expr) const;

  // Of WHERE, ON and the like; `what` names it.
  Checked<Typed> BindCondition(const Expr& expr, const std::string& what) const;

 private:
  Checked<Typed> BindColumn(const Expr& expr) const;
  Checked<Typed> BindOperator(const Expr& expr) const;
  Checked<Typed> BindCall(const Expr& expr) const;
  Checked<std::vector<Typed>> BindAll(std::span<const Expr> exprs) const;

  std::span<const Column> columns_;
  Resolve resolve_;
};

Checked<size_t> FindColumn(std::span<const Column> columns, const std::vector<std::string>& name,
                           Place place);

Checked<Type> TypeFrom(const TypeName& name);

// How a whole number stands as a decimal.
Type AsDecimal(Type type);

// What both can become without a CAST, or nothing.
std::optional<Type> CommonType(Type left, Type right);

// As `type`; of a literal at once.
Typed CastTo(Typed expr, Type type);

// Of columns of UNION, VALUES, CASE and the like.
Checked<Type> CommonType(std::span<const Typed> exprs, Place place);

// An interval of days to seconds that is written out, in nanoseconds.
Checked<int64_t> ConstantInterval(const Expr& expr);

Type SumType(Type type);
Type AverageType(Type type);

bool IsAggregateName(std::string_view word);

}  // namespace flinch::sql
