#include "sim/kernel/debugger.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/kernel/context.h"
#include "sim/sync.h"
#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::MatchesRegex;

TEST(DebuggerTest, OutsideOfARunThereAreNoFibers) { EXPECT_STREQ(ShowFibers(), ""); }

TEST(DebuggerTest, TellsWhereFibersGoOnAndWhatTheyDo) {
  World world({.seed = 7});
  std::string told;
  world.AddProcess(world.AddHost("a"), "a", [&told](Environment& env) {
    Condition bread(env, "bread");
    env.Spawn("eater", [&] { bread.Wait(); });
    env.Sleep(1s);
    env.Spawn("later", [] {});
    told = ShowFibers();
    bread.NotifyAll();
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
#ifdef FLINCH_SWITCH_IN_LINE
  const std::string place = "(0x[0-9a-f]+\t){3}";
#else
  const std::string place = "(0x0\t){3}";
#endif
  EXPECT_THAT(told, MatchesRegex("(0x0\t){3}a/main\truns\n" + place +
                                 "a/eater\twaits for bread\n(0x0\t){3}a/later\tcould run\n"));
}

}  // namespace
}  // namespace flinch::sim
