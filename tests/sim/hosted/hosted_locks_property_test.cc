#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/sim/hosted/hosted_run.h"

namespace flinch::sim {
namespace {

HostedRunOptions AnyRun() {
  const auto strategy = *rc::gen::element(Strategy::kFifo, Strategy::kRandom, Strategy::kPct,
                                          Strategy::kPos, Strategy::kRoundRobin);
  return {.seed = *rc::gen::arbitrary<uint64_t>(),
          .scheduling = {.strategy = strategy, .choices = 200},
          .hosted = {.spurious_wakeups = *rc::gen::element(Percent(0), Percent(20))}};
}

// Waits for more than it must: a wake that is lost leaves somebody waiting for ever.
struct Pipe {
  std::mutex mutex;
  std::condition_variable has_room;
  std::condition_variable has_items;
  std::deque<int> items;
  size_t capacity = 1;
  bool closed = false;

  void Push(int item) {
    std::unique_lock lock(mutex);
    has_room.wait(lock, [&] { return items.size() < capacity; });
    items.push_back(item);
    has_items.notify_one();
  }

  void Close() {
    const std::scoped_lock lock(mutex);
    closed = true;
    has_items.notify_all();
  }

  std::optional<int> Pop() {
    std::unique_lock lock(mutex);
    has_items.wait(lock, [&] { return closed || !items.empty(); });
    if (items.empty()) {
      return std::nullopt;
    }
    const int item = items.front();
    items.pop_front();
    has_room.notify_one();
    return item;
  }
};

RC_GTEST_PROP(HostedLocksPropertyTest, NoWakeupIsLostAndNothingComesTwice, ()) {
  const HostedRunOptions options = AnyRun();
  const auto counts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
  const int consumers = *rc::gen::inRange(1, 4);
  const auto capacity = static_cast<size_t>(*rc::gen::inRange(1, 4));
  std::vector<int> got;
  const HostedRun run = RunHosted(options, [&](Environment&) {
    Pipe pipe{.capacity = capacity};
    std::mutex mutex;
    std::vector<std::thread> producing;
    std::vector<std::thread> consuming;
    for (size_t index = 0; index < counts.size(); ++index) {
      producing.emplace_back([&, index] {
        for (int item = 0; item < counts[index]; ++item) {
          pipe.Push(static_cast<int>(index) * 100 + item);
        }
      });
    }
    for (int index = 0; index < consumers; ++index) {
      consuming.emplace_back([&] {
        while (const std::optional<int> item = pipe.Pop()) {
          const std::scoped_lock lock(mutex);
          got.push_back(*item);
        }
      });
    }
    for (std::thread& thread : producing) {
      thread.join();
    }
    pipe.Close();
    for (std::thread& thread : consuming) {
      thread.join();
    }
  });
  RC_ASSERT(run.outcome.ending == Ending::kIdle);
  RC_ASSERT(!run.alive);
  std::vector<int> expected;
  for (size_t index = 0; index < counts.size(); ++index) {
    for (int item = 0; item < counts[index]; ++item) {
      expected.push_back(static_cast<int>(index) * 100 + item);
    }
  }
  std::ranges::sort(got);
  RC_ASSERT(got == expected);
}

// One step of a thread: takes the lock in some way, looks around, lets go.
enum class Way { kExclusive, kShared, kTry, kTryShared, kTimed };

RC_GTEST_PROP(HostedLocksPropertyTest, NobodyIsInWhereAWriterIs, ()) {
  const HostedRunOptions options = AnyRun();
  const auto steps = *rc::gen::container<std::vector<std::vector<Way>>>(
      rc::gen::container<std::vector<Way>>(rc::gen::element(
          Way::kExclusive, Way::kShared, Way::kTry, Way::kTryShared, Way::kTimed)));
  size_t done = 0;
  bool clean = true;
  const HostedRun run = RunHosted(options, [&](Environment& env) {
    std::shared_timed_mutex mutex;
    int readers = 0;
    int writers = 0;
    const auto read = [&] {
      clean = clean && writers == 0;
      ++readers;
      env.Yield();
      clean = clean && writers == 0;
      --readers;
    };
    const auto write = [&] {
      clean = clean && writers == 0 && readers == 0;
      ++writers;
      env.Yield();
      clean = clean && writers == 1 && readers == 0;
      --writers;
    };
    const auto take = [&](Way way) {
      if (way == Way::kExclusive || (way == Way::kTry && mutex.try_lock()) ||
          (way == Way::kTimed && mutex.try_lock_for(std::chrono::milliseconds(1)))) {
        if (way == Way::kExclusive) {
          mutex.lock();
        }
        write();
        mutex.unlock();
      } else if (way == Way::kShared || (way == Way::kTryShared && mutex.try_lock_shared())) {
        if (way == Way::kShared) {
          mutex.lock_shared();
        }
        read();
        mutex.unlock_shared();
      }
      ++done;
    };
    std::vector<std::thread> threads;
    for (const std::vector<Way>& ways : steps) {
      threads.emplace_back([&] {
        for (const Way way : ways) {
          take(way);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
  size_t expected = 0;
  for (const std::vector<Way>& ways : steps) {
    expected += ways.size();
  }
  RC_ASSERT(run.outcome.ending == Ending::kIdle);
  RC_ASSERT(clean);
  RC_ASSERT(done == expected);
}

RC_GTEST_PROP(HostedLocksPropertyTest, TwoRunsOfOneSeedAreOne, ()) {
  const HostedRunOptions options = AnyRun();
  const int threads = *rc::gen::inRange(1, 5);
  const auto once = [&] {
    return RunHosted(options, [&](Environment& env) {
      std::mutex mutex;
      std::condition_variable changed;
      int turn = 0;
      std::vector<std::thread> all;
      for (int index = 0; index < threads; ++index) {
        all.emplace_back([&, index] {
          std::unique_lock lock(mutex);
          changed.wait_for(lock, std::chrono::milliseconds(index), [&] { return turn > index; });
          env.Trace("turn", {{"of", index}, {"at", turn++}});
          changed.notify_one();
        });
      }
      for (std::thread& thread : all) {
        thread.join();
      }
    });
  };
  RC_ASSERT(once().digest == once().digest);
}

}  // namespace
}  // namespace flinch::sim
