#include "engine/operators/state_refused.h"

#include <fmt/format.h>

namespace flinch::engine {

sim::Result<void> StateRefused(const SubtaskInfo& subtask, const sim::Error& error) {
  return sim::Fail(error.code, fmt::format("Operator '{}', subtask {}: {}", subtask.name,
                                           subtask.index.value(), error.message));
}

}  // namespace flinch::engine
