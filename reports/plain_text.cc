#include "reports/plain_text.h"

#include <fmt/format.h>

namespace flinch::reports {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr uint64_t kFirstWithCommas = 10'000;

}  // namespace

std::string ShowClock(sim::SimTime time, ClockDigits digits) {
  const int64_t micros = sim::Nanos(time) / 1'000;
  const int64_t seconds = micros / kMicrosPerSecond;
  const int64_t fraction = micros % kMicrosPerSecond;
  const std::string minutes = fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
  if (digits == ClockDigits::kMillis) {
    return fmt::format("{}.{:03}", minutes, fraction / 1'000);
  }
  return fmt::format("{}.{:06}", minutes, fraction);
}

std::string ShowCount(uint64_t count) {
  std::string text = std::to_string(count);
  if (count < kFirstWithCommas) {
    return text;
  }
  for (size_t place = text.size(); place > 3; place -= 3) {
    text.insert(place - 3, ",");
  }
  return text;
}

std::string OneLine(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '\\') {
      line += "\\\\";
    } else if (each == '\n') {
      line += "\\n";
    } else if (each == '\t') {
      line += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += each;
    }
  }
  return line;
}

std::string Wrap(std::string_view text, size_t indent, const WrapOptions& options) {
  std::string wrapped;
  std::string line(indent, ' ');
  while (!text.empty()) {
    const size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    const bool is_first = line.find_first_not_of(' ') == std::string::npos;
    if (!is_first && line.size() + 1 + word.size() > options.columns) {
      wrapped += line + '\n';
      line.assign(indent + options.hanging, ' ');
    } else if (!is_first) {
      line += ' ';
    }
    line += word;
  }
  return wrapped + line + '\n';
}

}  // namespace flinch::reports
