#include "sim/hosted/hosted_locks.h"

#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <latch>
#include <mutex>
#include <pthread.h>
#include <semaphore.h>
#include <semaphore>
#include <shared_mutex>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/hosted/hosted_run.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// The program ends of itself, with every seed of a few.
void ExpectDone(const std::function<void(Environment&)>& program) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    bool done = false;
    const HostedRun run = RunHosted({.seed = seed}, [&](Environment& env) {
      program(env);
      done = true;
    });
    EXPECT_EQ(run.outcome.ending, Ending::kIdle);
    EXPECT_TRUE(done) << run.stuck;
  }
}

TEST(HostedLocksTest, AMutexIsHeldByOne) {
  ExpectDone([](Environment& env) {
    std::mutex mutex;
    int inside = 0;
    std::vector<std::thread> threads;
    for (int index = 0; index < 4; ++index) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 5; ++turn) {
          const std::scoped_lock lock(mutex);
          EXPECT_EQ(++inside, 1);
          env.Sleep(1us);
          EXPECT_FALSE(mutex.try_lock());
          --inside;
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
}

TEST(HostedLocksTest, ARecursiveMutexIsOfAThreadAndNotOfTheMachinesThread) {
  ExpectDone([](Environment& env) {
    std::recursive_mutex mutex;
    mutex.lock();
    mutex.lock();
    bool got = false;
    std::thread other([&] {
      EXPECT_FALSE(mutex.try_lock());
      mutex.lock();
      got = true;
      mutex.unlock();
    });
    env.Sleep(1ms);
    mutex.unlock();
    env.Sleep(1ms);
    EXPECT_FALSE(got);
    mutex.unlock();
    other.join();
    EXPECT_TRUE(got);
  });
}

TEST(HostedLocksTest, AMutexThatChecksSaysWhatIsWrong) {
  ExpectDone([](Environment&) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    EXPECT_EQ(pthread_mutex_unlock(&mutex), EPERM);
    EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
    EXPECT_EQ(pthread_mutex_lock(&mutex), EDEADLK);
    std::thread([&] { EXPECT_EQ(pthread_mutex_unlock(&mutex), EPERM); }).join();
    EXPECT_EQ(pthread_mutex_destroy(&mutex), EBUSY);
    EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
    EXPECT_EQ(pthread_mutex_destroy(&mutex), 0);
  });
}

TEST(HostedLocksTest, WhoLetsGoOfWhatAnotherHoldsEndsTheRun) {
  const HostedRun run = RunAndGiveBack([](Environment&) {
    std::mutex mutex;
    mutex.lock();
    std::thread([&] { mutex.unlock(); }).join();
  });
  ASSERT_EQ(run.outcome.ending, Ending::kViolation);
  EXPECT_EQ(run.outcome.violation->what, "thread t2 unlocks a mutex that thread main holds");
}

TEST(HostedLocksTest, ReadersShareAndAWriterIsAlone) {
  ExpectDone([](Environment& env) {
    std::shared_mutex mutex;
    int readers = 0;
    int writers = 0;
    int together = 0;
    std::vector<std::thread> threads;
    for (int index = 0; index < 3; ++index) {
      threads.emplace_back([&] {
        const std::shared_lock lock(mutex);
        EXPECT_EQ(writers, 0);
        together = std::max(together, ++readers);
        env.Sleep(1ms);
        --readers;
      });
      threads.emplace_back([&] {
        const std::unique_lock lock(mutex);
        EXPECT_EQ(++writers, 1);
        EXPECT_EQ(readers, 0);
        EXPECT_FALSE(mutex.try_lock_shared());
        env.Sleep(1us);
        --writers;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_GE(together, 1);
  });
}

TEST(HostedLocksTest, ASemaphoreLetsThroughAsManyAsItCounts) {
  ExpectDone([](Environment& env) {
    sem_t semaphore;
    sem_init(&semaphore, 0, 2);
    int inside = 0;
    int most = 0;
    std::vector<std::thread> threads;
    for (int index = 0; index < 5; ++index) {
      threads.emplace_back([&] {
        sem_wait(&semaphore);
        most = std::max(most, ++inside);
        env.Sleep(1ms);
        --inside;
        sem_post(&semaphore);
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(most, 2);
    timespec past{};
    sem_wait(&semaphore);
    sem_wait(&semaphore);
    EXPECT_EQ(sem_timedwait(&semaphore, &past), -1);
    EXPECT_EQ(errno, ETIMEDOUT);
  });
}

TEST(HostedLocksTest, ASpinLockDoesNotSpin) {
  ExpectDone([](Environment& env) {
    pthread_spinlock_t lock;
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&lock);
    std::thread other([&] {
      pthread_spin_lock(&lock);
      pthread_spin_unlock(&lock);
    });
    env.Sleep(1s);
    pthread_spin_unlock(&lock);
    other.join();
  });
}

TEST(HostedLocksTest, WhatWaitsForAWordIsWoken) {
  ExpectDone([](Environment& env) {
    std::atomic<int> word = 0;
    std::latch latch(2);
    std::counting_semaphore<3> permits(0);
    std::promise<int> promise;
    std::thread other([&] {
      word.wait(0);
      latch.count_down();
      permits.acquire();
      promise.set_value(word);
    });
    env.Sleep(1ms);
    word = 5;
    word.notify_one();
    latch.arrive_and_wait();
    permits.release();
    EXPECT_EQ(promise.get_future().get(), 5);
    other.join();
    EXPECT_EQ(std::async(std::launch::async, [] { return 8; }).get(), 8);
    std::promise<int> never;
    EXPECT_EQ(never.get_future().wait_for(1s), std::future_status::timeout);
    EXPECT_FALSE(permits.try_acquire_for(1s));
  });
}

int SlowStatic(Environment& env) {
  static const int value = [&env] {
    env.Sleep(1ms);
    return 7;
  }();
  return value;
}

TEST(HostedLocksTest, AStaticVariableIsMadeOnce) {
  const HostedRun run = RunHosted([](Environment& env) {
    std::thread other([&] { EXPECT_EQ(SlowStatic(env), 7); });
    EXPECT_EQ(SlowStatic(env), 7);
    other.join();
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
  EXPECT_EQ(run.outcome.time, SimTime(1ms));
}

TEST(HostedLocksTest, AConditionMayWakeForNoReason) {
  int woken = 0;
  RunHosted({.hosted = {.spurious_wakeups = Percent(100)}}, [&](Environment&) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait(lock);
    ++woken;
  });
  EXPECT_EQ(woken, 1);
}

TEST(HostedLocksTest, AConditionGoesByTheClockItWasGiven) {
  ExpectDone([](Environment& env) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_t condition;
    pthread_cond_init(&condition, &attributes);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    const timespec end{.tv_sec = 5, .tv_nsec = 0};
    int error = 0;
    while (error == 0) {
      error = pthread_cond_timedwait(&condition, &mutex, &end);
    }
    EXPECT_EQ(error, ETIMEDOUT);
    EXPECT_EQ(env.Now(), SimTime(5s));
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&condition);
  });
}

TEST(HostedLocksTest, WhoEndsHoldingAMutexIsNamed) {
  const HostedRun run = RunAndGiveBack([](Environment&) {
    std::mutex mutex;
    std::thread([&] { mutex.lock(); }).join();
    mutex.lock();
  });
  ASSERT_EQ(run.outcome.ending, Ending::kViolation);
  EXPECT_THAT(run.outcome.violation->what, HasSubstr("held by thread t2, which has ended"));
}

}  // namespace
}  // namespace flinch::sim
