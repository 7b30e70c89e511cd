// Two runs side by side, from shortly before the first event in which they differ: one page of
// HTML without a script, opened from disk.
//
// Shape:  a row per event that a process or the world told; what both did at the same time is one
//         row. What they came to stands above.
// Bounds: some rows before the difference, at most a thousand behind it; below 5 MB. What a user
//         wrote is shown as text.
#pragma once

#include <string>

#include "reports/run_summary.h"
#include "sim/recording/recording.h"

namespace flinch::reports {

struct DiffSide {
  const RunSummary& summary;
  const sim::Recording& recording;  // of Keep::kTrace
};

std::string ShowDiffPage(const DiffSide& first, const DiffSide& second);

}  // namespace flinch::reports
