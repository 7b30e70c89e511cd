#include "sim/sync.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

void RunAlone(Program program, Strategy strategy = Strategy::kFifo) {
  World world({.seed = 1, .scheduling = {.strategy = strategy}});
  world.AddProcess(world.AddHost("a"), "a", std::move(program));
  const Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.ending, Ending::kIdle)
      << (outcome.violation ? outcome.violation->what : "no violation");
}

TEST(SyncTest, AQueueHandsOverInOrderAndBlocksWhenItIsFull) {
  std::vector<int> taken;
  size_t most = 0;
  RunAlone([&](Environment& env) {
    Queue<int> queue(env, 2);
    FiberGroup fibers(env);
    fibers.Spawn("producer", [&] {
      for (int i = 0; i < 10; ++i) {
        queue.Push(i);
        most = std::max(most, queue.size());
      }
      queue.Close();
    });
    fibers.Spawn("consumer", [&] {
      while (const std::optional<int> item = queue.Pop()) {
        taken.push_back(*item);
        env.Sleep(1ms);
      }
    });
    fibers.WaitForAll();
  });
  EXPECT_EQ(taken, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(most, 2U);
}

TEST(SyncTest, AClosedQueueGivesWhatItHasAndRefusesMore) {
  RunAlone([&](Environment& env) {
    Queue<std::string> queue(env, 5);
    EXPECT_TRUE(queue.Push("kept"));
    queue.Close();
    EXPECT_FALSE(queue.Push("refused"));
    EXPECT_EQ(queue.Pop(), "kept");
    EXPECT_EQ(queue.Pop(), std::nullopt);
  });
}

TEST(SyncTest, AWaitEndsAtItsDeadline) {
  RunAlone([&](Environment& env) {
    Queue<int> queue(env, 1);
    const SimTime before = env.Now();
    EXPECT_EQ(queue.Pop(Later(before, 30ms)), std::nullopt);
    EXPECT_EQ(env.Now() - before, 30ms);
    Condition never(env);
    EXPECT_FALSE(never.WaitUntil(Later(env.Now(), 5ms)));
    EXPECT_FALSE(never.WaitFor([] { return false; }, Later(env.Now(), 5ms)));
  });
}

TEST(SyncTest, NotifyOneWakesTheFirstThatCame) {
  std::vector<int> woken;
  RunAlone([&](Environment& env) {
    Condition condition(env);
    FiberGroup fibers(env);
    for (int i = 0; i < 3; ++i) {
      fibers.Spawn("waiter", [&, i] {
        condition.Wait();
        woken.push_back(i);
      });
    }
    env.Sleep(1ms);
    condition.NotifyOne();
    env.Sleep(1ms);
    EXPECT_EQ(woken, (std::vector<int>{0}));
    condition.NotifyAll();
    fibers.WaitForAll();
  });
  EXPECT_EQ(woken, (std::vector<int>{0, 1, 2}));
}

TEST(SyncTest, ANotificationIsNotLostToAWaiterThatHasJustRunOutOfTime) {
  bool first = false;
  bool second = false;
  RunAlone([&](Environment& env) {
    Condition condition(env);
    FiberGroup fibers(env);
    const SimTime deadline = Later(env.Now(), 1ms);
    // All three wake at one instant, and the notifier, which was first to sleep, runs first.
    fibers.Spawn("notifier", [&] {
      env.Sleep(1ms);
      condition.NotifyOne();
    });
    fibers.Spawn("first", [&] { first = condition.WaitUntil(deadline); });
    fibers.Spawn("second", [&] { second = condition.WaitUntil(Later(deadline, 1ms)); });
    fibers.WaitForAll();
  });
  EXPECT_TRUE(first);  // whoever was taken from the list has the notification
  EXPECT_FALSE(second);
}

}  // namespace
}  // namespace flinch::sim
