// Invents conditions of links, for properties that hold in all of them.
#pragma once

#include <cstdint>
#include <vector>

#include <rapidcheck.h>

#include "sim/world/network_options.h"

namespace flinch::tests {

inline sim::Ratio AnyShare() {
  const auto denominator = *rc::gen::inRange<uint32_t>(1, 5);
  const auto numerator = *rc::gen::inRange<uint32_t>(0, denominator + 1);
  return {numerator, denominator};
}

inline sim::Latency AnyLatency() {
  using std::chrono::milliseconds;
  const milliseconds min(*rc::gen::inRange(0, 20));
  const milliseconds max = min + milliseconds(*rc::gen::inRange(0, 20));
  const int shape = *rc::gen::inRange(0, 3);
  if (shape == 0) {
    return sim::UniformLatency{.min = min, .max = max};
  }
  if (shape == 1) {
    return sim::ExponentialLatency{.min = min, .mean = milliseconds(5), .max = max};
  }
  return sim::BimodalLatency{.fast = {.min = min, .max = max},
                             .slow = {.min = max, .max = max + milliseconds(50)},
                             .slow_share = {1, 3}};
}

// Undetected corruption only where asked for: messages have another contract under it.
inline sim::LinkCondition AnyCondition(sim::Corruption corruption = sim::Corruption::kDetected) {
  using std::chrono::milliseconds;
  sim::LinkCondition condition;
  const auto mask = *rc::gen::inRange<uint32_t>(0, 1U << 15);
  const auto has = [mask](uint32_t bit) { return (mask >> bit & 1) != 0; };
  condition.cut = has(0) && has(1);
  condition.clog = has(9) && has(10);
  condition.corruption = corruption;
  if (has(11)) {
    condition.latency = AnyLatency();
  }
  condition.loss = has(3) ? AnyShare() : sim::Ratio{};
  condition.duplicate = has(4) ? AnyShare() : sim::Ratio{};
  condition.reorder = has(5) ? AnyShare() : sim::Ratio{};
  condition.corrupt = has(6) ? AnyShare() : sim::Ratio{};
  condition.stall = has(7) ? AnyShare() : sim::Ratio{};
  condition.delay = milliseconds(has(8) ? *rc::gen::inRange(0, 100) : 0);
  condition.bytes_per_second = has(12) ? *rc::gen::inRange<uint64_t>(1'000, 1'000'000) : 0;
  condition.read_bytes_per_second = has(13) ? *rc::gen::inRange<uint64_t>(1'000, 1'000'000) : 0;
  condition.in_flight = static_cast<sim::InFlight>(*rc::gen::inRange(0, 3));
  return condition;
}

}  // namespace flinch::tests
