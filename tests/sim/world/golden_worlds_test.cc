#include "tests/sim/world/golden_worlds.h"

#include <gtest/gtest.h>

namespace flinch::tests {
namespace {

// Taken from a failing test's "Which is" when a change of recorded runs is meant.
constexpr const char* kTimersDigest = "0";
constexpr const char* kNetworkDigest = "0";
constexpr const char* kDiskDigest = "0";

TEST(GoldenWorldsTest, TimersAndFibers) {
  const auto world = TimersWorld();
  EXPECT_GT(world->events(), 150U);
  EXPECT_EQ(sim::Show(world->digest()), kTimersDigest);
}

TEST(GoldenWorldsTest, Network) {
  const auto world = NetworkWorld();
  EXPECT_GT(world->events(), 150U);
  EXPECT_EQ(sim::Show(world->digest()), kNetworkDigest);
}

TEST(GoldenWorldsTest, Disk) {
  const auto world = DiskWorld();
  EXPECT_GT(world->events(), 100U);
  EXPECT_EQ(sim::Show(world->digest()), kDiskDigest);
}

}  // namespace
}  // namespace flinch::tests
