#include "engine/network/watermark_valve.h"

#include <optional>

#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

constexpr std::optional<EventTime> kNothing;

TEST(WatermarkValveTest, LetsNothingThroughUntilAllChannelsHaveSpoken) {
  WatermarkValve valve(3);
  EXPECT_EQ(valve.OnWatermark(0, EventTime(5)), kNothing);
  EXPECT_EQ(valve.OnWatermark(2, EventTime(9)), kNothing);
  EXPECT_EQ(valve.OnWatermark(1, EventTime(7)), EventTime(5));
}

TEST(WatermarkValveTest, PassesTheMinimumAndOnlyWhenItGrows) {
  WatermarkValve valve(2);
  valve.OnWatermark(0, EventTime(5));
  EXPECT_EQ(valve.OnWatermark(1, EventTime(3)), EventTime(3));
  EXPECT_EQ(valve.OnWatermark(0, EventTime(8)), kNothing);
  EXPECT_EQ(valve.OnWatermark(1, EventTime(4)), EventTime(4));
  EXPECT_EQ(valve.OnWatermark(1, EventTime(20)), EventTime(8));
}

TEST(WatermarkValveTest, AWatermarkThatRegressesIsIgnored) {
  WatermarkValve valve(2);
  valve.OnWatermark(0, EventTime(9));
  EXPECT_EQ(valve.OnWatermark(1, EventTime(5)), EventTime(5));
  EXPECT_EQ(valve.OnWatermark(0, EventTime(1)), kNothing);
  EXPECT_EQ(valve.OnWatermark(1, EventTime(7)), EventTime(7)) << "channel 0 still stands at 9";
  EXPECT_EQ(valve.OnWatermark(1, EventTime(2)), kNothing);
  EXPECT_EQ(valve.OnWatermark(1, EventTime(20)), EventTime(9));
}

TEST(WatermarkValveTest, TheEndOfOneChannelLeavesTheOthersToDecide) {
  WatermarkValve valve(2);
  EXPECT_EQ(valve.OnWatermark(0, kMaxEventTime), kNothing);
  EXPECT_EQ(valve.OnWatermark(1, EventTime(-4)), EventTime(-4));
  EXPECT_EQ(valve.OnWatermark(1, kMaxEventTime), kMaxEventTime);
  EXPECT_EQ(valve.OnWatermark(1, kMaxEventTime), kNothing);
}

TEST(WatermarkValveTest, ASingleChannelPassesEveryStep) {
  WatermarkValve valve(1);
  EXPECT_EQ(valve.OnWatermark(0, kMinEventTime), kNothing) << "that is where it begins";
  EXPECT_EQ(valve.OnWatermark(0, EventTime(1)), EventTime(1));
  EXPECT_EQ(valve.OnWatermark(0, EventTime(2)), EventTime(2));
}

}  // namespace
}  // namespace flinch::engine
