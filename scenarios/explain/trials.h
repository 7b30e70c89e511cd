// What is tried out to explain a run: each fault left out and moved to either side, and the run
// without what was planted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/fault_plan.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

struct TrialOptions {
  std::string signature;  // of the run
  bool compares = true;   // tells also where the nearest run that passes departs
};

// A sentence per fault and per comparison. The request has a plan, and nothing left to vary;
// `result` is what came of it, with everything kept.
std::vector<std::string> TellTrials(const RunRequest& request, const RunResult& result,
                                    const TrialOptions& options);

enum class Move : uint8_t { kEarlier, kLater };

// One event, or 10 ms, or nothing where there is nothing before.
std::optional<faults::Fault> MoveFault(faults::Fault fault, Move move);

}  // namespace flinch::scenarios
