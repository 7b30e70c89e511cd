#include <cstdint>
#include <set>
#include <variant>
#include <vector>

#include <gmock/gmock.h>

#include "engine/network/barrier_core.h"
#include "engine/network/watermark_valve.h"
#include "tests/contracts/contract.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A BarrierCore, and what it has asked for.
class Aligner {
 public:
  using Ids = std::vector<uint64_t>;

  explicit Aligner(size_t channels) : core_(channels) {}

  void Barrier(size_t channel, uint64_t id) {
    EXPECT_FALSE(blocked_.contains(channel)) << "nothing is read from a blocked channel";
    Feed(barrier_input::Barrier{.channel = channel, .meta = {.id = CheckpointId(id)}});
  }

  void Cancel(size_t channel, uint64_t id) {
    Feed(barrier_input::CancelMarker{.channel = channel, .id = CheckpointId(id)});
  }

  void End(size_t channel) { Feed(barrier_input::EndOfPartition{.channel = channel}); }

  const std::set<size_t>& blocked() const { return blocked_; }

  const Ids& triggered() const { return triggered_; }

  const Ids& given_up() const { return given_up_; }

 private:
  void Feed(const BarrierInput& input) {
    for (const BarrierEffect& effect : core_.Step(input)) {
      if (const auto* const block = std::get_if<barrier_effect::Block>(&effect)) {
        blocked_.insert(block->channel);
      } else if (const auto* const resume = std::get_if<barrier_effect::Resume>(&effect)) {
        blocked_.erase(resume->channel);
      } else if (const auto* const trigger = std::get_if<barrier_effect::Trigger>(&effect)) {
        triggered_.push_back(trigger->meta.id.value());
      } else {
        given_up_.push_back(std::get<barrier_effect::GiveUp>(effect).id.value());
      }
    }
  }

  BarrierCore core_;
  std::set<size_t> blocked_;
  Ids triggered_;
  Ids given_up_;
};

FLINK_CONTRACT(AlignedCheckpointsTest, testSingleChannelWithBarriers) {
  Aligner aligner(1);
  for (uint64_t id = 1; id <= 6; ++id) {
    aligner.Barrier(0, id);
    EXPECT_THAT(aligner.blocked(), IsEmpty());
  }
  EXPECT_THAT(aligner.triggered(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(aligner.given_up(), IsEmpty());
}

FLINK_CONTRACT(AlignedCheckpointsTest, testMultiChannelWithBarriers) {
  Aligner aligner(3);
  aligner.Barrier(1, 1);
  EXPECT_THAT(aligner.blocked(), ElementsAre(1));
  aligner.Barrier(2, 1);
  EXPECT_THAT(aligner.blocked(), ElementsAre(1, 2));
  EXPECT_THAT(aligner.triggered(), IsEmpty());
  aligner.Barrier(0, 1);
  EXPECT_THAT(aligner.triggered(), ElementsAre(1));
  EXPECT_THAT(aligner.blocked(), IsEmpty());
  for (const size_t channel : {0U, 1U, 2U}) {
    aligner.Barrier(channel, 2);
  }
  EXPECT_THAT(aligner.triggered(), ElementsAre(1, 2));
}

FLINK_CONTRACT(AlignedCheckpointsTest, testMultiChannelTrailingBlockedData) {
  Aligner aligner(3);
  for (const size_t channel : {1U, 2U, 0U}) {
    aligner.Barrier(channel, 1);
  }
  aligner.Barrier(1, 2);
  EXPECT_THAT(aligner.blocked(), ElementsAre(1));
  aligner.End(2);
  EXPECT_THAT(aligner.blocked(), ElementsAre(1));
  aligner.End(0);
  EXPECT_THAT(aligner.blocked(), IsEmpty()) << "what is left of the channel is read";
}

FLINK_CONTRACT(AlignedCheckpointsTest, testMultiChannelSkippingCheckpoints) {
  Aligner aligner(3);
  for (const size_t channel : {1U, 2U, 0U}) {
    aligner.Barrier(channel, 1);
  }
  aligner.Barrier(1, 2);
  aligner.Barrier(2, 2);
  aligner.Barrier(0, 3);
  EXPECT_THAT(aligner.given_up(), ElementsAre(2)) << "its barrier will not come any more";
  EXPECT_THAT(aligner.blocked(), ElementsAre(0)) << "the others have not delivered the newer one";
  aligner.Barrier(1, 3);
  aligner.Barrier(2, 3);
  EXPECT_THAT(aligner.triggered(), ElementsAre(1, 3));
}

FLINK_CONTRACT(AlignedCheckpointsTest, testMultiChannelJumpingOverCheckpoint) {
  Aligner aligner(3);
  for (const size_t channel : {1U, 2U, 0U}) {
    aligner.Barrier(channel, 1);
  }
  aligner.Barrier(1, 2);
  aligner.Barrier(2, 4);
  EXPECT_THAT(aligner.given_up(), ElementsAre(2));
  aligner.Barrier(1, 4);
  EXPECT_THAT(aligner.blocked(), ElementsAre(1, 2));
  aligner.Barrier(0, 4);
  EXPECT_THAT(aligner.triggered(), ElementsAre(1, 4)) << "ids may have gaps";
  EXPECT_THAT(aligner.blocked(), IsEmpty());
}

FLINK_CONTRACT(AlignedCheckpointsTest, testStartAlignmentWithClosedChannels) {
  Aligner aligner(4);
  aligner.End(1);
  aligner.End(2);
  aligner.Barrier(0, 2);
  EXPECT_THAT(aligner.blocked(), ElementsAre(0));
  aligner.Barrier(3, 2);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2));
  aligner.End(3);
  aligner.Barrier(0, 3);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2, 3)) << "one is left";
}

FLINK_CONTRACT(AlignedCheckpointsTest, testEndOfStreamWhileCheckpoint) {
  Aligner aligner(3);
  aligner.Barrier(0, 1);
  aligner.Barrier(2, 1);
  EXPECT_THAT(aligner.blocked(), ElementsAre(0, 2));
  aligner.End(1);
  EXPECT_THAT(aligner.triggered(), ElementsAre(1));
  EXPECT_THAT(aligner.blocked(), IsEmpty());
}

FLINK_CONTRACT(AlignedCheckpointsTest, testSingleChannelAbortCheckpoint) {
  Aligner aligner(1);
  aligner.Barrier(0, 1);
  aligner.Barrier(0, 2);
  aligner.Cancel(0, 4);
  aligner.Barrier(0, 5);
  aligner.Cancel(0, 6);
  EXPECT_THAT(aligner.triggered(), ElementsAre(1, 2, 5));
  EXPECT_THAT(aligner.given_up(), ElementsAre(4, 6));
}

FLINK_CONTRACT(AlignedCheckpointsTest, testMultiChannelAbortCheckpoint) {
  Aligner aligner(3);
  for (const size_t channel : {1U, 2U, 0U}) {
    aligner.Barrier(channel, 1);
  }
  // Given up by the last.
  aligner.Barrier(0, 2);
  aligner.Barrier(2, 2);
  EXPECT_THAT(aligner.blocked(), ElementsAre(0, 2));
  aligner.Cancel(1, 2);
  EXPECT_THAT(aligner.blocked(), IsEmpty());
  for (const size_t channel : {2U, 1U, 0U}) {
    aligner.Barrier(channel, 3);
  }
  // By the first; what comes late of it counts for nothing.
  aligner.Cancel(0, 4);
  aligner.Barrier(1, 4);
  aligner.Barrier(2, 4);
  EXPECT_THAT(aligner.blocked(), IsEmpty());
  // By several.
  aligner.Barrier(0, 5);
  aligner.Barrier(1, 5);
  aligner.Barrier(2, 5);
  aligner.Cancel(0, 6);
  aligner.Barrier(1, 6);
  aligner.Cancel(2, 6);
  EXPECT_THAT(aligner.triggered(), ElementsAre(1, 3, 5));
  EXPECT_THAT(aligner.given_up(), ElementsAre(2, 4, 6)) << "each once";
}

FLINK_CONTRACT(AlignedCheckpointsTest, testAbortOnCanceledBarriers) {
  Aligner aligner(3);
  aligner.Barrier(1, 1);
  aligner.Cancel(2, 1);
  EXPECT_THAT(aligner.given_up(), ElementsAre(1));
  aligner.Barrier(2, 2);
  EXPECT_THAT(aligner.given_up(), ElementsAre(1)) << "a newer one does not give it up again";
  aligner.Barrier(0, 1);
  EXPECT_THAT(aligner.blocked(), ElementsAre(2)) << "its late barrier is ignored";
  aligner.Barrier(0, 2);
  aligner.Barrier(1, 2);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2));
}

FLINK_CONTRACT(AlignedCheckpointsTest, testMissingCancellationBarriers) {
  Aligner aligner(2);
  aligner.Barrier(0, 1);
  aligner.Cancel(0, 2);
  aligner.Cancel(0, 3);
  aligner.Cancel(1, 3);
  EXPECT_THAT(aligner.blocked(), IsEmpty());
  aligner.Barrier(1, 1);
  aligner.Barrier(0, 4);
  aligner.Barrier(1, 4);
  EXPECT_THAT(aligner.triggered(), ElementsAre(4));
  EXPECT_THAT(aligner.given_up(), ElementsAre(2, 3));
}

FLINK_CONTRACT(AlignedCheckpointsTest, testIgnoreCancelBarrierIfCheckpointSubsumed) {
  Aligner aligner(3);
  aligner.Barrier(0, 1);
  aligner.Barrier(1, 2);
  EXPECT_THAT(aligner.given_up(), ElementsAre(1));
  aligner.Cancel(2, 1);
  EXPECT_THAT(aligner.blocked(), ElementsAre(1)) << "the newer one goes on";
  aligner.Barrier(0, 2);
  aligner.Barrier(2, 2);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2));
  EXPECT_THAT(aligner.given_up(), ElementsAre(1));
}

FLINK_CONTRACT(AlignedCheckpointsTest, testTriggerCheckpointsWithEndOfPartition) {
  Aligner aligner(3);
  aligner.End(0);
  aligner.Barrier(1, 2);
  aligner.End(2);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2)) << "an end counts as its channel's barrier";
  EXPECT_THAT(aligner.given_up(), IsEmpty());
}

FLINK_CONTRACT(AlignedCheckpointsTest, testTriggerCheckpointsAfterReceivedEndOfPartition) {
  Aligner aligner(3);
  aligner.Barrier(0, 2);
  aligner.End(1);
  EXPECT_THAT(aligner.triggered(), IsEmpty());
  aligner.Barrier(2, 2);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2));
  aligner.Barrier(2, 3);
  aligner.Barrier(0, 3);
  EXPECT_THAT(aligner.triggered(), ElementsAre(2, 3));
}

// What comes out for each watermark that goes in; nothing: 0.
int64_t Out(WatermarkValve& valve, size_t channel, int64_t watermark) {
  return valve.OnWatermark(channel, EventTime(watermark)).value_or(EventTime(0)).nanos();
}

FLINK_CONTRACT(StatusWatermarkValveTest, testSingleInputIncreasingWatermarks) {
  WatermarkValve valve(1);
  EXPECT_EQ(Out(valve, 0, 1), 1);
  EXPECT_EQ(Out(valve, 0, 25), 25);
}

FLINK_CONTRACT(StatusWatermarkValveTest, testSingleInputDecreasingWatermarksYieldsNoOutput) {
  WatermarkValve valve(1);
  EXPECT_EQ(Out(valve, 0, 25), 25);
  EXPECT_EQ(Out(valve, 0, 18), 0);
  EXPECT_EQ(Out(valve, 0, 25), 0);
}

FLINK_CONTRACT(StatusWatermarkValveTest,
               testMultipleInputYieldsWatermarkOnlyWhenAllChannelsReceivesWatermarks) {
  WatermarkValve valve(2);
  EXPECT_EQ(Out(valve, 0, 9), 0);
  EXPECT_EQ(Out(valve, 1, 7), 7);
}

FLINK_CONTRACT(StatusWatermarkValveTest, testMultipleInputIncreasingWatermarks) {
  WatermarkValve valve(2);
  EXPECT_EQ(Out(valve, 0, 3), 0);
  EXPECT_EQ(Out(valve, 1, 5), 3);
  EXPECT_EQ(Out(valve, 0, 6), 5) << "channel 1 is the slowest now";
  EXPECT_EQ(Out(valve, 1, 10), 6);
}

FLINK_CONTRACT(StatusWatermarkValveTest, testMultipleInputDecreasingWatermarksYieldsNoOutput) {
  WatermarkValve valve(2);
  EXPECT_EQ(Out(valve, 0, 25), 0);
  EXPECT_EQ(Out(valve, 1, 10), 10);
  EXPECT_EQ(Out(valve, 0, 17), 0);
  EXPECT_EQ(Out(valve, 1, 12), 12);
  EXPECT_EQ(Out(valve, 1, 8), 0);
  EXPECT_EQ(Out(valve, 1, 15), 15);
}

}  // namespace
}  // namespace flinch::engine
