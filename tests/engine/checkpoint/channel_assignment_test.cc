// What was in flight finds its consumers, whatever the parallelism is and was.
#include "engine/checkpoint/channel_assignment.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint32_t kGroups = 24;

const ChannelEdge kEdge{.from = OperatorIdOf("map"), .tag = {}, .to = OperatorIdOf("count")};

// Each producer and each consumer had a buffer of each channel.
std::vector<SnapshotHandle> SnapshotsOf(uint32_t producers, uint32_t consumers) {
  std::vector<SnapshotHandle> snapshots;
  for (const ChannelSide side : {ChannelSide::kOutput, ChannelSide::kInput}) {
    const bool is_input = side == ChannelSide::kInput;
    for (uint32_t owner = 0; owner < (is_input ? consumers : producers); ++owner) {
      SnapshotHandle snapshot{.vertex = VertexId(is_input ? 1 : 0),
                              .subtask = SubtaskIndex(owner),
                              .path = (is_input ? "/in/" : "/out/") + std::to_string(owner)};
      for (uint32_t other = 0; other < (is_input ? producers : consumers); ++other) {
        snapshot.channels.push_back({.edge = kEdge,
                                     .side = side,
                                     .producer = SubtaskIndex(is_input ? other : owner),
                                     .consumer = SubtaskIndex(is_input ? owner : other),
                                     .buffers = {other}});
      }
      snapshots.push_back(snapshot);
    }
  }
  return snapshots;
}

Topology TopologyOf(uint32_t producers, uint32_t consumers) {
  return {{"map", {.parallelism = producers, .max_parallelism = kGroups}},
          {"count", {.parallelism = consumers, .max_parallelism = kGroups}}};
}

Exchange ExchangeOf(uint32_t producers, uint32_t consumers, bool by_key) {
  return {.edge = kEdge,
          .by_key = by_key,
          .producers = producers,
          .consumers = consumers,
          .max_parallelism = kGroups};
}

TEST(ChannelAssignmentTest, AsItWasEachChannelIsWhatItWas) {
  const std::vector<ChannelPart> parts = AssignChannels(SnapshotsOf(2, 3), TopologyOf(2, 3),
                                                        {ExchangeOf(2, 3, true)}, SubtaskIndex(1));
  ASSERT_THAT(parts, SizeIs(4));
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].channel.producer.value(), i / 2);
    EXPECT_EQ(parts[i].channel.consumer.value(), 1U);
    // What the consumer had comes first.
    EXPECT_EQ(parts[i].channel.side, i % 2 == 0 ? ChannelSide::kInput : ChannelSide::kOutput);
    EXPECT_FALSE(parts[i].is_moved);
    EXPECT_FALSE(parts[i].filters);
  }
}

TEST(ChannelAssignmentTest, OtherProducersLeaveConsumersTheirOwn) {
  const std::vector<ChannelPart> parts = AssignChannels(SnapshotsOf(2, 3), TopologyOf(2, 3),
                                                        {ExchangeOf(5, 3, true)}, SubtaskIndex(2));
  ASSERT_THAT(parts, SizeIs(4));
  EXPECT_TRUE(parts.front().is_moved);
  EXPECT_FALSE(parts.front().filters);
}

TEST(ChannelAssignmentTest, OfExchangesThatNothingTellsApartTheFirstHasIt) {
  const std::vector<ChannelPart> parts =
      AssignChannels(SnapshotsOf(1, 1), TopologyOf(1, 1),
                     {ExchangeOf(1, 1, true), ExchangeOf(1, 1, true)}, SubtaskIndex(0));
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_EQ(parts.front().gate, 0U);
  EXPECT_EQ(parts.back().gate, 0U);
}

TEST(ChannelAssignmentTest, OtherExchangesGetNothing) {
  Exchange other = ExchangeOf(1, 1, true);
  other.edge.input = 1;
  EXPECT_THAT(AssignChannels(SnapshotsOf(1, 1), TopologyOf(1, 1), {other}, SubtaskIndex(0)),
              IsEmpty());
}

// How many of the new consumers keep a record of this group from this channel.
std::map<std::string, int> KeepersOf(KeyGroup group, const std::vector<SnapshotHandle>& snapshots,
                                     const Topology& old, const Exchange& now) {
  std::map<std::string, int> keepers;
  for (uint32_t consumer = 0; consumer < now.consumers; ++consumer) {
    for (const ChannelPart& part : AssignChannels(snapshots, old, {now}, SubtaskIndex(consumer))) {
      const bool keeps =
          !part.filters || OwnerOf(group, kGroups, now.consumers) == SubtaskIndex(consumer);
      keepers[part.path + "/" + std::to_string(part.channel.buffers.front())] += keeps ? 1 : 0;
    }
  }
  return keepers;
}

RC_GTEST_PROP(ChannelAssignmentPropertyTest, ARecordThatWasInFlightHasOneNewConsumer, ()) {
  const uint32_t producers = *rc::gen::inRange(1U, 6U);
  const uint32_t consumers = *rc::gen::inRange(1U, 8U);
  const bool by_key = *rc::gen::arbitrary<bool>();
  const std::vector<SnapshotHandle> snapshots = SnapshotsOf(producers, consumers);
  const Topology old = TopologyOf(producers, consumers);
  const Exchange now = ExchangeOf(*rc::gen::inRange(1U, 6U), *rc::gen::inRange(1U, 8U), by_key);
  for (uint32_t number = 0; number < kGroups; ++number) {
    const KeyGroup group(number);
    const std::map<std::string, int> keepers = KeepersOf(group, snapshots, old, now);
    for (const SnapshotHandle& snapshot : snapshots) {
      for (const ChannelHandle& channel : snapshot.channels) {
        if (by_key && OwnerOf(group, kGroups, consumers) != channel.consumer) {
          continue;  // no such record was in the channel
        }
        const auto found =
            keepers.find(snapshot.path + "/" + std::to_string(channel.buffers.front()));
        RC_ASSERT((found != keepers.end() && found->second == 1));
      }
    }
  }
}

}  // namespace
}  // namespace flinch::engine
