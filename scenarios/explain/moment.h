// What each protocol stood at, at one event of a run: `flinch replay TOKEN --until EVENT`.
//
// Shape:    read off a recording of Keep::kEverything: the job and its attempts, the cluster, each
//           subtask with where its barriers are, checkpoints under way and who is missing from
//           them, transactions that are open, messages that are on their way.
// Survives: recordings of any system: what is not there is not told.
#pragma once

#include <string>

#include "sim/ids.h"
#include "sim/recording/recording.h"
#include "sim/result.h"

namespace flinch::scenarios {

// After this event, and before the next one. kInvalidArgument when the run has no event of this
// number.
sim::Result<std::string> ShowMoment(const sim::Recording& recording, sim::EventId until);

}  // namespace flinch::scenarios
