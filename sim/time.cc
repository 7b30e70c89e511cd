#include "sim/time.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace flinch::sim {

std::string Show(SimTime time) {
  const int64_t nanos = Nanos(time);
  const auto magnitude = nanos < 0 ? -static_cast<uint64_t>(nanos) : static_cast<uint64_t>(nanos);
  std::string text = fmt::format("{}{}.{:09}", nanos < 0 ? "-" : "", magnitude / 1'000'000'000,
                                 magnitude % 1'000'000'000);
  const size_t digits_min = text.find('.') + 4;
  while (text.size() > digits_min && text.back() == '0') {
    text.pop_back();
  }
  return text + "s";
}

std::string Show(WallTime time) { return Show(SimTime(time.time_since_epoch())); }

std::string Show(Duration span) {
  static constexpr auto kUnits = std::to_array<std::pair<int64_t, std::string_view>>({
      {3'600'000'000'000, "h"},
      {60'000'000'000, "m"},
      {1'000'000'000, "s"},
      {1'000'000, "ms"},
      {1'000, "us"},
      {1, "ns"},
  });
  const int64_t nanos = span.count();
  if (nanos == 0) {
    return "0s";
  }
  for (const auto& [size, unit] : kUnits) {
    if (nanos % size == 0) {
      return fmt::format("{}{}", nanos / size, unit);
    }
  }
  return fmt::format("{}ns", nanos);
}

}  // namespace flinch::sim
