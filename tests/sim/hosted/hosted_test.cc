#include "sim/hosted/hosted.h"

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/hosted/hosted_run.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(HostedTest, ThreadsOfTheCodeAreFibersOfTheProcess) {
  std::vector<std::string> said;
  const HostedRun run = RunHosted([&](Environment& env) {
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int index = 0; index < 3; ++index) {
      threads.emplace_back([&, index] {
        std::this_thread::sleep_for(std::chrono::milliseconds(10 * (3 - index)));
        const std::scoped_lock lock(mutex);
        said.push_back(std::to_string(index));
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    said.push_back(Show(env.Now()));
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_FALSE(run.alive);
  EXPECT_THAT(said, ElementsAre("2", "1", "0", "0.030s"));
}

TEST(HostedTest, ClocksAndDeadlinesAreTheHosts) {
  const HostedRun run = RunHosted([](Environment& env) {
    const auto steady = std::chrono::steady_clock::now();
    const auto wall = std::chrono::system_clock::now();
    std::mutex mutex;
    std::condition_variable changed;
    std::unique_lock lock(mutex);
    EXPECT_FALSE(changed.wait_for(lock, 2s, [] { return false; }));
    EXPECT_EQ(env.Now(), SimTime(2s));
    EXPECT_FALSE(changed.wait_until(lock, wall + 3s, [] { return false; }));
    EXPECT_EQ(std::chrono::steady_clock::now() - steady, 3s);
    EXPECT_EQ(time(nullptr), 3);
    std::timed_mutex timed;
    timed.lock();
    std::thread([&] { EXPECT_FALSE(timed.try_lock_for(1s)); }).join();
    EXPECT_EQ(env.Now(), SimTime(4s));
    usleep(500'000);
    sleep(1);
    EXPECT_EQ(env.Now(), SimTime(5500ms));
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
}

TEST(HostedTest, WhoOnlyLooksAtTheClockSeesItMove) {
  const HostedRun run = RunHosted([](Environment&) {
    const auto end = std::chrono::steady_clock::now() + 1ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    bool done = false;
    std::thread other([&] {
      std::this_thread::sleep_for(1ms);
      done = true;
    });
    while (!done) {
      std::this_thread::yield();
    }
    other.join();
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_GE(run.outcome.time, SimTime(2ms));
}

TEST(HostedTest, AFailedAssertionEndsTheRunAndSaysWhatWhoAndWhere) {
  const HostedRun run = RunAndGiveBack([](Environment& env) {
    std::thread worker([&] {
      pthread_setname_np(pthread_self(), "compactor");
      env.Sleep(1s);
      const int files = 3;
      assert(files == 4);
    });
    worker.join();
  });
  ASSERT_EQ(run.outcome.ending, Ending::kViolation);
  EXPECT_EQ(run.outcome.violation->what,
            "assertion `files == 4` failed: thread compactor of process db");
  EXPECT_THAT(run.outcome.violation->where, HasSubstr("hosted_test.cc:"));
  ASSERT_FALSE(run.events.empty());
  EXPECT_EQ(run.events.back().kind, "hosted.failed");
  EXPECT_EQ(run.events.back().time, SimTime(1s));
}

TEST(HostedTest, AbortIsAFindingToo) {
  const HostedRun run = RunAndGiveBack([](Environment&) { std::abort(); });
  ASSERT_EQ(run.outcome.ending, Ending::kViolation);
  EXPECT_EQ(run.outcome.violation->what, "abort was called: thread main of process db");
  EXPECT_THAT(run.outcome.violation->where, HasSubstr("HostedTest"));
}

TEST(HostedTest, AndSoIsAnExceptionThatNobodyCatches) {
  const HostedRun run = RunAndGiveBack(
      [](Environment&) { std::thread([] { throw std::runtime_error("out of luck"); }).join(); });
  ASSERT_EQ(run.outcome.ending, Ending::kViolation);
  EXPECT_THAT(run.outcome.violation->what, HasSubstr("out of luck"));
}

TEST(HostedTest, ExitEndsTheProcessAndNothingElse) {
  std::string last;
  const HostedRun run = RunAndGiveBack([&](Environment& env) {
    std::thread([&] {
      for (;;) {
        std::this_thread::sleep_for(1s);
        last = Show(env.Now());
      }
    }).detach();
    env.Sleep(2500ms);
    std::exit(7);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_FALSE(run.alive);
  EXPECT_EQ(last, "2.000s");
  EXPECT_EQ(run.events.back().kind, "hosted.exit");
}

TEST(HostedTest, WhenMainReturnsItsThreadsAreGone) {
  const HostedRun run = RunAndGiveBack([](Environment&) {
    std::thread([] {
      std::mutex mutex;
      std::condition_variable never;
      std::unique_lock lock(mutex);
      never.wait(lock, [] { return false; });
    }).detach();
    std::this_thread::sleep_for(1s);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_FALSE(run.alive);
}

TEST(HostedTest, WhoHoldsEachOthersMutexesEndsTheRun) {
  const HostedRun run = RunAndGiveBack([](Environment& env) {
    std::mutex first;
    std::mutex second;
    std::thread other([&] {
      const std::scoped_lock one(second);
      env.Sleep(1s);
      const std::scoped_lock two(first);
    });
    {
      const std::scoped_lock one(first);
      env.Sleep(2s);
      const std::scoped_lock two(second);
    }
    other.join();
  });
  ASSERT_EQ(run.outcome.ending, Ending::kViolation);
  EXPECT_EQ(run.outcome.violation->what,
            "deadlock: thread main waits for mutex 2, held by thread t2, who waits for "
            "mutex 1, held by thread main");
  EXPECT_THAT(run.stuck, HasSubstr("waits for mutex 2, held by thread t2"));
  EXPECT_THAT(run.stuck, HasSubstr("waits for mutex 1, held by thread main"));
}

TEST(HostedTest, AReportSaysWhatEachThreadWaitsFor) {
  const HostedRun run = RunAndGiveBack([](Environment&) {
    std::mutex mutex;
    std::condition_variable never;
    std::thread([&] {
      std::unique_lock lock(mutex);
      never.wait(lock, [] { return false; });
    }).join();
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_TRUE(run.alive);
  EXPECT_THAT(run.stuck, HasSubstr("waits for condition variable 1"));
  EXPECT_THAT(run.stuck, HasSubstr("waits for thread t2 to end"));
}

// Two threads add to a number without a lock, and look away in between.
int64_t RacyTotal(uint64_t seed, std::string* digest = nullptr) {
  int64_t total = 0;
  const HostedRun run = RunHosted({.seed = seed}, [&total](Environment&) {
    std::mutex log;  // what they lock, but not what they should
    int64_t balance = 0;
    const auto deposit = [&] {
      const int64_t before = balance;
      {
        const std::scoped_lock lock(log);
      }
      balance = before + 1;
    };
    std::thread other(deposit);
    deposit();
    other.join();
    total = balance;
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  if (digest != nullptr) {
    *digest = run.digest;
  }
  return total;
}

TEST(HostedTest, APlantedRaceIsFoundBySomeSeedsAndNotByOthers) {
  std::map<int64_t, int> seeds;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    ++seeds[RacyTotal(seed)];
  }
  EXPECT_GT(seeds[1], 5);
  EXPECT_GT(seeds[2], 5);
  EXPECT_EQ(seeds.size(), 2U);
}

TEST(HostedTest, TheSameSeedIsTheSameRunAndSeedsDiffer) {
  std::set<std::string> digests;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::string first;
    std::string second;
    EXPECT_EQ(RacyTotal(seed, &first), RacyTotal(seed, &second));
    EXPECT_EQ(first, second) << seed;
    digests.insert(first);
  }
  EXPECT_GT(digests.size(), 5U);  // of so small a program there are not many runs
}

TEST(HostedTest, ACrashAbandonsTheCodeWhereverItIs) {
  int lives = 0;
  int locked = 0;
  World world({.seed = 1});
  const auto program = [&](Environment& env) {
    static std::mutex mutex;  // of the program, not of the process
    ++lives;
    struct Loud {
      ~Loud() { ADD_FAILURE() << "nothing of the code runs in a dead process"; }
    };
    const std::scoped_lock lock(mutex);
    ++locked;
    const auto loud = std::make_unique<Loud>();
    std::thread([&] { mutex.lock(); }).detach();
    env.Sleep(1h);
    std::abort();
  };
  const ProcessId process = world.AddProcess(world.AddHost("a"), "db",
                                             Hosted(program, {.memory = HostedMemory::kGivenBack}));
  for (int second = 1; second <= 5; ++second) {
    world.At(SimTime(std::chrono::seconds(second)), [&] {
      world.Crash(process);
      world.Restart(process);
    });
  }
  EXPECT_EQ(world.Run([&] { return world.Now() > SimTime(6s) || lives > 5; }).ending,
            Ending::kGoal);
  EXPECT_EQ(lives, 6);
  EXPECT_GE(locked, 5);
}

int of_the_program = 7;
thread_local int of_the_thread = 1;

TEST(HostedTest, NamedVariablesAreOfOneLifeAndOneThread) {
  std::vector<int> seen;
  const auto program = [&seen](Environment& env) {
    ++of_the_program;
    of_the_thread += 10;
    std::thread([&] {
      ++of_the_thread;
      env.Sleep(1ms);
      seen.push_back(of_the_thread);
    }).join();
    seen.push_back(of_the_thread);
    seen.push_back(of_the_program);
    env.Sleep(1h);
  };
  const HostedOptions options{.globals = {BytesOf(of_the_program)},
                              .thread_locals = {BytesOf(of_the_thread)}};
  World world({.seed = 1});
  const HostId host = world.AddHost("a");
  const ProcessId first = world.AddProcess(host, "first", Hosted(program, options));
  world.At(SimTime(1s), [&] {
    world.Crash(first);
    world.Restart(first);
  });
  world.Run([&] { return world.Now() >= SimTime(2s); });
  EXPECT_THAT(seen, ElementsAre(2, 11, 8, 2, 11, 8));
  world.Crash(first);
  world.Run([] { return true; });
  EXPECT_EQ(of_the_program, 7);
  EXPECT_EQ(of_the_thread, 1);
}

TEST(HostedTest, TwoProcessesHaveTheirOwnNamedVariables) {
  const auto program = [](Environment& env) {
    for (int step = 1; step <= 10; ++step) {
      ++of_the_program;
      env.Sleep(1ms);
      EXPECT_EQ(of_the_program, 7 + step);
    }
  };
  const HostedOptions options{.globals = {BytesOf(of_the_program)}};
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "first", Hosted(program, options));
  world.AddProcess(world.AddHost("b"), "second", Hosted(program, options));
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
}

TEST(HostedTest, OptionsThatMakeNoSenseAreASentence) {
  const Result<void> unknown = HostedOptions{.libraries = {"libnosuch.so"}}.Validate();
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("\"libnosuch.so\""));
  EXPECT_THAT(unknown.error().message, HasSubstr("libc.so.6"));
  EXPECT_FALSE((HostedOptions{.spurious_wakeups = {.numerator = 2, .denominator = 1}}.Validate()));
  EXPECT_TRUE(HostedOptions{.libraries = {"libstdc++"}}.Validate());
}

TEST(HostedDeathTest, WhatIsRefusedElsewhereIsRefusedHere) {
  EXPECT_DEATH(RunHosted([](Environment&) { EXPECT_EQ(std::getenv("HOME"), nullptr); }),
               "nondeterminism: getenv was called .*fiber main of db");
}

}  // namespace
}  // namespace flinch::sim
