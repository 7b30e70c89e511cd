// The smallest run of a subject that fails like a given one.
//
// Fewer faults (whole kinds, chunks, two alike as one, and without each of those that are left
// under other seeds), then smaller knobs, then a plain schedule, then simpler faults; again while
// anything became smaller. What comes back fails with the same signature, if need be under another
// seed.
#pragma once

#include <functional>

#include "scenarios/lab/subject_run.h"

namespace flinch::lab {

struct ShrunkRun {
  SubjectRun run;
  Judgement judgement;
  uint64_t runs = 0;     // that were tried
  bool stopped = false;  // before nothing smaller was left to try
};

// `run` failed. `stop` is asked before each trial.
ShrunkRun ShrinkRun(
    const Surveyed& surveyed, const SubjectRun& run,
    const std::function<bool()>& stop = [] { return false; });

}  // namespace flinch::lab
