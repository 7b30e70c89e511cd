#include "engine/graph/execution_state.h"

#include <array>
#include <cstddef>

namespace flinch::engine {

std::string_view Name(ExecutionState state) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "CREATED",   "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING",
      "CANCELING", "CANCELED",  "FINISHED",  "FAILED"};
  return kNames.at(static_cast<size_t>(state));
}

}  // namespace flinch::engine
