#include "scenarios/sql/decimal.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace flinch::sql {
namespace {

std::string Shown(std::optional<Decimal> value, int scale) {
  return value ? ShowDecimal(*value, scale) : "nothing";
}

Decimal Of(std::string_view text, int scale) { return ParseDecimal(text, scale).value(); }

TEST(DecimalTest, AreReadAndShownWithTheirScale) {
  EXPECT_EQ(Shown(ParseDecimal("12.5", 2), 2), "12.50");
  EXPECT_EQ(Shown(ParseDecimal("-.005", 2), 2), "-0.01");
  EXPECT_EQ(Shown(ParseDecimal("+7", 0), 0), "7");
  EXPECT_EQ(Shown(ParseDecimal("0.004", 2), 2), "0.00");
  for (const std::string_view wrong : {"", "-", ".", "1.2.3", "1e5", "12x"}) {
    EXPECT_EQ(ParseDecimal(wrong, 2), std::nullopt) << wrong;
  }
}

TEST(DecimalTest, WhatDoesNotFitIsNothing) {
  const std::string nines(38, '9');
  const Decimal most = Of(nines, 0);
  EXPECT_EQ(ParseDecimal(nines + "0", 0), std::nullopt);
  EXPECT_EQ(Add(most, Of("1", 0)), std::nullopt);
  EXPECT_EQ(Multiply(most, Of("2", 0)), std::nullopt);
  EXPECT_EQ(Rescale(most, 0, 1), std::nullopt);
  EXPECT_EQ(Shown(Add(most, Of("-1", 0)), 0), std::string(37, '9') + "8");
}

TEST(DecimalTest, AreRoundedHalfAwayFromZero) {
  EXPECT_EQ(Shown(Rescale(Of("2.345", 3), 3, 2), 2), "2.35");
  EXPECT_EQ(Shown(Rescale(Of("-2.345", 3), 3, 2), 2), "-2.35");
  EXPECT_EQ(Shown(Rescale(Of("2.344", 3), 3, 2), 2), "2.34");
  EXPECT_EQ(Shown(Divide(Of("1.00", 2), 2, Of("3", 0), 0, 6), 6), "0.333333");
  EXPECT_EQ(Shown(Divide(Of("2.00", 2), 2, Of("3", 0), 0, 6), 6), "0.666667");
  EXPECT_EQ(Shown(Divide(Of("-1", 0), 0, Of("8", 0), 0, 2), 2), "-0.13");
}

TEST(DecimalTest, HaveAsManyDigitsAsTheyShow) {
  EXPECT_EQ(CountDigits(0), 1);
  EXPECT_EQ(CountDigits(-999), 3);
  EXPECT_EQ(CountDigits(PowerOfTen(37)), 38);
}

}  // namespace
}  // namespace flinch::sql
