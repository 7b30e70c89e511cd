// What Flink's tests promise of barriers that overtake, and of what they overtake.
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/network/alternating_core.h"
#include "engine/network/channel_persister.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kOvertakes = CheckpointKind::kUnaligned;
constexpr auto kInTime = CheckpointKind::kTimeoutable;
constexpr auto kSavepoint = CheckpointKind::kSavepoint;

// A task of several channels: what a channel brings is read at once.
class Handler {
 public:
  using Ids = std::vector<uint64_t>;

  explicit Handler(size_t channels, sim::Duration timeout = 0s)
      : core_(channels, timeout), channels_(channels) {}

  void Data(size_t channel, int number) {
    if (channels_[channel].persister.persists()) {
      channels_[channel].persisted.push_back(number);
    }
  }

  void Barrier(size_t channel, uint64_t id, CheckpointKind kind = kOvertakes) {
    EXPECT_FALSE(blocked_.contains(channel)) << "nothing is read from a blocked channel";
    channels_[channel].persister.OnBarrier(CheckpointId(id));
    Feed(barrier_input::Barrier{.channel = channel, .meta = MetaOf(id, kind), .now = now_});
  }

  void Announce(size_t channel, uint64_t id) {
    Feed(barrier_input::Announcement{.channel = channel, .meta = MetaOf(id, kInTime), .now = now_});
  }

  void Cancel(size_t channel, uint64_t id) {
    Feed(barrier_input::CancelMarker{.channel = channel, .id = CheckpointId(id)});
  }

  void Abort(uint64_t id) { Feed(barrier_input::Aborted{.id = CheckpointId(id)}); }

  void End(size_t channel) { Feed(barrier_input::EndOfPartition{.channel = channel}); }

  void At(sim::Duration time) { now_ = sim::WallTime() + time; }

  void TriggeredAt(sim::Duration time) { triggered_at_ = sim::WallTime() + time; }

  // The clock of a checkpoint runs down.
  void Ring(uint64_t id) { Feed(barrier_input::TimedOut{.id = CheckpointId(id)}); }

  Ids triggered;
  std::vector<CheckpointKind> kinds;  // of these
  Ids given_up;
  Ids whole;
  Ids overtaking;  // whose barriers are to overtake in their channels
  Ids clocks;      // of whom one was started

  const std::set<size_t>& blocked() const { return blocked_; }

  // What the checkpoint that became whole last holds of the channel.
  const std::vector<int>& InFlight(size_t channel) const { return channels_[channel].kept; }

 private:
  struct Channel {
    ChannelPersister persister;
    std::vector<int> persisted;
    std::vector<int> kept;
  };

  CheckpointMeta MetaOf(uint64_t id, CheckpointKind kind) const {
    return {.id = CheckpointId(id), .timestamp = triggered_at_, .options = {.kind = kind}};
  }

  void Feed(const BarrierInput& input) {
    for (const BarrierEffect& effect : core_.Step(input)) {
      std::visit([this](const auto& each) { Do(each); }, effect);
    }
  }

  void Do(const barrier_effect::Block& block) { blocked_.insert(block.channel); }

  void Do(const barrier_effect::Resume& resume) { blocked_.erase(resume.channel); }

  void Do(const barrier_effect::Trigger& trigger) {
    triggered.push_back(trigger.meta.id.value());
    kinds.push_back(trigger.meta.options.kind);
  }

  void Do(const barrier_effect::GiveUp& given) {
    given_up.push_back(given.id.value());
    Stop(given.id, false);
  }

  void Do(const barrier_effect::Persist& persist) {
    for (Channel& channel : channels_) {
      channel.persisted.clear();
      channel.persister.Start(persist.id);
    }
  }

  void Do(const barrier_effect::Persisted& persisted) {
    whole.push_back(persisted.id.value());
    Stop(persisted.id, true);
  }

  void Do(const barrier_effect::Overtake& overtake) { overtaking.push_back(overtake.id.value()); }

  void Do(const barrier_effect::StartClock& start) { clocks.push_back(start.id.value()); }

  void Stop(CheckpointId id, bool keeps) {
    for (Channel& channel : channels_) {
      channel.persister.Stop(id);
      std::vector<int> persisted = std::exchange(channel.persisted, {});
      channel.kept = keeps ? std::move(persisted) : std::vector<int>();
    }
  }

  AlternatingCore core_;
  std::vector<Channel> channels_;
  sim::WallTime now_{};
  sim::WallTime triggered_at_{};
  std::set<size_t> blocked_;
};

// ---- Unaligned ----------------------------------------------------------------------------------

FLINK_CONTRACT(UnalignedCheckpointsTest, testSingleChannelNoBarriers) {
  Handler handler(1);
  handler.Data(0, 1);
  handler.Data(0, 2);
  EXPECT_THAT(handler.triggered, IsEmpty());
  EXPECT_THAT(handler.InFlight(0), IsEmpty());
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testSingleChannelWithBarriers) {
  Handler handler(1);
  for (uint64_t id = 1; id <= 6; ++id) {
    handler.Data(0, 1);
    handler.Barrier(0, id);
    EXPECT_THAT(handler.InFlight(0), IsEmpty());
  }
  EXPECT_THAT(handler.triggered, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(handler.whole, ElementsAre(1, 2, 3, 4, 5, 6));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testMultiChannelWithBarriers) {
  Handler handler(3);
  handler.Data(0, 1);
  handler.Barrier(1, 1);
  handler.Data(0, 2);
  handler.Data(1, 3);
  handler.Barrier(2, 1);
  handler.Data(0, 4);
  EXPECT_THAT(handler.whole, IsEmpty());
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.InFlight(0), ElementsAre(2, 4));
  EXPECT_THAT(handler.InFlight(1), IsEmpty());
  // All at once: nothing is in flight.
  handler.Barrier(0, 2);
  handler.Barrier(1, 2);
  handler.Barrier(2, 2);
  EXPECT_THAT(handler.InFlight(0), IsEmpty());
  EXPECT_THAT(handler.whole, ElementsAre(1, 2));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testMultiChannelTrailingInflightData) {
  Handler handler(3);
  handler.Barrier(0, 1);
  handler.Data(1, 1);
  handler.End(2);
  handler.Data(1, 2);
  handler.End(1);
  EXPECT_THAT(handler.whole, ElementsAre(1));
  EXPECT_THAT(handler.InFlight(1), ElementsAre(1, 2));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testMissingCancellationBarriers) {
  Handler handler(1);
  handler.Barrier(0, 1);
  handler.Cancel(0, 3);
  handler.Cancel(0, 2);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.given_up, ElementsAre(3));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testStartAlignmentWithClosedChannels) {
  Handler handler(4);
  handler.End(2);
  handler.End(3);
  handler.Barrier(1, 1);
  handler.Data(0, 1);
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.whole, ElementsAre(1));
  EXPECT_THAT(handler.InFlight(0), ElementsAre(1));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testEndOfStreamWhileCheckpoint) {
  Handler handler(3);
  handler.Barrier(0, 1);
  handler.Barrier(1, 1);
  handler.Data(2, 1);
  handler.End(2);
  EXPECT_THAT(handler.whole, ElementsAre(1));
  EXPECT_THAT(handler.InFlight(2), ElementsAre(1));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testSingleChannelAbortCheckpoint) {
  Handler handler(1);
  handler.Barrier(0, 1);
  handler.Cancel(0, 2);
  handler.Barrier(0, 2);
  handler.Barrier(0, 3);
  handler.Cancel(0, 4);
  EXPECT_THAT(handler.triggered, ElementsAre(1, 3));
  EXPECT_THAT(handler.given_up, ElementsAre(2, 4));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testMultiChannelAbortCheckpoint) {
  Handler handler(3);
  handler.Barrier(0, 1);
  handler.Data(1, 1);
  handler.Cancel(2, 1);
  handler.Barrier(1, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.given_up, ElementsAre(1));
  EXPECT_THAT(handler.whole, IsEmpty());
  handler.Barrier(1, 2);
  handler.Data(0, 2);
  handler.Barrier(0, 2);
  handler.Barrier(2, 2);
  EXPECT_THAT(handler.whole, ElementsAre(2));
  EXPECT_THAT(handler.InFlight(0), ElementsAre(2));
  EXPECT_THAT(handler.InFlight(1), IsEmpty());
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testProcessCancellationBarrierAfterProcessBarrier) {
  Handler handler(2);
  handler.Barrier(0, 1);
  handler.Cancel(1, 1);
  EXPECT_THAT(handler.given_up, ElementsAre(1));
  handler.Barrier(1, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.whole, IsEmpty());
}

FLINK_CONTRACT(UnalignedCheckpointsTest,
               testProcessCancellationBarrierBeforeProcessAndReceiveBarrier) {
  Handler handler(1);
  handler.Cancel(0, 1);
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.triggered, IsEmpty());
  EXPECT_THAT(handler.given_up, ElementsAre(1));
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testTriggerCheckpointsWithEndOfPartition) {
  Handler handler(3);
  handler.Barrier(0, 1);
  handler.Data(1, 1);
  handler.End(1);
  handler.Data(2, 2);
  handler.Barrier(2, 1);
  EXPECT_THAT(handler.whole, ElementsAre(1));
  EXPECT_THAT(handler.InFlight(1), ElementsAre(1));
  EXPECT_THAT(handler.InFlight(2), ElementsAre(2));
  EXPECT_THAT(handler.given_up, IsEmpty());
}

FLINK_CONTRACT(UnalignedCheckpointsTest, testTriggerCheckpointsAfterReceivedEndOfPartition) {
  Handler handler(3);
  handler.End(2);
  handler.Barrier(0, 1);
  handler.Data(1, 1);
  handler.End(1);
  handler.Barrier(0, 2);
  EXPECT_THAT(handler.whole, ElementsAre(1, 2));
  EXPECT_THAT(handler.given_up, IsEmpty());
}

// ---- Aligned, and unaligned after a time --------------------------------------------------------

FLINK_CONTRACT(AlternatingCheckpointsTest, testSwitchToUnalignedByUpstream) {
  Handler handler(2, 1s);
  handler.Announce(0, 1);
  EXPECT_THAT(handler.triggered, IsEmpty());
  handler.Barrier(1, 1);
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testCheckpointHandling) {
  Handler handler(2);
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.blocked(), IsEmpty());
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testSavepointHandling) {
  Handler handler(2);
  handler.Barrier(0, 1, kSavepoint);
  EXPECT_THAT(handler.triggered, IsEmpty());
  EXPECT_THAT(handler.blocked(), ElementsAre(0));
  handler.Barrier(1, 1, kSavepoint);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.whole, IsEmpty());
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testAlternation) {
  constexpr size_t kMany = 123;
  Handler handler(kMany);
  Handler::Ids expected;
  for (uint64_t id = 1; id <= kMany; ++id) {
    for (size_t channel = 0; channel < kMany; ++channel) {
      handler.Barrier(channel, id, id % 2 == 0 ? kOvertakes : kSavepoint);
    }
    expected.push_back(id);
  }
  EXPECT_EQ(handler.triggered, expected);
  EXPECT_THAT(handler.given_up, IsEmpty());
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testAlignedAfterTimedOut) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.Ring(1);
  handler.Barrier(1, 1);
  handler.Barrier(0, 2, kInTime);
  handler.Barrier(1, 2, kInTime);
  EXPECT_THAT(handler.triggered, ElementsAre(1, 2));
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes, kInTime));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testAlignedNeverTimeoutableCheckpoint) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kSavepoint);
  handler.At(1h);
  handler.Ring(1);
  EXPECT_THAT(handler.triggered, IsEmpty());
  EXPECT_THAT(handler.clocks, IsEmpty());
  handler.Barrier(1, 1, kSavepoint);
  EXPECT_THAT(handler.kinds, ElementsAre(kSavepoint));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testTimeoutAlignment) {
  Handler handler(2, 1s);
  handler.Announce(0, 1);
  handler.Announce(1, 1);
  handler.Ring(1);
  EXPECT_THAT(handler.triggered, IsEmpty());
  EXPECT_THAT(handler.overtaking, ElementsAre(1));
  handler.Barrier(0, 1);
  handler.Barrier(1, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes));
  EXPECT_THAT(handler.whole, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testTimeoutAlignmentAfterProcessingBarrier) {
  Handler handler(3, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.At(2s);
  handler.Barrier(1, 1, kInTime);
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes));
  EXPECT_THAT(handler.blocked(), IsEmpty());
  handler.Data(2, 1);
  handler.Barrier(2, 1, kInTime);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.InFlight(2), ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testTimeoutAlignmentOnFirstBarrier) {
  Handler handler(2, 1s);
  handler.Announce(0, 1);
  handler.At(2s);
  handler.Barrier(0, 1, kInTime);
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testTimeoutAlignmentBeforeFirstBarrier) {
  Handler handler(2, 1s);
  handler.At(2s);
  handler.Announce(0, 1);
  EXPECT_THAT(handler.overtaking, ElementsAre(1));
  EXPECT_THAT(handler.triggered, IsEmpty());
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testTimeoutAlignmentWhenLocalBarrierFirst) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);  // nobody has announced it
  EXPECT_THAT(handler.clocks, ElementsAre(1));
  handler.Ring(1);
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testActiveTimeoutAfterLocalBarrierPassiveTimeout) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.At(2s);
  handler.Announce(1, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  handler.Ring(1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testTimeoutAlignmentOnAnnouncementForSecondCheckpoint) {
  Handler handler(2, 1s);
  handler.Announce(0, 1);
  handler.Announce(1, 1);
  handler.Barrier(0, 1, kInTime);
  handler.Barrier(1, 1, kInTime);
  EXPECT_THAT(handler.kinds, ElementsAre(kInTime));
  handler.TriggeredAt(1s);
  handler.At(3s);
  handler.Announce(0, 2);
  EXPECT_THAT(handler.overtaking, ElementsAre(2));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testPassiveTimeoutAlignmentOnAnnouncement) {
  Handler handler(2, 1s);
  handler.Announce(0, 1);
  handler.At(2s);
  handler.Announce(1, 1);
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testActiveTimeoutAlignmentOnFirstBarrier) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);
  EXPECT_THAT(handler.triggered, IsEmpty());
  handler.Ring(1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testActiveTimeoutAlignmentOnAnnouncement) {
  Handler handler(2, 1s);
  handler.Announce(0, 1);
  EXPECT_THAT(handler.clocks, ElementsAre(1));
  handler.Ring(1);
  handler.Barrier(0, 1);
  EXPECT_THAT(handler.kinds, ElementsAre(kOvertakes));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testAllChannelsUnblockedAfteralignedCheckpointTimeout) {
  Handler handler(3, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.Barrier(1, 1, kInTime);
  EXPECT_THAT(handler.blocked(), ElementsAre(0, 1));
  handler.Ring(1);
  EXPECT_THAT(handler.blocked(), IsEmpty());
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testNoActiveTimeoutAlignmentAfterLastBarrier) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.Barrier(1, 1, kInTime);
  handler.Ring(1);
  EXPECT_THAT(handler.kinds, ElementsAre(kInTime));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testNoActiveTimeoutAlignmentAfterAbort) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.Abort(1);
  handler.Ring(1);
  EXPECT_THAT(handler.triggered, IsEmpty());
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testActiveTimeoutAfterAnnouncementPassiveTimeout) {
  Handler handler(2, 1s);
  handler.At(2s);
  handler.Announce(0, 1);
  handler.Barrier(0, 1);
  handler.Ring(1);
  handler.Barrier(1, 1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testActiveTimeoutAfterBarrierPassiveTimeout) {
  Handler handler(3, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.At(2s);
  handler.Barrier(1, 1, kInTime);
  handler.Ring(1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testStartNewCheckpointViaAnnouncement) {
  Handler handler(3, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.Announce(1, 2);
  EXPECT_THAT(handler.given_up, ElementsAre(1));
  EXPECT_THAT(handler.blocked(), IsEmpty());
  EXPECT_THAT(handler.clocks, ElementsAre(1, 2));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testOutOfOrderBarrier) {
  Handler handler(2, 1s);
  handler.Barrier(0, 2, kInTime);
  handler.Barrier(1, 1, kInTime);
  EXPECT_THAT(handler.triggered, IsEmpty());
  EXPECT_THAT(handler.blocked(), ElementsAre(0));
  handler.Barrier(1, 2, kInTime);
  EXPECT_THAT(handler.triggered, ElementsAre(2));
}

FLINK_CONTRACT(AlternatingCheckpointsTest, testEndOfPartition) {
  Handler handler(2, 1s);
  handler.Barrier(0, 1, kInTime);
  handler.End(1);
  EXPECT_THAT(handler.triggered, ElementsAre(1));
  EXPECT_THAT(handler.blocked(), IsEmpty());
}

// ---- What a channel keeps -----------------------------------------------------------------------

FLINK_CONTRACT(ChannelStatePersisterTest, testNewBarrierNotOverwrittenByStopPersisting) {
  ChannelPersister persister;
  persister.Start(CheckpointId(1));
  EXPECT_TRUE(persister.persists());
  // The second has begun meanwhile.
  persister.OnBarrier(CheckpointId(2));
  persister.Stop(CheckpointId(1));
  EXPECT_FALSE(persister.persists());
  EXPECT_TRUE(persister.HasSeen(CheckpointId(2)));
}

FLINK_CONTRACT(ChannelStatePersisterTest, testNewBarrierNotOverwrittenByCheckpointStarted) {
  ChannelPersister persister;
  persister.OnBarrier(CheckpointId(2));
  persister.Start(CheckpointId(1));
  EXPECT_FALSE(persister.persists());
  persister.Start(CheckpointId(2));
  EXPECT_FALSE(persister.persists()) << "its barrier has come before";
}

FLINK_CONTRACT(ChannelStatePersisterTest, testLateBarrierOnStartedAndCancelledCheckpoint) {
  ChannelPersister persister;
  persister.Start(CheckpointId(1));
  persister.Stop(CheckpointId(1));
  persister.Start(CheckpointId(2));
  persister.OnBarrier(CheckpointId(1));
  EXPECT_TRUE(persister.persists());
  persister.OnBarrier(CheckpointId(2));
  EXPECT_FALSE(persister.persists());
}

FLINK_CONTRACT(ChannelStatePersisterTest, testLateBarrierOnCancelledCheckpoint) {
  ChannelPersister persister;
  persister.Stop(CheckpointId(1));
  persister.OnBarrier(CheckpointId(1));
  persister.Start(CheckpointId(2));
  EXPECT_TRUE(persister.persists());
}

}  // namespace
}  // namespace flinch::engine
