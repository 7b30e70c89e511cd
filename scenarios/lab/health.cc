#include "scenarios/lab/health.h"

#include <algorithm>

#include <fmt/format.h>

#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace {

using reports::ShowCount;

// One in so many is too many.
constexpr uint64_t kTooOften = 10;

void CheckFaults(const std::string& name, const ScenarioTally& tally, const Expected& expected,
                 std::vector<HealthWarning>& warnings) {
  if (expected.with_faults.contains(name) && tally.without_fault == tally.runs) {
    warnings.push_back({"faults_never_fired",
                        fmt::format("{}: no fault fired in any of {} runs although faults are "
                                    "configured.",
                                    name, ShowCount(tally.runs))});
    return;
  }
  if (expected.is_exhaustive && tally.with_missed_faults > 0) {
    warnings.push_back(
        {"crash_points_missed",
         fmt::format("{}: {} of {} runs did not come to the event at which they "
                     "were to be struck.",
                     name, ShowCount(tally.with_missed_faults), ShowCount(tally.runs))});
  }
  const auto plan = expected.plans.find(name);
  for (uint32_t fault = 0; plan != expected.plans.end() && fault < plan->second.size(); ++fault) {
    if (!tally.planned_fired.contains(fault)) {
      warnings.push_back(
          {"fault_never_fired", fmt::format("{}: {} did not fire in any of {} runs.", name,
                                            plan->second[fault], ShowCount(tally.runs))});
    }
  }
}

void CheckScenario(const std::string& name, const ScenarioTally& tally, const Expected& expected,
                   std::vector<HealthWarning>& warnings) {
  CheckFaults(name, tally, expected, warnings);
  if (expected.has_checkpoints && tally.without_checkpoint * kTooOften > tally.runs) {
    warnings.push_back({"no_checkpoint",
                        fmt::format("{}: {} of {} runs ended before their first checkpoint.", name,
                                    ShowCount(tally.without_checkpoint), ShowCount(tally.runs))});
  }
  for (const auto& [oracle, runs] : tally.blind) {
    if (runs == tally.runs) {
      warnings.push_back(
          {"oracle_saw_nothing", fmt::format("{}: {} had nothing to judge in any of {} runs.", name,
                                             oracle, ShowCount(runs))});
    }
  }
  if (tally.runs > 1 && tally.digests.size() == 1) {
    warnings.push_back(
        {"same_digest", fmt::format("{}: all {} runs were the same one, digest {}.", name,
                                    ShowCount(tally.runs), *tally.digests.begin())});
  }
}

}  // namespace

std::vector<HealthWarning> CheckHealth(const Tally& tally, const Expected& expected) {
  std::vector<HealthWarning> warnings;
  for (const auto& [name, scenario] : tally.scenarios()) {
    CheckScenario(name, scenario, expected, warnings);
  }
  const uint64_t inconclusive = tally.count(UnitVerdict::kInconclusive);
  if (inconclusive * kTooOften > tally.runs()) {
    const auto most = std::ranges::max_element(tally.reasons(), {},
                                               &std::pair<const std::string, uint64_t>::second);
    warnings.push_back(
        {"mostly_inconclusive",
         fmt::format("{} of {} runs decided nothing, {} of them so: {}", ShowCount(inconclusive),
                     ShowCount(tally.runs()), ShowCount(most->second), most->first)});
  }
  return warnings;
}

}  // namespace flinch::scenarios
