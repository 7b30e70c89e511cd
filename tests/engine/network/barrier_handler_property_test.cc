// Random interleavings of barriers and aborts, against a model that only notes who delivered what.
#include "engine/network/barrier_handler.h"

#include <cstdint>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

constexpr uint64_t kNewest = 6;

// What one channel delivers: ids that grow, with gaps and doubled ones, the newest always last.
std::deque<uint64_t> ScriptOf(uint8_t present, uint8_t doubled) {
  std::deque<uint64_t> ids;
  for (uint64_t id = 1; id <= kNewest; ++id) {
    if (id == kNewest || (present >> id & 1) != 0) {
      ids.push_back(id);
      if ((doubled >> id & 1) != 0) {
        ids.push_back(id);
      }
    }
  }
  return ids;
}

class Alignment {
 public:
  explicit Alignment(const std::vector<std::pair<uint8_t, uint8_t>>& channels)
      : handler_(channels.size()) {
    for (const auto& [present, doubled] : channels) {
      scripts_.push_back(ScriptOf(present, doubled));
    }
  }

  // An act of the outside: most deliver the next barrier of a channel, some abort a checkpoint.
  void Act(uint8_t act) {
    if (act % 8 == 7) {
      const uint64_t id = 1 + act / 8 % kNewest;
      aborted_.insert(id);
      handler_.OnAborted(CheckpointId(id));
      return;
    }
    Deliver(act % scripts_.size());
  }

  bool Deliver(size_t channel) {
    if (scripts_[channel].empty() || handler_.IsBlocked(channel)) {
      return false;
    }
    const uint64_t id = scripts_[channel].front();
    scripts_[channel].pop_front();
    delivered_.emplace(id, channel);
    const std::optional<CheckpointId> snapshot = handler_.OnBarrier(channel, CheckpointId(id));
    if (snapshot) {
      Judge(snapshot->value());
    }
    return true;
  }

  // Everything that can still be delivered is.
  void Drain() {
    for (bool progress = true; progress;) {
      progress = false;
      for (size_t channel = 0; channel < scripts_.size(); ++channel) {
        progress = Deliver(channel) || progress;
      }
    }
  }

  void JudgeEnd() const {
    for (const std::deque<uint64_t>& script : scripts_) {
      RC_ASSERT(script.empty());  // else the channel is blocked for ever
    }
    if (!aborted_.contains(kNewest)) {
      RC_ASSERT(snapshots_.contains(kNewest));
    }
  }

 private:
  void Judge(uint64_t id) {
    RC_ASSERT((snapshots_.empty() || *snapshots_.rbegin() < id));
    RC_ASSERT(!aborted_.contains(id));
    for (size_t channel = 0; channel < scripts_.size(); ++channel) {
      RC_ASSERT(delivered_.contains({id, channel}));
      RC_ASSERT(!handler_.IsBlocked(channel));
    }
    snapshots_.insert(id);
  }

  BarrierHandler handler_;
  std::vector<std::deque<uint64_t>> scripts_;
  std::set<std::pair<uint64_t, size_t>> delivered_;
  std::set<uint64_t> aborted_;
  std::set<uint64_t> snapshots_;
};

RC_GTEST_PROP(BarrierHandlerPropertyTest, SnapshotsAreOfAllChannelsAndNobodyIsBlockedForEver,
              (std::vector<uint8_t> acts)) {
  const auto count = *rc::gen::inRange<size_t>(1, 5);
  const auto channels = *rc::gen::container<std::vector<std::pair<uint8_t, uint8_t>>>(
      count, rc::gen::pair(rc::gen::arbitrary<uint8_t>(), rc::gen::arbitrary<uint8_t>()));
  Alignment alignment(channels);
  for (const uint8_t act : acts) {
    alignment.Act(act);
  }
  alignment.Drain();
  alignment.JudgeEnd();
}

}  // namespace
}  // namespace flinch::engine
