#include "scenarios/stage/judging.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

namespace {

// Why a run without findings says nothing; "" when it says something.
std::string WhyUnjudged(const reports::RunSummary& summary) {
  if (summary.records_in == 0) {
    return "No record was published, so there was nothing to judge.";
  }
  std::string blind;
  for (const reports::Judged& judged : summary.judged) {
    if (judged.events > 0) {
      return "";
    }
    blind += (blind.empty() ? "" : ", ") + judged.oracle;
  }
  return fmt::format("Nothing was judged: {} saw no event that concerns {}.",
                     blind.empty() ? "no oracle" : blind,
                     summary.judged.size() == 1 ? "it" : "them");
}

}  // namespace

void Conclude(std::optional<std::string> excuse, reports::RunSummary& summary) {
  summary.verdict =
      summary.findings.empty() ? reports::Verdict::kPassed : reports::Verdict::kFailed;
  summary.reason.clear();
  if (!summary.findings.empty() && excuse) {
    summary.verdict = reports::Verdict::kInconclusive;
    summary.reason = *std::move(excuse);
    summary.findings.clear();
  }
  if (std::string unjudged = WhyUnjudged(summary);
      summary.verdict == reports::Verdict::kPassed && !unjudged.empty()) {
    summary.verdict = reports::Verdict::kInconclusive;
    summary.reason = std::move(unjudged);
  }
  summary.signature = SignatureOf(summary);
}

}  // namespace flinch::scenarios
