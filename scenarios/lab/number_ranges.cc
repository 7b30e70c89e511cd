#include "scenarios/lab/number_ranges.h"

#include <algorithm>

namespace flinch::scenarios {

NumberRanges NumberRanges::Of(std::span<const uint64_t> numbers) {
  NumberRanges ranges;
  for (const uint64_t number : numbers) {
    ranges.Append({.first = number, .last = number});
  }
  return ranges;
}

NumberRanges NumberRanges::From(uint64_t first, uint64_t count) {
  NumberRanges ranges;
  if (count > 0) {
    ranges.Append({.first = first, .last = first + count - 1});
  }
  return ranges;
}

bool NumberRanges::Append(const Range& range) {
  if (range.last < range.first || (!ranges_.empty() && range.first <= ranges_.back().last)) {
    return false;
  }
  if (!ranges_.empty() && range.first == ranges_.back().last + 1) {
    ranges_.back().last = range.last;
  } else {
    ranges_.push_back(range);
  }
  size_ += range.last - range.first + 1;
  return true;
}

bool NumberRanges::Has(uint64_t number) const {
  const auto range = std::ranges::lower_bound(ranges_, number, {}, &Range::last);
  return range != ranges_.end() && range->first <= number;
}

NumberRanges NumberRanges::Without(uint64_t begin, uint64_t end) const {
  NumberRanges rest;
  uint64_t place = 0;  // of the range's first number
  for (const Range& range : ranges_) {
    const uint64_t count = range.last - range.first + 1;
    const uint64_t before = std::min(count, begin - std::min(begin, place));
    const uint64_t behind = std::min(count, end - std::min(end, place));
    if (before > 0) {
      rest.Append({.first = range.first, .last = range.first + before - 1});
    }
    if (behind < count) {
      rest.Append({.first = range.first + std::max(before, behind), .last = range.last});
    }
    place += count;
  }
  return rest;
}

std::vector<uint64_t> NumberRanges::Numbers() const {
  std::vector<uint64_t> numbers;
  numbers.reserve(size_);
  for (const Range& range : ranges_) {
    for (uint64_t behind = 0; behind <= range.last - range.first; ++behind) {
      numbers.push_back(range.first + behind);
    }
  }
  return numbers;
}

}  // namespace flinch::scenarios
