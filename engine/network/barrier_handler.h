// Aligns checkpoint barriers across the channels of one task. Pure.
//
// A channel that has delivered the barrier of the checkpoint in progress is blocked until all have:
// what lies behind its barrier belongs to the next checkpoint.
// Shape:    at most one alignment in progress; only the newest id matters, ids may have gaps.
// Survives: barriers of an aborted checkpoint, a newer barrier in mid-alignment, late barriers.
// Source:   Flink docs "Stateful Stream Processing / Barriers"; Carbone et al. 2015, algorithm 1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/transition_table.h"

namespace flinch::engine {

enum class AlignmentPhase : uint8_t { kIdle, kAligning };

enum class AlignmentInput : uint8_t {
  kNewBarrier,   // of a newer checkpoint; other channels are still to deliver it
  kOnlyBarrier,  // of a newer checkpoint, and there is one channel only
  kBarrier,      // of the checkpoint in progress; others are missing
  kLastBarrier,  // of the checkpoint in progress, from the last channel
  kStale,        // of an older, finished or aborted checkpoint
  kAborted,      // the coordinator gave the checkpoint in progress up
};

enum class AlignmentAction : uint8_t {
  kIgnore,
  kStart,       // block the channel, count it
  kCount,       // block the channel, count it
  kRestart,     // unblock all, then start with the newer checkpoint
  kSnapshot,    // unblock all; the barrier is complete
  kUnblockAll,  // nothing is aligned any more
};

constexpr std::string_view Name(AlignmentPhase phase) {
  return phase == AlignmentPhase::kIdle ? "idle" : "aligning";
}

constexpr std::string_view Name(AlignmentInput input) {
  constexpr std::array<std::string_view, 6> kNames = {"new barrier",  "only barrier", "barrier",
                                                      "last barrier", "stale",        "aborted"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(AlignmentAction action) {
  constexpr std::array<std::string_view, 6> kNames = {"ignore",  "start",    "count",
                                                      "restart", "snapshot", "unblock all"};
  return kNames.at(static_cast<size_t>(action));
}

inline constexpr auto kAlignmentTransitions =
    std::to_array<Transition<AlignmentPhase, AlignmentInput, AlignmentAction>>({
        {AlignmentPhase::kIdle, AlignmentInput::kNewBarrier, AlignmentPhase::kAligning,
         AlignmentAction::kStart},
        {AlignmentPhase::kIdle, AlignmentInput::kOnlyBarrier, AlignmentPhase::kIdle,
         AlignmentAction::kSnapshot},
        {AlignmentPhase::kIdle, AlignmentInput::kStale, AlignmentPhase::kIdle,
         AlignmentAction::kIgnore},
        {AlignmentPhase::kAligning, AlignmentInput::kBarrier, AlignmentPhase::kAligning,
         AlignmentAction::kCount},
        {AlignmentPhase::kAligning, AlignmentInput::kLastBarrier, AlignmentPhase::kIdle,
         AlignmentAction::kSnapshot},
        {AlignmentPhase::kAligning, AlignmentInput::kNewBarrier, AlignmentPhase::kAligning,
         AlignmentAction::kRestart},
        {AlignmentPhase::kAligning, AlignmentInput::kStale, AlignmentPhase::kAligning,
         AlignmentAction::kIgnore},
        {AlignmentPhase::kAligning, AlignmentInput::kAborted, AlignmentPhase::kIdle,
         AlignmentAction::kUnblockAll},
    });
static_assert(IsDeterministic(kAlignmentTransitions) && EveryPhaseReachable(kAlignmentTransitions));

class BarrierHandler {
 public:
  explicit BarrierHandler(size_t channels, const Defects& defects = {})
      : defects_(defects), received_(channels, false) {}

  // The checkpoint whose barrier is complete with this one, if it is.
  std::optional<CheckpointId> OnBarrier(size_t channel, CheckpointId id);

  // Frees the channels if this checkpoint, or an older one whose own end went unheard, is being
  // aligned. Later barriers of all of them are ignored.
  void OnAborted(CheckpointId id);

  // Which barrier of its checkpoint this one is to be: "first", "middle", "last" (also where there
  // is one channel only), or "stale".
  std::string_view PlaceOf(size_t channel, CheckpointId id) const;

  bool IsBlocked(size_t channel) const {
    return phase_ == AlignmentPhase::kAligning && received_.at(channel) &&
           !defects_.Has(Defect::kAlignmentBlocksNobody);
  }

  AlignmentPhase phase() const { return phase_; }

 private:
  AlignmentInput Classify(size_t channel, CheckpointId id) const;
  void GiveUp();
  void Forget();

  Defects defects_;
  AlignmentPhase phase_ = AlignmentPhase::kIdle;
  CheckpointId newest_;  // seen or aborted
  std::vector<bool> received_;
  size_t count_ = 0;
};

}  // namespace flinch::engine
