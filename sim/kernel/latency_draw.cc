#include "sim/kernel/latency_draw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "sim/check.h"

namespace flinch::sim {
namespace {

constexpr uint32_t kTableBits = 8;
constexpr uint64_t kLn2 = 2'977'044'472;  // ln 2 in units of 2^-32

// log2(mantissa / 2^31) in units of 2^-32, for a mantissa in [2^31, 2^32): squaring doubles the
// logarithm, so each square that reaches 2 is one more bit of it.
constexpr uint64_t LogOfMantissa(uint64_t mantissa) {
  uint64_t log = 0;
  for (int bit = 0; bit < 32; ++bit) {
    mantissa = mantissa * mantissa >> 31;
    log <<= 1;
    if (mantissa >= uint64_t{1} << 32) {
      mantissa >>= 1;
      log |= 1;
    }
  }
  return log;
}

// log2(1 + i / 256) in units of 2^-32.
constexpr auto kLogs = [] {
  std::array<uint64_t, (1U << kTableBits) + 1> logs{};
  for (uint64_t i = 0; i < logs.size() - 1; ++i) {
    logs[i] = LogOfMantissa((uint64_t{1} << 31) + (i << (31 - kTableBits)));
  }
  logs.back() = uint64_t{1} << 32;
  return logs;
}();

Duration Draw(const UniformLatency& latency, ChoicePoint& point) {
  return point.Between(latency.min, latency.max);
}

Duration Draw(const ExponentialLatency& latency, ChoicePoint& point) {
  const uint64_t u = point.Below(uint64_t{1} << 32) + 1;
  // At most 3.6e12 ns times 22.2 * 2^16: below 2^63.
  const uint64_t added = static_cast<uint64_t>(latency.mean.count()) * NegativeLog(u) >> 16;
  return std::min(latency.max, latency.min + Duration(static_cast<int64_t>(added)));
}

Duration Draw(const BimodalLatency& latency, ChoicePoint& point) {
  const bool slow = point.Chance(latency.slow_share);
  return Draw(slow ? latency.slow : latency.fast, point);
}

}  // namespace

uint64_t NegativeLog(uint64_t u) {
  Check(u >= 1 && u <= uint64_t{1} << 32, "the logarithm of {} is not in the table", u);
  const auto exponent = static_cast<uint32_t>(std::bit_width(u) - 1);
  // What is below the leading one, as a fraction in units of 2^-32.
  const uint64_t fraction = (u << (32 - exponent)) & 0xffff'ffff;
  const uint64_t index = fraction >> (32 - kTableBits);
  const uint64_t rest = fraction & ((uint64_t{1} << (32 - kTableBits)) - 1);
  const uint64_t step = kLogs[index + 1] - kLogs[index];
  const uint64_t log =
      (uint64_t{exponent} << 32) + kLogs[index] + (step * (rest >> 4) >> (32 - kTableBits - 4));
  // Both factors in units of 2^-24, so that their product fits.
  const uint64_t negative = (uint64_t{32} << 32) - log;
  return (negative >> 8) * (kLn2 >> 8) >> 32;
}

Duration DrawLatency(const Latency& latency, ChoicePoint& point) {
  return std::visit([&](const auto& shape) { return Draw(shape, point); }, latency);
}

}  // namespace flinch::sim
