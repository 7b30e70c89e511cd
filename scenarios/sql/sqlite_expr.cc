#include "scenarios/sql/sqlite_expr.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/sql/civil.h"
#include "scenarios/sql/functions.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

constexpr std::string_view kLent = "f_";

std::vector<std::string> ArgTexts(const Typed& expr) {
  std::vector<std::string> args;
  for (const Typed& arg : expr.args) {
    args.push_back(SqliteExpr(arg));
  }
  return args;
}

bool IsDecimal(const Typed& expr) { return expr.type.kind == TypeKind::kDecimal; }

std::string Literal(const Value& value, Type type) {
  switch (value.index()) {
    case 0:
      return "NULL";
    case 1:
      return std::get<bool>(value) ? "1" : "0";
    case 2:
      return fmt::format("({})", std::get<int64_t>(value));
    case 3:
      return SqliteQuote(ShowDecimal(std::get<Decimal>(value), type.scale));
    case 4:
      return fmt::format("({:.17e})", std::get<double>(value));
    default:
      return SqliteQuote(std::get<std::string>(value));
  }
}

std::string_view SignOf(Op op) {
  switch (op) {
    case Op::kEqual:
      return "=";
    case Op::kNotEqual:
      return "<>";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    case Op::kGreaterEqual:
      return ">=";
    case Op::kIsDistinct:
      return "IS NOT";
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    default:
      return "%";
  }
}

std::string_view NameOfOp(Op op) {
  switch (op) {
    case Op::kAdd:
      return "add";
    case Op::kSubtract:
      return "subtract";
    case Op::kMultiply:
      return "multiply";
    case Op::kDivide:
      return "divide";
    default:
      return "modulo";
  }
}

std::string Compared(const Typed& expr) {
  const std::vector<std::string> args = ArgTexts(expr);
  if (IsDecimal(expr.args[0]) && expr.op != Op::kIsDistinct) {
    return fmt::format("({}decimal_compare({}, {}) {} 0)", kLent, args[0], args[1],
                       SignOf(expr.op));
  }
  return fmt::format("({} {} {})", args[0], SignOf(expr.op), args[1]);
}

std::string Calculated(const Typed& expr) {
  const std::vector<std::string> args = ArgTexts(expr);
  if (IsDecimal(expr)) {
    return fmt::format("{}decimal_{}({}, {}, {}, {}, {})", kLent, NameOfOp(expr.op), args[0],
                       args[1], expr.args[0].type.scale, expr.args[1].type.scale, expr.type.scale);
  }
  if (expr.op == Op::kModulo && expr.type.kind == TypeKind::kDouble) {
    return fmt::format("{}fmod({}, {})", kLent, args[0], args[1]);
  }
  return fmt::format("({} {} {})", args[0], SignOf(expr.op), args[1]);
}

// Seconds since 1970 of a time in nanoseconds, rounded down.
std::string Seconds(const std::string& nanos) {
  return fmt::format("(({0} - (({0} % 1000000000 + 1000000000) % 1000000000)) / 1000000000)",
                     nanos);
}

std::string Strftime(std::string_view format, const std::string& nanos) {
  return fmt::format("CAST(strftime('{}', {}, 'unixepoch') AS INTEGER)", format, Seconds(nanos));
}

std::string Extracted(TimeUnit unit, const std::string& nanos) {
  switch (unit) {
    case TimeUnit::kSecond:
      return Strftime("%S", nanos);
    case TimeUnit::kMinute:
      return Strftime("%M", nanos);
    case TimeUnit::kHour:
      return Strftime("%H", nanos);
    case TimeUnit::kDay:
      return Strftime("%d", nanos);
    case TimeUnit::kMonth:
      return Strftime("%m", nanos);
    case TimeUnit::kQuarter:
      return fmt::format("(({} + 2) / 3)", Strftime("%m", nanos));
    case TimeUnit::kYear:
      return Strftime("%Y", nanos);
    case TimeUnit::kDayOfWeek:
      return fmt::format("({} + 1)", Strftime("%w", nanos));
    case TimeUnit::kDayOfYear:
      return Strftime("%j", nanos);
    case TimeUnit::kEpoch:
      return Seconds(nanos);
    default:
      return fmt::format("{}extract({}, {})", kLent, static_cast<int>(unit), nanos);
  }
}

std::string Called(const Typed& expr) {
  const std::vector<std::string> args = ArgTexts(expr);
  const Function& function = *expr.function;
  if (function.sqlite.empty()) {
    return fmt::format("{}{}({})", kLent, function.name, fmt::join(args, ", "));
  }
  std::string text;
  for (size_t at = 0; at < function.sqlite.size(); ++at) {
    const std::string_view rest = function.sqlite.substr(at);
    if (rest.starts_with("{*}")) {
      text += fmt::format("{}", fmt::join(args, ", "));
      at += 2;
    } else if (rest.starts_with("{||}")) {
      text += fmt::format("{}", fmt::join(args, " || "));
      at += 3;
    } else if (rest.front() == '{') {
      text += args.at(static_cast<size_t>(rest[1] - '0'));
      at += 2;
    } else {
      text += rest.front();
    }
  }
  return text;
}

std::string Converted(const Typed& expr) {
  const Type from = expr.args[0].type;
  const Type to = expr.type;
  const std::string arg = SqliteExpr(expr.args[0]);
  if (IsWhole(from) && (IsWhole(to) || to.kind == TypeKind::kDouble)) {
    return fmt::format("CAST({} AS {})", arg, IsWhole(to) ? "INTEGER" : "REAL");
  }
  if ((IsWhole(from) && to.kind == TypeKind::kText) || from.kind == TypeKind::kNull) {
    return fmt::format("CAST({} AS TEXT)", arg);
  }
  if (from.kind == TypeKind::kDouble && IsWhole(to)) {
    return fmt::format("CAST({} AS INTEGER)", arg);
  }
  return fmt::format("{}cast({}, {}, {}, {}, {}, {}, {})", kLent, arg, static_cast<int>(from.kind),
                     from.precision, from.scale, static_cast<int>(to.kind), to.precision, to.scale);
}

std::string Cased(const Typed& expr) {
  std::string text = "(CASE";
  for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    text += fmt::format(" WHEN {} THEN {}", SqliteExpr(expr.args[i]), SqliteExpr(expr.args[i + 1]));
  }
  return text + fmt::format(" ELSE {} END)", SqliteExpr(expr.args.back()));
}

// What stands between its operands.
std::string Between(const Typed& expr, std::string_view word) {
  return fmt::format("({})", fmt::join(ArgTexts(expr), word));
}

// ABS and the like, of numbers.
std::string Numeric(const Typed& expr) {
  const std::vector<std::string> args = ArgTexts(expr);
  if (expr.op == Op::kAbs && !IsDecimal(expr)) {
    return fmt::format("abs({})", args[0]);
  }
  if (expr.op == Op::kNegate && !IsDecimal(expr)) {
    return fmt::format("(-{})", args[0]);
  }
  return fmt::format("{}number({}, {}, {}, {}, {}, {})", kLent, static_cast<int>(expr.op), args[0],
                     args.size() > 1 ? args[1] : "0", static_cast<int>(expr.args[0].type.kind),
                     expr.args[0].type.scale, expr.type.scale);
}

std::string Timed(const Typed& expr) {
  const std::vector<std::string> args = ArgTexts(expr);
  const auto unit = static_cast<TimeUnit>(expr.number);
  if (expr.op == Op::kExtract) {
    return Extracted(unit, args[0]);
  }
  if (expr.op == Op::kDifference && LengthOf(unit) > 0) {
    return fmt::format("(({} - {}) / {})", args[1], args[0], LengthOf(unit));
  }
  const std::string_view name = expr.op == Op::kFloorTo     ? "floor_to"
                                : expr.op == Op::kCeilTo    ? "ceil_to"
                                : expr.op == Op::kAddMonths ? "add_months"
                                                            : "difference";
  return fmt::format("{}{}({}, {})", kLent, name, expr.number, fmt::join(args, ", "));
}

std::string Extremes(const Typed& expr) {
  if (IsDecimal(expr) || expr.args.size() < 2) {
    return fmt::format("{}{}({})", kLent,
                       expr.op == Op::kGreatest ? "decimal_greatest" : "decimal_least",
                       fmt::join(ArgTexts(expr), ", "));
  }
  return fmt::format("{}({})", expr.op == Op::kGreatest ? "max" : "min",
                     fmt::join(ArgTexts(expr), ", "));
}

std::string InList(const Typed& expr) {
  const std::vector<std::string> args = ArgTexts(expr);
  return fmt::format("({} IN ({}))", args.front(), fmt::join(args.begin() + 1, args.end(), ", "));
}

}  // namespace

std::string SqliteQuote(std::string_view text) {
  std::string quoted = "'";
  for (const char each : text) {
    quoted += each;
    quoted += each == '\'' ? "'" : "";
  }
  return quoted + "'";
}

std::string SqliteExpr(const Typed& expr) {
  switch (expr.op) {
    case Op::kColumn:
      return fmt::format("c{}", expr.number);
    case Op::kLiteral:
      return Literal(expr.value, expr.type);
    case Op::kAnd:
      return Between(expr, " AND ");
    case Op::kOr:
      return Between(expr, " OR ");
    case Op::kNot:
      return fmt::format("(NOT {})", SqliteExpr(expr.args[0]));
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
    case Op::kIsDistinct:
      return Compared(expr);
    case Op::kIsNull:
      return fmt::format("({} IS NULL)", SqliteExpr(expr.args[0]));
    case Op::kIsTrue:
      return fmt::format("({} IS 1)", SqliteExpr(expr.args[0]));
    case Op::kIsFalse:
      return fmt::format("({} IS 0)", SqliteExpr(expr.args[0]));
    case Op::kIn:
      return InList(expr);
    case Op::kLike:
      return fmt::format("({} LIKE {}{})", SqliteExpr(expr.args[0]), SqliteExpr(expr.args[1]),
                         expr.args.size() > 2 ? " ESCAPE " + SqliteExpr(expr.args[2]) : "");
    case Op::kCase:
      return Cased(expr);
    case Op::kCoalesce:
      return expr.args.size() < 2 ? SqliteExpr(expr.args[0])
                                  : fmt::format("coalesce({})", fmt::join(ArgTexts(expr), ", "));
    case Op::kCast:
    case Op::kTryCast:
      return Converted(expr);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
      return Calculated(expr);
    case Op::kNegate:
    case Op::kAbs:
    case Op::kSign:
    case Op::kFloor:
    case Op::kCeil:
    case Op::kRound:
      return Numeric(expr);
    case Op::kGreatest:
    case Op::kLeast:
      return Extremes(expr);
    case Op::kExtract:
    case Op::kFloorTo:
    case Op::kCeilTo:
    case Op::kDifference:
    case Op::kAddMonths:
      return Timed(expr);
    case Op::kCall:
      return Called(expr);
  }
  sim::Unreachable("an expression of a kind that nobody knows");
}

std::string SqliteOrder(const Typed& expr) {
  return IsDecimal(expr) ? fmt::format("{}decimal_order({})", kLent, SqliteExpr(expr))
                         : SqliteExpr(expr);
}

std::string SqliteAggregate(const AggregateCall& call) {
  const std::string arg = call.arg.empty() ? "*" : SqliteExpr(call.arg[0]);
  const std::string of = (call.is_distinct ? "DISTINCT " : "") + arg;
  const std::string filter =
      call.filter.empty() ? "" : fmt::format(" FILTER (WHERE {})", SqliteExpr(call.filter[0]));
  const bool is_decimal = !call.arg.empty() && IsDecimal(call.arg[0]);
  const bool is_double = call.type.kind == TypeKind::kDouble;
  switch (call.kind) {
    case AggregateKind::kCount:
      return fmt::format("count({}){}", of, filter);
    case AggregateKind::kSum:
      return fmt::format("{}({}){}",
                         is_decimal  ? "f_decimal_sum"
                         : is_double ? "f_double_sum"
                                     : "sum",
                         of, filter);
    case AggregateKind::kAverage:
      if (is_decimal) {
        const int scale = call.arg[0].type.scale;
        return fmt::format("f_decimal_divide(f_decimal_sum({0}){1}, count({0}){1}, {2}, 0, {3})",
                           of, filter, scale, call.type.scale);
      }
      return fmt::format("({}({}){} / count({}){})", is_double ? "f_double_sum" : "sum", of, filter,
                         of, filter);
    case AggregateKind::kMin:
    case AggregateKind::kMax: {
      const std::string_view name = call.kind == AggregateKind::kMin ? "min" : "max";
      return fmt::format("{}{}({}){}", is_decimal ? "f_decimal_" : "", name, of, filter);
    }
  }
  sim::Unreachable("an aggregate of a kind that nobody knows");
}

}  // namespace flinch::sql
