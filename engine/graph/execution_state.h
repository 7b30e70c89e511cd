// In which state one attempt of a subtask is, as its task reports it and its JobMaster knows it.
//
// Source: Flink's ExecutionState. The transitions stand in engine/master/execution_graph.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace flinch::engine {

enum class ExecutionState : uint8_t {
  kCreated,       // nothing happened yet
  kScheduled,     // wants a slot
  kDeploying,     // was sent to a TaskManager
  kInitializing,  // restores its state
  kRunning,       // processes records
  kCanceling,     // was told to stop
  kCanceled,
  kFinished,
  kFailed,
};

std::string_view Name(ExecutionState state);

constexpr bool IsTerminal(ExecutionState state) {
  return state == ExecutionState::kCanceled || state == ExecutionState::kFinished ||
         state == ExecutionState::kFailed;
}

}  // namespace flinch::engine
