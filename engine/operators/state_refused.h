// Why an operator does not open: a state that it cannot have.
#pragma once

#include "engine/stream_operator.h"
#include "sim/result.h"

namespace flinch::engine {

// Returns `error` with the operator and its subtask named in front.
sim::Result<void> StateRefused(const SubtaskInfo& subtask, const sim::Error& error);

}  // namespace flinch::engine
