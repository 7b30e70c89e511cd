#include "scenarios/stage/judging.h"

#include <utility>

#include "scenarios/stage/signature.h"

namespace flinch::scenarios {

void Conclude(std::optional<std::string> excuse, reports::RunSummary& summary) {
  summary.verdict =
      summary.findings.empty() ? reports::Verdict::kPassed : reports::Verdict::kFailed;
  summary.reason.clear();
  if (!summary.findings.empty() && excuse) {
    summary.verdict = reports::Verdict::kInconclusive;
    summary.reason = *std::move(excuse);
    summary.findings.clear();
  }
  summary.signature = SignatureOf(summary);
}

}  // namespace flinch::scenarios
