#include "engine/network/barrier_handler.h"

#include <optional>

#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr std::optional<CheckpointId> kNothing;

TEST(BarrierHandlerTest, SnapshotsWhenTheLastChannelHasDelivered) {
  BarrierHandler handler(3);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(1)), kNothing);
  EXPECT_EQ(handler.phase(), AlignmentPhase::kAligning);
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(1)), kNothing);
  EXPECT_TRUE(handler.IsBlocked(0));
  EXPECT_TRUE(handler.IsBlocked(1));
  EXPECT_FALSE(handler.IsBlocked(2));
  EXPECT_EQ(handler.OnBarrier(2, CheckpointId(1)), CheckpointId(1));
  EXPECT_EQ(handler.phase(), AlignmentPhase::kIdle);
  for (size_t channel = 0; channel < 3; ++channel) {
    EXPECT_FALSE(handler.IsBlocked(channel));
  }
}

TEST(BarrierHandlerTest, ASingleChannelIsNeverBlocked) {
  BarrierHandler handler(1);
  for (const uint64_t id : {1U, 2U, 9U}) {
    EXPECT_EQ(handler.OnBarrier(0, CheckpointId(id)), CheckpointId(id));
    EXPECT_FALSE(handler.IsBlocked(0));
  }
}

TEST(BarrierHandlerTest, IdsMayHaveGaps) {
  BarrierHandler handler(2);
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(3)), kNothing);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(3)), CheckpointId(3));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(17)), kNothing);
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(17)), CheckpointId(17));
}

TEST(BarrierHandlerTest, ANewerBarrierInMidAlignmentStartsAnew) {
  BarrierHandler handler(3);
  handler.OnBarrier(0, CheckpointId(1));
  handler.OnBarrier(1, CheckpointId(1));
  EXPECT_EQ(handler.OnBarrier(2, CheckpointId(2)), kNothing);
  EXPECT_FALSE(handler.IsBlocked(0)) << "its barrier of 2 is still to come";
  EXPECT_FALSE(handler.IsBlocked(1));
  EXPECT_TRUE(handler.IsBlocked(2));
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(2)), kNothing);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(2)), CheckpointId(2));
}

TEST(BarrierHandlerTest, ABarrierOfAnOlderCheckpointIsIgnoredInMidAlignment) {
  BarrierHandler handler(2);
  handler.OnBarrier(0, CheckpointId(2));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(1)), kNothing);
  EXPECT_FALSE(handler.IsBlocked(1));
  EXPECT_TRUE(handler.IsBlocked(0));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(2)), CheckpointId(2));
}

TEST(BarrierHandlerTest, ABarrierThatComesTwiceCountsOnce) {
  BarrierHandler handler(2);
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(1)), kNothing);
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(1)), kNothing);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(1)), CheckpointId(1));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(1)), kNothing) << "after the snapshot";
  EXPECT_EQ(handler.phase(), AlignmentPhase::kIdle);
}

TEST(BarrierHandlerTest, AnAbortFreesTheChannelsOfItsCheckpoint) {
  BarrierHandler handler(2);
  handler.OnBarrier(0, CheckpointId(1));
  handler.OnAborted(CheckpointId(1));
  EXPECT_FALSE(handler.IsBlocked(0));
  EXPECT_EQ(handler.phase(), AlignmentPhase::kIdle);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(1)), kNothing) << "its late barrier";
  EXPECT_FALSE(handler.IsBlocked(1));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(2)), kNothing);
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(2)), CheckpointId(2));
}

TEST(BarrierHandlerTest, ACheckpointThatWasAbortedBeforeItsFirstBarrierNeverStarts) {
  BarrierHandler handler(2);
  handler.OnAborted(CheckpointId(4));
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(4)), kNothing);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(3)), kNothing);
  EXPECT_FALSE(handler.IsBlocked(0));
  EXPECT_FALSE(handler.IsBlocked(1));
  BarrierHandler single(1);
  single.OnAborted(CheckpointId(4));
  EXPECT_EQ(single.OnBarrier(0, CheckpointId(4)), kNothing);
}

TEST(BarrierHandlerTest, AnAbortOfAnOlderCheckpointDisturbsNobody) {
  BarrierHandler handler(2);
  handler.OnBarrier(0, CheckpointId(3));
  handler.OnAborted(CheckpointId(2));
  EXPECT_TRUE(handler.IsBlocked(0));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(3)), CheckpointId(3));
  handler.OnAborted(CheckpointId(3));
  EXPECT_EQ(handler.OnBarrier(0, CheckpointId(4)), kNothing);
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(4)), CheckpointId(4));
}

// The coordinator has one checkpoint in progress: that 7 was given up means that 5 was, too.
TEST(BarrierHandlerTest, AnAbortOfANewerCheckpointEndsTheAlignmentOfAnOlderOne) {
  BarrierHandler handler(2);
  handler.OnBarrier(0, CheckpointId(5));
  handler.OnAborted(CheckpointId(7));
  EXPECT_FALSE(handler.IsBlocked(0));
  EXPECT_EQ(handler.OnBarrier(1, CheckpointId(7)), kNothing) << "channel 0 has not delivered 7";
  EXPECT_FALSE(handler.IsBlocked(1));
}

TEST(BarrierHandlerTest, ABarrierOfAChannelThatDoesNotExistBreaksAnInvariant) {
  BarrierHandler handler(2);
  EXPECT_THROW(handler.OnBarrier(2, CheckpointId(1)), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
