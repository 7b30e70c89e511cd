// Randomness, split by name.
//
// A `Random` is one stream of numbers. `Split("link/tm-1/tm-2")` gives another stream that depends
// only on this stream's seed and the name, never on how many numbers were drawn: one more draw in
// one place moves no other.
// Rules:  one draw per statement (the order of two draws in one expression is the compiler's); no
//         std:: distribution (they differ between libraries); probabilities are integer ratios.
// Source: SplitMix64, made to be split (Steele, Lea, Flood 2014): a counter and a finaliser; seeds
//         are XXH3 of names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/check.h"
#include "sim/time.h"

namespace flinch::sim {

// A probability as two integers. `Percent(2)` is 2 in 100 and is checked at compile time.
struct Ratio {
  uint32_t numerator = 0;
  uint32_t denominator = 1;

  friend bool operator==(const Ratio&, const Ratio&) = default;
};

consteval Ratio Percent(uint32_t value) {
  if (value > 100) {
    throw "a percentage is at most 100";
  }
  return Ratio{value, 100};
}

class Random {
 public:
  explicit Random(uint64_t seed) : seed_(seed), counter_(seed) {}

  // A stream of its own under this one's seed. Draws nothing from this stream.
  Random Split(std::string_view name) const;
  Random Split(std::string_view name, uint64_t index) const;

  uint64_t seed() const { return seed_; }

  // Where the stream stands: Random(s) has drawn nothing, and stands at s.
  uint64_t position() const { return counter_; }

  // Uniform over all 64-bit values.
  uint64_t Next() {
    counter_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = counter_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }

  // Uniform in [0, bound). `bound` is positive. Lemire 2019: the high half of a product, with the
  // few values rejected that would make it uneven.
  uint64_t Below(uint64_t bound) {
    Check(bound > 0, "a number below 0 was asked for");
    Wide product = static_cast<Wide>(Next()) * bound;
    if (static_cast<uint64_t>(product) < bound) [[unlikely]] {
      const uint64_t threshold = -bound % bound;
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<Wide>(Next()) * bound;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }

  // Uniform in [low, high], both included. `low <= high`.
  int64_t Between(int64_t low, int64_t high);
  Duration Between(Duration low, Duration high);

  // True with the given probability. Draws once even where the answer is certain, so that turning a
  // probability to 0 or 1 moves no later draw.
  bool Chance(Ratio probability);

  // An index into `weights` with probability proportional to its weight. The sum is positive.
  size_t Weighted(std::span<const uint32_t> weights);

 private:
  __extension__ using Wide = unsigned __int128;

  uint64_t seed_;
  uint64_t counter_;
};

}  // namespace flinch::sim
