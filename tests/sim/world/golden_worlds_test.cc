#include "tests/sim/world/golden_worlds.h"

#include <gtest/gtest.h>

namespace flinch::tests {
namespace {

// Taken from a failing test's "Which is" when a change of recorded runs is meant.
constexpr const char* kTimersDigest = "f42d43e8e1542c8ebe9e279c44307018";
constexpr const char* kNetworkDigest = "3524ad848bc2f568471dcd466b20210d";
constexpr const char* kDiskDigest = "66d09d313ee5154f30214029be7710b5";

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
