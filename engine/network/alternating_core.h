// Decides when a task takes a checkpoint whose barriers may overtake records: unaligned, or aligned
// until its time has run out, and aligned for savepoints in between. Pure, with the inputs and
// effects of BarrierCore.
//
// Unaligned: the first barrier triggers the checkpoint. What other channels bring before their own
//            barriers is processed all the same, and belongs to the checkpoint (Persist), which is
//            whole with the last barrier (Persisted). No channel is ever blocked.
// Time-out:  a barrier that may overtake after a time is announced as soon as it lies in a channel.
//            The time counts from the checkpoint's trigger, by the wall clock, so those far
//            downstream have less of it. It runs out when the timer says so, or when the next
//            barrier or announcement shows it. Then those that lie in channels overtake (Overtake),
//            and the checkpoint goes on unaligned. So it does when a barrier that overtakes comes.
// Bounded:   one checkpoint is in progress; only the newest id matters, ids may have gaps.
// Survives:  what BarrierCore does; barriers of both kinds for one checkpoint, announcements
//            without barriers, a timer for what is over.
// Source:    Flink's SingleCheckpointBarrierHandler.alternating and its states.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/network/alternating_protocol.h"
#include "engine/network/barrier_core.h"

namespace flinch::engine {

class AlternatingCore {
 public:
  // A source has no channels: it hears of checkpoints that were aborted, and of nothing else.
  AlternatingCore(size_t channels, sim::Duration aligned_timeout, const Defects& defects = {});

  // As BarrierCore's.
  std::span<const BarrierEffect> Step(const BarrierInput& input);
  std::string_view PlaceOf(size_t channel, CheckpointId id) const;

  AlternatingPhase phase() const { return phase_; }

  // Fails a check when the state contradicts itself.
  void Verify() const;

 private:
  enum class Channel : uint8_t {
    kMissing,
    kBlocked,  // has delivered, and waits
    kPassed,   // has delivered, and goes on
    kEnded,
  };

  void On(const barrier_input::Barrier& barrier);
  void On(const barrier_input::Announcement& announced);
  void On(const barrier_input::TimedOut& timed_out);
  void On(const barrier_input::CancelMarker& marker);
  void On(const barrier_input::EndOfPartition& end);
  void On(const barrier_input::Aborted& aborted);

  bool IsTimedOut(const CheckpointMeta& meta, sim::WallTime now) const;
  AlternatingInput Classify(const barrier_input::Barrier& barrier) const;
  AlternatingInput ClassifyEnd(size_t channel) const;
  // Takes the table's step and returns what it says is to be done.
  AlternatingAction Take(AlternatingInput input);
  // A newer checkpoint is there: the one in progress is given up.
  void Renew(const CheckpointMeta& meta);
  void StartClock(sim::WallTime now);
  void Count(size_t channel, Channel as);
  void Snapshot();
  // The checkpoint is taken now, and is unaligned from here on.
  void Begin();
  void Switch();
  void Finish();
  void OnGivenUp(CheckpointId id);
  void GiveUp(CheckpointId id);
  void ResumeAll();
  void Forget();

  Defects defects_;
  sim::Duration aligned_timeout_;
  AlternatingPhase phase_ = AlternatingPhase::kIdle;
  CheckpointId newest_;  // seen or given up
  CheckpointMeta meta_;  // of the checkpoint in progress
  std::vector<Channel> channels_;
  size_t open_ = 0;      // channels that have not ended
  size_t received_ = 0;  // open channels whose barrier has come
  std::vector<BarrierEffect> effects_;
};

}  // namespace flinch::engine
