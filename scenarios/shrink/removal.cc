#include "scenarios/shrink/removal.h"

#include <algorithm>
#include <utility>

#include <rapidcheck/seq/Create.h>
#include <rapidcheck/seq/Transform.h>
#include <rapidcheck/shrink/Shrink.h>

namespace flinch::scenarios {

namespace {

using Items = std::vector<uint64_t>;
using Holds = std::function<bool(const Items&)>;

// Of so many items any that stand together may be tried: 78 of 12.
constexpr size_t kFew = 12;

struct Chunk {
  size_t begin = 0;
  size_t end = 0;
};

Items Without(const Items& items, const Chunk& chunk) {
  Items rest(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(chunk.begin));
  rest.insert(rest.end(), items.begin() + static_cast<std::ptrdiff_t>(chunk.end), items.end());
  return rest;
}

// Chunks of this size, the last ones first: what one takes out moves none of those before it.
rc::Seq<Chunk> ChunksOf(size_t count, size_t size) {
  return rc::seq::map(rc::seq::range<size_t>(0, (count + size - 1) / size), [=](size_t number) {
    const size_t end = count - number * size;
    return Chunk{.begin = end - std::min(end, size), .end = end};
  });
}

// Of how many items it is worth it to begin again.
size_t GainMin(const Items& items, const Thoroughness& thoroughness) {
  return items.size() / thoroughness.gain_min + 1;
}

// Takes out every chunk of this size that is not needed; how many items went.
size_t RemoveChunks(Items& items, size_t size, const Holds& holds) {
  const size_t before = items.size();
  rc::Seq<Chunk> chunks = ChunksOf(items.size(), size);
  while (const rc::Maybe<Chunk> chunk = chunks.next()) {
    Items rest = Without(items, *chunk);
    if (holds(rest)) {
      items = std::move(rest);
    }
  }
  return before - items.size();
}

// Again for the halves of each size down to the finest; nothing and all are not asked for.
void RemoveSmallerAndSmaller(Items& items, const Thoroughness& thoroughness, const Holds& holds) {
  const size_t finest = (items.size() - 1) / thoroughness.chunks_max + 1;
  // The distances are all, a half, a quarter, ... one.
  rc::Seq<size_t> sizes = rc::seq::drop(1, rc::shrink::towards<size_t>(0, items.size()));
  while (const rc::Maybe<size_t> size = sizes.next()) {
    if (*size > finest && *size < items.size()) {
      RemoveChunks(items, *size, holds);
    }
  }
  while (items.size() > finest &&
         RemoveChunks(items, finest, holds) >= GainMin(items, thoroughness)) {
  }
}

// Any that stand together, the most of them first.
void RemoveNeighbours(Items& items, const Holds& holds) {
  const auto fewer = [&items] { return rc::seq::drop(1, rc::shrink::removeChunks(items)); };
  rc::Seq<Items> candidates = fewer();
  while (rc::Maybe<Items> rest = candidates.next()) {
    if (holds(*rest)) {
      items = *std::move(rest);
      candidates = fewer();
    }
  }
}

}  // namespace

std::vector<uint64_t> KeepFewest(std::vector<uint64_t> items,
                                 const std::function<bool(const std::vector<uint64_t>&)>& holds,
                                 Thoroughness thoroughness) {
  if (items.empty() || holds({})) {
    return {};
  }
  // Again until nothing goes: what holds of fewer may let a chunk go that more needed.
  for (size_t gain = items.size(); gain >= GainMin(items, thoroughness);) {
    const size_t before = items.size();
    RemoveSmallerAndSmaller(items, thoroughness, holds);
    if (items.size() <= kFew) {
      RemoveNeighbours(items, holds);
    }
    gain = before - items.size();
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
  // `failed` was seen not to hold. Half way to it, a quarter of the way ... one less.
  uint64_t failed = floor;
  const auto smaller = [&] { return rc::seq::drop(1, rc::shrink::towards(value, failed)); };
  rc::Seq<uint64_t> candidates = smaller();
  while (const rc::Maybe<uint64_t> candidate = candidates.next()) {
    if (holds(*candidate)) {
      value = *candidate;
      candidates = smaller();
    } else {
      failed = *candidate;
    }
  }
  return value;
}

}  // namespace flinch::scenarios
