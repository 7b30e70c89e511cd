// What failures of one cause have in common: the promise that fell first, how, and by whom.
//
//   commit_after_durable:early@sink
//
// Shape: oracle, then ":breach" and "@role" as far as the finding says. Of several findings the one
//        whose event came first counts: what it entails differs from seed to seed. Findings that
//        only the end told come last, in the order of the oracles.
#pragma once

#include <string>

#include "reports/run_summary.h"

namespace flinch::scenarios {

// The finding that counts, or null when there is none.
const reports::Finding* FirstFinding(const reports::RunSummary& summary);

// "" of a run without findings.
std::string SignatureOf(const reports::RunSummary& summary);

}  // namespace flinch::scenarios
