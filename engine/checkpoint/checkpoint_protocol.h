// One checkpoint's life at the coordinator: the only place where its phases change.
//
// Source: Flink's PendingCheckpoint and CheckpointFailureReason.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/transition_table.h"

namespace flinch::engine {

enum class CheckpointPhase : uint8_t {
  kPending,     // acknowledgements are missing
  kFinalizing,  // all are in; metadata and pointer are being written
  kCompleted,   // durable
  kAborted,
};

enum class CheckpointInput : uint8_t {
  kAcknowledged,     // one more, others are missing
  kAllAcknowledged,  // the last one
  kStored,           // the store has it
  kDeclined,         // a task could not take its snapshot
  kExpired,
  kTriggerFailed,  // a source could not be reached
  kFailover,       // the job restarts
  kSubsumed,       // a later one is complete
};

enum class CheckpointAction : uint8_t { kNone, kIgnore, kStore, kNotifyComplete, kNotifyAborted };

constexpr std::string_view Name(CheckpointPhase phase) {
  constexpr std::array<std::string_view, 4> kNames = {"pending", "finalizing", "completed",
                                                      "aborted"};
  return kNames.at(static_cast<size_t>(phase));
}

// Also the reason that an abort is traced with, in Flink's words.
constexpr std::string_view Name(CheckpointInput input) {
  constexpr std::array<std::string_view, 8> kNames = {
      "acknowledged",       "all_acknowledged",           "stored",       "CHECKPOINT_DECLINED",
      "CHECKPOINT_EXPIRED", "TRIGGER_CHECKPOINT_FAILURE", "JOB_FAILOVER", "CHECKPOINT_SUBSUMED"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(CheckpointAction action) {
  constexpr std::array<std::string_view, 5> kNames = {"nothing", "ignore", "store",
                                                      "notify complete", "notify aborted"};
  return kNames.at(static_cast<size_t>(action));
}

// Of a checkpoint that never was pending: its id could not be drawn. It counts like a decline.
inline constexpr std::string_view kIoException = "IO_EXCEPTION";

// Of a savepoint that was asked for while not all tasks run.
inline constexpr std::string_view kNotAllRunning = "NOT_ALL_REQUIRED_TASKS_RUNNING";

// Whether a failure counts against the tolerable number (flink-semantics: trigger failures and
// failovers do not).
constexpr bool Counts(CheckpointInput input) {
  return input == CheckpointInput::kDeclined || input == CheckpointInput::kExpired;
}

inline constexpr auto kCheckpointTransitions =
    std::to_array<Transition<CheckpointPhase, CheckpointInput, CheckpointAction>>({
        {CheckpointPhase::kPending, CheckpointInput::kAcknowledged, CheckpointPhase::kPending,
         CheckpointAction::kNone},
        {CheckpointPhase::kPending, CheckpointInput::kAllAcknowledged, CheckpointPhase::kFinalizing,
         CheckpointAction::kStore},
        {CheckpointPhase::kPending, CheckpointInput::kDeclined, CheckpointPhase::kAborted,
         CheckpointAction::kNotifyAborted},
        {CheckpointPhase::kPending, CheckpointInput::kExpired, CheckpointPhase::kAborted,
         CheckpointAction::kNotifyAborted},
        {CheckpointPhase::kPending, CheckpointInput::kTriggerFailed, CheckpointPhase::kAborted,
         CheckpointAction::kNotifyAborted},
        {CheckpointPhase::kPending, CheckpointInput::kFailover, CheckpointPhase::kAborted,
         CheckpointAction::kNotifyAborted},
        {CheckpointPhase::kPending, CheckpointInput::kSubsumed, CheckpointPhase::kAborted,
         CheckpointAction::kNotifyAborted},
        {CheckpointPhase::kFinalizing, CheckpointInput::kStored, CheckpointPhase::kCompleted,
         CheckpointAction::kNotifyComplete},
        // The decision has been made: from here on the checkpoint may already be in the store, and
        // the restart waits for it.
        {CheckpointPhase::kFinalizing, CheckpointInput::kDeclined, CheckpointPhase::kFinalizing,
         CheckpointAction::kIgnore},
        {CheckpointPhase::kFinalizing, CheckpointInput::kExpired, CheckpointPhase::kFinalizing,
         CheckpointAction::kIgnore},
        {CheckpointPhase::kFinalizing, CheckpointInput::kTriggerFailed,
         CheckpointPhase::kFinalizing, CheckpointAction::kIgnore},
        {CheckpointPhase::kFinalizing, CheckpointInput::kFailover, CheckpointPhase::kFinalizing,
         CheckpointAction::kIgnore},
        {CheckpointPhase::kFinalizing, CheckpointInput::kSubsumed, CheckpointPhase::kFinalizing,
         CheckpointAction::kIgnore},
    });
static_assert(IsDeterministic(kCheckpointTransitions));
static_assert(EveryPhaseReachable(kCheckpointTransitions));

}  // namespace flinch::engine
