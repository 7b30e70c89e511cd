// Random interleavings of what channels deliver and of aborts, against a model that only notes who
// delivered what.
#include "engine/network/barrier_core.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

constexpr uint64_t kNewest = 6;

// What a channel delivers: barriers, cancel markers, its end.
enum class Kind : uint8_t { kBarrier, kCancel, kEnd };
using Delivery = std::pair<Kind, uint64_t>;

// Three bits an id: whether its barrier comes, whether it comes twice, whether a marker comes
// instead. The newest comes always, unless the channel has ended before.
struct ChannelScript {
  uint32_t bits = 0;
  uint8_t end = 0;  // after so many ids; 0: does not end early

  std::deque<Delivery> Deliveries() const {
    std::deque<Delivery> deliveries;
    for (uint64_t id = 1; id <= kNewest; ++id) {
      if (end != 0 && id > end) {
        break;
      }
      const uint32_t act = bits >> (3 * id) & 7;
      if (id == kNewest || act < 5) {
        deliveries.emplace_back(Kind::kBarrier, id);
      } else if (act == 7) {
        deliveries.emplace_back(Kind::kCancel, id);
      }
      if (act == 4) {
        deliveries.emplace_back(Kind::kBarrier, id);
      }
    }
    deliveries.emplace_back(Kind::kEnd, 0);
    return deliveries;
  }
};

class Alignment {
 public:
  explicit Alignment(const std::vector<ChannelScript>& channels) : core_(channels.size()) {
    for (const ChannelScript& channel : channels) {
      scripts_.push_back(channel.Deliveries());
    }
  }

  // An act of the outside: most deliver the next of a channel, some abort a checkpoint.
  void Act(uint8_t act) {
    if (act % 8 == 7) {
      const uint64_t id = 1 + act / 8 % kNewest;
      given_up_.insert(id);
      Feed(barrier_input::Aborted{.id = CheckpointId(id)});
      return;
    }
    Deliver(act % scripts_.size());
  }

  bool Deliver(size_t channel) {
    if (scripts_[channel].empty() || blocked_.contains(channel)) {
      return false;
    }
    const auto [kind, id] = scripts_[channel].front();
    scripts_[channel].pop_front();
    switch (kind) {
      case Kind::kBarrier:
        delivered_.emplace(id, channel);
        Feed(barrier_input::Barrier{.channel = channel, .meta = {.id = CheckpointId(id)}});
        break;
      case Kind::kCancel:
        given_up_.insert(id);
        Feed(barrier_input::CancelMarker{.channel = channel, .id = CheckpointId(id)});
        break;
      case Kind::kEnd:
        ended_.insert(channel);
        Feed(barrier_input::EndOfPartition{.channel = channel});
        break;
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
    RC_ASSERT(blocked_.empty());
    for (const std::deque<Delivery>& script : scripts_) {
      RC_ASSERT(script.empty());  // else the channel is blocked for ever
    }
    const bool is_delivered = std::ranges::any_of(
        delivered_, [](const auto& delivered) { return delivered.first == kNewest; });
    if (is_delivered && !given_up_.contains(kNewest)) {
      RC_ASSERT(snapshots_.contains(kNewest));
    }
  }

 private:
  void Feed(const BarrierInput& input) {
    for (const BarrierEffect& effect : core_.Step(input)) {
      std::visit([this](const auto& each) { See(each); }, effect);
    }
    RC_ASSERT(blocked_.empty() == (core_.phase() == AlignmentPhase::kIdle));
  }

  // Nothing overtakes here.
  void See(const auto&) { RC_FAIL("an effect of barriers that overtake"); }

  void See(const barrier_effect::Block& block) {
    RC_ASSERT(!ended_.contains(block.channel));
    RC_ASSERT(blocked_.insert(block.channel).second);
  }

  void See(const barrier_effect::Resume& resume) {
    RC_ASSERT(blocked_.erase(resume.channel) == 1U);
  }

  void See(const barrier_effect::Trigger& trigger) {
    const uint64_t id = trigger.meta.id.value();
    RC_ASSERT((snapshots_.empty() || *snapshots_.rbegin() < id));
    RC_ASSERT(!given_up_.contains(id));
    for (size_t channel = 0; channel < scripts_.size(); ++channel) {
      RC_ASSERT((delivered_.contains({id, channel}) || ended_.contains(channel)));
    }
    snapshots_.insert(id);
  }

  void See(const barrier_effect::GiveUp& given_up) {
    RC_ASSERT(!snapshots_.contains(given_up.id.value()));
    RC_ASSERT(told_.insert(given_up.id.value()).second);
  }

  BarrierCore core_;
  std::vector<std::deque<Delivery>> scripts_;
  std::set<std::pair<uint64_t, size_t>> delivered_;
  std::set<size_t> ended_;
  std::set<size_t> blocked_;
  std::set<uint64_t> given_up_;  // by the coordinator or a marker
  std::set<uint64_t> told_;      // given up, as the core says
  std::set<uint64_t> snapshots_;
};

RC_GTEST_PROP(BarrierCorePropertyTest, SnapshotsAreOfAllChannelsAndNobodyIsBlockedForEver,
              (const std::vector<uint8_t>& acts)) {
  const auto count = *rc::gen::inRange<size_t>(1, 5);
  std::vector<ChannelScript> channels;
  for (size_t channel = 0; channel < count; ++channel) {
    const auto bits = *rc::gen::arbitrary<uint32_t>();
    const auto end = *rc::gen::inRange<uint8_t>(0, 4 * kNewest);
    channels.push_back({.bits = bits, .end = end < kNewest ? end : uint8_t{0}});
  }
  Alignment alignment(channels);
  for (const uint8_t act : acts) {
    alignment.Act(act);
  }
  alignment.Drain();
  alignment.JudgeEnd();
}

// Every order of the first eight deliveries of two channels, with an abort at any point of it.
TEST(BarrierCorePropertyTest, HoldsInEveryOrderOfTwoChannels) {
  size_t tried = 0;
  for (uint32_t order = 0; order < 1U << 8U; ++order) {
    for (uint8_t abort = 0; abort < 16; ++abort) {
      Alignment alignment({{.bits = 0}, {.bits = 0}});
      for (uint32_t step = 0; step < 8; ++step) {
        if (step == abort / 2U) {
          alignment.Act(static_cast<uint8_t>(7 + 8 * (abort % 2)));
        }
        alignment.Deliver(order >> step & 1U);
      }
      alignment.Drain();
      alignment.JudgeEnd();
      ++tried;
    }
  }
  EXPECT_EQ(tried, 4096U);
}

}  // namespace
}  // namespace flinch::engine
