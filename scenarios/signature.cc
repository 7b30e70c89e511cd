#include "scenarios/signature.h"

namespace flinch::scenarios {

const reports::Finding* FirstFinding(const reports::RunSummary& summary) {
  const reports::Finding* first = nullptr;
  for (const reports::Finding& finding : summary.findings) {
    const bool earlier = first != nullptr && finding.event &&
                         (!first->event || finding.event->value() < first->event->value());
    if (first == nullptr || earlier) {
      first = &finding;
    }
  }
  return first;
}

std::string SignatureOf(const reports::RunSummary& summary) {
  const reports::Finding* const finding = FirstFinding(summary);
  if (finding == nullptr) {
    return "";
  }
  std::string text = finding->oracle;
  if (!finding->breach.empty()) {
    text += ":" + finding->breach;
  }
  if (!finding->role.empty()) {
    text += "@" + finding->role;
  }
  return text;
}

}  // namespace flinch::scenarios
