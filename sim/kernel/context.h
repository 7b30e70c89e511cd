// One fiber's stack and registers: the only place that knows Boost.Context and the sanitizers' view
// of stacks.
//
// Exactly two switches exist: Resume, from the scheduler into a fiber, and Suspend, from a fiber
// back. Both tell the address sanitizer which stack comes next. A fiber ends by returning from its
// entry; the one that does not is a fiber that ran off the end of its stack: it stays where it is
// for ever, and what is on its stack is never destroyed.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/context/fiber.hpp>

namespace flinch::sim {

class FiberContext {
 public:
  using Entry = void (*)(void* argument);

  // `entry` runs at the first Resume and must not throw.
  // `colour`: any number that differs between fibers that run at the same time; see StackPool::Top.
  FiberContext(Entry entry, void* argument, uint32_t colour)
      : entry_(entry), argument_(argument), colour_(colour) {}

  // Finished, or never resumed.
  ~FiberContext();
  FiberContext(const FiberContext&) = delete;
  FiberContext& operator=(const FiberContext&) = delete;

  // Paints the stack when it is taken, so that high_water() can be asked. Slow.
  void MeasureStack() { measures_ = true; }

  void Resume();
  void Suspend();

  bool started() const { return stack_ != nullptr; }

  bool finished() const { return finished_; }

  // The stack was too small; the fiber cannot be resumed.
  bool overflowed() const { return overflowed_; }

  // The most bytes of its stack that it ever used; 0 if that is not measured.
  size_t high_water() const;

  static size_t stack_bytes();

 private:
  friend struct Overflow;

  // What the C++ runtime knows of the exceptions that a thread handles; each fiber has its own, or
  // one that waits inside a handler would take another's exception for its own.
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  void Start();

  Entry entry_;
  void* argument_;
  uint32_t colour_;
  Exceptions exceptions_;
  char* stack_ = nullptr;
  bool measures_ = false;
  bool finished_ = false;
  bool overflowed_ = false;
  boost::context::fiber self_;
  boost::context::fiber scheduler_;
  // For the sanitizer: saved fake stacks and the scheduler's stack.
  void* fake_scheduler_ = nullptr;
  void* fake_fiber_ = nullptr;
  const void* scheduler_bottom_ = nullptr;
  size_t scheduler_size_ = 0;
};

}  // namespace flinch::sim
