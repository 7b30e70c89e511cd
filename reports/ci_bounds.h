// A report for a CI, made safe to write: shared by the formats.
#pragma once

#include <cstddef>
#include <string>

#include "reports/ci_report.h"

namespace flinch::reports {

// All texts readable and bounded, findings too; what was left out is a last finding of its case.
// Replay lines that are longer than 16 KB are left out, for half of one runs nothing.
CiReport Bounded(CiReport report);

size_t CountOf(const CiReport& report, CiOutcome outcome);

// "The record … 2 times. In 500 runs."
std::string SentenceOf(const CiFinding& finding);

// The sentence, the story, and the line to paste.
std::string TextOf(const CiFinding& finding);

}  // namespace flinch::reports
