// Decides when a task takes a checkpoint, and which of its channels wait for it. Pure: an input in,
// effects out, no world.
//
// A channel that has delivered the barrier of the checkpoint in progress is blocked until all have:
// what lies behind its barrier belongs to the next checkpoint. A channel that has ended counts as
// one whose barriers have all come, for nothing lies behind them.
// Shape:    the owner (StreamTask) feeds what its channels deliver and carries out the effects in
//           their order. Channels are those of all inputs of the task, counted through.
// Bounded:  at most one alignment is in progress; only the newest id matters, ids may have gaps.
// Survives: barriers that come late or twice, a newer one in mid-alignment, ids that were given up
//           before their first barrier, and after it, channels that end in between.
// Source:   Flink docs "Stateful Stream Processing / Barriers"; Flink's
//           SingleCheckpointBarrierHandler without a time-out; Carbone et al. 2015, algorithm 1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/checkpoint_meta.h"
#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/transition_table.h"

namespace flinch::engine {

enum class AlignmentPhase : uint8_t { kIdle, kAligning };

// "Missing" are the channels that have neither delivered the barrier nor ended.
enum class AlignmentInput : uint8_t {
  kNewBarrier,   // of a newer checkpoint; other channels are missing
  kOnlyBarrier,  // of a newer checkpoint, and no other channel is missing
  kBarrier,      // of the checkpoint in progress; others are missing
  kLastBarrier,  // of the checkpoint in progress, and nobody else is missing
  kEnd,          // a channel has ended; it was not the last that was missing
  kLastEnd,      // the channel that has ended was the last that was missing
  kGivenUp,      // the checkpoint in progress or a newer one will not be taken
  kStale,        // of an older, finished or given up checkpoint, or of a channel that has ended
};

enum class AlignmentAction : uint8_t {
  kIgnore,
  kStart,     // block the channel, count it
  kCount,     // block the channel, count it
  kRestart,   // give the older checkpoint up, then start
  kSnapshot,  // take the checkpoint, unblock all
  kOvertake,  // give the older checkpoint up, then take the newer one
  kEnd,       // count one channel less
  kGiveUp,    // unblock all; those downstream need not wait either
};

constexpr std::string_view Name(AlignmentPhase phase) {
  return phase == AlignmentPhase::kIdle ? "idle" : "aligning";
}

constexpr std::string_view Name(AlignmentInput input) {
  constexpr std::array<std::string_view, 8> kNames = {"new barrier",  "only barrier", "barrier",
                                                      "last barrier", "end",          "last end",
                                                      "given up",     "stale"};
  return kNames.at(static_cast<size_t>(input));
}

constexpr std::string_view Name(AlignmentAction action) {
  constexpr std::array<std::string_view, 8> kNames = {"ignore",   "start",    "count", "restart",
                                                      "snapshot", "overtake", "end",   "give up"};
  return kNames.at(static_cast<size_t>(action));
}

inline constexpr auto kAlignmentTransitions =
    std::to_array<Transition<AlignmentPhase, AlignmentInput, AlignmentAction>>({
        {AlignmentPhase::kIdle, AlignmentInput::kNewBarrier, AlignmentPhase::kAligning,
         AlignmentAction::kStart},
        {AlignmentPhase::kIdle, AlignmentInput::kOnlyBarrier, AlignmentPhase::kIdle,
         AlignmentAction::kSnapshot},
        {AlignmentPhase::kIdle, AlignmentInput::kEnd, AlignmentPhase::kIdle, AlignmentAction::kEnd},
        // Its barriers are on their way, and shall start nothing.
        {AlignmentPhase::kIdle, AlignmentInput::kGivenUp, AlignmentPhase::kIdle,
         AlignmentAction::kGiveUp},
        {AlignmentPhase::kIdle, AlignmentInput::kStale, AlignmentPhase::kIdle,
         AlignmentAction::kIgnore},
        {AlignmentPhase::kAligning, AlignmentInput::kBarrier, AlignmentPhase::kAligning,
         AlignmentAction::kCount},
        {AlignmentPhase::kAligning, AlignmentInput::kLastBarrier, AlignmentPhase::kIdle,
         AlignmentAction::kSnapshot},
        {AlignmentPhase::kAligning, AlignmentInput::kNewBarrier, AlignmentPhase::kAligning,
         AlignmentAction::kRestart},
        {AlignmentPhase::kAligning, AlignmentInput::kOnlyBarrier, AlignmentPhase::kIdle,
         AlignmentAction::kOvertake},
        {AlignmentPhase::kAligning, AlignmentInput::kEnd, AlignmentPhase::kAligning,
         AlignmentAction::kEnd},
        {AlignmentPhase::kAligning, AlignmentInput::kLastEnd, AlignmentPhase::kIdle,
         AlignmentAction::kSnapshot},
        {AlignmentPhase::kAligning, AlignmentInput::kGivenUp, AlignmentPhase::kIdle,
         AlignmentAction::kGiveUp},
        {AlignmentPhase::kAligning, AlignmentInput::kStale, AlignmentPhase::kAligning,
         AlignmentAction::kIgnore},
    });
static_assert(IsDeterministic(kAlignmentTransitions) && EveryPhaseReachable(kAlignmentTransitions));

// What happens to a task's input.
namespace barrier_input {

struct Barrier {
  size_t channel = 0;
  CheckpointMeta meta;
  sim::WallTime now{};  // only for AlternatingCore
};

// A barrier lies behind records in the channel, and may overtake them when its time has run out.
// Only for AlternatingCore, as TimedOut is.
struct Announcement {
  size_t channel = 0;
  CheckpointMeta meta;
  sim::WallTime now{};
};

// The clock that was started for a checkpoint has run down.
struct TimedOut {
  CheckpointId id;
};

// The producer at the other end has given a checkpoint up: its barrier does not come.
struct CancelMarker {
  size_t channel = 0;
  CheckpointId id;
};

// Nothing comes on the channel any more.
struct EndOfPartition {
  size_t channel = 0;
};

// The coordinator has given a checkpoint up.
struct Aborted {
  CheckpointId id;
};

}  // namespace barrier_input

using BarrierInput = std::variant<barrier_input::Barrier, barrier_input::Announcement,
                                  barrier_input::TimedOut, barrier_input::CancelMarker,
                                  barrier_input::EndOfPartition, barrier_input::Aborted>;

// What is to be done.
namespace barrier_effect {

// Nothing is read from the channel until it is resumed.
struct Block {
  size_t channel = 0;
};

struct Resume {
  size_t channel = 0;
};

// What has been read up to here, and nothing else, is in the checkpoint.
struct Trigger {
  CheckpointMeta meta;
};

// The task will not take the checkpoint, and sends no barrier of it.
struct GiveUp {
  CheckpointId id;
};

// The other effects are those of AlternatingCore alone.

// What waits in the channels before the barrier of the checkpoint, and what comes from now on
// before it, belongs to the checkpoint.
struct Persist {
  CheckpointId id;
};

// All channels have delivered: what belongs to the checkpoint is there.
struct Persisted {
  CheckpointId id;
};

// The checkpoint's barriers that lie in channels overtake what is before them.
struct Overtake {
  CheckpointId id;
};

// Answered by TimedOut after this time.
struct StartClock {
  CheckpointId id;
  sim::Duration after{};
};

}  // namespace barrier_effect

using BarrierEffect =
    std::variant<barrier_effect::Block, barrier_effect::Resume, barrier_effect::Trigger,
                 barrier_effect::GiveUp, barrier_effect::Persist, barrier_effect::Persisted,
                 barrier_effect::Overtake, barrier_effect::StartClock>;

class BarrierCore {
 public:
  // A source has no channels: it hears of checkpoints that were aborted, and of nothing else.
  explicit BarrierCore(size_t channels, const Defects& defects = {});

  // Returns what is to be done, in this order; valid until the next step.
  std::span<const BarrierEffect> Step(const BarrierInput& input);

  // Which barrier of its checkpoint this one is to be: "first", "middle", "last" (also where there
  // is one channel only), or "stale".
  std::string_view PlaceOf(size_t channel, CheckpointId id) const;

  AlignmentPhase phase() const { return phase_; }

  // Fails a check when the state contradicts itself.
  void Verify() const;

 private:
  enum class Channel : uint8_t { kMissing, kReceived, kEnded };

  void On(const barrier_input::Barrier& barrier);

  // Nothing that concerns barriers that overtake nothing.
  void On(const barrier_input::Announcement&) {}

  void On(const barrier_input::TimedOut&) {}

  void On(const barrier_input::CancelMarker& marker);
  void On(const barrier_input::EndOfPartition& end);
  void On(const barrier_input::Aborted& aborted);

  AlignmentInput Classify(size_t channel, CheckpointId id) const;
  AlignmentInput ClassifyEnd(size_t channel) const;
  // Takes the table's step and returns what it says is to be done.
  AlignmentAction Take(AlignmentInput input);
  void Start(size_t channel, const CheckpointMeta& meta);
  void Count(size_t channel);
  void Snapshot();
  void OnGivenUp(CheckpointId id);
  void GiveUp(CheckpointId id);
  void ResumeAll();
  // The next alignment counts from the start.
  void Forget();
  void Block(size_t channel);

  Defects defects_;
  AlignmentPhase phase_ = AlignmentPhase::kIdle;
  CheckpointId newest_;  // seen or given up
  CheckpointMeta meta_;  // of the checkpoint in progress
  std::vector<Channel> channels_;
  size_t open_ = 0;      // channels that have not ended
  size_t received_ = 0;  // open channels whose barrier has come
  std::vector<BarrierEffect> effects_;
};

}  // namespace flinch::engine
