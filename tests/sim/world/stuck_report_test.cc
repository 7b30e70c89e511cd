#include "sim/world/stuck_report.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sync.h"
#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const StuckReport::Waiter& Find(const StuckReport& report, std::string_view fiber) {
  const auto found = std::ranges::find(report.waiters, fiber, &StuckReport::Waiter::fiber);
  Check(found != report.waiters.end(), "no fiber {} is in the report", fiber);
  return *found;
}

// a floods b over a connection that b does not read.
class StuckReportTest : public testing::Test {
 protected:
  StuckReportTest() {
    a_ = world_.AddProcess(world_.AddHost("a"), "left", [](Environment& env) {
      env.Sleep(1ms);  // until b listens
      const auto connection = *env.network().Connect(*env.network().Resolve("b", 7), 1s);
      env.Trace("connected");
      while (connection->Send("0123456789")) {
      }
    });
    b_ = world_.AddProcess(world_.AddHost("b"), "right", [](Environment& env) {
      const auto listener = *env.network().Listen(7);
      const auto socket = *env.network().Bind(8);
      socket->Send(socket->address(), "to myself");
      const auto connection = *listener->Accept();
      Condition never(env, "the impossible");
      FiberGroup fibers(env);
      fibers.Spawn("hoping", [&] { never.Wait(); });
      fibers.Spawn("answer", [&] { (void)(*listener->Accept())->Receive(); });
      fibers.WaitForAll();
    });
  }

  World world_{{.seed = 1, .keep = Keep::kTrace, .link = {.window_bytes = 20}}};
  ProcessId a_;
  ProcessId b_;
};

TEST_F(StuckReportTest, SaysWhoWaitsForWhatAndWhoCouldEndIt) {
  ASSERT_EQ(world_.Run([] { return false; }).ending, Ending::kIdle);
  const StuckReport report = world_.Explain();
  EXPECT_EQ(report.time, world_.Now());
  EXPECT_EQ(report.ready, 0U);
  EXPECT_EQ(report.pending, 0U);
  ASSERT_EQ(report.waiters.size(), 4U);
  EXPECT_EQ(report.waiters[0].process, "left");
  EXPECT_EQ(report.waiters[0].kind, WaitKind::kWindow);
  EXPECT_EQ(report.waiters[0].waits_for, "right");
  EXPECT_EQ(report.waiters[0].what, "sends on connection 1 to b:7, which has 20 bytes unread");
  EXPECT_GT(report.waiters[0].since, SimTime(1ms));
  EXPECT_EQ(Find(report, "hoping").what, "waits for the impossible");
  EXPECT_EQ(Find(report, "answer").what, "accepts on port 7");
  EXPECT_EQ(Find(report, "main").kind, WaitKind::kWindow);
  const auto inbox =
      std::ranges::find(report.queues, "inbox of b:8", &StuckReport::QueueLength::what);
  ASSERT_NE(inbox, report.queues.end());
  EXPECT_EQ(inbox->length, 1U);
  EXPECT_EQ(inbox->process, "right");
  ASSERT_EQ(report.history.size(), 1U);
  EXPECT_EQ(report.history[0].events.back().kind, "connected");
}

TEST_F(StuckReportTest, BeginsWithOneSentence) {
  world_.Run([] { return false; });
  const StuckReport report = world_.Explain();
  EXPECT_THAT(Head(report), HasSubstr("nothing can happen any more at "));
  EXPECT_THAT(Head(report), HasSubstr("; 4 fibers wait: left/main sends on connection 1 to b:7"));
  EXPECT_THAT(Head(report), testing::EndsWith("; …"));
  EXPECT_THAT(Show(report), testing::StartsWith(Head(report) + "\nfibers:\n"));
  EXPECT_THAT(Show(report), HasSubstr("window of connection 1 from a: 20 of 20 bytes"));
}

TEST_F(StuckReportTest, NamesThePausedTheDeadAndClocksThatAreWrong) {
  world_.At(SimTime(3s), [&] {
    world_.Pause(b_, PausedTimers::kFrozen);
    world_.SetClock(world_.HostOf(b_), {.drift_ppm = 7});
    world_.Crash(a_);
  });
  world_.Run([] { return false; });
  const StuckReport report = world_.Explain();
  ASSERT_EQ(report.paused.size(), 1U);
  EXPECT_EQ(report.paused[0].process, "right");
  EXPECT_EQ(report.dead, (std::vector<std::string>{"left"}));
  const std::string text = Show(report);
  EXPECT_THAT(text, HasSubstr("paused: right since 3.000s, its timers stand\n"));
  EXPECT_THAT(text, HasSubstr("dead: left\n"));
  EXPECT_THAT(text, HasSubstr("  b  monotonic 3.000"));
  EXPECT_THAT(text, HasSubstr("drifts by 7 ppm"));
}

TEST_F(StuckReportTest, CountsTimersAndFibersThatCouldRunWhenALimitEndedTheRun) {
  World world({.seed = 1, .limits = {.time_max = SimTime(2s)}});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    env.Spawn("asleep", [&] { env.Sleep(1h); });
    const auto socket = *env.network().Bind(1);
    (void)socket->Receive(SimTime(2h));
  });
  const Outcome outcome = world.Run([] { return false; });
  EXPECT_EQ(outcome.limit, Limit::kTime);
  const StuckReport report = world.Explain();
  EXPECT_EQ(report.pending, 2U);
  EXPECT_EQ(Find(report, "asleep").until, SimTime(1h));
  EXPECT_THAT(Show(report), HasSubstr("timers: 2, next at 3600.000s 7200.000s\n"));
  EXPECT_THAT(Head(report), HasSubstr("at 2.000s 0 fibers could run and 2 events are pending"));
}

TEST_F(StuckReportTest, KeepsTheLastFiftyEventsOfEachProcess) {
  World world({.seed = 1, .keep = Keep::kTrace});
  world.AddProcess(world.AddHost("a"), "a", [](Environment& env) {
    for (int i = 0; i < 60; ++i) {
      env.Trace("said", {{"number", i}});
    }
  });
  world.Run([] { return false; });
  const StuckReport report = world.Explain();
  ASSERT_EQ(report.history.size(), 1U);
  ASSERT_EQ(report.history[0].events.size(), 50U);
  EXPECT_EQ(report.history[0].events.front().Number("number"), 10);
  EXPECT_THAT(Head(report), HasSubstr("no fiber is left"));
}

}  // namespace
}  // namespace flinch::sim
