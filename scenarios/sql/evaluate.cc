#include "scenarios/sql/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "scenarios/sql/civil.h"
#include "scenarios/sql/functions.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

std::string_view ArithmeticSign(Op op) {
  switch (op) {
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

[[noreturn]] void Overflow(Type type, Place place) {
  throw EvaluationError(place, fmt::format("The result does not fit {}.", ShowType(type)));
}

[[noreturn]] void ByZero(Place place) { throw EvaluationError(place, "This divides by zero."); }

Value WholeArithmetic(Op op, int64_t left, int64_t right, Type type, Place place) {
  int64_t result = 0;
  bool overflows = false;
  switch (op) {
    case Op::kAdd:
      overflows = __builtin_add_overflow(left, right, &result);
      break;
    case Op::kSubtract:
      overflows = __builtin_sub_overflow(left, right, &result);
      break;
    case Op::kMultiply:
      overflows = __builtin_mul_overflow(left, right, &result);
      break;
    default:
      if (right == 0) {
        ByZero(place);
      }
      if (right == -1) {  // the smallest number has no opposite
        overflows = op == Op::kDivide && __builtin_sub_overflow(int64_t{0}, left, &result);
      } else {
        result = op == Op::kDivide ? left / right : left % right;
      }
  }
  if (overflows ||
      (type.kind == TypeKind::kInteger && (result > std::numeric_limits<int32_t>::max() ||
                                           result < std::numeric_limits<int32_t>::min()))) {
    Overflow(type, place);
  }
  return result;
}

Value DoubleArithmetic(Op op, double left, double right) {
  switch (op) {
    case Op::kAdd:
      return left + right;
    case Op::kSubtract:
      return left - right;
    case Op::kMultiply:
      return left * right;
    case Op::kDivide:
      return left / right;
    default:
      return std::fmod(left, right);
  }
}

// `type` has the scale of the result.
Value DecimalArithmetic(Op op, Decimal left, Type left_type, Decimal right, Type right_type,
                        Type type, Place place) {
  std::optional<Decimal> result;
  if (op == Op::kDivide) {
    if (right.units == 0) {
      ByZero(place);
    }
    result = Divide(left, left_type.scale, right, right_type.scale, type.scale);
  } else if (op == Op::kMultiply) {
    result = Multiply(left, right);
    result = result ? Rescale(*result, left_type.scale + right_type.scale, type.scale) : result;
  } else {
    const int scale = std::max(left_type.scale, right_type.scale);
    const std::optional<Decimal> one = Rescale(left, left_type.scale, scale);
    const std::optional<Decimal> other = Rescale(right, right_type.scale, scale);
    if (one && other && op == Op::kModulo) {
      if (other->units == 0) {
        ByZero(place);
      }
      result = Decimal{.units = one->units % other->units};
    } else if (one && other) {
      result = Add(*one, op == Op::kAdd ? *other : Decimal{.units = -other->units});
    }
    result = result ? Rescale(*result, scale, type.scale) : result;
  }
  if (!result || CountDigits(result->units) > type.precision) {
    Overflow(type, place);
  }
  return *result;
}

// ---- Truth of three values

Value And(const Typed& expr, const Row& row, bool decisive) {
  bool is_unknown = false;
  for (const Typed& arg : expr.args) {
    const Value value = Evaluate(arg, row);
    if (IsNull(value)) {
      is_unknown = true;
    } else if (std::get<bool>(value) == decisive) {
      return decisive;
    }
  }
  return is_unknown ? Value() : Value(!decisive);
}

bool Holds(Op op, int order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kLess:
      return order < 0;
    case Op::kLessEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

Value In(const Typed& expr, const Row& row) {
  const Value value = Evaluate(expr.args[0], row);
  if (IsNull(value)) {
    return {};
  }
  bool is_unknown = false;
  for (size_t i = 1; i < expr.args.size(); ++i) {
    const Value each = Evaluate(expr.args[i], row);
    if (IsNull(each)) {
      is_unknown = true;
    } else if (Compare(value, each) == 0) {
      return true;
    }
  }
  return is_unknown ? Value() : Value(false);
}

Value Case(const Typed& expr, const Row& row) {
  for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    if (IsTrue(expr.args[i], row)) {
      return Evaluate(expr.args[i + 1], row);
    }
  }
  return Evaluate(expr.args.back(), row);
}

Value Converted(const Typed& expr, const Row& row) {
  const Type from = expr.args[0].type;
  sim::Result<Value> cast = Cast(Evaluate(expr.args[0], row), from, expr.type);
  if (cast) {
    return *std::move(cast);
  }
  if (expr.op == Op::kTryCast) {
    return {};
  }
  throw EvaluationError(expr.place, fmt::format("A value {}.", cast.error().message));
}

Value Extreme(const Typed& expr, const Row& row) {
  Value best;
  for (const Typed& arg : expr.args) {
    Value value = Evaluate(arg, row);
    if (IsNull(value)) {
      return {};
    }
    const int order = IsNull(best) ? 0 : Compare(value, best);
    if (IsNull(best) || (expr.op == Op::kGreatest ? order > 0 : order < 0)) {
      best = std::move(value);
    }
  }
  return best;
}

Value Rounded(Op op, const Value& value, Type from, int64_t digits, Type type, Place place) {
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    if (op != Op::kRound || digits >= 0) {
      return *whole;
    }
    const std::optional<Decimal> cut =
        digits < -18 ? Decimal{}
                     : Rescale(*Rescale({.units = *whole}, static_cast<int>(-digits), 0), 0,
                               static_cast<int>(-digits));
    return static_cast<int64_t>(cut.value_or(Decimal{}).units);
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    const Int128 unit = PowerOfTen(from.scale);
    if (op != Op::kRound) {
      const Int128 floor = decimal->units / unit - (decimal->units % unit < 0 ? 1 : 0);
      const bool is_whole = decimal->units % unit == 0;
      return Decimal{.units = op == Op::kFloor || is_whole ? floor : floor + 1};
    }
    std::optional<Decimal> rounded = *decimal;
    if (digits < from.scale) {
      rounded = Rescale(*decimal, from.scale, static_cast<int>(std::max<int64_t>(digits, 0)));
    }
    if (!rounded) {
      Overflow(type, place);
    }
    return *rounded;
  }
  const double number = std::get<double>(value);
  if (op == Op::kFloor || op == Op::kCeil) {
    return op == Op::kFloor ? std::floor(number) : std::ceil(number);
  }
  // By its decimal digits, as Java does, not by its binary ones.
  const int scale = static_cast<int>(std::clamp<int64_t>(digits, 0, 15));
  const std::optional<Decimal> exact = ParseDecimal(fmt::format("{}", number), scale);
  return exact ? ToDouble(*exact, scale) : number;
}

Value SignOfNumber(const Value& value, Type type) {
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    return int64_t{*whole > 0} - int64_t{*whole < 0};
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return Decimal{.units = ((decimal->units > 0) - (decimal->units < 0)) * PowerOfTen(type.scale)};
  }
  const double number = std::get<double>(value);
  return static_cast<double>((number > 0) - (number < 0));
}

Value Negated(const Value& value, Type type, Place place) {
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    return WholeArithmetic(Op::kSubtract, 0, *whole, type, place);
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    return Decimal{.units = -decimal->units};
  }
  return -std::get<double>(value);
}

// Operators of operands none of which is null.
Value OfValues(const Typed& expr, const std::vector<Value>& args) {
  switch (expr.op) {
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
      return Arithmetic(expr.op, args[0], args[1], expr.args[0].type, expr.args[1].type, expr.type,
                        expr.place);
    case Op::kNegate:
      return Negated(args[0], expr.type, expr.place);
    case Op::kAddMonths:
      return AddMonths(std::get<int64_t>(args[0]), std::get<int64_t>(args[1]));
    case Op::kAbs:
      return Compare(args[0], Negated(args[0], expr.type, expr.place)) < 0
                 ? Negated(args[0], expr.type, expr.place)
                 : args[0];
    case Op::kSign:
      return SignOfNumber(args[0], expr.type);
    case Op::kFloor:
    case Op::kCeil:
    case Op::kRound:
      return Rounded(expr.op, args[0], expr.args[0].type,
                     args.size() > 1 ? std::get<int64_t>(args[1]) : 0, expr.type, expr.place);
    case Op::kExtract:
      return Extract(static_cast<TimeUnit>(expr.number), std::get<int64_t>(args[0]));
    case Op::kFloorTo:
      return FloorTo(static_cast<TimeUnit>(expr.number), std::get<int64_t>(args[0]));
    case Op::kCeilTo:
      return CeilTo(static_cast<TimeUnit>(expr.number), std::get<int64_t>(args[0]));
    case Op::kDifference:
      return Difference(static_cast<TimeUnit>(expr.number), std::get<int64_t>(args[0]),
                        std::get<int64_t>(args[1]));
    case Op::kLike:
      return IsLike(std::get<std::string>(args[0]), std::get<std::string>(args[1]),
                    args.size() > 2 ? std::get<std::string>(args[2]).front() : '\0');
    case Op::kNot:
      return !std::get<bool>(args[0]);
    default:
      return Holds(expr.op, Compare(args[0], args[1]));
  }
}

Value Call(const Typed& expr, const Row& row) {
  std::vector<Value> args;
  args.reserve(expr.args.size());
  bool has_null = false;
  for (const Typed& arg : expr.args) {
    args.push_back(Evaluate(arg, row));
    has_null = has_null || IsNull(args.back());
  }
  if (expr.op == Op::kCall) {
    return has_null && !expr.function->takes_null ? Value() : expr.function->call(args);
  }
  return has_null ? Value() : OfValues(expr, args);
}

}  // namespace

Value Arithmetic(Op op, const Value& left, const Value& right, Type left_type, Type right_type,
                 Type type, Place place) {
  if (const auto* decimal = std::get_if<Decimal>(&left)) {
    return DecimalArithmetic(op, *decimal, left_type, std::get<Decimal>(right), right_type, type,
                             place);
  }
  if (const auto* number = std::get_if<double>(&left)) {
    return DoubleArithmetic(op, *number, std::get<double>(right));
  }
  sim::Check(std::holds_alternative<int64_t>(left), "{} of what is no number", ArithmeticSign(op));
  return WholeArithmetic(op, std::get<int64_t>(left), std::get<int64_t>(right), type, place);
}

bool IsTrue(const Typed& expr, const Row& row) {
  const Value value = Evaluate(expr, row);
  return !IsNull(value) && std::get<bool>(value);
}

bool IsLike(std::string_view text, std::string_view pattern, char escape) {
  // Where the last % stood, and how much of the text it took: a match that fails goes on there.
  size_t at = 0;
  size_t in = 0;
  size_t after_percent = std::string_view::npos;
  size_t taken = 0;
  const auto next = [&](size_t from) {
    size_t to = from + 1;
    while (to < text.size() && (static_cast<unsigned char>(text[to]) & 0xC0U) == 0x80) {
      ++to;
    }
    return to;
  };
  while (in < text.size()) {
    const bool is_escaped = at + 1 < pattern.size() && escape != '\0' && pattern[at] == escape;
    if (at < pattern.size() && !is_escaped && pattern[at] == '%') {
      after_percent = ++at;
      taken = in;
    } else if (at < pattern.size() && !is_escaped && pattern[at] == '_') {
      ++at;
      in = next(in);
    } else if (at < pattern.size() && pattern[at + (is_escaped ? 1 : 0)] == text[in]) {
      at += is_escaped ? 2 : 1;
      ++in;
    } else if (after_percent != std::string_view::npos) {
      at = after_percent;
      in = taken = next(taken);
    } else {
      return false;
    }
  }
  return pattern.substr(std::min(at, pattern.size())).find_first_not_of('%') ==
         std::string_view::npos;
}

Value Evaluate(const Typed& expr, const Row& row) {
  switch (expr.op) {
    case Op::kColumn:
      return row.at(expr.number);
    case Op::kLiteral:
      return expr.value;
    case Op::kAnd:
      return And(expr, row, false);
    case Op::kOr:
      return And(expr, row, true);
    case Op::kIsNull:
      return IsNull(Evaluate(expr.args[0], row));
    case Op::kIsTrue:
      return IsTrue(expr.args[0], row);
    case Op::kIsFalse: {
      const Value value = Evaluate(expr.args[0], row);
      return !IsNull(value) && !std::get<bool>(value);
    }
    case Op::kIsDistinct:
      return Compare(Evaluate(expr.args[0], row), Evaluate(expr.args[1], row)) != 0;
    case Op::kIn:
      return In(expr, row);
    case Op::kCase:
      return Case(expr, row);
    case Op::kCoalesce:
      for (const Typed& arg : expr.args) {
        if (Value value = Evaluate(arg, row); !IsNull(value)) {
          return value;
        }
      }
      return {};
    case Op::kCast:
    case Op::kTryCast:
      return Converted(expr, row);
    case Op::kGreatest:
    case Op::kLeast:
      return Extreme(expr, row);
    default:
      return Call(expr, row);
  }
}

}  // namespace flinch::sql
