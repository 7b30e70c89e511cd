#include "sim/world/explorer.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

// The orders in which three fibers of one process write their letters.
std::string OrderOf(const Scheduling& scheduling, std::vector<Pick>& picks) {
  std::string order;
  World world({.seed = 7, .scheduling = scheduling});
  world.AddProcess(world.AddHost("a"), "a", [&order](Environment& env) {
    for (const char letter : {'x', 'y', 'z'}) {
      env.Spawn("writer", [&order, &env, letter] {
        order += letter;
        env.Yield();
        order += letter;
      });
    }
  });
  world.Run([] { return false; });
  picks = world.picks();
  return order;
}

TEST(ExplorerTest, RunsEveryInterleavingExactlyOnce) {
  Explorer explorer({.choices_max = 20});
  std::set<std::string> orders;
  while (explorer.HasNext()) {
    std::vector<Pick> picks;
    const std::string order = OrderOf(explorer.Next(), picks);
    EXPECT_TRUE(orders.insert(order).second) << order << " twice";
    explorer.Learn(picks);
  }
  // Six letters in 6! orders, over 2! for each pair that is in order.
  EXPECT_EQ(orders.size(), 90U);
  EXPECT_EQ(explorer.runs(), 90U);
  EXPECT_TRUE(explorer.is_complete());
}

TEST(ExplorerTest, StopsAtItsLimits) {
  Explorer few({.choices_max = 20, .runs_max = 10});
  Explorer shallow({.choices_max = 1});
  for (Explorer* explorer : {&few, &shallow}) {
    while (explorer->HasNext()) {
      std::vector<Pick> picks;
      OrderOf(explorer->Next(), picks);
      explorer->Learn(picks);
    }
  }
  EXPECT_EQ(few.runs(), 10U);
  EXPECT_FALSE(few.is_complete());
  EXPECT_EQ(shallow.runs(), 3U);
  EXPECT_TRUE(shallow.is_complete());
}

}  // namespace
}  // namespace flinch::sim
