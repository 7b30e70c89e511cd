#include "scenarios/stage/judging.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/stage/signature.h"
#include "sim/check.h"

namespace flinch::scenarios {

std::string_view EndingName(sim::Ending ending) {
  switch (ending) {
    case sim::Ending::kGoal:
      return "goal";
    case sim::Ending::kIdle:
      return "idle";
    case sim::Ending::kLimit:
      return "limit";
    case sim::Ending::kViolation:
      return "violation";
  }
  sim::Unreachable("ending {}", static_cast<int>(ending));
}

std::string StemOf(std::string_view where) {
  where.remove_prefix(where.rfind('/') + 1);  // from the start when there is none
  return std::string(where.substr(0, where.find('.')));
}

void AddWhatNoOracleFinds(const sim::Outcome& outcome, std::span<const StoryBreach> breaches,
                          reports::RunSummary& summary) {
  if (outcome.violation) {
    summary.findings.push_back(
        {.oracle = "invariant",
         .witness = fmt::format("{} ({}, event #{}).", outcome.violation->what,
                                outcome.violation->where, outcome.last_event.value()),
         .details = {},
         .breach = StemOf(outcome.violation->where),
         .role = {},
         .event = outcome.last_event});
  }
  for (const StoryBreach& breach : breaches) {
    summary.findings.push_back({.oracle = "story",
                                .witness = breach.sentence,
                                .details = {},
                                .breach = "unforeseen",
                                .role = "jm",
                                .event = breach.event});
  }
}

std::vector<std::string> UntracedOf(const LimitsSpec& limits) {
  std::vector<std::string> kinds;
  for (const engine::events::EventInfo& event : engine::events::All()) {
    if (!limits.channel_events && event.level == engine::events::EventLevel::kChannel) {
      kinds.emplace_back(event.kind);
    }
  }
  return kinds;
}

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

// What became certain first comes first: the rest may follow from it. What only the end of the run
// told stands last.
void SortByTime(std::vector<reports::Finding>& findings) {
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t index = 0; index < findings.size(); ++index) {
    const std::optional<sim::EventId>& event = findings[index].event;
    order.emplace_back(event ? event->value() : UINT64_MAX, index);
  }
  std::ranges::sort(order);
  std::vector<reports::Finding> sorted;
  for (const auto& [event, index] : order) {
    sorted.push_back(std::move(findings[index]));
  }
  findings = std::move(sorted);
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
  SortByTime(summary.findings);
  summary.signature = SignatureOf(summary);
}

}  // namespace flinch::scenarios
