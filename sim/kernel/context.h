// One fiber's stack and registers: the only place that knows Boost.Context and the sanitizers' view
// of stacks.
//
// Exactly two switches exist: Resume, from the scheduler into a fiber, and Suspend, from a fiber
// back. Both tell the address sanitizer which stack comes next. A fiber is never abandoned: it ends
// by returning from its entry.
#pragma once

#include <cstddef>
#include <vector>

#include <boost/context/fiber.hpp>

namespace flinch::sim {

// Stacks of one size, used again and again. Contents are never read before they are written.
class StackPool {
 public:
  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  char* Take();
  void Return(char* stack);

  static size_t size();

 private:
  std::vector<char*> free_;
};

class FiberContext {
 public:
  using Entry = void (*)(void* argument);

  // `entry` runs at the first Resume and must not throw.
  FiberContext(StackPool& stacks, Entry entry, void* argument);
  // Finished, or never resumed.
  ~FiberContext();
  FiberContext(const FiberContext&) = delete;
  FiberContext& operator=(const FiberContext&) = delete;

  void Resume();
  void Suspend();

  bool started() const { return started_; }

  bool finished() const { return finished_; }

 private:
  StackPool& stacks_;
  char* stack_ = nullptr;
  Entry entry_;
  void* argument_;
  bool started_ = false;
  bool finished_ = false;
  boost::context::fiber self_;
  boost::context::fiber scheduler_;
  // For the sanitizer: saved fake stacks and the scheduler's stack.
  void* fake_scheduler_ = nullptr;
  void* fake_fiber_ = nullptr;
  const void* scheduler_bottom_ = nullptr;
  size_t scheduler_size_ = 0;
};

}  // namespace flinch::sim
