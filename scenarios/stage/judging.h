// From what judges say to a verdict.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/model/scenario.h"
#include "scenarios/stage/run_counts.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

// "goal" …
std::string_view EndingName(sim::Ending ending);

// "log_state" of "engine/outside/log_state.cc:12": the line moves with every change.
std::string StemOf(std::string_view where);

// A broken invariant, and steps of the story that came out otherwise, as findings.
void AddWhatNoOracleFinds(const sim::Outcome& outcome, std::span<const StoryBreach> breaches,
                          reports::RunSummary& summary);

// The kinds of events that the scenario does not want.
std::vector<std::string> UntracedOf(const LimitsSpec& limits);

// Fills in verdict, reason and signature: failed when there is a finding, but inconclusive, and
// without findings, when `excuse` says why they break no promise. A run of no record, or one of
// which no oracle saw anything, is inconclusive, too: nobody has judged it.
void Conclude(std::optional<std::string> excuse, reports::RunSummary& summary);

}  // namespace flinch::scenarios
