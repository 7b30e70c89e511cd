// From what judges say to a verdict.
#pragma once

#include <optional>
#include <string>

#include "reports/run_summary.h"

namespace flinch::scenarios {

// Fills in verdict, reason and signature: failed when there is a finding, but inconclusive, and
// without findings, when `excuse` says why they break no promise. A run of no record, or one of
// which no oracle saw anything, is inconclusive, too: nobody has judged it.
void Conclude(std::optional<std::string> excuse, reports::RunSummary& summary);

}  // namespace flinch::scenarios
