// From what judges say to a verdict; and the same judges once more, long after the run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/evidence.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Fills in verdict, reason and signature: failed when there is a finding, but inconclusive, and
// without findings, when `excuse` says why they break no promise.
void Conclude(std::optional<std::string> excuse, reports::RunSummary& summary);

// An oracle that cannot judge a recording, and why, in a sentence.
struct NotJudged {
  std::string oracle;
  std::string why;

  friend bool operator==(const NotJudged&, const NotJudged&) = default;
};

struct JudgedAgain {
  // The run's, but for what its judges say now: findings, judged, verdict, reason, signature. When
  // nothing is found and somebody could not judge, it is inconclusive.
  reports::RunSummary summary;
  std::vector<NotJudged> not_judged{};
};

// Shows the evidence to the oracles of these names; none: to those that judged the run. What had
// been found before any oracle was asked is found again, whoever judges. kInvalidArgument for a
// name that is not in the catalogue.
sim::Result<JudgedAgain> JudgeAgain(const Evidence& evidence, std::span<const std::string> oracles);

}  // namespace flinch::scenarios
