// Draws latencies of the shapes of sim/world/network_options.h with integers only, so that every
// machine and compiler draws the same.
#pragma once

#include <cstdint>

#include "sim/kernel/choices.h"
#include "sim/world/network_options.h"

namespace flinch::sim {

// One draw; a bimodal latency takes two. `latency` is valid (Validate).
Duration DrawLatency(const Latency& latency, ChoicePoint& point);

// -ln(u / 2^32) in units of 2^-16, for u in [1, 2^32]: from a table of 256 logarithms and straight
// lines between them, at most one unit off plus 2^-16 of the value.
uint64_t NegativeLog(uint64_t u);

}  // namespace flinch::sim
