// Calls whose type depends on their arguments.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/bind_operators.h"
#include "scenarios/sql/civil.h"
#include "scenarios/sql/functions.h"

namespace flinch::sql {

namespace {

using Bound = Checked<std::optional<Typed>>;

Checked<void> RequireCount(const Expr& expr, const std::vector<Typed>& args, size_t least,
                           size_t most) {
  if (args.size() >= least && args.size() <= most) {
    return {};
  }
  return Wrong(expr.place, fmt::format("{} takes {}{} argument{}, and not {}.", expr.word, least,
                                       most == least               ? ""
                                       : most == std::string::npos ? " or more"
                                                                   : fmt::format(" to {}", most),
                                       least == 1 && most == 1 ? "" : "s", args.size()));
}

Checked<void> RequireNumber(const Expr& expr, const Typed& arg) {
  if (IsNumeric(arg.type)) {
    return {};
  }
  return Wrong(arg.place, fmt::format("{} takes a number, and this is {}: write a CAST.", expr.word,
                                      ShowType(arg.type)));
}

Checked<void> RequireTime(const Expr& expr, Typed& arg) {
  if (arg.type.kind == TypeKind::kDate) {
    arg = CastTo(std::move(arg), kTimestamp);
  }
  if (arg.type.kind == TypeKind::kTimestamp) {
    return {};
  }
  return Wrong(arg.place, fmt::format("{} takes a TIMESTAMP, and this is {}: write a CAST.",
                                      expr.word, ShowType(arg.type)));
}

Type RoundedType(Type type, int64_t digits) {
  if (type.kind != TypeKind::kDecimal || digits >= type.scale) {
    return type;
  }
  const int whole = type.precision - type.scale;
  const int kept = static_cast<int>(std::max<int64_t>(digits, 0));
  return DecimalType(std::min(1 + whole + kept, kDecimalDigitsMax), kept);
}

Bound RoundOf(const Expr& expr, std::vector<Typed>& args) {
  if (const Checked<void> count = RequireCount(expr, args, 1, 2); !count) {
    return Wrong(count);
  }
  if (const Checked<void> number = RequireNumber(expr, args[0]); !number) {
    return Wrong(number);
  }
  int64_t digits = 0;
  if (args.size() > 1) {
    const auto* literal = std::get_if<int64_t>(&args[1].value);
    if (args[1].op != Op::kLiteral || literal == nullptr || *literal < 0) {
      return Wrong(args[1].place, "ROUND takes how many digits as a whole number from 0.");
    }
    digits = *literal;
  }
  const Type type = RoundedType(args[0].type, digits);
  return Apply(Op::kRound, type, std::move(args), expr.place);
}

// ABS, SIGN, FLOOR, CEIL.
Bound NumberCall(const Expr& expr, std::vector<Typed>& args, Op op) {
  if (const Checked<void> count = RequireCount(expr, args, 1, 1); !count) {
    return Wrong(count);
  }
  if (const Checked<void> number = RequireNumber(expr, args[0]); !number) {
    return Wrong(number);
  }
  Type type = args[0].type;
  if ((op == Op::kFloor || op == Op::kCeil) && type.kind == TypeKind::kDecimal) {
    type = DecimalType(type.precision, 0);
  }
  return Apply(op, type, std::move(args), expr.place);
}

// COALESCE, GREATEST, LEAST and their like: all of one type.
Bound OfOneType(const Expr& expr, std::vector<Typed>& args, Op op) {
  if (const Checked<void> count = RequireCount(expr, args, 1, std::string::npos); !count) {
    return Wrong(count);
  }
  const Checked<Type> type = CommonType(args, expr.place);
  if (!type) {
    return Wrong(type);
  }
  for (Typed& arg : args) {
    arg = CastTo(std::move(arg), *type);
  }
  return Apply(op, *type, std::move(args), expr.place);
}

Bound NullIf(const Expr& expr, std::vector<Typed>& args) {
  if (const Checked<void> count = RequireCount(expr, args, 2, 2); !count) {
    return Wrong(count);
  }
  const Type type = args[0].type;
  Typed value = args[0];
  Checked<Typed> same = Comparison(Op::kEqual, std::move(args[0]), std::move(args[1]), expr.place);
  if (!same) {
    return Wrong(same);
  }
  std::vector<Typed> parts;
  parts.push_back(*std::move(same));
  parts.push_back(Constant({}, type, expr.place));
  parts.push_back(std::move(value));
  return Apply(Op::kCase, type, std::move(parts), expr.place);
}

Bound IfOf(const Expr& expr, std::vector<Typed>& args) {
  if (const Checked<void> count = RequireCount(expr, args, 3, 3); !count) {
    return Wrong(count);
  }
  if (args[0].type.kind != TypeKind::kBoolean) {
    return Wrong(args[0].place, "IF takes a condition first.");
  }
  const Checked<Type> type = CommonType(std::span(args).subspan(1), expr.place);
  if (!type) {
    return Wrong(type);
  }
  args[1] = CastTo(std::move(args[1]), *type);
  args[2] = CastTo(std::move(args[2]), *type);
  return Apply(Op::kCase, *type, std::move(args), expr.place);
}

Checked<TimeUnit> UnitAt(const Expr& expr, const Typed& arg) {
  const auto* word = std::get_if<std::string>(&arg.value);
  const std::optional<TimeUnit> unit = word != nullptr ? UnitOf(*word) : std::nullopt;
  if (!unit) {
    return Wrong(arg.place, fmt::format("{} takes YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or "
                                        "SECOND here.",
                                        expr.word));
  }
  return *unit;
}

// EXTRACT(unit FROM time) and YEAR(time) and so on: BIGINT.
Bound ExtractOf(const Expr& expr, Typed time, TimeUnit unit) {
  if (const Checked<void> required = RequireTime(expr, time); !required) {
    return Wrong(required);
  }
  Typed extract{.op = Op::kExtract,
                .type = kBigint,
                .number = static_cast<size_t>(unit),
                .place = expr.place};
  extract.args.push_back(std::move(time));
  return extract;
}

Bound RoundTime(const Expr& expr, std::vector<Typed>& args) {
  const Checked<TimeUnit> unit = UnitAt(expr, args[1]);
  if (!unit) {
    return Wrong(unit);
  }
  if (const Checked<void> required = RequireTime(expr, args[0]); !required) {
    return Wrong(required);
  }
  Typed rounded{.op = expr.word == "FLOOR TO" ? Op::kFloorTo : Op::kCeilTo,
                .type = args[0].type,
                .number = static_cast<size_t>(*unit),
                .place = expr.place};
  rounded.args.push_back(std::move(args[0]));
  return rounded;
}

Bound DifferenceOf(const Expr& expr, std::vector<Typed>& args) {
  if (const Checked<void> count = RequireCount(expr, args, 3, 3); !count) {
    return Wrong(count);
  }
  const Checked<TimeUnit> unit = UnitAt(expr, args[0]);
  if (!unit) {
    return Wrong(unit);
  }
  for (size_t i = 1; i < 3; ++i) {
    if (const Checked<void> required = RequireTime(expr, args[i]); !required) {
      return Wrong(required);
    }
  }
  Typed difference{.op = Op::kDifference,
                   .type = kInteger,
                   .number = static_cast<size_t>(*unit),
                   .place = expr.place};
  difference.args.push_back(std::move(args[1]));
  difference.args.push_back(std::move(args[2]));
  return difference;
}

// TIMESTAMPADD(unit, count, time).
Bound AddTime(const Expr& expr, std::vector<Typed>& args) {
  if (const Checked<void> count = RequireCount(expr, args, 3, 3); !count) {
    return Wrong(count);
  }
  const Checked<TimeUnit> unit = UnitAt(expr, args[0]);
  if (!unit) {
    return Wrong(unit);
  }
  if (!IsWhole(args[1].type)) {
    return Wrong(args[1].place, "TIMESTAMPADD takes a whole number here.");
  }
  if (const Checked<void> required = RequireTime(expr, args[2]); !required) {
    return Wrong(required);
  }
  const int64_t length = LengthOf(*unit);
  const int64_t months = *unit == TimeUnit::kYear ? 12 : *unit == TimeUnit::kQuarter ? 3 : 1;
  std::vector<Typed> product;
  product.push_back(CastTo(std::move(args[1]), kBigint));
  product.push_back(Constant(length > 0 ? length : months, kBigint, expr.place));
  const Type type = args[2].type;
  std::vector<Typed> sum;
  sum.push_back(std::move(args[2]));
  sum.push_back(Apply(Op::kMultiply, kBigint, std::move(product), expr.place));
  return Apply(length > 0 ? Op::kAdd : Op::kAddMonths, type, std::move(sum), expr.place);
}

Bound ModuloOf(const Expr& expr, std::vector<Typed>& args) {
  if (const Checked<void> count = RequireCount(expr, args, 2, 2); !count) {
    return Wrong(count);
  }
  Expr percent{.kind = ExprKind::kOperator, .place = expr.place, .word = "%"};
  Checked<Typed> modulo = ApplyOperator(percent, std::move(args));
  return modulo ? Bound(*std::move(modulo)) : Wrong(modulo);
}

}  // namespace

Checked<Typed> ConcatOf(std::vector<Typed> args, Place place) {
  return Typed{.op = Op::kCall,
               .type = kText,
               .args = std::move(args),
               .function = FindFunction("CONCAT"),
               .place = place};
}

Checked<Typed> ExplicitCast(Typed arg, Type type, const Expr& expr) {
  const Type from = arg.type;
  const auto is_time = [](Type each) {
    return each.kind == TypeKind::kTimestamp || each.kind == TypeKind::kDate ||
           each.kind == TypeKind::kTime;
  };
  const bool fits = from.kind == TypeKind::kNull || from == type || from.kind == TypeKind::kText ||
                    type.kind == TypeKind::kText || (IsNumeric(from) && IsNumeric(type)) ||
                    (from.kind == TypeKind::kBoolean && IsNumeric(type)) ||
                    (IsWhole(from) && type.kind == TypeKind::kBoolean) ||
                    (is_time(from) && is_time(type) && from.kind != TypeKind::kTime);
  if (!fits) {
    return Wrong(
        expr.place,
        fmt::format("{} cannot be cast to {}.{}", ShowType(from), ShowType(type),
                    IsWhole(from) && is_time(type) ? " Write TO_TIMESTAMP_LTZ(number, 3)." : ""));
  }
  if (arg.op == Op::kLiteral && from.kind == TypeKind::kText && expr.word == "CAST" &&
      !IsNull(arg.value)) {
    const sim::Result<Value> value = Cast(arg.value, from, type);
    if (!value) {
      return Wrong(arg.place, fmt::format("This {}.", value.error().message));
    }
  }
  if (expr.word == "CAST") {
    return CastTo(std::move(arg), type);
  }
  std::vector<Typed> args;
  args.push_back(std::move(arg));
  return Apply(Op::kTryCast, type, std::move(args), expr.place);
}

Checked<std::optional<Typed>> ApplySpecialCall(const Expr& expr, std::vector<Typed>& args) {
  static constexpr auto kParts =
      std::to_array<std::string_view>({"YEAR", "QUARTER", "MONTH", "WEEK", "DAYOFYEAR",
                                       "DAYOFMONTH", "DAYOFWEEK", "HOUR", "MINUTE", "SECOND"});
  const std::string_view word = expr.word;
  if (word == "ROUND") {
    return RoundOf(expr, args);
  }
  if (word == "ABS" || word == "SIGN" || word == "FLOOR" || word == "CEIL" || word == "CEILING") {
    return NumberCall(expr, args,
                      word == "ABS"     ? Op::kAbs
                      : word == "SIGN"  ? Op::kSign
                      : word == "FLOOR" ? Op::kFloor
                                        : Op::kCeil);
  }
  if (word == "MOD") {
    return ModuloOf(expr, args);
  }
  if (word == "COALESCE" || word == "IFNULL") {
    return OfOneType(expr, args, Op::kCoalesce);
  }
  if (word == "GREATEST" || word == "LEAST") {
    return OfOneType(expr, args, word == "LEAST" ? Op::kLeast : Op::kGreatest);
  }
  if (word == "NULLIF") {
    return NullIf(expr, args);
  }
  if (word == "IF") {
    return IfOf(expr, args);
  }
  if (word == "EXTRACT") {
    const Checked<TimeUnit> unit = UnitAt(expr, args[0]);
    return unit ? ExtractOf(expr, std::move(args[1]), *unit) : Wrong(unit);
  }
  if (std::ranges::find(kParts, word) != kParts.end()) {
    const Checked<void> count = RequireCount(expr, args, 1, 1);
    return count ? ExtractOf(expr, std::move(args[0]), *UnitOf(word)) : Wrong(count);
  }
  if (word == "FLOOR TO" || word == "CEIL TO") {
    return RoundTime(expr, args);
  }
  if (word == "TIMESTAMPDIFF") {
    return DifferenceOf(expr, args);
  }
  if (word == "TIMESTAMPADD") {
    return AddTime(expr, args);
  }
  return std::optional<Typed>();
}

}  // namespace flinch::sql
