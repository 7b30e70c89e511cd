#include "scenarios/lab/removal.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <rapidcheck/seq/Create.h>
#include <rapidcheck/seq/Transform.h>
#include <rapidcheck/shrink/Shrink.h>

namespace flinch::scenarios {

namespace {

using Holds = std::function<bool(const NumberRanges&)>;
using Stop = std::function<bool()>;

// Of so many items any that stand together may be tried: 78 of 12.
constexpr size_t kFew = 12;

struct Chunk {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Chunks of this size, the last ones first: what one takes out moves none of those before it.
rc::Seq<Chunk> ChunksOf(uint64_t count, uint64_t size) {
  return rc::seq::map(rc::seq::range<uint64_t>(0, (count - 1) / size + 1), [=](uint64_t number) {
    const uint64_t end = count - number * size;
    return Chunk{.begin = end - std::min(end, size), .end = end};
  });
}

// Of how many items it is worth it to begin again.
uint64_t GainMin(const NumberRanges& items, const Thoroughness& thoroughness) {
  return items.size() / thoroughness.gain_min + 1;
}

// Takes out every chunk of this size that is not needed; how many items went.
uint64_t RemoveChunks(NumberRanges& items, uint64_t size, const Holds& holds, const Stop& stop) {
  const uint64_t before = items.size();
  rc::Seq<Chunk> chunks = ChunksOf(before, size);
  for (rc::Maybe<Chunk> chunk = chunks.next(); chunk && !stop(); chunk = chunks.next()) {
    NumberRanges rest = items.Without(chunk->begin, chunk->end);
    if (holds(rest)) {
      items = std::move(rest);
    }
  }
  return before - items.size();
}

// Again for the halves of each size down to the finest; nothing and all are not asked for.
void RemoveSmallerAndSmaller(NumberRanges& items, const Thoroughness& thoroughness,
                             const Holds& holds, const Stop& stop) {
  const uint64_t finest = (items.size() - 1) / thoroughness.chunks_max + 1;
  // The distances are all, a half, a quarter, ... one.
  rc::Seq<uint64_t> sizes = rc::seq::drop(1, rc::shrink::towards<uint64_t>(0, items.size()));
  while (const rc::Maybe<uint64_t> size = sizes.next()) {
    if (*size > finest && *size < items.size()) {
      RemoveChunks(items, *size, holds, stop);
    }
  }
  while (items.size() > finest &&
         RemoveChunks(items, finest, holds, stop) >= GainMin(items, thoroughness)) {
  }
}

// Any that stand together, the most of them first.
void RemoveNeighbours(NumberRanges& items, const Holds& holds, const Stop& stop) {
  const auto fewer = [&items] {
    return rc::seq::drop(1, rc::shrink::removeChunks(items.Numbers()));
  };
  rc::Seq<std::vector<uint64_t>> candidates = fewer();
  for (auto rest = candidates.next(); rest && !stop(); rest = candidates.next()) {
    NumberRanges few = NumberRanges::Of(*rest);
    if (holds(few)) {
      items = std::move(few);
      candidates = fewer();
    }
  }
}

}  // namespace

NumberRanges KeepFewest(NumberRanges items, const Holds& holds, Thoroughness thoroughness,
                        const Stop& stop) {
  if (items.empty() || holds({})) {
    return {};
  }
  // Again until nothing goes: what holds of fewer may let a chunk go that more needed.
  for (uint64_t gain = items.size(); gain >= GainMin(items, thoroughness);) {
    const uint64_t before = items.size();
    RemoveSmallerAndSmaller(items, thoroughness, holds, stop);
    if (items.size() <= kFew) {
      RemoveNeighbours(items, holds, stop);
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
