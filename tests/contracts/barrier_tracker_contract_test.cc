#include <cstdint>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/network/barrier_tracker.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A BarrierTracker, and what it has asked for.
class TrackedChannels {
 public:
  using Ids = std::vector<uint64_t>;

  explicit TrackedChannels(size_t channels) : core_(channels) {}

  void Barrier(size_t channel, uint64_t id) {
    Feed(barrier_input::Barrier{.channel = channel, .meta = {.id = CheckpointId(id)}});
  }

  void Cancel(size_t channel, uint64_t id) {
    Feed(barrier_input::CancelMarker{.channel = channel, .id = CheckpointId(id)});
  }

  void End(size_t channel) { Feed(barrier_input::EndOfPartition{.channel = channel}); }

  const Ids& triggered() const { return triggered_; }

  const Ids& given_up() const { return given_up_; }

 private:
  void Feed(const BarrierInput& input) {
    for (const BarrierEffect& effect : core_.Step(input)) {
      if (const auto* const trigger = std::get_if<barrier_effect::Trigger>(&effect)) {
        triggered_.push_back(trigger->meta.id.value());
      } else {
        ASSERT_TRUE(std::holds_alternative<barrier_effect::GiveUp>(effect)) << "nobody waits";
        given_up_.push_back(std::get<barrier_effect::GiveUp>(effect).id.value());
      }
    }
  }

  BarrierTracker core_;
  Ids triggered_;
  Ids given_up_;
};

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testSingleChannelWithSkippedBarriers) {
  TrackedChannels channels(1);
  for (const uint64_t id : {1U, 3U, 4U, 6U, 7U, 10U}) {
    channels.Barrier(0, id);
  }
  EXPECT_THAT(channels.triggered(), ElementsAre(1, 3, 4, 6, 7, 10));
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testMultiChannelWithBarriers) {
  TrackedChannels channels(3);
  for (const uint64_t id : {1U, 2U, 3U, 4U}) {
    channels.Barrier(id % 3, id);
    channels.Barrier((id + 1) % 3, id);
    EXPECT_EQ(channels.triggered().size(), id - 1);
    channels.Barrier((id + 2) % 3, id);
  }
  EXPECT_THAT(channels.triggered(), ElementsAre(1, 2, 3, 4));
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testMultiChannelSkippingCheckpoints) {
  TrackedChannels channels(3);
  channels.Barrier(0, 1);
  channels.Barrier(1, 1);
  channels.Barrier(1, 2);
  channels.Barrier(2, 2);
  channels.Barrier(0, 2);
  EXPECT_THAT(channels.triggered(), ElementsAre(2));
  channels.Barrier(2, 1);
  channels.Barrier(0, 4);
  channels.Barrier(2, 3);
  channels.Barrier(1, 4);
  channels.Barrier(2, 4);
  EXPECT_THAT(channels.triggered(), ElementsAre(2, 4));
  EXPECT_THAT(channels.given_up(), IsEmpty());
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testCompleteCheckpointsOnLateBarriers) {
  TrackedChannels channels(2);
  for (const uint64_t id : {2U, 3U, 4U}) {
    channels.Barrier(1, id);
  }
  EXPECT_THAT(channels.triggered(), IsEmpty());
  for (const uint64_t id : {2U, 3U, 4U}) {
    channels.Barrier(0, id);
  }
  EXPECT_THAT(channels.triggered(), ElementsAre(2, 3, 4));
  channels.Barrier(0, 3);
  EXPECT_THAT(channels.triggered(), ElementsAre(2, 3, 4));
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testMultiChannelAbortCheckpoint) {
  TrackedChannels channels(3);
  channels.Barrier(0, 1);
  channels.Barrier(2, 1);
  channels.Cancel(1, 1);
  channels.Cancel(2, 1);
  EXPECT_THAT(channels.given_up(), ElementsAre(1));
  channels.Barrier(1, 1);
  channels.Cancel(0, 2);
  channels.Barrier(1, 2);
  channels.Barrier(2, 2);
  EXPECT_THAT(channels.triggered(), IsEmpty());
  for (const size_t channel : {2U, 1U, 0U}) {
    channels.Barrier(channel, 3);
  }
  EXPECT_THAT(channels.triggered(), ElementsAre(3));
  EXPECT_THAT(channels.given_up(), ElementsAre(1, 2));
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testInterleavedCancellationBarriers) {
  TrackedChannels channels(3);
  channels.Barrier(0, 1);
  channels.Cancel(0, 2);
  channels.Cancel(1, 1);
  channels.Barrier(1, 2);
  channels.Cancel(2, 1);
  channels.Cancel(2, 2);
  EXPECT_THAT(channels.given_up(), ElementsAre(1, 2));
  EXPECT_THAT(channels.triggered(), IsEmpty());
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest, testTriggerCheckpointsAfterReceivedEndOfPartition) {
  TrackedChannels channels(3);
  channels.Barrier(0, 1);
  channels.Barrier(1, 1);
  channels.End(2);
  EXPECT_THAT(channels.triggered(), ElementsAre(1));
  channels.Barrier(0, 2);
  channels.Barrier(1, 2);
  EXPECT_THAT(channels.triggered(), ElementsAre(1, 2));
  channels.End(1);
  channels.Barrier(0, 3);
  EXPECT_THAT(channels.triggered(), ElementsAre(1, 2, 3));
}

FLINK_CONTRACT(CheckpointBarrierTrackerTest,
               testDeduplicateChannelsWithBothBarrierAndEndOfPartition) {
  TrackedChannels channels(3);
  channels.Barrier(0, 1);
  channels.Barrier(1, 1);
  channels.End(1);
  EXPECT_THAT(channels.triggered(), IsEmpty()) << "channel 2 is missing";
  channels.Barrier(2, 1);
  EXPECT_THAT(channels.triggered(), ElementsAre(1));
}

}  // namespace
}  // namespace flinch::engine
