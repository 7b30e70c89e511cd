// Ascending numbers, kept as the ranges in which they follow one another.
//
// Cost: of every answer but `Numbers`, by the ranges and not by the numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace flinch::scenarios {

class NumberRanges {
 public:
  // From the first to the last, both included.
  struct Range {
    uint64_t first = 0;
    uint64_t last = 0;

    friend bool operator==(const Range&, const Range&) = default;
  };

  NumberRanges() = default;

  // Exactly these, which ascend.
  static NumberRanges Of(std::span<const uint64_t> numbers);
  // So many, from `first` on.
  static NumberRanges From(uint64_t first, uint64_t count);

  // False, and nothing is done, when it does not lie behind what is there.
  bool Append(const Range& range);

  uint64_t size() const { return size_; }

  bool empty() const { return ranges_.empty(); }

  // The greatest number; 0 of none.
  uint64_t last() const { return ranges_.empty() ? 0 : ranges_.back().last; }

  bool Has(uint64_t number) const;

  // Without those at the places from `begin` to before `end`, counted from 0.
  NumberRanges Without(uint64_t begin, uint64_t end) const;

  const std::vector<Range>& ranges() const { return ranges_; }

  std::vector<uint64_t> Numbers() const;

  friend bool operator==(const NumberRanges&, const NumberRanges&) = default;

 private:
  std::vector<Range> ranges_;
  uint64_t size_ = 0;
};

}  // namespace flinch::scenarios
