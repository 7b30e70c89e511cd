// Decides when the head of an iteration takes a checkpoint, and what of its feedback is in it.
// Pure, as BarrierCore is.
//
// The head takes the checkpoint when all inputs but its feedback have delivered the barrier, which
// then goes round. What is fed back before the barrier has come round was under way at the
// checkpoint, and belongs to it. Feedback never waits.
// Bounded:  one checkpoint goes round at a time: newer barriers wait meanwhile, and are counted
//           afterwards.
// Stop:     behind the barrier of a savepoint that stops the job new input waits until the barrier
//           has come round, as all tasks wait behind it.
// Ends:     channels of an iteration end together, behind the last barrier: no end is awaited.
// Source:   Carbone et al. 2015, "Lightweight Asynchronous Snapshots for Distributed Dataflows",
//           algorithm 2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/network/barrier_core.h"

namespace flinch::engine {

enum class LoopPhase : uint8_t {
  kIdle,
  kAligning,  // some inputs have delivered, and are blocked
  kLogging,   // the checkpoint is taken; what is fed back belongs to it
};

enum class LoopInput : uint8_t {
  kNewBarrier,       // of a newer checkpoint; other inputs are missing
  kOnlyBarrier,      // of a newer checkpoint, and no other input is missing
  kBarrier,          // of the checkpoint in progress; other inputs are missing
  kLastBarrier,      // of the checkpoint in progress, and no other input is missing
  kEarlyBarrier,     // of a newer checkpoint, while an older one goes round
  kLoopBarrier,      // has come round in one channel; others are missing
  kLastLoopBarrier,  // has come round in all
  kGivenUp,          // the checkpoint in progress or a newer one will not be taken
  kStale,
};

enum class LoopAction : uint8_t {
  kIgnore,
  kStart,     // block the input, count it
  kCount,     // block the input, count it
  kRestart,   // give the older checkpoint up, then start
  kTake,      // take the checkpoint, keep what is fed back from now on; unblock all
  kOvertake,  // give the older checkpoint up, then take the newer one
  kDefer,     // block the input, look at its barrier later
  kPass,      // count the channel
  kFinish,    // the checkpoint is whole; look at the barriers that came early
  kGiveUp,    // unblock all; those downstream need not wait either
};

constexpr std::string_view Name(LoopPhase phase) {
  constexpr std::array<std::string_view, 3> kNames = {"idle", "aligning", "logging"};
  return kNames.at(static_cast<size_t>(phase));
}

constexpr std::string_view Name(LoopInput input) {
  constexpr std::array<std::string_view, 9> kNames = {
      "new barrier",  "only barrier",      "barrier",  "last barrier", "early barrier",
      "loop barrier", "last loop barrier", "given up", "stale"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(LoopAction action) {
  constexpr std::array<std::string_view, 10> kNames = {"ignore", "start",    "count", "restart",
                                                       "take",   "overtake", "defer", "pass",
                                                       "finish", "give up"};
  return kNames.at(static_cast<size_t>(action));
}

namespace detail {

constexpr auto LoopRows() {
  using P = LoopPhase;
  using I = LoopInput;
  using A = LoopAction;
  return std::to_array<Transition<P, I, A>>({
      {P::kIdle, I::kNewBarrier, P::kAligning, A::kStart},
      {P::kIdle, I::kOnlyBarrier, P::kLogging, A::kTake},
      {P::kIdle, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kIdle, I::kStale, P::kIdle, A::kIgnore},
      {P::kAligning, I::kBarrier, P::kAligning, A::kCount},
      {P::kAligning, I::kLastBarrier, P::kLogging, A::kTake},
      {P::kAligning, I::kNewBarrier, P::kAligning, A::kRestart},
      {P::kAligning, I::kOnlyBarrier, P::kLogging, A::kOvertake},
      {P::kAligning, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kAligning, I::kStale, P::kAligning, A::kIgnore},
      {P::kLogging, I::kEarlyBarrier, P::kLogging, A::kDefer},
      {P::kLogging, I::kLoopBarrier, P::kLogging, A::kPass},
      {P::kLogging, I::kLastLoopBarrier, P::kIdle, A::kFinish},
      {P::kLogging, I::kGivenUp, P::kIdle, A::kGiveUp},
      {P::kLogging, I::kStale, P::kLogging, A::kIgnore},
  });
}

}  // namespace detail

inline constexpr auto kLoopTransitions = detail::LoopRows();
static_assert(IsDeterministic(kLoopTransitions) && EveryPhaseReachable(kLoopTransitions));

class LoopBarrierCore {
 public:
  // Of each channel whether it brings feedback. There are both kinds.
  explicit LoopBarrierCore(const std::vector<bool>& is_feedback, const Defects& defects = {});

  // Returns what is to be done, in this order; valid until the next step.
  std::span<const BarrierEffect> Step(const BarrierInput& input);

  // As BarrierCore's: "first", "middle", "last" or "stale"; that of feedback is "middle" but for
  // the last of all.
  std::string_view PlaceOf(size_t channel, CheckpointId id) const;

  LoopPhase phase() const { return phase_; }

  // Fails a check when the state contradicts itself.
  void Verify() const;

 private:
  struct Channel {
    bool is_feedback = false;
    bool has_delivered = false;  // the barrier of the checkpoint in progress
  };

  void On(const barrier_input::Barrier& barrier);
  void On(const barrier_input::CancelMarker& marker);
  void On(const barrier_input::Aborted& aborted);

  void On(const barrier_input::Announcement&) {}

  void On(const barrier_input::TimedOut&) {}

  void On(const barrier_input::EndOfPartition&) {}

  LoopInput Classify(size_t channel, CheckpointId id) const;
  size_t Delivered(bool feedback) const;
  size_t CountOf(bool feedback) const;
  LoopAction Take(LoopInput input);
  void OnGivenUp(CheckpointId id);
  void Count(const barrier_input::Barrier& barrier);
  // The checkpoint is taken, and goes round.
  void Begin(const CheckpointMeta& meta);
  void Finish();
  void GiveUp(CheckpointId id);
  void ResumeInputs();
  // The next checkpoint counts from the start.
  void Forget();
  void LookAtEarly();

  Defects defects_;
  LoopPhase phase_ = LoopPhase::kIdle;
  CheckpointId newest_;  // seen or given up
  CheckpointMeta meta_;  // of the checkpoint in progress
  std::vector<Channel> channels_;
  std::vector<barrier_input::Barrier> early_;  // of inputs that are blocked
  std::vector<BarrierEffect> effects_;
};

}  // namespace flinch::engine
