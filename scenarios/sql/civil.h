// Dates and times of day as numbers, and back: proleptic Gregorian, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/sql/value.h"

namespace flinch::sql {

// Broken down; `second` without, `nano` with what is behind the point.
struct Civil {
  int64_t year = 1970;
  int64_t month = 1;
  int64_t day = 1;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t nano = 0;
};

Civil CivilOf(int64_t nanos);

// Nothing when there is no such day or time.
std::optional<int64_t> NanosOf(const Civil& civil);

// "2026-01-01 00:00:00.500" with the precision 3.
std::string ShowTimestamp(int64_t nanos, int precision);
std::string ShowDate(int64_t days);

// A timestamp in nanoseconds, a date in days, a time of day in nanoseconds.
std::optional<int64_t> ParseCivil(std::string_view text, TypeKind kind);

// Without what is behind so many digits of the fraction, towards the past.
int64_t CutFraction(int64_t nanos, int precision);

// Moved by months; the day is at most the last of its month.
int64_t AddMonths(int64_t nanos, int64_t months);

enum class TimeUnit : uint8_t {
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDayOfWeek,  // 1 is Sunday
  kDayOfYear,
  kEpoch,
};

// "MINUTE" and the like, and "MINUTES", in upper case.
std::optional<TimeUnit> UnitOf(std::string_view word);

// Of units with a fixed length, in nanoseconds; else 0.
int64_t LengthOf(TimeUnit unit);

// EXTRACT(unit FROM time).
int64_t Extract(TimeUnit unit, int64_t nanos);

// FLOOR(time TO unit), CEIL(time TO unit).
int64_t FloorTo(TimeUnit unit, int64_t nanos);
int64_t CeilTo(TimeUnit unit, int64_t nanos);

// TIMESTAMPDIFF(unit, from, to): whole units, towards zero.
int64_t Difference(TimeUnit unit, int64_t from, int64_t to);

// A pattern of Java's: yyyy MM dd HH mm ss SSS, in quotes what stands for itself. Nothing for
// others.
std::optional<std::string> FormatTime(int64_t nanos, std::string_view pattern);
std::optional<int64_t> ParseTime(std::string_view text, std::string_view pattern);

}  // namespace flinch::sql
