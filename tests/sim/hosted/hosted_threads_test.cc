#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <pthread.h>
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

TEST(HostedThreadsTest, JoinGivesWhatTheThreadReturnedOrExitedWith) {
  const HostedRun run = RunHosted([](Environment&) {
    static int values[] = {1, 2};
    pthread_t returns{};
    pthread_t exits{};
    ASSERT_EQ(
        pthread_create(&returns, nullptr, [](void*) -> void* { return &values[0]; }, nullptr), 0);
    ASSERT_EQ(pthread_create(
                  &exits, nullptr, [](void*) -> void* { pthread_exit(&values[1]); }, nullptr),
              0);
    void* result = nullptr;
    EXPECT_EQ(pthread_join(exits, &result), 0);
    EXPECT_EQ(result, &values[1]);
    EXPECT_EQ(pthread_join(returns, &result), 0);
    EXPECT_EQ(result, &values[0]);
    EXPECT_EQ(pthread_join(returns, &result), ESRCH);
    EXPECT_EQ(pthread_join(pthread_self(), &result), EDEADLK);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
}

TEST(HostedThreadsTest, AJoinMayHaveADeadline) {
  const HostedRun run = RunHosted([](Environment& env) {
    pthread_t sleeper{};
    pthread_create(
        &sleeper, nullptr,
        [](void*) -> void* {
          sleep(10);
          return nullptr;
        },
        nullptr);
    EXPECT_EQ(pthread_tryjoin_np(sleeper, nullptr), EBUSY);
    const timespec end{.tv_sec = 3, .tv_nsec = 0};
    EXPECT_EQ(pthread_timedjoin_np(sleeper, nullptr, &end), ETIMEDOUT);
    EXPECT_EQ(env.Now(), SimTime(3s));
    EXPECT_EQ(pthread_join(sleeper, nullptr), 0);
    EXPECT_EQ(env.Now(), SimTime(10s));
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
}

TEST(HostedThreadsTest, ADetachedThreadIsNotJoined) {
  const HostedRun run = RunHosted([](Environment& env) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    bool ran = false;
    pthread_create(
        &thread, &attributes,
        [](void* done) -> void* {
          *static_cast<bool*>(done) = true;
          sleep(1);
          return nullptr;
        },
        &ran);
    env.Sleep(1ms);
    EXPECT_TRUE(ran);
    EXPECT_EQ(pthread_join(thread, nullptr), EINVAL);
    EXPECT_EQ(pthread_detach(thread), EINVAL);
    env.Sleep(2s);
    EXPECT_EQ(pthread_detach(thread), ESRCH);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
}

TEST(HostedThreadsTest, EachThreadIsItself) {
  std::set<std::thread::id> ids;
  const HostedRun run = RunHosted([&](Environment& env) {
    std::mutex mutex;
    const auto note = [&] {
      const std::thread::id before = std::this_thread::get_id();
      env.Sleep(1ms);
      EXPECT_EQ(std::this_thread::get_id(), before);
      const std::scoped_lock lock(mutex);
      ids.insert(before);
    };
    std::thread first(note);
    std::thread second(note);
    EXPECT_NE(first.get_id(), second.get_id());
    note();
    first.join();
    second.join();
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_EQ(ids.size(), 3U);
}

TEST(HostedThreadsTest, FibersOfTheWorldAreThreadsToo) {
  bool ran = false;
  const HostedRun run = RunHosted([&](Environment& env) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    env.Spawn("helper", [&] {
      const std::scoped_lock own(mutex);
      ran = true;
    });
    env.Sleep(1ms);
    EXPECT_FALSE(ran);
    lock.unlock();
    env.Sleep(1ms);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_TRUE(ran);
}

TEST(HostedThreadsTest, OnceIsOnceAlsoWhereTheRoutineWaitsOrThrows) {
  int runs = 0;
  int tries = 0;
  const HostedRun run = RunHosted([&](Environment& env) {
    std::once_flag slow;
    std::once_flag failing;
    std::vector<std::thread> threads;
    for (int index = 0; index < 4; ++index) {
      threads.emplace_back([&] {
        std::call_once(slow, [&] {
          env.Sleep(1ms);
          ++runs;
        });
        EXPECT_EQ(runs, 1);
        try {
          std::call_once(failing, [&] {
            env.Sleep(1ms);
            if (++tries < 3) {
              throw std::runtime_error("not yet");
            }
          });
        } catch (const std::runtime_error&) {
          // The next one tries.
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(tries, 3);
}

std::vector<int>* destroyed = nullptr;

TEST(HostedThreadsTest, WhatAThreadKeepsIsItsOwnAndDestroyedWithIt) {
  std::vector<int> gone;
  destroyed = &gone;
  const HostedRun run = RunHosted([](Environment& env) {
    static pthread_key_t key;
    ASSERT_EQ(pthread_key_create(
                  &key, [](void* value) { destroyed->push_back(*static_cast<int*>(value)); }),
              0);
    EXPECT_EQ(pthread_getspecific(key), nullptr);
    static int values[] = {0, 1, 2};
    pthread_setspecific(key, &values[0]);
    const auto use = [&env](int index) {
      EXPECT_EQ(pthread_getspecific(key), nullptr);
      pthread_setspecific(key, &values[index]);
      env.Sleep(std::chrono::milliseconds(index));
      EXPECT_EQ(pthread_getspecific(key), &values[index]);
    };
    std::thread first(use, 1);
    std::thread second(use, 2);
    first.join();
    second.join();
    EXPECT_EQ(pthread_getspecific(key), &values[0]);
    EXPECT_EQ(pthread_key_delete(key), 0);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_THAT(gone, ElementsAre(1, 2));
  destroyed = nullptr;
}

TEST(HostedThreadsTest, KeysOfTheDeadAreGivenBack) {
  World world({.seed = 1});
  int lives = 0;
  const ProcessId process =
      world.AddProcess(world.AddHost("a"), "db", Hosted([&](Environment& env) {
                         pthread_key_t key{};
                         EXPECT_EQ(pthread_key_create(&key, nullptr), 0);
                         ++lives;
                         env.Sleep(1h);
                       }));
  constexpr int kMoreThanThereAre = PTHREAD_KEYS_MAX + 100;
  for (int moment = 1; moment <= kMoreThanThereAre; ++moment) {
    world.At(SimTime(std::chrono::milliseconds(moment)), [&] {
      world.Crash(process);
      world.Restart(process);
    });
  }
  world.Run([&] { return world.Now() >= SimTime(10s); });
  EXPECT_EQ(lives, kMoreThanThereAre + 1);
}

struct Counted {
  int value = 5;
  std::string text = "as it was";
};

thread_local Counted counted;

TEST(HostedThreadsTest, ANamedThreadLocalBeginsInEachThreadAsItWas) {
  counted.value = 7;
  const HostedRun run =
      RunHosted({.hosted = {.thread_locals = {BytesOf(counted)}}}, [](Environment&) {
        const auto use = [](const std::string& text) {
          EXPECT_EQ(counted.value++, 7);
          EXPECT_EQ(counted.text, "as it was");
          counted.text = text;
          std::this_thread::sleep_for(1ms);
          EXPECT_EQ(counted.value, 8);
          EXPECT_EQ(counted.text, text);
        };
        std::thread first(use, "one");
        std::thread second(use, "two");
        use("main");
        first.join();
        second.join();
      });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_EQ(counted.value, 7);
  EXPECT_EQ(counted.text, "as it was");
}

TEST(HostedThreadsTest, ErrorNumbersAreEachThreadsOwn) {
  const HostedRun run = RunHosted([](Environment& env) {
    errno = 1;
    std::thread([&] {
      errno = 2;
      env.Sleep(1ms);
      EXPECT_EQ(errno, 2);
    }).detach();
    env.Sleep(2ms);
    EXPECT_EQ(errno, 1);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
}

}  // namespace
}  // namespace flinch::sim
