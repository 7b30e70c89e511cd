// The least that still holds: fewer of many things, a smaller number.
//
// Intuition: delta debugging (Zeller and Hildebrandt, TSE 2002) with RapidCheck's combinators.
// Chunks are taken out from the end, because what comes late in a run needs most of its time, and
// then smaller and smaller ones: k things that matter among n cost about 2 k log n trials. Of the
// few that are left, any that stand together are tried (rc::shrink::removeChunks).
//
// Promise: what comes back holds; without any single one of its items, or one less, it does not;
//          and asked again, it comes back as it is.
// Chance:  none; the trials are a function of the arguments and their answers.
// Source:  RapidCheck, rapidcheck/shrink/Shrink.h and rapidcheck/seq: lazy sequences of what is
//          smaller. They are pure; its generators, which draw, are not used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include "scenarios/lab/number_ranges.h"

namespace flinch::scenarios {

struct Thoroughness {
  // No chunk is smaller than this part of the items: of more items single ones are not tried, and
  // the promise is about chunks. Bounds the trials where nearly all items matter.
  size_t chunks_max = std::numeric_limits<size_t>::max();
  // Single ones are tried again after those that went, unless these were fewer than one of so many.
  size_t gain_min = std::numeric_limits<size_t>::max();
};

// `holds` is true of all the items, and is asked of subsets of them. The answer of the last call
// that was true is what comes back. `stop` is asked before each trial: true ends it with the best
// so far. Beside what `holds` takes, a trial costs by the chunks taken out, not by the items.
NumberRanges KeepFewest(
    NumberRanges items, const std::function<bool(const NumberRanges&)>& holds,
    Thoroughness thoroughness = {}, const std::function<bool()>& stop = [] { return false; });

// From `value`, which holds, towards `floor`. What holds need not hold for all that is greater.
uint64_t FindSmaller(uint64_t value, uint64_t floor, const std::function<bool(uint64_t)>& holds);

}  // namespace flinch::scenarios
