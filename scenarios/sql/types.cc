// Which types come out of which.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/bind_expr.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

struct NamedType {
  std::string_view word;
  Type type;
  size_t numbers = 0;  // how many it may have
};

constexpr auto kTypes = std::to_array<NamedType>({
    {"BOOLEAN", kBoolean},
    {"TINYINT", kInteger},
    {"SMALLINT", kInteger},
    {"INT", kInteger},
    {"INTEGER", kInteger},
    {"BIGINT", kBigint},
    {"DECIMAL", {.kind = TypeKind::kDecimal, .precision = 10}, 2},
    {"NUMERIC", {.kind = TypeKind::kDecimal, .precision = 10}, 2},
    {"DEC", {.kind = TypeKind::kDecimal, .precision = 10}, 2},
    {"DOUBLE", kDouble},
    {"STRING", kText},
    {"VARCHAR", kText, 1},
    {"CHAR", kText, 1},
    {"DATE", kDate},
    {"TIME", kTime, 1},
    {"TIMESTAMP", {.kind = TypeKind::kTimestamp, .precision = 6}, 1},
    {"TIMESTAMP_LTZ", {.kind = TypeKind::kTimestamp, .precision = 6, .is_local = true}, 1},
});

}  // namespace

Type AsDecimal(Type type) {
  return type.kind == TypeKind::kInteger  ? DecimalType(10, 0)
         : type.kind == TypeKind::kBigint ? DecimalType(19, 0)
                                          : type;
}

Checked<Type> TypeFrom(const TypeName& name) {
  const auto known = std::ranges::find(kTypes, name.word, &NamedType::word);
  if (known == kTypes.end()) {
    std::vector<std::string_view> words;
    for (const NamedType& type : kTypes) {
      words.push_back(type.word);
    }
    return Wrong(
        name.place,
        fmt::format("There is no type {} here; there are {}.{}", name.word, fmt::join(words, ", "),
                    text::DidYouMean(name.word, std::span<const std::string_view>(words))));
  }
  if (name.numbers.size() > known->numbers) {
    return Wrong(name.place, fmt::format("{} has {} in brackets.", name.word,
                                         known->numbers == 0 ? "nothing" : "fewer numbers"));
  }
  Type type = known->type;
  type.is_local = type.is_local || name.with_local_time_zone;
  if (type.kind == TypeKind::kDecimal && !name.numbers.empty()) {
    const int64_t precision = name.numbers[0];
    const int64_t scale = name.numbers.size() > 1 ? name.numbers[1] : 0;
    if (precision < 1 || precision > kDecimalDigitsMax || scale > precision) {
      return Wrong(name.place, fmt::format("A DECIMAL has 1 to {} digits, and no more of them "
                                           "behind the point.",
                                           kDecimalDigitsMax));
    }
    type = DecimalType(static_cast<int>(precision), static_cast<int>(scale));
  }
  if (type.kind == TypeKind::kTimestamp && !name.numbers.empty()) {
    if (name.numbers[0] > 9) {
      return Wrong(name.place, "A TIMESTAMP has 0 to 9 digits of a fraction.");
    }
    type.precision = static_cast<uint8_t>(name.numbers[0]);
  }
  return type;
}

std::optional<Type> CommonType(Type left, Type right) {
  if (left == right || right.kind == TypeKind::kNull) {
    return left;
  }
  if (left.kind == TypeKind::kNull) {
    return right;
  }
  if (IsNumeric(left) && IsNumeric(right)) {
    if (left.kind == TypeKind::kDouble || right.kind == TypeKind::kDouble) {
      return kDouble;
    }
    if (IsWhole(left) && IsWhole(right)) {
      return kBigint;
    }
    const Type one = AsDecimal(left);
    const Type other = AsDecimal(right);
    const int scale = std::max(one.scale, other.scale);
    const int whole = std::max(one.precision - one.scale, other.precision - other.scale);
    return DecimalType(std::min(whole + scale, kDecimalDigitsMax), scale);
  }
  const auto is_day = [](Type type) {
    return type.kind == TypeKind::kTimestamp || type.kind == TypeKind::kDate;
  };
  if (is_day(left) && is_day(right)) {
    Type wider = left.kind == TypeKind::kTimestamp ? left : right;
    wider.precision = std::max(left.precision, right.precision);
    return wider;
  }
  return std::nullopt;
}

Typed CastTo(Typed expr, Type type) {
  if (expr.type == type) {
    return expr;
  }
  if (expr.op == Op::kLiteral) {
    if (sim::Result<Value> value = Cast(expr.value, expr.type, type)) {
      return Constant(*std::move(value), type, expr.place);
    }
  }
  const Place place = expr.place;
  Typed cast{.op = Op::kCast, .type = type, .place = place};
  cast.args.push_back(std::move(expr));
  return cast;
}

Checked<Type> CommonType(std::span<const Typed> exprs, Place place) {
  Type type;
  for (const Typed& expr : exprs) {
    const std::optional<Type> common = CommonType(type, expr.type);
    if (!common) {
      return Wrong(expr.place == 0 ? place : expr.place,
                   fmt::format("This is {}, and what stands beside it is {}: write a CAST.",
                               ShowType(expr.type), ShowType(type)));
    }
    type = *common;
  }
  return type;
}

Type SumType(Type type) {
  return type.kind == TypeKind::kDecimal ? DecimalType(kDecimalDigitsMax, type.scale) : type;
}

Type AverageType(Type type) {
  return type.kind == TypeKind::kDecimal
             ? DecimalType(kDecimalDigitsMax, std::max<int>(type.scale, 6))
             : type;
}

}  // namespace flinch::sql
