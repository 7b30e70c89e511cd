#include "sim/kernel/host_clock.h"

#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

TEST(HostClockTest, ARightClockShowsTheTimeOfTheWorldFromItsOwnOrigin) {
  const HostClock clock(SimTime(10s), {.monotonic_start = 3s});
  EXPECT_EQ(clock.Monotonic(SimTime(12s)), SimTime(15s));
  EXPECT_EQ(clock.Wall(SimTime(12s)), WallTime(12s));
  EXPECT_EQ(clock.WorldTime(SimTime(15s)), SimTime(12s));
}

TEST(HostClockTest, AnHourAtTwoHundredPartsPerMillionDiffersBy720Milliseconds) {
  const HostClock fast(kEpoch, {.clock = {.drift_ppm = 200}});
  EXPECT_EQ(fast.Monotonic(SimTime(1h)), SimTime(1h + 720ms));
  EXPECT_EQ(fast.Wall(SimTime(1h)), WallTime(1h + 720ms));
  EXPECT_EQ(fast.WorldTime(SimTime(1h + 720ms)), SimTime(1h));
  const HostClock slow(kEpoch, {.clock = {.drift_ppm = -200}});
  EXPECT_EQ(slow.Monotonic(SimTime(1h)), SimTime(1h - 720ms));
}

TEST(HostClockTest, ManyChangesLoseNothingToRounding) {
  HostClock clock(kEpoch, {.clock = {.drift_ppm = 200}});
  for (int64_t nanos = 7; nanos <= 7'000'000; nanos += 7) {
    clock.Set(AtNanos(nanos), {.drift_ppm = 200, .wall_offset = std::nullopt});
  }
  EXPECT_EQ(clock.Monotonic(AtNanos(7'000'000)), AtNanos(7'001'400));
  EXPECT_EQ(clock.Wall(AtNanos(7'000'000)), WallTime(7'001'400ns));
}

TEST(HostClockTest, AWallClockJumpsAndTheMonotonicOneDoesNot) {
  HostClock clock(kEpoch, {.clock = {.wall_offset = 5s}});
  EXPECT_EQ(clock.Wall(SimTime(1s)), WallTime(6s));
  clock.Set(SimTime(1s), {.wall_offset = -2s});
  EXPECT_EQ(clock.Wall(SimTime(1s)), WallTime(-1s));
  EXPECT_EQ(clock.Monotonic(SimTime(1s)), SimTime(1s));
}

TEST(HostClockTest, AFrozenClockStandsAndHealingSetsTheWallClockRight) {
  HostClock clock(kEpoch, {});
  clock.Set(SimTime(1s), {.frozen = true});
  EXPECT_EQ(clock.Monotonic(SimTime(9s)), SimTime(1s));
  EXPECT_EQ(clock.Wall(SimTime(9s)), WallTime(1s));
  EXPECT_EQ(clock.WorldTime(SimTime(2s)), kForever);
  EXPECT_LE(clock.WorldTime(SimTime(1s)), SimTime(9s));
  HostClock thawed = clock;
  thawed.Set(SimTime(9s), {.wall_offset = std::nullopt});
  EXPECT_EQ(thawed.Wall(SimTime(10s)), WallTime(2s));
  clock.Set(SimTime(9s), {});
  EXPECT_EQ(clock.Monotonic(SimTime(10s)), SimTime(2s));
  EXPECT_EQ(clock.Wall(SimTime(10s)), WallTime(10s));
}

TEST(HostClockTest, TheEndOfTimeIsNeverPassed) {
  const HostClock clock(kEpoch, {.monotonic_start = 24h, .clock = {.drift_ppm = 500'000}});
  EXPECT_EQ(clock.Monotonic(kForever - 1ns), kForever);
  EXPECT_EQ(clock.WorldTime(kForever), kForever);
  const HostClock slow(kEpoch, {.monotonic_start = -24h, .clock = {.drift_ppm = -500'000}});
  EXPECT_EQ(slow.WorldTime(kForever - 1ns), kForever);
}

TEST(HostClockTest, AChangeBeforeTheLastOneIsOurMistake) {
  HostClock clock(SimTime(5s), {});
  EXPECT_THROW(clock.Set(SimTime(4s), {}), Violation);
}

}  // namespace
}  // namespace flinch::sim
