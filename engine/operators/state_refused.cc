#include "engine/operators/state_refused.h"

#include <fmt/format.h>

namespace flinch::engine {

sim::Result<void> StateRefused(const OperatorContext& context, const sim::Error& error) {
  return sim::Fail(error.code, fmt::format("Operator '{}', subtask {}: {}", context.name,
                                           context.subtask.value(), error.message));
}

}  // namespace flinch::engine
