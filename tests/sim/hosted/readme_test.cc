// The blocks of "Hosting code you did not write" in sim/README.md, compiled and run; that they are
// the same, tests/sim/readme_test.cc sees.
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/hosted/hosted.h"
#include "sim/world/world.h"

namespace flinch::sim {
namespace {

// README <
// Somebody else's: adds up in the background what it is given.
class Tally {
 public:
  void Add(int number) {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(number);
    changed_.notify_all();
  }

  int Total() {  // of all that has been added
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty(); });
    assert(total_ == 3 && "who asks here has added three times one");
    return total_;
  }

 private:
  void Work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !waiting_.empty(); });
      std::vector<int> batch = std::move(waiting_);
      waiting_.clear();
      lock.unlock();  // the bug: nothing waits any more, and it is not added yet
      const int sum = std::accumulate(batch.begin(), batch.end(), 0);
      lock.lock();
      total_ += sum;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> waiting_;
  int total_ = 0;
  std::jthread worker_{[this] { Work(); }};
};

// > README

TEST(HostedReadmeTest, SomeSeedsFindTheBug) {
  // README <
  int found = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    World world({.seed = seed, .keep = Keep::kTrace});
    const auto program = [](Environment& env) {  // its main; env is for the adapters of its disk
      auto* const tally = new Tally;
      for (int turn = 0; turn < 3; ++turn) {
        tally->Add(1);
      }
      env.Trace("total", {{"is", tally->Total()}});
    };
    world.AddProcess(world.AddHost("a"), "tally",
                     Hosted(program, {.memory = HostedMemory::kGivenBack}));
    const Outcome outcome = world.Run([] { return false; });
    if (outcome.violation) {  // assertion `…` failed: thread main of process tally
      ++found;
      fmt::print("seed {}: {} ({})\n", seed, outcome.violation->what, outcome.violation->where);
    }
  }
  // > README
  EXPECT_GT(found, 5);
  EXPECT_LT(found, 95);
}

}  // namespace
}  // namespace flinch::sim
