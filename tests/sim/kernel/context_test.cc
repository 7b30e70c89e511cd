// Fibers that use more stack than there is.
#include "sim/kernel/context.h"

#include <gmock/gmock.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

// Touches `bytes` of the stack; in steps, as nested calls do.
[[gnu::noinline]] size_t Dig(size_t bytes) {
  volatile unsigned char frame[512];
  frame[0] = 1;
  const size_t deeper = bytes <= sizeof frame ? 0 : Dig(bytes - sizeof frame);
  return deeper + frame[0];
}

TEST(FiberContextTest, AnOverflowIsACleanReportThatNamesTheFiber) {
  for (int i = 0; i < 3; ++i) {  // the program goes on, and so can the next world
    World world({.seed = 7});
    world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
      env.Spawn("digger", [&env] {
        env.Sleep(1ms);
        Dig(StackPool::OfThread(WorldOptions().stack_bytes).size() * 2);
      });
      env.Sleep(1s);
    });
    const Outcome outcome = world.Run([] { return false; });
    ASSERT_EQ(outcome.ending, Ending::kViolation);
    EXPECT_THAT(outcome.violation->what, HasSubstr("fiber digger of process a"));
    EXPECT_THAT(outcome.violation->what, HasSubstr("stack"));
    EXPECT_EQ(world.Now(), SimTime(1ms));
  }
}

// One frame that is larger than a stack and the forbidden memory below it.
[[gnu::noinline]] size_t Leap() {
  volatile unsigned char frame[1024 * 1024];
  frame[0] = 1;
  return frame[0];
}

TEST(FiberContextTest, AFrameThatCouldJumpOverTheForbiddenMemoryIsReportedToo) {
  ASSERT_GT(size_t{1024 * 1024},
            StackPool::OfThread(WorldOptions().stack_bytes).size() + StackPool::kGuardBytes);
  World world({.seed = 7});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    for (int i = 0; i < 20; ++i) {  // whose stacks it would land on
      env.Spawn("other", [&env] { env.Sleep(1s); });
    }
    env.Spawn("leaper", [&env] {
      env.Sleep(1ms);
      Leap();
    });
    env.Sleep(1s);
  });
  const Outcome outcome = world.Run([] { return false; });
  ASSERT_EQ(outcome.ending, Ending::kViolation);
  EXPECT_THAT(outcome.violation->what, HasSubstr("fiber leaper of process a"));
  EXPECT_EQ(world.Now(), SimTime(1ms));
}

TEST(FiberContextTest, AWorldGivesItsFibersTheStackThatItsOptionsSay) {
  const auto dig = [](size_t stack_bytes) {
    World world({.seed = 7, .stack_bytes = stack_bytes});
    world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
      env.Yield();
      Dig(size_t{1024} * 1024);
      env.Trace("deep");
    });
    return world.Run([] { return false; });
  };
  const size_t large = size_t{2} * 1024 * 1024;
  const Outcome small = dig(WorldOptions().stack_bytes);
  ASSERT_EQ(small.ending, Ending::kViolation);
  EXPECT_THAT(small.violation->what, HasSubstr("stack_bytes"));
  EXPECT_EQ(dig(large).ending, Ending::kIdle);
  EXPECT_EQ(dig(large).ending, Ending::kIdle) << "its stacks are used again";
}

TEST(FiberContextTest, NothingOfARunDependsOnTheSizeOfItsStacks) {
  const auto digest = [](size_t stack_bytes) {
    World world({.seed = 7, .stack_bytes = stack_bytes});
    world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
      env.Spawn("b", [&env] {
        env.Sleep(env.RandomStream("naps").Between(Duration(1ms), Duration(9ms)));
      });
      env.Sleep(5ms);
    });
    world.Run([] { return false; });
    return world.digest();
  };
  EXPECT_EQ(digest(size_t{16} * 1024), digest(size_t{300} * 1000));
}

TEST(FiberContextTest, FibersThatWaitInsideAHandlerKeepTheirOwnExceptions) {
  World world({.seed = 7, .scheduling = {.strategy = Strategy::kRoundRobin}});
  std::string caught;
  world.AddProcess(world.AddHost("a"), "a", [&caught](Environment& env) {
    for (const std::string name : {"x", "y", "z"}) {
      env.Spawn(name, [&caught, &env, name] {
        try {
          try {
            throw name;
          } catch (const std::string&) {
            env.Yield();
            throw;
          }
        } catch (const std::string& again) {
          caught += again == name ? name : "wrong";
        }
      });
    }
  });
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_EQ(caught, "xyz");
}

TEST(FiberContextTest, TheHighWaterMarkOfEachFiberIsMeasured) {
  World world({.seed = 7, .measure_stacks = true});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    env.Spawn("shallow", [] {});
    env.Spawn("deep", [] { Dig(20'000); });
    env.Sleep(1s);
  });
  world.Run([&] { return world.Now() >= SimTime(500ms); });
  const std::vector<StackUse> uses = world.StackUses();
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(uses[0].fiber, "deep");
  EXPECT_GE(uses[0].bytes, 20'000U);
  EXPECT_EQ(uses[1].fiber, "main");
  EXPECT_EQ(uses[2].fiber, "shallow");
  EXPECT_GT(uses[2].bytes, 0U);
  EXPECT_LT(uses[2].bytes, 20'000U);
}

}  // namespace
}  // namespace flinch::sim
