#include "sim/kernel/stack_pool.h"

#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

TEST(StackPoolTest, StacksThatTheMachineDoesNotGuardAreCounted) {
  uint64_t granted = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> granted;
  if (granted == 0 || granted > 70'000) {
    GTEST_SKIP() << "this machine grants too many pieces of memory, or does not say how many";
  }
  size_t unguarded = 0;
  {
    StackPool pool(WorldOptions().stack_bytes);
    for (uint64_t stacks = 0; stacks < granted && pool.unguarded() == 0; ++stacks) {
      pool.Take();
    }
    unguarded = pool.unguarded();
  }
  EXPECT_GT(unguarded, 0U);
  EXPECT_EQ(World::UnguardedStacks(), 0U);
}

}  // namespace
}  // namespace flinch::sim
