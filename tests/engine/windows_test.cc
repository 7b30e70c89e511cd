#include "engine/windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TimeWindow Between(int64_t start, int64_t end) { return {EventTime(start), EventTime(end)}; }

TEST(WindowsTest, ATumblingWindowHoldsItsStartAndNotItsEnd) {
  const TumblingWindows windows{.size = sim::Duration(10)};
  EXPECT_THAT(WindowsOf(windows, EventTime(20)), ElementsAre(Between(20, 30)));
  EXPECT_THAT(WindowsOf(windows, EventTime(29)), ElementsAre(Between(20, 30)));
  EXPECT_THAT(WindowsOf(windows, EventTime(-1)), ElementsAre(Between(-10, 0)));
}

TEST(WindowsTest, AnOffsetShiftsWindows) {
  const TumblingWindows windows{.size = sim::Duration(10), .offset = sim::Duration(3)};
  EXPECT_THAT(WindowsOf(windows, EventTime(12)), ElementsAre(Between(3, 13)));
  EXPECT_THAT(WindowsOf(windows, EventTime(13)), ElementsAre(Between(13, 23)));
  EXPECT_THAT(WindowsOf(TumblingWindows{.size = sim::Duration(10), .offset = sim::Duration(-3)},
                        EventTime(7)),
              ElementsAre(Between(7, 17)));
}

TEST(WindowsTest, SlidingWindowsOverlapTheLatestFirst) {
  const SlidingWindows windows{.size = sim::Duration(30), .slide = sim::Duration(10)};
  EXPECT_THAT(WindowsOf(windows, EventTime(25)),
              ElementsAre(Between(20, 50), Between(10, 40), Between(0, 30)));
  EXPECT_THAT(WindowsOf(windows, EventTime(-5)),
              ElementsAre(Between(-10, 20), Between(-20, 10), Between(-30, 0)));
}

TEST(WindowsTest, BetweenSlidingWindowsMayBeGaps) {
  const SlidingWindows windows{.size = sim::Duration(5), .slide = sim::Duration(10)};
  EXPECT_THAT(WindowsOf(windows, EventTime(4)), ElementsAre(Between(0, 5)));
  EXPECT_THAT(WindowsOf(windows, EventTime(5)), IsEmpty());
}

TEST(WindowsTest, AtTheEndsOfTimeWindowsAreCut) {
  const EventTime last(kMaxEventTime.nanos() - 1);
  const auto windows = WindowsOf(TumblingWindows{.size = sim::Duration(1'000)}, last);
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_LE(windows[0].start, last);
  EXPECT_EQ(windows[0].end, kMaxEventTime);
  EXPECT_FALSE(WindowsOf(SlidingWindows{.size = sim::Duration(1'000), .slide = sim::Duration(100)},
                         EventTime(kMinEventTime.nanos() + 1))
                   .empty());
}

TEST(WindowsTest, WhatTouchesMeets) {
  EXPECT_TRUE(Meet(Between(0, 5), Between(5, 9)));
  EXPECT_TRUE(Meet(Between(5, 9), Between(0, 5)));
  EXPECT_FALSE(Meet(Between(0, 5), Between(6, 9)));
  EXPECT_EQ(Cover(Between(0, 5), Between(3, 4)), Between(0, 5));
}

TEST(WindowsTest, WhatCannotBeIsRefusedInASentence) {
  EXPECT_FALSE(Validate(TumblingWindows{}));
  EXPECT_FALSE(Validate(TumblingWindows{.size = sim::Duration(5), .offset = sim::Duration(5)}));
  EXPECT_FALSE(Validate(SlidingWindows{.size = sim::Duration(5)}));
  EXPECT_FALSE(Validate(SessionWindows{.gap = sim::Duration(-1)}));
  EXPECT_TRUE(Validate(SessionWindows{.gap = sim::Duration(1)}));
  EXPECT_EQ(Validate(SessionWindows{}).error().message,
            "The gap of windows is 0 ns; it must be positive.");
}

}  // namespace
}  // namespace flinch::engine
