// Timestamps since 1970, with and without a fraction, against a formula over whole numbers.

#include "scenarios/model/timestamp.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

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
  const auto fine =
      ParseTimestamp(number + (digits.empty() ? "" : "." + digits), directive + ".%f");
  RC_ASSERT(fine.has_value());
  RC_ASSERT(fine->nanos() == sign * (whole * unit + FractionOf(digits, unit)));
}

constexpr bool IsLeap(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int64_t DaysIn(int64_t year, int64_t month) {
  constexpr auto kDays = std::to_array<int64_t>({31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31});
  return kDays.at(static_cast<size_t>(month - 1)) + (month == 2 && IsLeap(year) ? 1 : 0);
}

// From 1970-01-01, counted one by one.
int64_t DaysUntil(int64_t year, int64_t month, int64_t day) {
  int64_t days = day - 1;
  for (int64_t each = 1; each < month; ++each) {
    days += DaysIn(year, each);
  }
  for (int64_t each = 1970; each < year; ++each) {
    days += IsLeap(each) ? 366 : 365;
  }
  for (int64_t each = year; each < 1970; ++each) {
    days -= IsLeap(each) ? 366 : 365;
  }
  return days;
}

struct Zone {
  std::string text;
  int64_t seconds = 0;
};

// As %z reads it.
Zone AnyZone() {
  const int kind = *rc::gen::inRange(0, 3);
  if (kind == 0) {
    return {.text = "Z"};
  }
  const bool is_negative = *rc::gen::arbitrary<bool>();
  const auto minutes = *rc::gen::inRange<int64_t>(0, 24 * 60);
  return {.text = fmt::format("{}{:02}{}{:02}", is_negative ? '-' : '+', minutes / 60,
                              kind == 1 ? ":" : "", minutes % 60),
          .seconds = (is_negative ? -60 : 60) * minutes};
}

RC_GTEST_PROP(TimestampPropertyTest, ATimeOfTheCalendarIsCountedDayByDay, ()) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
  const auto year = *rc::gen::inRange<int64_t>(1901, 2149);
  const auto month = *rc::gen::inRange<int64_t>(1, 13);
  const auto day = *rc::gen::inRange<int64_t>(1, DaysIn(year, month) + 1);
  const auto clock = *rc::gen::inRange<int64_t>(0, 86'400);
  const std::string digits = *rc::gen::resize(
      9, rc::gen::container<std::string>(rc::gen::inRange('0', static_cast<char>('9' + 1))));
  RC_PRE(digits.size() <= 9U);
  const bool names_month = *rc::gen::arbitrary<bool>();
  const bool pads = *rc::gen::arbitrary<bool>();
  const Zone zone = AnyZone();

  const std::string shown_month = names_month
                                      ? std::string(kNames.at(static_cast<size_t>(month - 1)))
                                      : fmt::format("{:0{}}", month, pads ? 2 : 1);
  const std::string text =
      fmt::format("100% {:04}/{}/{:0{}} {:0{}}:{:02}:{:02}{}{} {}", year, shown_month, day,
                  pads ? 2 : 1, clock / 3600, pads ? 2 : 1, clock / 60 % 60, clock % 60,
                  digits.empty() ? "" : ".", digits, zone.text);
  const auto time =
      ParseTimestamp(text, fmt::format("100%% %Y/{}/%d %H:%M:%S.%f %z", names_month ? "%b" : "%m"));
  RC_ASSERT(time.has_value());
  const int64_t seconds = DaysUntil(year, month, day) * 86'400 + clock - zone.seconds;
  RC_ASSERT(time->nanos() == seconds * kSecond + FractionOf(digits, kSecond));
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
