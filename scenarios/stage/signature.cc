#include "scenarios/stage/signature.h"

#include <algorithm>
#include <array>

#include "scenarios/aim/cells.h"

namespace flinch::scenarios {

namespace {

// What differs between them is which rows the workload happened to have.
constexpr auto kStateBreaches = std::to_array<std::string_view>({"lost", "doubled", "foreign"});

std::string_view BreachOf(const reports::Finding& finding) {
  const bool is_state = finding.oracle == "consistent_cut" &&
                        std::ranges::find(kStateBreaches, finding.breach) != kStateBreaches.end();
  return is_state ? std::string_view("state") : std::string_view(finding.breach);
}

}  // namespace

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
    text.append(":").append(BreachOf(*finding));
  }
  if (!finding->role.empty()) {
    text += "@" + finding->role;
  }
  if (const std::string_view phase = PhaseOf(finding->event_kind); !phase.empty()) {
    text.append("/").append(phase);
  }
  return text;
}

bool MeansSignature(std::string_view written, std::string_view signature) {
  return written == signature ||
         (!written.empty() && !written.contains('/') && signature.starts_with(written) &&
          signature[written.size()] == '/');
}

}  // namespace flinch::scenarios
