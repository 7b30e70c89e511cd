#include "scenarios/sql/bind_operators.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/civil.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

bool IsTime(Type type) { return type.kind == TypeKind::kTimestamp || type.kind == TypeKind::kDate; }

bool IsInterval(Type type) {
  return type.kind == TypeKind::kInterval || type.kind == TypeKind::kMonths;
}

Typed Two(Op op, Type type, Typed left, Typed right, Place place) {
  std::vector<Typed> args;
  args.push_back(std::move(left));
  args.push_back(std::move(right));
  return Apply(op, type, std::move(args), place);
}

Typed Negation(Typed arg) {
  const Place place = arg.place;
  std::vector<Typed> args;
  args.push_back(std::move(arg));
  return Apply(Op::kNot, kBoolean, std::move(args), place);
}

// ---- Arithmetic

Type AdjustDecimal(int precision, int scale) {
  constexpr int kScaleKept = 6;
  if (precision <= kDecimalDigitsMax) {
    return DecimalType(precision, scale);
  }
  const int digits = precision - scale;
  return DecimalType(kDecimalDigitsMax,
                     std::max(kDecimalDigitsMax - digits, std::min(scale, kScaleKept)));
}

// Flink's LogicalTypeMerging.
Type DecimalResult(Op op, Type left, Type right) {
  const int whole_left = left.precision - left.scale;
  const int whole_right = right.precision - right.scale;
  const int scale = std::max(left.scale, right.scale);
  switch (op) {
    case Op::kMultiply:
      return AdjustDecimal(left.precision + right.precision + 1, left.scale + right.scale);
    case Op::kDivide: {
      const int digits = std::max(6, left.scale + right.precision + 1);
      return AdjustDecimal(whole_left + right.scale + digits, digits);
    }
    case Op::kModulo:
      return AdjustDecimal(std::min(whole_left, whole_right) + scale, scale);
    default:
      return AdjustDecimal(std::max(whole_left, whole_right) + scale + 1, scale);
  }
}

Checked<Typed> NumberArithmetic(Op op, Typed left, Typed right, Place place) {
  const bool divides = op == Op::kDivide || op == Op::kModulo;
  const auto* whole = std::get_if<int64_t>(&right.value);
  const auto* decimal = std::get_if<Decimal>(&right.value);
  if (divides && right.op == Op::kLiteral &&
      ((whole != nullptr && *whole == 0) || (decimal != nullptr && decimal->units == 0))) {
    return Wrong(place, "This divides by zero, whatever the row is.");
  }
  if (left.type.kind == TypeKind::kDouble || right.type.kind == TypeKind::kDouble) {
    return Two(op, kDouble, CastTo(std::move(left), kDouble), CastTo(std::move(right), kDouble),
               place);
  }
  if (left.type.kind == TypeKind::kDecimal || right.type.kind == TypeKind::kDecimal) {
    const Type one = AsDecimal(left.type);
    const Type other = AsDecimal(right.type);
    return Two(op, DecimalResult(op, one, other), CastTo(std::move(left), one),
               CastTo(std::move(right), other), place);
  }
  const Type type = *CommonType(left.type, right.type);
  return Two(op, type, std::move(left), std::move(right), place);
}

// A time and an interval.
std::optional<Typed> TimeArithmetic(Op op, Typed& left, Typed& right, Place place) {
  if (op == Op::kAdd && IsInterval(left.type) && IsTime(right.type)) {
    std::swap(left, right);
  }
  if (!IsTime(left.type) || (op != Op::kAdd && op != Op::kSubtract)) {
    return std::nullopt;
  }
  const Type type = left.type.kind == TypeKind::kDate ? kTimestamp : left.type;
  if (right.type.kind == TypeKind::kInterval) {
    return Two(op, type, CastTo(std::move(left), type), std::move(right), place);
  }
  if (right.type.kind == TypeKind::kMonths) {
    const Type months = right.type;
    if (op == Op::kSubtract) {
      std::vector<Typed> args;
      args.push_back(std::move(right));
      right = Apply(Op::kNegate, months, std::move(args), place);
    }
    return Two(Op::kAddMonths, type, CastTo(std::move(left), type), std::move(right), place);
  }
  return std::nullopt;
}

Checked<Typed> ArithmeticOf(Op op, Typed left, Typed right, const Expr& expr) {
  left = left.type.kind == TypeKind::kNull ? CastTo(std::move(left), right.type) : std::move(left);
  right =
      right.type.kind == TypeKind::kNull ? CastTo(std::move(right), left.type) : std::move(right);
  if (IsNumeric(left.type) && IsNumeric(right.type)) {
    return NumberArithmetic(op, std::move(left), std::move(right), expr.place);
  }
  if (std::optional<Typed> time = TimeArithmetic(op, left, right, expr.place)) {
    return *std::move(time);
  }
  const bool both_intervals = left.type == right.type && IsInterval(left.type);
  if (both_intervals && (op == Op::kAdd || op == Op::kSubtract)) {
    const Type type = left.type;
    return Two(op, type, std::move(left), std::move(right), expr.place);
  }
  if (op == Op::kMultiply && IsInterval(left.type) && IsWhole(right.type)) {
    const Type type = left.type;
    return Two(op, type, std::move(left), std::move(right), expr.place);
  }
  const std::string hint =
      IsTime(left.type) && IsTime(right.type) ? " Write TIMESTAMPDIFF(unit, from, to)."
      : left.type.kind == TypeKind::kText && op == Op::kAdd ? " Texts are joined by ||."
                                                            : " Write a CAST.";
  return Wrong(expr.place, fmt::format("{} {} {} means nothing.{}", ShowType(left.type), expr.word,
                                       ShowType(right.type), hint));
}

// ---- Intervals

// The units of '1 02:03:04' from DAY on, and so on.
constexpr auto kDescending =
    std::to_array<std::pair<std::string_view, int64_t>>({{"DAY", kNanosPerDay},
                                                         {"HOUR", 3600 * kNanosPerSecond},
                                                         {"MINUTE", 60 * kNanosPerSecond},
                                                         {"SECOND", kNanosPerSecond}});

std::string Singular(std::string unit) {
  if (unit.ends_with('S')) {
    unit.pop_back();
  }
  return unit;
}

std::optional<int64_t> ComposeInterval(std::string_view text, const std::string& first) {
  auto unit = std::ranges::find(kDescending, first, &std::pair<std::string_view, int64_t>::first);
  int64_t nanos = 0;
  while (!text.empty() && unit != kDescending.end()) {
    const size_t end = std::min(text.find_first_of(" :"), text.size());
    const std::optional<Decimal> part = ParseDecimal(text.substr(0, end), 9);
    if (!part) {
      return std::nullopt;
    }
    const Int128 scaled = part->units * unit->second / kNanosPerSecond;
    if (scaled > kNanosPerDay * Int128{36500} || scaled < -kNanosPerDay * Int128{36500}) {
      return std::nullopt;
    }
    nanos += static_cast<int64_t>(scaled);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++unit;
  }
  return text.empty() ? std::optional(nanos) : std::nullopt;
}

Checked<Typed> IntervalOf(const Expr& expr, const Typed& literal) {
  const std::string unit = Singular(expr.name.front());
  std::string_view text = std::get<std::string>(literal.value);
  const bool is_negative = expr.is_negated != text.starts_with('-');
  text.remove_prefix(text.starts_with('-') ? 1 : 0);
  if (unit == "YEAR" || unit == "MONTH" || unit == "QUARTER") {
    const size_t dash = std::min(text.find('-'), text.size());
    const auto first = ParseValue(text.substr(0, dash), kInteger);
    const auto second = dash < text.size() ? ParseValue(text.substr(dash + 1), kInteger)
                                           : sim::Result<Value>(Value(int64_t{0}));
    if (first && second) {
      const int64_t each = unit == "YEAR" ? 12 : unit == "QUARTER" ? 3 : 1;
      const int64_t months = std::get<int64_t>(*first) * each + std::get<int64_t>(*second);
      return Constant(is_negative ? -months : months, {.kind = TypeKind::kMonths}, expr.place);
    }
  }
  std::optional<int64_t> nanos;
  if (unit == "WEEK") {
    nanos = ComposeInterval(text, "DAY");
    nanos = nanos ? std::optional(*nanos * 7) : nanos;
  } else {
    nanos = ComposeInterval(text, unit);
  }
  if (!nanos) {
    return Wrong(literal.place, fmt::format("'{}' is no interval of {}: INTERVAL '5' MINUTE, '1.5' "
                                            "SECOND, '1 02:03:04' DAY TO SECOND.",
                                            text, fmt::join(expr.name, " TO ")));
  }
  return Constant(is_negative ? -*nanos : *nanos, {.kind = TypeKind::kInterval}, expr.place);
}

// ---- Conditions

std::optional<Op> CompareOp(std::string_view word) {
  static constexpr auto kOps =
      std::to_array<std::pair<std::string_view, Op>>({{"=", Op::kEqual},
                                                      {"<>", Op::kNotEqual},
                                                      {"<", Op::kLess},
                                                      {"<=", Op::kLessEqual},
                                                      {">", Op::kGreater},
                                                      {">=", Op::kGreaterEqual}});
  for (const auto& [sign, op] : kOps) {
    if (sign == word) {
      return op;
    }
  }
  return std::nullopt;
}

std::optional<Op> ArithmeticOp(std::string_view word) {
  return word == "+"   ? std::optional(Op::kAdd)
         : word == "-" ? std::optional(Op::kSubtract)
         : word == "*" ? std::optional(Op::kMultiply)
         : word == "/" ? std::optional(Op::kDivide)
         : word == "%" ? std::optional(Op::kModulo)
                       : std::nullopt;
}

Checked<Typed> Between(const Expr& expr, std::vector<Typed> args) {
  if (expr.is_distinct) {
    return Wrong(expr.place, "BETWEEN SYMMETRIC is not here.");
  }
  Checked<Typed> above = Comparison(Op::kGreaterEqual, args[0], std::move(args[1]), expr.place);
  Checked<Typed> below =
      Comparison(Op::kLessEqual, std::move(args[0]), std::move(args[2]), expr.place);
  if (!above || !below) {
    return above ? std::move(below) : std::move(above);
  }
  return Two(Op::kAnd, kBoolean, *std::move(above), *std::move(below), expr.place);
}

Checked<Typed> InList(const Expr& expr, std::vector<Typed> args) {
  Type type = args.front().type;
  for (size_t i = 1; i < args.size(); ++i) {
    const Checked<Typed> one = Comparison(Op::kEqual, args.front(), args[i], args[i].place);
    if (!one) {
      return one;
    }
    type = CommonType(type, one->args.front().type).value_or(type);
  }
  for (Typed& arg : args) {
    arg = CastTo(std::move(arg), type);
  }
  return Apply(Op::kIn, kBoolean, std::move(args), expr.place);
}

Checked<Typed> LikeOf(const Expr& expr, std::vector<Typed> args) {
  for (Typed& arg : args) {
    if (arg.type.kind != TypeKind::kText && arg.type.kind != TypeKind::kNull) {
      return Wrong(arg.place,
                   fmt::format("LIKE compares texts, and this is {}.", ShowType(arg.type)));
    }
    arg = CastTo(std::move(arg), kText);
  }
  if (args.size() > 2 && (args[2].op != Op::kLiteral || IsNull(args[2].value) ||
                          std::get<std::string>(args[2].value).size() != 1)) {
    return Wrong(args[2].place, "ESCAPE needs one character in quotes.");
  }
  return Apply(Op::kLike, kBoolean, std::move(args), expr.place);
}

Checked<Typed> TruthOf(const Expr& expr, std::vector<Typed> args, Op op) {
  for (Typed& arg : args) {
    if (arg.type.kind != TypeKind::kBoolean && arg.type.kind != TypeKind::kNull) {
      return Wrong(arg.place, fmt::format("{} joins conditions, and this is {}.", expr.word,
                                          ShowType(arg.type)));
    }
    arg = CastTo(std::move(arg), kBoolean);
  }
  return Apply(op, kBoolean, std::move(args), expr.place);
}

Checked<Typed> CaseOf(const Expr& expr, std::vector<Typed> args) {
  std::vector<Typed> results;
  for (size_t i = 0; i < args.size(); ++i) {
    const bool is_when = i % 2 == 0 && i + 1 < args.size();
    if (is_when && args[i].type.kind != TypeKind::kBoolean) {
      return Wrong(args[i].place, "WHEN needs a condition.");
    }
    if (!is_when) {
      results.push_back(args[i]);
    }
  }
  const Checked<Type> type = CommonType(results, expr.place);
  if (!type) {
    return Wrong(type);
  }
  for (size_t i = 0; i < args.size(); ++i) {
    if (i % 2 == 1 || i + 1 == args.size()) {
      args[i] = CastTo(std::move(args[i]), *type);
    }
  }
  return Apply(Op::kCase, *type, std::move(args), expr.place);
}

// IS NULL, IS TRUE and their like.
Checked<Typed> IsWhat(const Expr& expr, std::vector<Typed> args) {
  const bool is_null = expr.word == "IS NULL" || expr.word == "IS UNKNOWN";
  const Op op = is_null ? Op::kIsNull : expr.word == "IS TRUE" ? Op::kIsTrue : Op::kIsFalse;
  if (!is_null && args.front().type.kind != TypeKind::kBoolean) {
    return Wrong(expr.place, fmt::format("{} asks a condition.", expr.word));
  }
  return Apply(op, kBoolean, std::move(args), expr.place);
}

Checked<Typed> Positive(const Expr& expr, std::vector<Typed> args) {
  if (const std::optional<Op> op = CompareOp(expr.word)) {
    return Comparison(*op, std::move(args[0]), std::move(args[1]), expr.place);
  }
  if (const std::optional<Op> op = ArithmeticOp(expr.word)) {
    return ArithmeticOf(*op, std::move(args[0]), std::move(args[1]), expr);
  }
  if (expr.word == "AND" || expr.word == "OR" || expr.word == "NOT") {
    return TruthOf(expr, std::move(args),
                   expr.word == "AND"  ? Op::kAnd
                   : expr.word == "OR" ? Op::kOr
                                       : Op::kNot);
  }
  if (expr.word == "BETWEEN") {
    return Between(expr, std::move(args));
  }
  if (expr.word == "IN") {
    return InList(expr, std::move(args));
  }
  if (expr.word == "LIKE") {
    return LikeOf(expr, std::move(args));
  }
  if (expr.word == "CASE") {
    return CaseOf(expr, std::move(args));
  }
  if (expr.word == "INTERVAL") {
    return IntervalOf(expr, args.front());
  }
  if (expr.word == "IS DISTINCT FROM") {
    return Comparison(Op::kIsDistinct, std::move(args[0]), std::move(args[1]), expr.place);
  }
  if (expr.word == "||") {
    for (Typed& arg : args) {
      if (arg.type.kind != TypeKind::kText) {
        arg = CastTo(std::move(arg), kText);
      }
    }
    return ConcatOf(std::move(args), expr.place);
  }
  if (expr.word == "NEGATE") {
    const Type type = args.front().type;
    if (!IsNumeric(type) && !IsInterval(type)) {
      return Wrong(expr.place, fmt::format("- needs a number, and this is {}.", ShowType(type)));
    }
    return Apply(Op::kNegate, type, std::move(args), expr.place);
  }
  return IsWhat(expr, std::move(args));
}

}  // namespace

Typed Apply(Op op, Type type, std::vector<Typed> args, Place place) {
  return {.op = op, .type = type, .args = std::move(args), .place = place};
}

Checked<Typed> Comparison(Op op, Typed left, Typed right, Place place) {
  const auto meet_time = [](Typed& literal, const Typed& other) {
    if (literal.op == Op::kLiteral && literal.type.kind == TypeKind::kText &&
        (IsTime(other.type) || other.type.kind == TypeKind::kTime)) {
      literal = CastTo(std::move(literal), other.type);
    }
  };
  meet_time(left, right);
  meet_time(right, left);
  const std::optional<Type> type = CommonType(left.type, right.type);
  if (!type) {
    return Wrong(place, fmt::format("{} and {} cannot be compared: write a CAST.",
                                    ShowType(left.type), ShowType(right.type)));
  }
  return Two(op, kBoolean, CastTo(std::move(left), *type), CastTo(std::move(right), *type), place);
}

Checked<Typed> ApplyOperator(const Expr& expr, std::vector<Typed> args) {
  Checked<Typed> positive = Positive(expr, std::move(args));
  if (!positive || !expr.is_negated || expr.word == "INTERVAL") {
    return positive;
  }
  return Negation(*std::move(positive));
}

Checked<int64_t> ConstantInterval(const Expr& expr) {
  const Checked<Typed> interval = ExprBinder({}).Bind(expr);
  if (!interval) {
    return Wrong(interval);
  }
  if (interval->op != Op::kLiteral || interval->type.kind != TypeKind::kInterval) {
    return Wrong(expr.place, "Here stands an interval: INTERVAL '5' MINUTE.");
  }
  return std::get<int64_t>(interval->value);
}

}  // namespace flinch::sql
