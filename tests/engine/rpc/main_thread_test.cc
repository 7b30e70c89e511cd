#include "engine/rpc/main_thread.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;

using namespace std::chrono_literals;

// Runs a main thread beside `body`, for a minute after `body` has returned.
void WithMainThread(const std::function<void(sim::Environment&, MainThread&)>& body) {
  tests::Bench bench;
  bool done = false;
  bench.Start("jm", [&](sim::Environment& environment) {
    MainThread main_thread(environment);
    environment.Spawn("test", [&] {
      body(environment, main_thread);
      environment.Sleep(1min);
      done = true;
    });
    main_thread.Run();
  });
  ASSERT_TRUE(bench.RunUntil([&] { return done; }));
}

TEST(MainThreadTest, RunsMailsInTheOrderOfTheirArrival) {
  std::vector<int> ran;
  WithMainThread([&](sim::Environment&, MainThread& main_thread) {
    for (int i = 0; i < 5; ++i) {
      main_thread.Post([&ran, i] { ran.push_back(i); });
    }
  });
  EXPECT_THAT(ran, ElementsAre(0, 1, 2, 3, 4));
}

TEST(MainThreadTest, RunsOneMailAfterTheOther) {
  std::vector<std::string> ran;
  WithMainThread([&](sim::Environment& environment, MainThread& main_thread) {
    for (const std::string name : {"a", "b"}) {
      main_thread.Post([&ran, &environment, name] {
        ran.push_back(name + " begins");
        environment.Sleep(10ms);
        ran.push_back(name + " ends");
      });
    }
  });
  EXPECT_THAT(ran, ElementsAre("a begins", "a ends", "b begins", "b ends"));
}

TEST(MainThreadTest, AMailMayPostMails) {
  std::vector<int> ran;
  WithMainThread([&](sim::Environment&, MainThread& main_thread) {
    main_thread.Post([&] {
      main_thread.Post([&] { ran.push_back(2); });
      ran.push_back(1);
    });
  });
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(MainThreadTest, DoesNothingMoreWhenItIsStopped) {
  tests::Bench bench;
  std::vector<std::string> ran;
  ASSERT_TRUE(bench.Run("jm", [&](sim::Environment& environment) {
    MainThread main_thread(environment);
    main_thread.Async(
        "work",
        [&environment] {
          environment.Sleep(1s);
          return 1;
        },
        [&](int) { ran.emplace_back("heard of it"); });
    main_thread.PostLater(2s, [&] { ran.emplace_back("timer"); });
    main_thread.Post([&] {
      main_thread.Post([&] { ran.emplace_back("another mail"); });
      main_thread.Stop();
      main_thread.Post([&] { ran.emplace_back("late mail"); });
      ran.emplace_back("the mail that stops it");
    });
    main_thread.Run();
    EXPECT_TRUE(main_thread.stopped());
    EXPECT_EQ(main_thread.working(), 1);
    environment.Sleep(3s);
    EXPECT_EQ(main_thread.working(), 0);
  }));
  EXPECT_THAT(ran, ElementsAre("the mail that stops it"));
}

TEST(MainThreadTest, PostsLaterWhenTheTimeHasCome) {
  std::vector<std::pair<int, sim::Duration>> ran;
  WithMainThread([&](sim::Environment& environment, MainThread& main_thread) {
    const sim::SimTime start = environment.Now();
    for (const int number : {3, 1, 0}) {
      main_thread.PostLater(number * 100ms, [&ran, &environment, start, number] {
        ran.emplace_back(number, environment.Now() - start);
      });
    }
    environment.Sleep(1s);
  });
  EXPECT_THAT(ran, ElementsAre(std::pair(0, 0ms), std::pair(1, 100ms), std::pair(3, 300ms)));
}

TEST(MainThreadTest, ATimerThatIsCancelledNeverRuns) {
  std::vector<int> ran;
  WithMainThread([&](sim::Environment& environment, MainThread& main_thread) {
    const TimerId first = main_thread.PostLater(100ms, [&] { ran.push_back(1); });
    const TimerId second = main_thread.PostLater(100ms, [&] { ran.push_back(2); });
    EXPECT_TRUE(main_thread.Cancel(first));
    EXPECT_FALSE(main_thread.Cancel(first));
    environment.Sleep(1s);
    EXPECT_FALSE(main_thread.Cancel(second)) << "it has gone off";
    EXPECT_FALSE(main_thread.Cancel(TimerId())) << "names none";
    EXPECT_EQ(main_thread.timers(), 0U);
  });
  EXPECT_THAT(ran, ElementsAre(2));
}

TEST(MainThreadTest, AnEarlierTimerThatComesLaterIsNotMissed) {
  std::vector<sim::Duration> ran;
  WithMainThread([&](sim::Environment& environment, MainThread& main_thread) {
    const sim::SimTime start = environment.Now();
    main_thread.PostLater(
        10s, [&ran, &environment, start] { ran.push_back(environment.Now() - start); });
    environment.Sleep(1s);
    main_thread.PostLater(
        1s, [&ran, &environment, start] { ran.push_back(environment.Now() - start); });
  });
  EXPECT_THAT(ran, ElementsAre(2s, 10s));
}

TEST(MainThreadTest, TimersOfOneMomentRunInTheOrderOfTheirStart) {
  std::vector<int> ran;
  WithMainThread([&](sim::Environment&, MainThread& main_thread) {
    for (int i = 0; i < 5; ++i) {
      main_thread.PostLater(100ms, [&ran, i] { ran.push_back(i); });
    }
  });
  EXPECT_THAT(ran, ElementsAre(0, 1, 2, 3, 4));
}

TEST(MainThreadTest, BlockingWorkBlocksNobodyAndItsResultComesBackAsAMail) {
  std::vector<std::string> ran;
  WithMainThread([&](sim::Environment& environment, MainThread& main_thread) {
    main_thread.Post([&] {
      main_thread.Async(
          "work",
          [&environment] {
            environment.Sleep(1s);
            return std::string("result");
          },
          [&ran](const std::string& result) { ran.push_back(result); });
    });
    main_thread.PostLater(500ms, [&] { ran.push_back("meanwhile"); });
  });
  EXPECT_THAT(ran, ElementsAre("meanwhile", "result"));
}

}  // namespace
}  // namespace flinch::engine
