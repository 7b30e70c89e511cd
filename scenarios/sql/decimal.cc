#include "scenarios/sql/decimal.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::sql {

namespace {

std::optional<Decimal> Fitting(Int128 units) {
  const Int128 limit = PowerOfTen(kDecimalDigitsMax);
  return units > -limit && units < limit ? std::optional<Decimal>({.units = units}) : std::nullopt;
}

Int128 Magnitude(Int128 number) { return number < 0 ? -number : number; }

// numerator / denominator, both positive, rounded half up.
Int128 DivideRounded(Int128 numerator, Int128 denominator) {
  const Int128 rest = numerator % denominator;
  return numerator / denominator + (rest >= denominator - rest ? 1 : 0);
}

std::string Digits(Int128 number) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(number % 10));
    number /= 10;
  } while (number != 0);
  std::ranges::reverse(digits);
  return digits;
}

}  // namespace

Int128 PowerOfTen(int power) {
  sim::Check(power >= 0 && power <= kDecimalDigitsMax, "10 to the power of {}", power);
  Int128 result = 1;
  for (int i = 0; i < power; ++i) {
    result *= 10;
  }
  return result;
}

int CountDigits(Int128 number) {
  int digits = 1;
  for (number = Magnitude(number); number >= 10; number /= 10) {
    ++digits;
  }
  return digits;
}

std::optional<Decimal> Add(Decimal left, Decimal right) {
  return Fitting(left.units + right.units);  // two of 38 digits fit 127 bits
}

std::optional<Decimal> Multiply(Decimal left, Decimal right) {
  Int128 product = 0;
  if (__builtin_mul_overflow(left.units, right.units, &product)) {
    return std::nullopt;
  }
  return Fitting(product);
}

std::optional<Decimal> Divide(Decimal left, int left_scale, Decimal right, int right_scale,
                              int scale) {
  // Long division: the quotient of the units, then one digit after the other.
  const bool is_negative = (left.units < 0) != (right.units < 0);
  const Int128 divisor = Magnitude(right.units);
  Int128 rest = Magnitude(left.units) % divisor;
  Int128 quotient = Magnitude(left.units) / divisor;
  int digits = scale - left_scale + right_scale;
  for (; digits > 0; --digits) {
    Int128 next = 0;
    if (__builtin_mul_overflow(rest, Int128{10}, &rest) ||
        __builtin_mul_overflow(quotient, Int128{10}, &next)) {
      return std::nullopt;
    }
    quotient = next + rest / divisor;
    rest %= divisor;
  }
  if (digits < 0) {
    quotient = digits < -kDecimalDigitsMax ? 0 : DivideRounded(quotient, PowerOfTen(-digits));
  } else if (rest >= divisor - rest) {
    ++quotient;
  }
  return Fitting(is_negative ? -quotient : quotient);
}

std::optional<Decimal> Rescale(Decimal value, int from_scale, int to_scale) {
  const int shift = to_scale - from_scale;
  if (shift > kDecimalDigitsMax) {
    return value.units == 0 ? std::optional(value) : std::nullopt;
  }
  if (shift >= 0) {
    return Multiply(value, {.units = PowerOfTen(shift)});
  }
  if (shift < -kDecimalDigitsMax) {
    return Decimal{};
  }
  const Int128 rounded = DivideRounded(Magnitude(value.units), PowerOfTen(-shift));
  return Decimal{.units = value.units < 0 ? -rounded : rounded};
}

std::string ShowDecimal(Decimal value, int scale) {
  std::string digits = Digits(Magnitude(value.units));
  const auto behind = static_cast<size_t>(scale);
  if (behind > 0) {
    if (digits.size() <= behind) {
      digits.insert(0, behind + 1 - digits.size(), '0');
    }
    digits.insert(digits.size() - behind, 1, '.');
  }
  return value.units < 0 ? "-" + digits : digits;
}

std::optional<Decimal> ParseDecimal(std::string_view text, int scale) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  Int128 units = 0;
  int behind = -1;  // digits behind the point; -1 before it
  bool any = false;
  for (const char each : text) {
    if (each == '.' && behind < 0) {
      behind = 0;
      continue;
    }
    if (each < '0' || each > '9') {
      return std::nullopt;
    }
    any = true;
    if (__builtin_mul_overflow(units, Int128{10}, &units)) {
      return std::nullopt;
    }
    units += each - '0';
    behind += behind >= 0 ? 1 : 0;
  }
  if (!any || units >= PowerOfTen(kDecimalDigitsMax)) {
    return std::nullopt;
  }
  return Rescale({.units = is_negative ? -units : units}, std::max(behind, 0), scale);
}

double ToDouble(Decimal value, int scale) {
  // A power of ten up to 22 is a double exactly, so one division rounds once.
  double divisor = 1;
  for (int i = 0; i < scale; ++i) {
    divisor *= 10;
  }
  return static_cast<double>(value.units) / divisor;
}

}  // namespace flinch::sql
