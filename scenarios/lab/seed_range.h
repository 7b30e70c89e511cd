// Which seeds, as they are typed.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/result.h"

namespace flinch::scenarios {

// From `first` to `last`, both included.
struct SeedRange {
  uint64_t first = 1;
  uint64_t last = 1;
};

// "7" or "1..200".
sim::Result<SeedRange> ParseSeeds(std::string_view text);

}  // namespace flinch::scenarios
