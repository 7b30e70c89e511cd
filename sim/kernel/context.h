// One fiber's stack and registers: the only place that knows Boost.Context and the sanitizers' view
// of stacks.
//
// Exactly two switches exist: Resume, from the scheduler into a fiber, and Suspend, from a fiber
// back. Both tell the address sanitizer which stack comes next. A fiber ends by returning from its
// entry; the one that does not is a fiber that ran off the end of its stack: it stays where it is
// for ever, and what is on its stack is never destroyed.
//
// Boost's own switch (fcontext) is called without boost::context::fiber around it: that would hide
// the switch from the compiler, and every call that returns behind one is predicted wrongly. Hence
// both are in this header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <boost/context/detail/fcontext.hpp>

#include "sim/kernel/stack_pool.h"

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

  // Both in the header: every call that returns after a switch surprises the processor.
  void Resume() {
    if (stack_ == nullptr) [[unlikely]] {
      Start();
    }
    FiberContext* const outer = std::exchange(running_, this);
    Exceptions& exceptions = ExceptionsOfThread();
    const Exceptions outer_exceptions = std::exchange(exceptions, exceptions_);
    StartSwitch(&fake_scheduler_, stack_, StackPool::size());
    left_ = boost::context::detail::jump_fcontext(left_, this).fctx;
    FinishSwitch(fake_scheduler_, nullptr, nullptr);
    exceptions_ = std::exchange(exceptions, outer_exceptions);
    running_ = outer;
  }

  void Suspend() {
    StartSwitch(&fake_fiber_, scheduler_bottom_, scheduler_size_);
    scheduler_ = boost::context::detail::jump_fcontext(scheduler_, nullptr).fctx;
    FinishSwitch(fake_fiber_, &scheduler_bottom_, &scheduler_size_);
  }

  // Brings what a Resume touches first into the processor's cache.
  void Prefetch() const {
    constexpr size_t kLine = 64;
    for (size_t line = 0; line < 6; ++line) {
      __builtin_prefetch(static_cast<const char*>(left_) + line * kLine);
    }
  }

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

  static Exceptions& ExceptionsOfThread();
  // The bottom of a fiber's stack: what the first Resume jumps into.
  static void Main(boost::context::detail::transfer_t from);
  // For the sanitizer; they do nothing without it.
  static void StartSwitch(void** fake, const void* bottom, size_t size);
  static void FinishSwitch(void* fake, const void** bottom, size_t* size);

  void Start();

  // Whose stack this thread is on.
  static inline constinit thread_local FiberContext* running_ = nullptr;

  Entry entry_;
  void* argument_;
  uint32_t colour_;
  bool measures_ = false;
  bool finished_ = false;
  bool overflowed_ = false;
  Exceptions exceptions_;
  char* stack_ = nullptr;
  boost::context::detail::fcontext_t left_ = nullptr;       // where the fiber goes on,
  boost::context::detail::fcontext_t scheduler_ = nullptr;  // and who resumed it
  // For the sanitizer: saved fake stacks and the scheduler's stack.
  void* fake_scheduler_ = nullptr;
  void* fake_fiber_ = nullptr;
  const void* scheduler_bottom_ = nullptr;
  size_t scheduler_size_ = 0;
};

}  // namespace flinch::sim
