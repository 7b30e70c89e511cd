// Timestamps since 1970, with and without a fraction, against a formula over whole numbers.

#include "scenarios/model/timestamp.h"

#include <cstdint>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace flinch::scenarios {

namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Digits behind the point as so many nanoseconds of a unit, cut off.
int64_t FractionOf(const std::string& digits, int64_t unit) {
  int64_t nanos = 0;
  int64_t part = unit;
  for (const char digit : digits) {
    part /= 10;
    nanos += (digit - '0') * part;
  }
  return nanos;
}

RC_GTEST_PROP(TimestampPropertyTest, AFractionHasSignAndUnitOfTheNumberBeforeIt, ()) {
  const bool in_millis = *rc::gen::arbitrary<bool>();
  const bool is_negative = *rc::gen::arbitrary<bool>();
  const int64_t unit = in_millis ? kSecond / 1000 : kSecond;
  const int64_t largest = 2'000'000'000 * (kSecond / unit);
  const int64_t whole = *rc::gen::inRange<int64_t>(0, largest);
  const size_t digits_max = in_millis ? 6 : 9;
  const auto digits = *rc::gen::resize(static_cast<int>(digits_max),
                                       rc::gen::container<std::string>(rc::gen::inRange('0', ':')));
  RC_PRE(digits.size() <= digits_max);
  const std::string number = fmt::format("{}{}", is_negative ? "-" : "", whole);
  const int64_t sign = is_negative ? -1 : 1;

  const std::string directive = in_millis ? "%Q" : "%s";
  const auto plain = ParseTimestamp(number, directive);
  RC_ASSERT(plain.has_value());
  RC_ASSERT(plain->nanos() == sign * whole * unit);
  if (!digits.empty()) {
    const auto fine = ParseTimestamp(number + "." + digits, directive + ".%f");
    RC_ASSERT(fine.has_value());
    RC_ASSERT(fine->nanos() == sign * (whole * unit + FractionOf(digits, unit)));
  }
}

RC_GTEST_PROP(TimestampPropertyTest, WhatIsShownIsReadBack, ()) {
  const engine::EventTime time(*rc::gen::inRange<int64_t>(kFirstTime.nanos(), kLastTime.nanos()));
  const auto read = ParseUtc(ShowUtc(time));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == time);
}

TEST(TimestampPropertyTest, HalfASecondBefore1970LiesBefore1970) {
  EXPECT_EQ(ParseTimestamp("-0.5", "%s.%f")->nanos(), -kSecond / 2);
  EXPECT_EQ(ParseTimestamp("-0.5", "%Q.%f")->nanos(), -kSecond / 2000);
  EXPECT_EQ(ParseTimestamp("1969-12-31T23:59:59.5", "%Y-%m-%dT%H:%M:%S.%f")->nanos(), -kSecond / 2);
}

}  // namespace

}  // namespace flinch::scenarios
