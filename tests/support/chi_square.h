// Pearson's test with integers: how far counts are from what was expected.
#pragma once

#include <cstdint>
#include <span>

#include "sim/check.h"

namespace flinch::tests {

// A thousand times the sum of (count - expected)^2 / expected. Compare with a table's quantile for
// one degree of freedom less than there are counts.
inline uint64_t ChiSquareMilli(std::span<const uint64_t> counts,
                               std::span<const uint64_t> expected) {
  sim::Check(counts.size() == expected.size(), "{} counts, {} expectations", counts.size(),
             expected.size());
  uint64_t sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const uint64_t off =
        counts[i] > expected[i] ? counts[i] - expected[i] : expected[i] - counts[i];
    sum += off * off * 1000 / expected[i];
  }
  return sum;
}

}  // namespace flinch::tests
