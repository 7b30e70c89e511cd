#include "sim/environment.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A callback of a library that has no place for an Environment.
void Nap(std::vector<std::string>& naps) {
  Environment::Current().Sleep(1ms);
  naps.emplace_back(Environment::Current().process_name());
}

TEST(EnvironmentTest, TheCurrentOneIsThatOfTheProcessThatRuns) {
  World world({.seed = 7, .scheduling = {.strategy = Strategy::kRoundRobin}});
  std::vector<std::string> naps;
  for (const std::string name : {"a", "b"}) {
    world.AddProcess(world.AddHost(name), name, [&naps](Environment& env) {
      EXPECT_EQ(&Environment::Current(), &env);
      env.Spawn("other", [&naps] { Nap(naps); });
      Nap(naps);
    });
  }
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_THAT(naps, testing::UnorderedElementsAre("a", "a", "b", "b"));
}

TEST(EnvironmentTest, NobodyHasOneOutsideOfAProcess) {
  EXPECT_THROW(Environment::Current(), Violation);
  World world({.seed = 7});
  world.At(SimTime(1ms), [] { Environment::Current(); });
  const Outcome outcome = world.Run([] { return false; });
  ASSERT_TRUE(outcome.violation);
  EXPECT_THAT(outcome.violation->what, HasSubstr("asked for by the experimenter"));
}

}  // namespace
}  // namespace flinch::sim
