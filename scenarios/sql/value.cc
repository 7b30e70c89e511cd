#include "scenarios/sql/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/sql/civil.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

using sim::ErrorCode;

std::unexpected<sim::Error> Refuse(std::string why) {
  return sim::Fail(ErrorCode::kInvalidArgument, std::move(why));
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

std::optional<bool> ParseTruth(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char each) {
    return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
  });
  if (lower == "true" || lower == "t" || lower == "yes" || lower == "1") {
    return true;
  }
  if (lower == "false" || lower == "f" || lower == "no" || lower == "0") {
    return false;
  }
  return std::nullopt;
}

bool FitsInteger(int64_t number) {
  return number >= std::numeric_limits<int32_t>::min() &&
         number <= std::numeric_limits<int32_t>::max();
}

sim::Result<Value> Whole(int64_t number, Type type) {
  if (type.kind == TypeKind::kInteger && !FitsInteger(number)) {
    return Refuse(fmt::format("does not fit an INT: {}", number));
  }
  return Value(number);
}

sim::Result<Value> AsDecimal(std::optional<Decimal> decimal, Type type) {
  if (!decimal || CountDigits(decimal->units) > type.precision) {
    return Refuse(fmt::format("does not fit {}", ShowType(type)));
  }
  return Value(*decimal);
}

// Of a double, whole and not too large: towards zero.
sim::Result<Value> Truncated(double number, Type type) {
  constexpr double kLimit = 9.2e18;
  if (!(number > -kLimit && number < kLimit)) {
    return Refuse(fmt::format("does not fit {}: {}", ShowType(type), ShowDouble(number)));
  }
  return Whole(static_cast<int64_t>(number), type);
}

sim::Result<Value> CastNumber(const Value& value, Type from, Type to) {
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    switch (to.kind) {
      case TypeKind::kDouble:
        return Value(static_cast<double>(*whole));
      case TypeKind::kDecimal:
        return AsDecimal(Rescale({.units = *whole}, 0, to.scale), to);
      case TypeKind::kBoolean:
        return Value(*whole != 0);
      default:
        return Whole(*whole, to);
    }
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    switch (to.kind) {
      case TypeKind::kDouble:
        return Value(ToDouble(*decimal, from.scale));
      case TypeKind::kDecimal:
        return AsDecimal(Rescale(*decimal, from.scale, to.scale), to);
      default: {
        const Int128 whole = decimal->units / PowerOfTen(from.scale);
        if (whole > std::numeric_limits<int64_t>::max() ||
            whole < std::numeric_limits<int64_t>::min()) {
          return Refuse(fmt::format("does not fit {}", ShowType(to)));
        }
        return Whole(static_cast<int64_t>(whole), to);
      }
    }
  }
  const double number = std::get<double>(value);
  if (to.kind == TypeKind::kDecimal) {
    return AsDecimal(ParseDecimal(fmt::format("{:.{}f}", number, to.scale), to.scale), to);
  }
  return to.kind == TypeKind::kDouble ? sim::Result<Value>(value) : Truncated(number, to);
}

int64_t FloorDivide(int64_t number, int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

sim::Result<Value> CastTime(const Value& value, Type from, Type to) {
  const int64_t time = std::get<int64_t>(value);
  if (from.kind == TypeKind::kTimestamp && to.kind == TypeKind::kDate) {
    return Value(FloorDivide(time, kNanosPerDay));
  }
  if (from.kind == TypeKind::kTimestamp && to.kind == TypeKind::kTime) {
    return Value(time - FloorDivide(time, kNanosPerDay) * kNanosPerDay);
  }
  if (from.kind == TypeKind::kDate && to.kind == TypeKind::kTimestamp) {
    return Value(time * kNanosPerDay);
  }
  if (from.kind == TypeKind::kTimestamp && to.kind == TypeKind::kTimestamp) {
    return Value(CutFraction(time, to.precision));
  }
  return Refuse(fmt::format("cannot be cast from {} to {}", ShowType(from), ShowType(to)));
}

template <typename T>
int CompareAs(const Value& left, const Value& right) {
  const T& one = std::get<T>(left);
  const T& other = std::get<T>(right);
  return one < other ? -1 : other < one ? 1 : 0;
}

// So that the text of a timestamp can be a member of JSON as it is.
bool IsJsonNumber(Type type) { return IsWhole(type) || type.kind == TypeKind::kDecimal; }

}  // namespace

Type DecimalType(int precision, int scale) {
  return {.kind = TypeKind::kDecimal,
          .precision = static_cast<uint8_t>(precision),
          .scale = static_cast<uint8_t>(scale)};
}

bool IsWhole(Type type) {
  return type.kind == TypeKind::kInteger || type.kind == TypeKind::kBigint;
}

bool IsNumeric(Type type) {
  return IsWhole(type) || type.kind == TypeKind::kDecimal || type.kind == TypeKind::kDouble;
}

std::string ShowType(Type type) {
  switch (type.kind) {
    case TypeKind::kNull:
      return "NULL";
    case TypeKind::kBoolean:
      return "BOOLEAN";
    case TypeKind::kInteger:
      return "INT";
    case TypeKind::kBigint:
      return "BIGINT";
    case TypeKind::kDecimal:
      return fmt::format("DECIMAL({}, {})", type.precision, type.scale);
    case TypeKind::kDouble:
      return "DOUBLE";
    case TypeKind::kText:
      return "STRING";
    case TypeKind::kDate:
      return "DATE";
    case TypeKind::kTime:
      return "TIME";
    case TypeKind::kTimestamp:
      return fmt::format("TIMESTAMP{}({})", type.is_local ? "_LTZ" : "", type.precision);
    case TypeKind::kInterval:
      return "INTERVAL DAY TO SECOND";
    case TypeKind::kMonths:
      return "INTERVAL YEAR TO MONTH";
  }
  sim::Unreachable("a type has no name");
}

int Compare(const Value& left, const Value& right) {
  if (IsNull(left) || IsNull(right)) {
    return IsNull(left) ? (IsNull(right) ? 0 : -1) : 1;
  }
  sim::Check(left.index() == right.index(), "values of two types are compared: {} and {}",
             left.index(), right.index());
  switch (left.index()) {
    case 1:
      return CompareAs<bool>(left, right);
    case 2:
      return CompareAs<int64_t>(left, right);
    case 3:
      return CompareAs<Decimal>(left, right);
    case 4:
      return CompareAs<double>(left, right);
    default: {
      const int order = std::get<std::string>(left).compare(std::get<std::string>(right));
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
  }
}

int CompareRows(const Row& left, const Row& right) {
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (const int order = Compare(left[i], right[i]); order != 0) {
      return order;
    }
  }
  return left.size() < right.size() ? -1 : left.size() > right.size() ? 1 : 0;
}

std::string ShowDouble(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-Infinity" : "Infinity";
  }
  if (value == 0) {
    return std::signbit(value) ? "-0.0" : "0.0";
  }
  // Digits and exponent, each as short as they can be: "-4.87e+01".
  std::array<char, 40> buffer{};
  const auto shortest = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                      std::chars_format::scientific);
  const std::string text(buffer.data(), shortest.ptr);
  const size_t e = text.find('e');
  const int exponent = *ParseNumber<int>(std::string_view(text).substr(e + 1));
  std::string digits = text.substr(0, e);
  const std::string sign = digits.front() == '-' ? "-" : "";
  std::erase(digits, '-');
  std::erase(digits, '.');
  constexpr int kPlainMin = -3;
  constexpr int kPlainMax = 7;
  if (exponent < kPlainMin || exponent >= kPlainMax) {
    return fmt::format("{}{}.{}E{}", sign, digits.front(),
                       digits.size() > 1 ? digits.substr(1) : "0", exponent);
  }
  if (exponent < 0) {
    return fmt::format("{}0.{}{}", sign, std::string(static_cast<size_t>(-exponent - 1), '0'),
                       digits);
  }
  const auto before = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= before) {
    digits.append(before + 1 - digits.size(), '0');
  }
  return fmt::format("{}{}.{}", sign, digits.substr(0, before), digits.substr(before));
}

std::string ShowValue(const Value& value, Type type) {
  switch (value.index()) {
    case 0:
      return "NULL";
    case 1:
      return std::get<bool>(value) ? "TRUE" : "FALSE";
    case 2:
      switch (type.kind) {
        case TypeKind::kTimestamp:
          return ShowTimestamp(std::get<int64_t>(value), type.precision) +
                 (type.is_local ? "Z" : "");
        case TypeKind::kDate:
          return ShowDate(std::get<int64_t>(value));
        case TypeKind::kTime:
          return ShowTimestamp(std::get<int64_t>(value), 0).substr(11);
        default:
          return std::to_string(std::get<int64_t>(value));
      }
    case 3:
      return ShowDecimal(std::get<Decimal>(value), type.scale);
    case 4:
      return ShowDouble(std::get<double>(value));
    default:
      return std::get<std::string>(value);
  }
}

sim::Result<Value> ParseValue(std::string_view text, Type type) {
  if (type.kind == TypeKind::kText) {
    return Value(std::string(text));
  }
  const std::string_view trimmed = Trimmed(text);
  const auto is_none = [&] {
    return Refuse(fmt::format("is no {}: \"{}\"", ShowType(type), text));
  };
  switch (type.kind) {
    case TypeKind::kBoolean:
      if (const std::optional<bool> truth = ParseTruth(trimmed)) {
        return Value(*truth);
      }
      return is_none();
    case TypeKind::kInteger:
    case TypeKind::kBigint:
      if (const std::optional<int64_t> whole = ParseNumber<int64_t>(trimmed)) {
        return Whole(*whole, type);
      }
      return is_none();
    case TypeKind::kDecimal:
      if (const std::optional<Decimal> decimal = ParseDecimal(trimmed, type.scale)) {
        return AsDecimal(decimal, type);
      }
      return is_none();
    case TypeKind::kDouble:
      if (const std::optional<double> number = ParseNumber<double>(trimmed)) {
        return Value(*number);
      }
      return is_none();
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
      if (const std::optional<int64_t> time = ParseCivil(trimmed, type.kind)) {
        return Value(type.kind == TypeKind::kTimestamp ? CutFraction(*time, type.precision)
                                                       : *time);
      }
      return is_none();
    default:
      return Refuse(fmt::format("cannot be read as {}", ShowType(type)));
  }
}

sim::Result<Value> Cast(const Value& value, Type from, Type to) {
  if (IsNull(value) || from == to) {
    return value;
  }
  if (to.kind == TypeKind::kText) {
    return Value(ShowValue(value, from));
  }
  if (from.kind == TypeKind::kText) {
    return ParseValue(std::get<std::string>(value), to);
  }
  if (from.kind == TypeKind::kBoolean && IsNumeric(to)) {
    return CastNumber(Value(int64_t{std::get<bool>(value)}), kInteger, to);
  }
  if (IsNumeric(from) && (IsNumeric(to) || (to.kind == TypeKind::kBoolean && IsWhole(from)))) {
    return CastNumber(value, from, to);
  }
  if (std::holds_alternative<int64_t>(value)) {
    return CastTime(value, from, to);
  }
  return Refuse(fmt::format("cannot be cast from {} to {}", ShowType(from), ShowType(to)));
}

std::string ShowJson(const std::vector<std::string>& names, const std::vector<Type>& types,
                     const Row& row) {
  std::string object = "{";
  for (size_t i = 0; i < row.size(); ++i) {
    object += fmt::format("{}{}:", i == 0 ? "" : ",", nlohmann::json(names.at(i)).dump());
    if (IsNull(row[i])) {
      object += "null";
    } else if (const auto* truth = std::get_if<bool>(&row[i])) {
      object += *truth ? "true" : "false";
    } else if (const auto* number = std::get_if<double>(&row[i])) {
      object += std::isfinite(*number) ? ShowDouble(*number) : "\"" + ShowDouble(*number) + "\"";
    } else if (IsJsonNumber(types.at(i))) {
      object += ShowValue(row[i], types[i]);
    } else {
      object += nlohmann::json(ShowValue(row[i], types[i])).dump();
    }
  }
  return object + "}";
}

}  // namespace flinch::sql
