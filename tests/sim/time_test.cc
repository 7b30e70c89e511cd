#include "sim/time.h"

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

TEST(TimeTest, APointInTimeIsShownInSecondsWithAtLeastMilliseconds) {
  EXPECT_EQ(Show(kEpoch), "0.000s");
  EXPECT_EQ(Show(SimTime(1200ms)), "1.200s");
  EXPECT_EQ(Show(AtNanos(1'000'000'001)), "1.000000001s");
  EXPECT_EQ(Show(SimTime(-1500ms)), "-1.500s");
}

TEST(TimeTest, ASpanIsShownInItsLargestExactUnit) {
  EXPECT_EQ(Show(Duration(250ms)), "250ms");
  EXPECT_EQ(Show(Duration(1500us)), "1500us");
  EXPECT_EQ(Show(Duration(2s)), "2s");
  EXPECT_EQ(Show(Duration(90s)), "90s");
  EXPECT_EQ(Show(Duration(15min)), "15m");
  EXPECT_EQ(Show(Duration(0)), "0s");
  EXPECT_EQ(Show(Duration(7)), "7ns");
}

TEST(TimeTest, LaterThanForEverIsForEver) {
  EXPECT_EQ(Later(kForever, 1s), kForever);
  EXPECT_EQ(Later(SimTime(1s), Duration::max()), kForever);
  EXPECT_EQ(Later(SimTime(1s), 2s), SimTime(3s));
}

}  // namespace
}  // namespace flinch::sim
