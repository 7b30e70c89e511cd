#include "engine/graph/partitioning.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;

std::vector<std::pair<uint32_t, uint32_t>> Readers(uint32_t producers, uint32_t consumers) {
  std::vector<std::pair<uint32_t, uint32_t>> ranges;
  for (uint32_t producer = 0; producer < producers; ++producer) {
    const SubtaskRange range = ConsumersOf(Partitioning::kRescale, producers, consumers, producer);
    ranges.emplace_back(range.first, range.count);
  }
  return ranges;
}

TEST(PartitioningTest, RescalingDividesConsumersAmongProducersAndTheOtherWayRound) {
  EXPECT_THAT(Readers(2, 6), ElementsAre(std::pair(0, 3), std::pair(3, 3)));
  EXPECT_THAT(Readers(2, 5), ElementsAre(std::pair(0, 3), std::pair(3, 2)));
  EXPECT_THAT(Readers(3, 3), ElementsAre(std::pair(0, 1), std::pair(1, 1), std::pair(2, 1)));
  EXPECT_THAT(Readers(4, 2),
              ElementsAre(std::pair(0, 1), std::pair(0, 1), std::pair(1, 1), std::pair(1, 1)));
  EXPECT_THAT(Readers(3, 2), ElementsAre(std::pair(0, 1), std::pair(1, 1), std::pair(1, 1)));
}

TEST(PartitioningTest, WhatMayNotMoveIsNotOvertaken) {
  for (const Partitioning each :
       {Partitioning::kForward, Partitioning::kRescale, Partitioning::kBroadcast}) {
    EXPECT_FALSE(MayBeOvertaken(each));
  }
  for (const Partitioning each :
       {Partitioning::kHash, Partitioning::kRebalance, Partitioning::kGlobal}) {
    EXPECT_TRUE(MayBeOvertaken(each));
    EXPECT_EQ(ProducersOf(each, 3, 5, 4), (SubtaskRange{.first = 0, .count = 3}));
    EXPECT_EQ(ConsumersOf(each, 3, 5, 2), (SubtaskRange{.first = 0, .count = 5}));
  }
}

// Both ends of an exchange must see the same channels, and nobody none.
RC_GTEST_PROP(PartitioningPropertyTest, BothEndsOfARescalingAgree, ()) {
  const auto producers = *rc::gen::inRange<uint32_t>(1, 200);
  const auto consumers = *rc::gen::inRange<uint32_t>(1, 200);
  uint32_t channels = 0;
  for (uint32_t producer = 0; producer < producers; ++producer) {
    const SubtaskRange readers =
        ConsumersOf(Partitioning::kRescale, producers, consumers, producer);
    RC_ASSERT(readers.count > 0U);
    channels += readers.count;
    for (uint32_t i = 0; i < readers.count; ++i) {
      const SubtaskRange read =
          ProducersOf(Partitioning::kRescale, producers, consumers, readers.first + i);
      RC_ASSERT((read.first <= producer && producer < read.first + read.count));
    }
  }
  uint32_t read = 0;
  for (uint32_t consumer = 0; consumer < consumers; ++consumer) {
    const uint32_t count =
        ProducersOf(Partitioning::kRescale, producers, consumers, consumer).count;
    RC_ASSERT(count > 0U);
    read += count;
  }
  RC_ASSERT(read == channels);
}

}  // namespace
}  // namespace flinch::engine
