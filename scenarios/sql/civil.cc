#include "scenarios/sql/civil.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace flinch::sql {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kNanosPerMinute = 60 * kNanosPerSecond;
constexpr int64_t kNanosPerHour = 60 * kNanosPerMinute;

int64_t Floor(int64_t number, int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

year_month_day DateOf(int64_t day) { return year_month_day(sys_days(days(day))); }

std::optional<int64_t> DaysOf(int64_t year, int64_t month, int64_t day) {
  const year_month_day date(std::chrono::year(static_cast<int>(year)),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || year < 1700 || year > 2250) {
    return std::nullopt;
  }
  return sys_days(date).time_since_epoch().count();
}

// Reads numbers of fixed widths and what stands between them.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Digits(size_t least, size_t most, int64_t& number) {
    size_t size = 0;
    while (size < std::min(most, rest_.size()) && rest_[size] >= '0' && rest_[size] <= '9') {
      ++size;
    }
    if (size < least) {
      return false;
    }
    number = 0;
    std::from_chars(rest_.data(), rest_.data() + size, number);
    taken_ = size;
    rest_.remove_prefix(size);
    return true;
  }

  bool Skip(char each) {
    const bool is_there = rest_.starts_with(each);
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }

  // As nanoseconds: "5" is half a second.
  bool Fraction(int64_t& nanos) {
    if (!Digits(1, 9, nanos)) {
      return false;
    }
    for (size_t i = taken_; i < 9; ++i) {
      nanos *= 10;
    }
    return true;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  size_t taken_ = 0;
};

bool ScanDate(Scanner& in, Civil& civil) {
  return in.Digits(4, 4, civil.year) && in.Skip('-') && in.Digits(1, 2, civil.month) &&
         in.Skip('-') && in.Digits(1, 2, civil.day);
}

bool ScanTime(Scanner& in, Civil& civil) {
  if (!in.Digits(1, 2, civil.hour) || !in.Skip(':') || !in.Digits(1, 2, civil.minute)) {
    return false;
  }
  if (in.Skip(':') && !in.Digits(1, 2, civil.second)) {
    return false;
  }
  return !in.Skip('.') || in.Fraction(civil.nano);
}

int64_t MonthsSince(const Civil& civil) { return civil.year * 12 + civil.month - 1; }

// The months that have passed since `from`, towards zero.
int64_t MonthsBetween(int64_t from, int64_t to) {
  int64_t months = MonthsSince(CivilOf(to)) - MonthsSince(CivilOf(from));
  const int64_t moved = AddMonths(from, months);
  if (months > 0 && moved > to) {
    --months;
  } else if (months < 0 && moved < to) {
    ++months;
  }
  return months;
}

// What one run of equal letters of a pattern stands for: where it goes, and its width.
struct Field {
  char letter;
  int64_t Civil::* member;
};

constexpr auto kFields = std::to_array<Field>({{'y', &Civil::year},
                                               {'M', &Civil::month},
                                               {'d', &Civil::day},
                                               {'H', &Civil::hour},
                                               {'m', &Civil::minute},
                                               {'s', &Civil::second},
                                               {'S', &Civil::nano}});

bool IsLetter(char each) { return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z'); }

int64_t NanosPerDigit(size_t digits) {
  int64_t nanos = 1;
  for (size_t i = digits; i < 9; ++i) {
    nanos *= 10;
  }
  return nanos;
}

// Calls field(member, width) for each run of letters and literal(char) for the rest; false as soon
// as one of them is, or for a letter that has no meaning.
template <typename OnField, typename OnLiteral>
bool WalkPattern(std::string_view pattern, OnField field, OnLiteral literal) {
  for (size_t at = 0; at < pattern.size();) {
    if (pattern[at] == '\'') {
      const size_t end = pattern.find('\'', at + 1);
      if (end == std::string_view::npos) {
        return false;
      }
      for (const char each : end == at + 1 ? "'" : pattern.substr(at + 1, end - at - 1)) {
        if (!literal(each)) {
          return false;
        }
      }
      at = end + 1;
      continue;
    }
    if (!IsLetter(pattern[at])) {
      if (!literal(pattern[at++])) {
        return false;
      }
      continue;
    }
    const size_t end = std::min(pattern.find_first_not_of(pattern[at], at), pattern.size());
    const auto known = std::ranges::find(kFields, pattern[at], &Field::letter);
    if (known == kFields.end() || !field(*known, end - at)) {
      return false;
    }
    at = end;
  }
  return true;
}

}  // namespace

Civil CivilOf(int64_t nanos) {
  const int64_t day = Floor(nanos, kNanosPerDay);
  const int64_t rest = nanos - day * kNanosPerDay;
  const year_month_day date = DateOf(day);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = rest / kNanosPerHour,
          .minute = rest / kNanosPerMinute % 60,
          .second = rest / kNanosPerSecond % 60,
          .nano = rest % kNanosPerSecond};
}

std::optional<int64_t> NanosOf(const Civil& civil) {
  const std::optional<int64_t> day = DaysOf(civil.year, civil.month, civil.day);
  if (!day || civil.hour > 23 || civil.minute > 59 || civil.second > 59) {
    return std::nullopt;
  }
  return *day * kNanosPerDay + civil.hour * kNanosPerHour + civil.minute * kNanosPerMinute +
         civil.second * kNanosPerSecond + civil.nano;
}

std::string ShowTimestamp(int64_t nanos, int precision) {
  const Civil civil = CivilOf(nanos);
  std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", civil.year, civil.month,
                                 civil.day, civil.hour, civil.minute, civil.second);
  if (precision > 0) {
    text += "." + fmt::format("{:09}", civil.nano).substr(0, static_cast<size_t>(precision));
  }
  return text;
}

std::string ShowDate(int64_t day) {
  const year_month_day date = DateOf(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<int64_t> ParseCivil(std::string_view text, TypeKind kind) {
  Scanner in(text);
  Civil civil;
  if (kind == TypeKind::kTime) {
    return ScanTime(in, civil) && in.at_end() ? NanosOf(civil) : std::nullopt;
  }
  if (!ScanDate(in, civil)) {
    return std::nullopt;
  }
  if (kind == TypeKind::kDate) {
    return in.at_end() ? DaysOf(civil.year, civil.month, civil.day) : std::nullopt;
  }
  if ((in.Skip(' ') || in.Skip('T')) && !ScanTime(in, civil)) {
    return std::nullopt;
  }
  in.Skip('Z');
  return in.at_end() ? NanosOf(civil) : std::nullopt;
}

int64_t CutFraction(int64_t nanos, int precision) {
  const int64_t step = NanosPerDigit(static_cast<size_t>(precision));
  return Floor(nanos, step) * step;
}

int64_t AddMonths(int64_t nanos, int64_t months) {
  Civil civil = CivilOf(nanos);
  const int64_t total = MonthsSince(civil) + months;
  civil.year = Floor(total, 12);
  civil.month = total - civil.year * 12 + 1;
  std::optional<int64_t> moved = NanosOf(civil);
  while (!moved && civil.day > 28) {
    --civil.day;
    moved = NanosOf(civil);
  }
  return moved.value_or(nanos);
}

std::optional<TimeUnit> UnitOf(std::string_view word) {
  static constexpr auto kUnits =
      std::to_array<std::pair<std::string_view, TimeUnit>>({{"MILLISECOND", TimeUnit::kMillisecond},
                                                            {"SECOND", TimeUnit::kSecond},
                                                            {"MINUTE", TimeUnit::kMinute},
                                                            {"HOUR", TimeUnit::kHour},
                                                            {"DAY", TimeUnit::kDay},
                                                            {"WEEK", TimeUnit::kWeek},
                                                            {"MONTH", TimeUnit::kMonth},
                                                            {"QUARTER", TimeUnit::kQuarter},
                                                            {"YEAR", TimeUnit::kYear},
                                                            {"DOW", TimeUnit::kDayOfWeek},
                                                            {"DAYOFWEEK", TimeUnit::kDayOfWeek},
                                                            {"DOY", TimeUnit::kDayOfYear},
                                                            {"DAYOFYEAR", TimeUnit::kDayOfYear},
                                                            {"DAYOFMONTH", TimeUnit::kDay},
                                                            {"EPOCH", TimeUnit::kEpoch}});
  if (word.ends_with('S')) {
    word.remove_suffix(1);
  }
  for (const auto& [name, unit] : kUnits) {
    if (name == word) {
      return unit;
    }
  }
  return std::nullopt;
}

int64_t LengthOf(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillisecond:
      return kNanosPerMilli;
    case TimeUnit::kSecond:
      return kNanosPerSecond;
    case TimeUnit::kMinute:
      return kNanosPerMinute;
    case TimeUnit::kHour:
      return kNanosPerHour;
    case TimeUnit::kDay:
      return kNanosPerDay;
    case TimeUnit::kWeek:
      return 7 * kNanosPerDay;
    default:
      return 0;
  }
}

int64_t Extract(TimeUnit unit, int64_t nanos) {
  const Civil civil = CivilOf(nanos);
  const int64_t day = Floor(nanos, kNanosPerDay);
  const int64_t new_year = *DaysOf(civil.year, 1, 1);
  switch (unit) {
    case TimeUnit::kMillisecond:
      return civil.second * 1000 + civil.nano / kNanosPerMilli;
    case TimeUnit::kSecond:
      return civil.second;
    case TimeUnit::kMinute:
      return civil.minute;
    case TimeUnit::kHour:
      return civil.hour;
    case TimeUnit::kDay:
      return civil.day;
    case TimeUnit::kWeek: {  // ISO: the one that holds the year's first Thursday is 1
      const int64_t thursday = day - (day + 3 - Floor(day + 3, 7) * 7) + 3;
      const int64_t year = static_cast<int>(DateOf(thursday).year());
      return (thursday - *DaysOf(year, 1, 1)) / 7 + 1;
    }
    case TimeUnit::kMonth:
      return civil.month;
    case TimeUnit::kQuarter:
      return (civil.month + 2) / 3;
    case TimeUnit::kYear:
      return civil.year;
    case TimeUnit::kDayOfWeek:
      return day + 4 - Floor(day + 4, 7) * 7 + 1;
    case TimeUnit::kDayOfYear:
      return day - new_year + 1;
    case TimeUnit::kEpoch:
      return Floor(nanos, kNanosPerSecond);
  }
  return 0;
}

int64_t FloorTo(TimeUnit unit, int64_t nanos) {
  if (unit == TimeUnit::kWeek) {  // which begins with Sunday
    const int64_t day = Floor(nanos, kNanosPerDay);
    return (Floor(day + 4, 7) * 7 - 4) * kNanosPerDay;
  }
  if (const int64_t length = LengthOf(unit); length > 0) {
    return Floor(nanos, length) * length;
  }
  const Civil civil = CivilOf(nanos);
  Civil first{.year = civil.year, .month = civil.month};
  if (unit == TimeUnit::kQuarter) {
    first.month = (civil.month - 1) / 3 * 3 + 1;
  } else if (unit == TimeUnit::kYear) {
    first.month = 1;
  }
  return *NanosOf(first);
}

int64_t CeilTo(TimeUnit unit, int64_t nanos) {
  const int64_t floor = FloorTo(unit, nanos);
  if (floor == nanos) {
    return nanos;
  }
  if (const int64_t length = LengthOf(unit); length > 0) {
    return floor + length;
  }
  return AddMonths(floor, unit == TimeUnit::kYear ? 12 : unit == TimeUnit::kQuarter ? 3 : 1);
}

int64_t Difference(TimeUnit unit, int64_t from, int64_t to) {
  if (const int64_t length = LengthOf(unit); length > 0) {
    return (to - from) / length;
  }
  const int64_t months = MonthsBetween(from, to);
  return unit == TimeUnit::kYear ? months / 12 : unit == TimeUnit::kQuarter ? months / 3 : months;
}

std::optional<std::string> FormatTime(int64_t nanos, std::string_view pattern) {
  const Civil civil = CivilOf(nanos);
  std::string text;
  const bool is_known = WalkPattern(
      pattern,
      [&](const Field& field, size_t width) {
        if (field.letter == 'S') {
          text += fmt::format("{:09}", civil.nano).substr(0, std::min<size_t>(width, 9));
        } else {
          text += field.letter == 'y' && width == 2
                      ? fmt::format("{:02}", civil.year % 100)
                      : fmt::format("{:0{}}", civil.*field.member, width);
        }
        return true;
      },
      [&](char each) {
        text += each;
        return true;
      });
  return is_known ? std::optional(text) : std::nullopt;
}

std::optional<int64_t> ParseTime(std::string_view text, std::string_view pattern) {
  Scanner in(text);
  Civil civil;
  const bool fits = WalkPattern(
      pattern,
      [&](const Field& field, size_t width) {
        if (field.letter == 'S') {
          return in.Fraction(civil.nano);
        }
        return in.Digits(1, std::max<size_t>(width, 2), civil.*field.member);
      },
      [&](char each) { return in.Skip(each); });
  return fits && in.at_end() ? NanosOf(civil) : std::nullopt;
}

}  // namespace flinch::sql
