// Pearson's chi-square of counts against weights, in integers.
//
// Compare with a bound from a table (99.9 %): 1 degree of freedom 10'828, 2: 13'816, 3: 16'266,
// 4: 18'467, 5: 20'515, 7: 24'322, 8: 26'124, 11: 31'264, 15: 37'697, 63: 103'442, all in
// thousandths.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>

#include "sim/check.h"

namespace flinch::tests {

// In thousandths. `weights` are positive and as many as `counts`; expected counts do as well.
inline uint64_t ChiSquareMilli(std::span<const uint64_t> counts,
                               std::span<const uint64_t> weights) {
  sim::Check(counts.size() == weights.size(), "{} counts, {} weights", counts.size(),
             weights.size());
  const uint64_t draws = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  const uint64_t sum = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  uint64_t result = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const uint64_t expected = draws * weights[i] / sum;
    const uint64_t off = counts[i] > expected ? counts[i] - expected : expected - counts[i];
    result += off * off * 1'000 / expected;
  }
  return result;
}

}  // namespace flinch::tests
