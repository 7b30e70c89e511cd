#include "sim/world/scheduling.h"

#include <string>

#include <gmock/gmock.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(SchedulingTest, TextsRoundTrip) {
  for (const std::string text :
       {"fifo", "random", "pct:3", "pct:1", "pct:5:700", "pos", "round-robin"}) {
    const Result<Scheduling> scheduling = ParseScheduling(text);
    ASSERT_TRUE(scheduling.has_value()) << text;
    EXPECT_EQ(Show(*scheduling), text);
  }
  EXPECT_EQ(Show(*ParseScheduling("pct")), "pct:3");
}

TEST(SchedulingTest, OtherTextsAreRefusedWithTheChoice) {
  for (const std::string text : {"", "fifo:1", "pct:", "pct:0", "pct:3:", "pct:3:0", "pct:3:x",
                                 "pct:101", "pct:-1", "prefix", "Random", "pos:2"}) {
    const Result<Scheduling> scheduling = ParseScheduling(text);
    ASSERT_FALSE(scheduling.has_value()) << text;
    EXPECT_THAT(scheduling.error().message, HasSubstr("round-robin"));
  }
}

TEST(SchedulingTest, EveryStrategyRunsAWorldToItsEndTheSameWayTwice) {
  const auto run = [](const Scheduling& scheduling) {
    World world({.seed = 7, .scheduling = scheduling});
    int done = 0;
    for (const std::string name : {"a", "b"}) {
      world.AddProcess(world.AddHost(name), name, [&done](Environment& env) {
        for (int i = 0; i < 5; ++i) {
          env.Spawn("worker", [&env, &done] {
            for (int k = 0; k < 10; ++k) {
              env.Yield();
              env.Sleep(1ms);
            }
            ++done;
          });
        }
      });
    }
    const Outcome outcome = world.Run([&done] { return done == 10; });
    EXPECT_EQ(outcome.ending, Ending::kGoal) << Show(scheduling);
    return world.digest();
  };
  for (const std::string text : {"fifo", "random", "pct:3:50", "pos", "round-robin"}) {
    const Scheduling scheduling = *ParseScheduling(text);
    EXPECT_EQ(run(scheduling), run(scheduling)) << text;
  }
  EXPECT_NE(run(*ParseScheduling("random")), run(*ParseScheduling("pct:3:50")));
}

}  // namespace
}  // namespace flinch::sim
