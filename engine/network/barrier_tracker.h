// Decides when a task takes a checkpoint where nobody waits: at-least-once. Pure, with the inputs
// and effects of BarrierCore, and never a Block.
//
// A checkpoint is taken when its barrier has come on all channels that have not ended. What
// overtook it on channels that were ahead is in the snapshot, and comes again after a restore.
// Bounded:  the newest kTracked checkpoints are counted; of older ones the barriers are forgotten.
// Survives: barriers that come late or twice or never; a newer checkpoint that is complete first
//           ends all older ones; ids that are given up before their barriers, and after them;
//           channels that end in between.
// Source:   Flink's CheckpointBarrierTracker.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "engine/network/barrier_core.h"

namespace flinch::engine {

class BarrierTracker {
 public:
  // Flink: MAX_CHECKPOINTS_TO_TRACK.
  static constexpr size_t kTracked = 50;

  explicit BarrierTracker(size_t channels, const Defects& defects = {});

  // As BarrierCore's.
  std::span<const BarrierEffect> Step(const BarrierInput& input);
  std::string_view PlaceOf(size_t channel, CheckpointId id) const;

  // Fails a check when the state contradicts itself.
  void Verify() const;

 private:
  struct Tracked {
    CheckpointMeta meta;
    std::vector<bool> received;  // by channel
  };

  using Pending = std::map<CheckpointId, Tracked>;

  void On(const barrier_input::Barrier& barrier);

  // Nothing that concerns barriers that overtake nothing.
  void On(const barrier_input::Announcement&) {}

  void On(const barrier_input::TimedOut&) {}

  void On(const barrier_input::CancelMarker& marker);
  void On(const barrier_input::EndOfPartition& end);
  void On(const barrier_input::Aborted& aborted);

  // How many channels still owe the barrier.
  size_t MissingOf(const Tracked& tracked) const;
  void Trigger(Pending::iterator complete);
  void GiveUp(CheckpointId id);

  size_t tolerated_;         // of the missing: none, but for a planted defect
  std::vector<bool> ended_;  // by channel
  Pending pending_;
  CheckpointId done_;  // taken or given up: nothing up to here is taken any more
  std::vector<BarrierEffect> effects_;
};

}  // namespace flinch::engine
