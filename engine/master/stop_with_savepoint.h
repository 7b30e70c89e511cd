// A stop with a savepoint, from the question to its answer: two things must come, in this order.
//
// Source: Flink's StopWithSavepointTerminationManager and its handler.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/transition_table.h"

namespace flinch::engine {

enum class StopPhase : uint8_t {
  kWaitingForSavepoint,
  kWaitingForTasks,  // the savepoint is complete, and they have to finish
  kStopped,
  kFailed,
};

enum class StopInput : uint8_t {
  kSavepointComplete,
  kSavepointFailed,
  kAllFinished,  // and the job's end is durable
  kTasksFailed,  // the job fails over, or ends otherwise
};

enum class StopAction : uint8_t {
  kNone,
  kIgnore,
  kTellStopped,
  kTellNoSavepoint,    // the job goes on
  kTellWhatIsPending,  // there is a savepoint, and what it holds may not be committed yet
};

constexpr std::string_view Name(StopPhase phase) {
  constexpr std::array<std::string_view, 4> kNames = {"waiting for savepoint", "waiting for tasks",
                                                      "stopped", "failed"};
  return kNames.at(static_cast<size_t>(phase));
}

constexpr std::string_view Name(StopInput input) {
  constexpr std::array<std::string_view, 4> kNames = {"savepoint complete", "savepoint failed",
                                                      "all finished", "tasks failed"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(StopAction action) {
  constexpr std::array<std::string_view, 5> kNames = {"nothing", "ignore", "tell stopped",
                                                      "tell no savepoint", "tell what is pending"};
  return kNames.at(static_cast<size_t>(action));
}

inline constexpr auto kStopTransitions =
    std::to_array<Transition<StopPhase, StopInput, StopAction>>({
        {StopPhase::kWaitingForSavepoint, StopInput::kSavepointComplete,
         StopPhase::kWaitingForTasks, StopAction::kNone},
        {StopPhase::kWaitingForSavepoint, StopInput::kSavepointFailed, StopPhase::kFailed,
         StopAction::kTellNoSavepoint},
        // The savepoint hears of it, too, and says that it failed; or it is being stored.
        {StopPhase::kWaitingForSavepoint, StopInput::kTasksFailed, StopPhase::kWaitingForSavepoint,
         StopAction::kIgnore},
        {StopPhase::kWaitingForTasks, StopInput::kAllFinished, StopPhase::kStopped,
         StopAction::kTellStopped},
        {StopPhase::kWaitingForTasks, StopInput::kTasksFailed, StopPhase::kFailed,
         StopAction::kTellWhatIsPending},
    });
static_assert(IsDeterministic(kStopTransitions));
static_assert(EveryPhaseReachable(kStopTransitions));

}  // namespace flinch::engine
