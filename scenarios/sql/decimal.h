// Exact decimal numbers of up to 38 digits, as whole numbers of units of the last digit.
//
// Units:   a Decimal is `units` / 10^scale; the scale belongs to the type, and is not kept here.
// Errors:  what does not fit 38 digits gives nothing. Results are rounded half away from zero.
// Source:  Flink docs "Data Types / DECIMAL"; java.math.BigDecimal with RoundingMode.HALF_UP.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flinch::sql {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

inline constexpr int kDecimalDigitsMax = 38;

struct Decimal {
  Int128 units = 0;

  friend auto operator<=>(const Decimal&, const Decimal&) = default;
};

// 10^power, for a power from 0 to 38.
Int128 PowerOfTen(int power);

// How many digits it has; 0 has one.
int CountDigits(Int128 number);

std::optional<Decimal> Add(Decimal left, Decimal right);
std::optional<Decimal> Multiply(Decimal left, Decimal right);

// left / right with `scale` digits behind the point, of operands of these scales. `right` is not 0.
std::optional<Decimal> Divide(Decimal left, int left_scale, Decimal right, int right_scale,
                              int scale);

std::optional<Decimal> Rescale(Decimal value, int from_scale, int to_scale);

// "12.50" with the scale 2.
std::string ShowDecimal(Decimal value, int scale);

// An optional sign, digits and at most one point; digits behind `scale` are rounded.
std::optional<Decimal> ParseDecimal(std::string_view text, int scale);

double ToDouble(Decimal value, int scale);

}  // namespace flinch::sql
