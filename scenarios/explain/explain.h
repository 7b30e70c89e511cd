// Why a run failed, in about a dozen sentences: what broke, which faults came when, what became of
// the checkpoint and the transaction, which step is missing, what led there; which faults' timing
// matters, and where the nearest run that passes departs.
//
// The first half is read off the recording, the second is tried out: each fault is left out, and
// moved to either side.
// Cost: the run, and three short ones per fault. Shrink first: a story of seven faults is none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults/fault_plan.h"
#include "scenarios/stage/run.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct Story {
  std::string signature;
  std::vector<std::string> sentences;
};

// kInvalidArgument when the run does not fail.
sim::Result<Story> Explain(const RunRequest& request);

enum class Move : uint8_t { kEarlier, kLater };

// One event, or 10 ms, or nothing where there is nothing before.
std::optional<faults::Fault> MoveFault(faults::Fault fault, Move move);

}  // namespace flinch::scenarios
