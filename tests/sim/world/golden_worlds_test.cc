#include "tests/sim/world/golden_worlds.h"

#include <gtest/gtest.h>

namespace flinch::tests {
namespace {

// Taken from a failing test's "Which is" when a change of recorded runs is meant.
constexpr const char* kTimersDigest = "f42d43e8e1542c8ebe9e279c44307018";
constexpr const char* kNetworkDigest = "580bfc2e37c311037dac4c0185113865";
constexpr const char* kDiskDigest = "62d7584414888c898e02f04807355f67";

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
