#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <pthread.h>
#include <semaphore.h>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

// `program` is a process of its own, which nobody hosts.
Outcome RunProgram(const Program& program) {
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "clerk", program);
  return world.Run([] { return false; });
}

// Two fibers: the first holds what the second wants.
template <typename Hold, typename Want>
void RunTwo(Hold hold, Want want) {
  RunProgram([&](Environment& env) {
    hold();
    env.Spawn("second", [&] { want(); });
    env.Sleep(1s);
  });
}

struct Call {
  std::string_view name;
  std::string_view symbol;
  void (*run)();
};

class BlockingCallsDeathTest : public ::testing::TestWithParam<Call> {};

TEST_P(BlockingCallsDeathTest, WhatWouldBlockTheWorldDiesByItsName) {
#ifdef __SANITIZE_ADDRESS__
  if (GetParam().name == "StaticVariable") {
    GTEST_SKIP() << "under the sanitizer its guard is waited for in another way";
  }
#endif
  EXPECT_DEATH(GetParam().run(), std::string("nondeterminism: ") + std::string(GetParam().symbol) +
                                     " was called inside a simulated run by fiber "
                                     "(main|second) of clerk(.|\n)*It would block");
}

int StaticAfterASleep(Environment& env) {
  static const int value = [&env] {
    env.Sleep(1s);
    return 7;
  }();
  return value;
}

INSTANTIATE_TEST_SUITE_P(
    Calls, BlockingCallsDeathTest,
    ::testing::Values(Call{"Mutex", "pthread_mutex_lock",
                           [] {
                             std::mutex mutex;
                             RunTwo([&] { mutex.lock(); }, [&] { mutex.lock(); });
                           }},
                      Call{"MutexOfOneFiber", "pthread_mutex_lock",
                           [] {
                             std::mutex mutex;
                             RunTwo([&] { mutex.lock(); }, [] {});
                             RunProgram([&](Environment&) { mutex.lock(); });
                           }},
                      Call{"Condition", "pthread_cond_wait",
                           [] {
                             std::mutex mutex;
                             std::condition_variable changed;
                             RunProgram([&](Environment&) {
                               std::unique_lock lock(mutex);
                               changed.wait(lock);
                             });
                           }},
                      Call{"SharedMutex", "pthread_rwlock_rdlock",
                           [] {
                             std::shared_mutex mutex;
                             RunTwo([&] { mutex.lock(); }, [&] { mutex.lock_shared(); });
                           }},
                      Call{"SharedMutexForOne", "pthread_rwlock_wrlock",
                           [] {
                             std::shared_mutex mutex;
                             RunTwo([&] { mutex.lock_shared(); }, [&] { mutex.lock(); });
                           }},
                      Call{"SpinLock", "pthread_spin_lock",
                           [] {
                             pthread_spinlock_t lock;
                             pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
                             RunTwo([&] { pthread_spin_lock(&lock); },
                                    [&] { pthread_spin_lock(&lock); });
                           }},
                      Call{"Semaphore", "sem_wait",
                           [] {
                             sem_t semaphore;
                             sem_init(&semaphore, 0, 1);
                             RunTwo([&] { sem_wait(&semaphore); }, [&] { sem_wait(&semaphore); });
                           }},
                      Call{"Future", "futex",
                           [] {
                             std::promise<int> promise;
                             RunProgram([&](Environment&) { promise.get_future().wait(); });
                           }},
                      Call{"StaticVariable", "futex",
                           [] {
                             RunProgram([](Environment& env) {
                               env.Spawn("second", [&env] { StaticAfterASleep(env); });
                               StaticAfterASleep(env);
                             });
                           }},
                      Call{"Once", "pthread_once",
                           [] {
                             static Environment* environment = nullptr;
                             static pthread_once_t once = PTHREAD_ONCE_INIT;
                             RunProgram([](Environment& env) {
                               environment = &env;
                               const auto run = [] {
                                 pthread_once(&once, [] { environment->Sleep(1s); });
                               };
                               env.Spawn("second", run);
                               run();
                             });
                           }},
                      Call{"Barrier", "pthread_barrier_wait",
                           [] {
                             pthread_barrier_t barrier;
                             pthread_barrier_init(&barrier, nullptr, 2);
                             RunProgram([&](Environment&) { pthread_barrier_wait(&barrier); });
                           }}),
    [](const auto& call) { return std::string(call.param.name); });

TEST(BlockingCallsDeathTest, AThreadThatWasThereBeforeIsNotWaitedFor) {
  std::thread other([] {});
  EXPECT_DEATH(RunProgram([&](Environment&) { other.join(); }),
               "nondeterminism: pthread_join was called .*clerk");
  other.join();
}

TEST(BlockingCallsDeathTest, WaitsWithADeadlineAreRefusedWhateverTheyFind) {
  std::timed_mutex mutex;
  EXPECT_DEATH(RunProgram([&](Environment&) {
                 const timespec end{};
                 pthread_mutex_timedlock(mutex.native_handle(), &end);
               }),
               "nondeterminism: pthread_mutex_timedlock was called .*clerk");
}

TEST(BlockingCallsTest, WhatDoesNotBlockGoesThrough) {
  int done = 0;
  const Outcome outcome = RunProgram([&](Environment&) {
    std::mutex mutex;
    std::shared_mutex shared;
    std::recursive_mutex again;
    std::condition_variable changed;
    sem_t semaphore;
    sem_init(&semaphore, 0, 1);
    {
      const std::scoped_lock lock(mutex, again);
      const std::scoped_lock twice(again);
      const std::shared_lock one(shared);
      const std::shared_lock two(shared);
      changed.notify_all();
      sem_wait(&semaphore);
      sem_post(&semaphore);
      EXPECT_FALSE(mutex.try_lock());
      EXPECT_FALSE(shared.try_lock());
    }
    std::once_flag once;
    std::call_once(once, [&] { ++done; });
    std::call_once(once, [&] { ++done; });
    std::atomic<int> word = 1;
    word.wait(0);
    word.notify_all();
    std::latch(1).count_down();
  });
  EXPECT_EQ(outcome.ending, Ending::kIdle);
  EXPECT_EQ(done, 1);
}

TEST(BlockingCallsTest, OutsideOfARunThreadsAreThreads) {
  std::mutex mutex;
  std::condition_variable changed;
  bool said = false;
  std::thread other([&] {
    const std::scoped_lock lock(mutex);
    said = true;
    changed.notify_one();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return said; });
  lock.unlock();
  other.join();
  EXPECT_TRUE(said);
}

}  // namespace
}  // namespace flinch::sim
