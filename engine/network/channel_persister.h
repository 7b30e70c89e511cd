// Which buffers of one input channel belong to an unaligned checkpoint: those that are there, and
// come, before the channel's barrier. Pure.
//
// Shape:    the channel tells what comes, in its order, and asks of each buffer of records.
// Survives: barriers of older checkpoints that come late; a checkpoint that starts when the
//           channel's barrier is there already; one that is given up, and a newer one that starts
//           meanwhile.
// Source:   Flink's ChannelStatePersister.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/transition_table.h"
#include "sim/check.h"

namespace flinch::engine {

enum class PersisterPhase : uint8_t {
  kCompleted,  // nothing belongs to any checkpoint
  kPending,    // the barrier is awaited: all that comes belongs to the checkpoint
  kReceived,   // the barrier has come
};

enum class PersisterInput : uint8_t {
  kStart,        // of a checkpoint whose barrier has not come
  kStartBehind,  // of one whose barrier has come already
  kBarrier,      // of the checkpoint, or a newer one
  kOldBarrier,   // of an older one
  kStop,         // the checkpoint is whole, or given up
  kOldStop,      // so is an older one
};

enum class PersisterAction : uint8_t { kIgnore, kPersist, kRest };

constexpr std::string_view Name(PersisterPhase phase) {
  constexpr std::array<std::string_view, 3> kNames = {"completed", "pending", "received"};
  return kNames.at(static_cast<size_t>(phase));
}

constexpr std::string_view Name(PersisterInput input) {
  constexpr std::array<std::string_view, 6> kNames = {"start",       "start behind", "barrier",
                                                      "old barrier", "stop",         "old stop"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(PersisterAction action) {
  constexpr std::array<std::string_view, 3> kNames = {"ignore", "persist", "rest"};
  return kNames.at(static_cast<size_t>(action));
}

namespace detail {

constexpr auto PersisterRows() {
  using P = PersisterPhase;
  using I = PersisterInput;
  using A = PersisterAction;
  return std::to_array<Transition<P, I, A>>({
      {P::kCompleted, I::kStart, P::kPending, A::kPersist},
      {P::kCompleted, I::kStartBehind, P::kReceived, A::kRest},
      {P::kCompleted, I::kBarrier, P::kReceived, A::kIgnore},
      {P::kCompleted, I::kOldBarrier, P::kCompleted, A::kIgnore},
      {P::kCompleted, I::kStop, P::kCompleted, A::kIgnore},
      {P::kCompleted, I::kOldStop, P::kCompleted, A::kIgnore},
      {P::kPending, I::kStart, P::kPending, A::kPersist},
      {P::kPending, I::kStartBehind, P::kReceived, A::kRest},
      {P::kPending, I::kBarrier, P::kReceived, A::kRest},
      {P::kPending, I::kOldBarrier, P::kPending, A::kIgnore},
      {P::kPending, I::kStop, P::kCompleted, A::kRest},
      {P::kPending, I::kOldStop, P::kPending, A::kIgnore},
      {P::kReceived, I::kStart, P::kPending, A::kPersist},
      {P::kReceived, I::kStartBehind, P::kReceived, A::kIgnore},
      {P::kReceived, I::kBarrier, P::kReceived, A::kIgnore},
      {P::kReceived, I::kOldBarrier, P::kReceived, A::kIgnore},
      {P::kReceived, I::kStop, P::kCompleted, A::kIgnore},
      {P::kReceived, I::kOldStop, P::kReceived, A::kIgnore},
  });
}

}  // namespace detail

inline constexpr auto kPersisterTransitions = detail::PersisterRows();
static_assert(IsDeterministic(kPersisterTransitions));
static_assert(EveryPhaseReachable(kPersisterTransitions));

class ChannelPersister {
 public:
  explicit ChannelPersister(const Defects& defects = {}) : defects_(defects) {}

  // What comes from now on belongs to the checkpoint, until its barrier comes.
  void Start(CheckpointId id) {
    awaited_ = id;
    Take(HasSeen(id) ? PersisterInput::kStartBehind : PersisterInput::kStart);
  }

  void OnBarrier(CheckpointId id) {
    newest_ = std::max(newest_, id);
    const bool is_old = id < awaited_ && !defects_.Has(Defect::kPersisterHeedsAnyBarrier);
    Take(is_old ? PersisterInput::kOldBarrier : PersisterInput::kBarrier);
  }

  void Stop(CheckpointId id) {
    Take(id < awaited_ ? PersisterInput::kOldStop : PersisterInput::kStop);
  }

  // Whether a buffer that comes now belongs to the checkpoint.
  bool persists() const { return phase_ == PersisterPhase::kPending; }

  // Whether the channel's barrier of this checkpoint, or of a newer one, has come.
  bool HasSeen(CheckpointId id) const { return newest_ >= id; }

  PersisterPhase phase() const { return phase_; }

 private:
  void Take(PersisterInput input) { phase_ = Step(kPersisterTransitions, phase_, input).to; }

  Defects defects_;
  PersisterPhase phase_ = PersisterPhase::kCompleted;
  CheckpointId awaited_;  // the newest that has started
  CheckpointId newest_;   // of the barriers that have come
};

}  // namespace flinch::engine
