#include "scenarios/model/timestamp.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {
namespace {

using text::Quote;

constexpr std::string_view kDirectives = "YmdbHMSfzsQ%";
constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr auto kMonths = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});

constexpr std::string_view kFraction = ".%f";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct TimeParts {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t fraction_nanos = 0;  // with its sign
  // Of the whole number that was read last: what a fraction behind it is a fraction of.
  int64_t unit_nanos = kNanosPerSecond;
  bool is_negative = false;
  int64_t offset_seconds = 0;
  std::optional<int64_t> since_1970_nanos;
};

// Reads a text from left to right; every call says whether it found what it was asked for.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }

  bool Literal(char expected) {
    if (expected == ' ') {
      const size_t blanks = std::min(rest_.find_first_not_of(" \t"), rest_.size());
      rest_.remove_prefix(blanks);
      return blanks > 0;
    }
    if (rest_.empty() || rest_.front() != expected) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  // Between `digits_min` and `digits_max` digits with a value from `low` to `high`.
  bool Number(size_t digits_min, size_t digits_max, std::pair<int64_t, int64_t> range,
              int64_t& value) {
    size_t digits = 0;
    int64_t number = 0;
    while (digits < digits_max && digits < rest_.size() && IsDigit(rest_[digits])) {
      number = number * 10 + (rest_[digits] - '0');
      ++digits;
    }
    if (digits < digits_min || number < range.first || number > range.second) {
      return false;
    }
    rest_.remove_prefix(digits);
    value = number;
    return true;
  }

  bool Month(unsigned& month) {
    for (size_t i = 0; i < kMonths.size(); ++i) {
      if (rest_.starts_with(kMonths[i])) {
        month = static_cast<unsigned>(i + 1);
        rest_.remove_prefix(kMonths[i].size());
        return true;
      }
    }
    return false;
  }

  bool Fraction(int64_t& nanos) {
    const size_t before = rest_.size();
    if (!Number(1, 9, {0, kNanosPerSecond - 1}, nanos)) {
      return false;
    }
    for (size_t digits = before - rest_.size(); digits < 9; ++digits) {
      nanos *= 10;
    }
    return rest_.empty() || !IsDigit(rest_.front());
  }

  bool Offset(int64_t& seconds) {
    if (Literal('Z')) {
      seconds = 0;
      return true;
    }
    const bool is_negative = !rest_.empty() && rest_.front() == '-';
    if (!Literal(is_negative ? '-' : '+')) {
      return false;
    }
    int64_t hours = 0;
    int64_t minutes = 0;
    if (!Number(2, 2, {0, 23}, hours)) {
      return false;
    }
    Literal(':');
    if (!Number(2, 2, {0, 59}, minutes)) {
      return false;
    }
    seconds = (is_negative ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
  }

  bool SinceEpoch(int64_t nanos_per_unit, bool& is_negative, std::optional<int64_t>& nanos) {
    is_negative = Literal('-');
    int64_t units = 0;
    int64_t magnitude = 0;
    if (!Number(1, 18, {0, INT64_MAX}, units)) {
      return false;
    }
    bool is_longer = false;
    while (!rest_.empty() && IsDigit(rest_.front())) {
      rest_.remove_prefix(1);
      is_longer = true;
    }
    if (is_longer || __builtin_mul_overflow(units, nanos_per_unit, &magnitude)) {
      magnitude = INT64_MAX;  // is refused like every time out of range
    }
    nanos = is_negative ? -magnitude : magnitude;
    return true;
  }

 private:
  std::string_view rest_;
};

bool ReadDirective(TimeReader& in, char directive, TimeParts& parts) {
  int64_t number = 0;
  switch (directive) {
    case 'Y':
      if (!in.Number(4, 4, {0, 9999}, number)) {
        return false;
      }
      parts.year = static_cast<int>(number);
      return true;
    case 'm':
    case 'd':
      if (!in.Number(1, 2, {1, directive == 'm' ? 12 : 31}, number)) {
        return false;
      }
      (directive == 'm' ? parts.month : parts.day) = static_cast<unsigned>(number);
      return true;
    case 'b':
      return in.Month(parts.month);
    case 'H':
      return in.Number(1, 2, {0, 23}, parts.hour);
    case 'M':
      return in.Number(1, 2, {0, 59}, parts.minute);
    case 'S':
      parts.unit_nanos = kNanosPerSecond;
      parts.is_negative = false;
      return in.Number(1, 2, {0, 59}, parts.second);
    case 'f':
      if (!in.Fraction(parts.fraction_nanos)) {
        return false;
      }
      parts.fraction_nanos /= kNanosPerSecond / parts.unit_nanos;
      parts.fraction_nanos *= parts.is_negative ? -1 : 1;
      return true;
    case 'z':
      return in.Offset(parts.offset_seconds);
    case 's':
    case 'Q':
      parts.unit_nanos = directive == 's' ? kNanosPerSecond : kNanosPerMilli;
      return in.SinceEpoch(parts.unit_nanos, parts.is_negative, parts.since_1970_nanos);
    default:
      return in.Literal('%');
  }
}

sim::Result<engine::EventTime> Compose(const TimeParts& parts, std::string_view text) {
  const std::chrono::year_month_day date{
      std::chrono::year(parts.year), std::chrono::month(parts.month), std::chrono::day(parts.day)};
  if (!date.ok()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("{} names a day that does not exist.", Quote(text)));
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds =
      days * 86'400 + parts.hour * 3600 + parts.minute * 60 + parts.second - parts.offset_seconds;
  int64_t nanos = parts.since_1970_nanos.value_or(0);
  bool overflows =
      !parts.since_1970_nanos && __builtin_mul_overflow(seconds, kNanosPerSecond, &nanos);
  overflows = overflows || __builtin_add_overflow(nanos, parts.fraction_nanos, &nanos);
  if (overflows || nanos < kFirstTime.nanos() || nanos > kLastTime.nanos()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("{} lies outside the years 1900 to 2149.", Quote(text)));
  }
  return engine::EventTime(nanos);
}

}  // namespace

sim::Result<void> CheckTimestampFormat(std::string_view format) {
  if (format.empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "A timestamp format is needed, for example \"%Y-%m-%d %H:%M:%S\".");
  }
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      continue;
    }
    ++at;
    if (at == format.size() || !kDirectives.contains(format[at])) {
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("The timestamp format {} holds {}, which means nothing; known are "
                      "%Y %m %d %b %H %M %S %f %z %s %Q %%.",
                      Quote(format), Quote(format.substr(at - 1, 2))));
    }
  }
  return {};
}

sim::Result<engine::EventTime> ParseTimestamp(std::string_view text, std::string_view format) {
  TimeReader in(text);
  TimeParts parts;
  for (size_t at = 0; at < format.size(); ++at) {
    const std::string_view before = in.rest();
    if (format.substr(at).starts_with(kFraction) && !before.starts_with('.')) {
      at += kFraction.size() - 1;  // whole units are written without it by many
      continue;
    }
    const bool is_directive = format[at] == '%' && at + 1 < format.size();
    const bool found =
        is_directive ? ReadDirective(in, format[++at], parts) : in.Literal(format[at]);
    if (!found) {
      const std::string wanted = (is_directive ? "%" : "") + std::string(1, format[at]);
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("{} is no time in the format {}: {} does not match {}.", Quote(text),
                      Quote(format), before.empty() ? "the end" : Quote(before),
                      wanted == " " ? "a blank" : text::Printable(wanted)));
    }
  }
  if (!in.rest().empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("{} is no time in the format {}: {} is left over.", Quote(text),
                                 Quote(format), Quote(in.rest())));
  }
  return Compose(parts, text);
}

std::string ShowUtc(engine::EventTime time) {
  const std::chrono::sys_time<std::chrono::nanoseconds> point{
      std::chrono::nanoseconds(time.nanos())};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::nanoseconds> clock(point - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (const int64_t nanos = clock.subseconds().count(); nanos != 0) {
    std::string fraction = fmt::format("{:09}", nanos);
    while (fraction.ends_with("000")) {
      fraction.resize(fraction.size() - 3);
    }
    text += "." + fraction;
  }
  return text + "Z";
}

sim::Result<engine::EventTime> ParseUtc(std::string_view text) {
  return ParseTimestamp(text, "%Y-%m-%dT%H:%M:%S.%f%z");
}

}  // namespace flinch::scenarios
