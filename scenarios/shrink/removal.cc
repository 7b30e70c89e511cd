#include "scenarios/shrink/removal.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace flinch::scenarios {

namespace {

using Items = std::vector<uint64_t>;

Items Without(const Items& items, size_t begin, size_t end) {
  Items rest(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(begin));
  rest.insert(rest.end(), items.begin() + static_cast<std::ptrdiff_t>(end), items.end());
  return rest;
}

// Takes out every chunk of this size that is not needed; whether there was one.
bool RemoveChunks(Items& items, size_t size, const std::function<bool(const Items&)>& holds) {
  bool removed = false;
  for (size_t end = items.size(); end > 0;) {
    const size_t begin = end > size ? end - size : 0;
    Items rest = Without(items, begin, end);
    if (holds(rest)) {
      items = std::move(rest);
      removed = true;
    }
    end = begin;
  }
  return removed;
}

}  // namespace

std::vector<uint64_t> KeepFewest(std::vector<uint64_t> items,
                                 const std::function<bool(const std::vector<uint64_t>&)>& holds) {
  if (items.empty() || holds({})) {
    return {};
  }
  // Again until nothing goes: what holds of fewer may let a chunk go that more needed.
  for (size_t before = items.size() + 1; before > items.size();) {
    before = items.size();
    for (size_t size = items.size() / 2; size > 1; size = std::min(size, items.size()) / 2) {
      RemoveChunks(items, size, holds);
    }
    // One alone is needed: that none is was just tried.
    while (items.size() > 1 && RemoveChunks(items, 1, holds)) {
    }
  }
  return items;
}

uint64_t FindSmaller(uint64_t value, uint64_t floor, const std::function<bool(uint64_t)>& holds) {
  if (value <= floor) {
    return value;
  }
  if (holds(floor)) {
    return floor;
  }
  // Below `low` is what was seen not to hold.
  uint64_t low = floor + 1;
  while (low < value) {
    const uint64_t middle = low + (value - low) / 2;
    if (holds(middle)) {
      value = middle;
    } else {
      low = middle + 1;
    }
  }
  return value;
}

}  // namespace flinch::scenarios
