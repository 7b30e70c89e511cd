// Random interleavings of records, barriers, announcements, clocks and aborts on some channels,
// against what the algorithm must come to:
//
//   - no barrier overtakes, or is overtaken, except where the checkpoint may be unaligned: an
//     aligned one is taken when exactly what lies before its barriers is processed;
//   - what was processed before a checkpoint and what it has kept are together what lies before its
//     barriers, each once: what is kept is exactly what was between;
//   - nobody is blocked for ever.
#include "engine/network/alternating_core.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/network/channel_persister.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration kTimeout = 1s;

// As RemoteInputChannel does it: what comes, in which order it is taken, and what is kept.
class Task {
 public:
  explicit Task(size_t channels) : core_(channels, kTimeout), channels_(channels) {}

  void Record(size_t index) {
    Channel& channel = channels_[index % channels_.size()];
    const uint64_t record = ++channel.sent;
    if (channel.persister.persists()) {
      channel.kept.push_back(record);
    }
    channel.queue.push_back({.record = record});
  }

  // The barrier of the checkpoint that the coordinator has under way, or of the next one.
  void Barrier(size_t index, uint8_t kind) {
    if (!under_way_) {
      constexpr std::array kKinds = {CheckpointKind::kUnaligned, CheckpointKind::kTimeoutable,
                                     CheckpointKind::kSavepoint};
      under_way_ = CheckpointMeta{.id = CheckpointId(++last_id_),
                                  .timestamp = now_,
                                  .options = {.kind = kKinds[kind % kKinds.size()]}};
    }
    Channel& channel = channels_[index % channels_.size()];
    const CheckpointId id = under_way_->id;
    if (channel.brought >= id) {
      return;
    }
    channel.brought = id;
    channel.behind[id] = channel.sent;
    channel.persister.OnBarrier(id);
    const bool overtakes = under_way_->options.kind == CheckpointKind::kUnaligned;
    const auto place = overtakes ? FirstOvertakable(channel) : channel.queue.end();
    channel.queue.insert(place, {.barrier = *under_way_, .has_priority = overtakes});
    if (under_way_->options.kind == CheckpointKind::kTimeoutable) {
      Feed(barrier_input::Announcement{
          .channel = index % channels_.size(), .meta = *under_way_, .now = now_});
    }
  }

  bool Process(size_t index) {
    for (size_t urgent = 0; urgent < channels_.size(); ++urgent) {
      if (!channels_[urgent].queue.empty() && channels_[urgent].queue.front().has_priority) {
        return TakeFrom(urgent);
      }
    }
    const size_t at = index % channels_.size();
    return !blocked_.contains(at) && !channels_[at].queue.empty() && TakeFrom(at);
  }

  void Abort() {
    if (under_way_) {
      const CheckpointId id = under_way_->id;
      under_way_.reset();
      given_up_.insert(id);
      Feed(barrier_input::Aborted{.id = id});
    }
  }

  // Time passes; the clock rings if it was started.
  void Tick() {
    now_ += 300ms;
    if (rings_ && now_ >= rings_->second) {
      const CheckpointId id = rings_->first;
      rings_.reset();
      Feed(barrier_input::TimedOut{.id = id});
    }
  }

  // All bring the barrier that is under way, and everything is processed.
  void Drain() {
    for (size_t index = 0; index < channels_.size() && under_way_; ++index) {
      Barrier(index, 0);
    }
    for (bool progress = true; progress;) {
      progress = false;
      for (size_t index = 0; index < channels_.size(); ++index) {
        progress = Process(index) || progress;
      }
    }
    RC_ASSERT(blocked_.empty());
    RC_ASSERT(!under_way_.has_value());
    for (const Channel& channel : channels_) {
      RC_ASSERT(channel.queue.empty());
      RC_ASSERT(channel.processed == channel.sent);
    }
  }

  uint64_t aligned() const { return aligned_; }

  uint64_t unaligned() const { return unaligned_; }

 private:
  struct Item {
    uint64_t record = 0;  // 0: a barrier
    CheckpointMeta barrier{};
    bool has_priority = false;
  };

  struct Channel {
    std::deque<Item> queue;
    ChannelPersister persister;
    std::vector<uint64_t> kept;
    uint64_t sent = 0;
    uint64_t processed = 0;
    uint64_t at_trigger = 0;
    CheckpointId brought;                     // the newest barrier
    std::map<CheckpointId, uint64_t> behind;  // how many records were sent before each barrier
  };

  static std::deque<Item>::iterator FirstOvertakable(Channel& channel) {
    return std::ranges::find_if(channel.queue, [](const Item& item) { return !item.has_priority; });
  }

  bool TakeFrom(size_t index) {
    Channel& channel = channels_[index];
    const Item item = channel.queue.front();
    channel.queue.pop_front();
    if (item.record != 0) {
      RC_ASSERT(item.record == channel.processed + 1);
      channel.processed = item.record;
      return true;
    }
    Feed(barrier_input::Barrier{.channel = index, .meta = item.barrier, .now = now_});
    return true;
  }

  void Feed(const BarrierInput& input) {
    const auto effects = core_.Step(input);
    for (const BarrierEffect& effect : std::vector(effects.begin(), effects.end())) {
      std::visit([this](const auto& each) { See(each); }, effect);
    }
  }

  void See(const barrier_effect::Block& block) { RC_ASSERT(blocked_.insert(block.channel).second); }

  void See(const barrier_effect::Resume& resume) {
    RC_ASSERT(blocked_.erase(resume.channel) == 1U);
  }

  void See(const barrier_effect::Trigger& trigger) {
    const CheckpointId id = trigger.meta.id;
    RC_ASSERT(!given_up_.contains(id));
    RC_ASSERT(taken_.insert(id).second);
    const bool is_aligned = trigger.meta.options.kind != CheckpointKind::kUnaligned;
    for (Channel& channel : channels_) {
      channel.at_trigger = channel.processed;
      const auto behind = channel.behind.find(id);
      if (is_aligned) {
        RC_ASSERT(behind != channel.behind.end());
        RC_ASSERT(behind->second == channel.processed);
      } else if (behind != channel.behind.end()) {
        RC_ASSERT(behind->second >= channel.processed);
      }
    }
    if (is_aligned) {
      ++aligned_;
      under_way_.reset();
    }
  }

  void See(const barrier_effect::Persist& persist) {
    for (Channel& channel : channels_) {
      channel.kept.clear();
      const uint64_t end =
          channel.persister.HasSeen(persist.id) && channel.behind.contains(persist.id)
              ? channel.behind[persist.id]
              : channel.sent;
      for (const Item& item : channel.queue) {
        if (item.record != 0 && item.record <= end) {
          channel.kept.push_back(item.record);
        }
      }
      channel.persister.Start(persist.id);
    }
  }

  void See(const barrier_effect::Persisted& persisted) {
    RC_ASSERT(!given_up_.contains(persisted.id));
    for (Channel& channel : channels_) {
      channel.persister.Stop(persisted.id);
      std::vector<uint64_t> between;
      for (uint64_t record = channel.at_trigger + 1; record <= channel.behind.at(persisted.id);
           ++record) {
        between.push_back(record);
      }
      RC_ASSERT(channel.kept == between);
      channel.kept.clear();
    }
    ++unaligned_;
    under_way_.reset();
  }

  void See(const barrier_effect::GiveUp& given_up) {
    RC_ASSERT(given_up_.contains(given_up.id));
    for (Channel& channel : channels_) {
      channel.persister.Stop(given_up.id);
      channel.kept.clear();
    }
  }

  // Only of a checkpoint that may time out, and not before.
  void See(const barrier_effect::Overtake& overtake) {
    for (Channel& channel : channels_) {
      const auto announced = std::ranges::find_if(channel.queue, [&](const Item& item) {
        return item.record == 0 && item.barrier.id == overtake.id;
      });
      if (announced == channel.queue.end() || announced->has_priority) {
        continue;
      }
      RC_ASSERT(announced->barrier.options.kind == CheckpointKind::kTimeoutable);
      RC_ASSERT(now_ - announced->barrier.timestamp >= kTimeout);
      Item moved = *announced;
      channel.queue.erase(announced);
      moved.has_priority = true;
      moved.barrier.options.kind = CheckpointKind::kUnaligned;
      channel.queue.insert(FirstOvertakable(channel), moved);
    }
  }

  void See(const barrier_effect::StartClock& start) { rings_ = {start.id, now_ + start.after}; }

  AlternatingCore core_;
  std::vector<Channel> channels_;
  std::set<size_t> blocked_;
  std::optional<CheckpointMeta> under_way_;
  uint64_t last_id_ = 0;
  std::set<CheckpointId> given_up_;
  std::set<CheckpointId> taken_;
  sim::WallTime now_{};
  std::optional<std::pair<CheckpointId, sim::WallTime>> rings_;
  uint64_t aligned_ = 0;
  uint64_t unaligned_ = 0;
};

void Act(Task& task, uint16_t act) {
  const size_t channel = act / 16;
  switch (act % 16) {
    case 0:
    case 1:
      return task.Barrier(channel, static_cast<uint8_t>(act / 64));
    case 2:
      return act % 128 == 2 ? task.Abort() : task.Tick();
    case 3:
      return task.Tick();
    default:
      return act % 4 == 0 ? task.Record(channel) : void(task.Process(channel));
  }
}

RC_GTEST_PROP(AlternatingCorePropertyTest, KeepsExactlyWhatIsBetweenAndOvertakesNothingElse,
              (const std::vector<uint16_t>& acts)) {
  Task task(*rc::gen::inRange<size_t>(1, 5));
  for (const uint16_t act : acts) {
    Act(task, act);
  }
  task.Drain();
}

// Long runs, and that there is something in them.
TEST(AlternatingCorePropertyTest, MeetsBothKindsOfCheckpoints) {
  Task task(3);
  uint32_t state = 12345;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 1664525 + 1013904223;
    Act(task, static_cast<uint16_t>(state >> 16));
  }
  task.Drain();
  EXPECT_GT(task.aligned(), 100U);
  EXPECT_GT(task.unaligned(), 100U);
}

}  // namespace
}  // namespace flinch::engine
