#include "tests/sim/world/golden_worlds.h"

#include <gtest/gtest.h>

namespace flinch::tests {
namespace {

// Taken from a failing test's "Which is" when a change of recorded runs is meant.
constexpr const char* kTimersDigest = "00b9d4ba61bc19a220455f6f6a8d186c";
constexpr const char* kNetworkDigest = "44935d753c484ff16aec93729b81bd85";
constexpr const char* kDiskDigest = "f9f15843f0e076b45844a47e22fb09b9";

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
