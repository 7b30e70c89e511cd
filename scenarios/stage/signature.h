// What failures of one cause have in common: the promise that fell first, how, by whom, and when.
//
//   commit_after_durable:early@sink/commit
//
// Shape: oracle, then ":breach", "@role" and "/phase" (scenarios/aim/cells.h) as far as the finding
//        says. Of several findings the one whose event came first counts: what it entails differs
//        from seed to seed. Findings that only the end told come last, in the order of the oracles.
//        A checkpoint that is no consistent cut has lost, doubled or foreign counts by chance of
//        the workload: all are "state".
#pragma once

#include <string>
#include <string_view>

#include "reports/run_summary.h"

namespace flinch::scenarios {

// The finding that counts, or null when there is none.
const reports::Finding* FirstFinding(const reports::RunSummary& summary);

// "" of a run without findings.
std::string SignatureOf(const reports::RunSummary& summary);

// Whether a signature that was written down means this one: it may leave the phase out.
bool MeansSignature(std::string_view written, std::string_view signature);

}  // namespace flinch::scenarios
