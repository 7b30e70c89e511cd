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

// Never undetected corruption: it has another contract.
inline sim::LinkCondition AnyCondition() {
  using std::chrono::milliseconds;
  sim::LinkCondition condition;
  const auto mask = *rc::gen::inRange<uint32_t>(0, 1U << 9);
  const auto has = [mask](uint32_t bit) { return (mask >> bit & 1) != 0; };
  condition.cut = has(0) && has(1);
  condition.clog = has(1) && has(2);
  condition.loss = has(3) ? AnyShare() : sim::Ratio{};
  condition.duplicate = has(4) ? AnyShare() : sim::Ratio{};
  condition.reorder = has(5) ? AnyShare() : sim::Ratio{};
  condition.corrupt = has(6) ? AnyShare() : sim::Ratio{};
  condition.stall = has(7) ? AnyShare() : sim::Ratio{};
  condition.delay = milliseconds(has(8) ? *rc::gen::inRange(0, 100) : 0);
  condition.bytes_per_second = has(2) ? *rc::gen::inRange<uint64_t>(1'000, 1'000'000) : 0;
  condition.read_bytes_per_second = has(0) ? *rc::gen::inRange<uint64_t>(1'000, 1'000'000) : 0;
  condition.in_flight = static_cast<sim::InFlight>(*rc::gen::inRange(0, 3));
  return condition;
}

}  // namespace flinch::tests
