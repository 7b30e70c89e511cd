#include "sim/random.h"

#define XXH_INLINE_ALL
#include <numeric>

#include <xxhash.h>

namespace flinch::sim {
Random Random::Split(std::string_view name) const {
  return Random(XXH3_64bits_withSeed(name.data(), name.size(), seed_));
}

Random Random::Split(std::string_view name, uint64_t index) const {
  return Random(XXH3_64bits_withSeed(&index, sizeof index, Split(name).seed()));
}

int64_t Random::Between(int64_t low, int64_t high) {
  Check(low <= high, "a number between {} and {} was asked for", low, high);
  const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const uint64_t offset = width == 0 ? Next() : Below(width);
  return static_cast<int64_t>(static_cast<uint64_t>(low) + offset);
}

Duration Random::Between(Duration low, Duration high) {
  return Duration(Between(low.count(), high.count()));
}

bool Random::Chance(Ratio probability) {
  Check(probability.denominator > 0, "a probability has the denominator 0");
  return Below(probability.denominator) < probability.numerator;
}

size_t Random::Weighted(std::span<const uint32_t> weights) {
  const uint64_t total = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  Check(total > 0, "no weight is positive");
  uint64_t point = Below(total);
  size_t index = 0;
  while (point >= weights[index]) {
    point -= weights[index];
    ++index;
  }
  return index;
}

}  // namespace flinch::sim
