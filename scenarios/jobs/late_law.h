// The law of counts per window where rows may be dropped as late.
#pragma once

#include <source_location>

#include "scenarios/oracles/laws.h"
#include "sim/time.h"

namespace flinch::scenarios {

// Of values that are WindowCounts of tumbling windows: each window is there once, those of a key in
// their order, and counts each of its rows, but for rows that were told to be dropped and could be:
// the watermark, which lags behind the newest row of their partition, may have passed their window.
Law CountsLessDropped(sim::Duration window,
                      std::source_location where = std::source_location::current());

}  // namespace flinch::scenarios
