// One fiber's stack and registers: the only place that knows how stacks are switched, and the
// sanitizers' view of them.
//
// Exactly two switches exist: Resume, from the scheduler into a fiber, and Suspend, from a fiber
// back. Both tell the address sanitizer which stack comes next. A fiber ends by returning from its
// entry; the one that does not is a fiber that ran off the end of its stack: it stays where it is
// for ever, and what is on its stack is never destroyed.
//
// The switch is Boost's fcontext. On x86-64 without the sanitizer it is three loads and a jump, in
// line: the processor predicts where a function returns to by counting calls, so a switch that is
// itself a call has every return behind it predicted wrongly, which costs M2 two fifths of its
// speed (tests/bench). That both do the same is what the flavours of ./check compare. Neither keeps
// the modes of rounding, which nobody may change.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sim/kernel/stack_pool.h"

#if defined(__x86_64__) && !defined(FLINCH_ASAN)
#define FLINCH_SWITCH_IN_LINE 1
#else
#include <boost/context/detail/fcontext.hpp>
#endif

namespace flinch::sim {

class FiberContext {
 public:
  using Entry = void (*)(void* argument);

  // `entry` runs at the first Resume and must not throw.
  // `colour`: any number that differs between fibers that run at the same time; see StackPool::Top.
  // `stack_bytes` as in StackPool.
  FiberContext(Entry entry, void* argument, uint32_t colour, size_t stack_bytes)
      : colour_(colour), stack_bytes_(stack_bytes), entry_(entry), argument_(argument) {}

  // Finished, abandoned, or never resumed.
  ~FiberContext();
  FiberContext(const FiberContext&) = delete;
  FiberContext& operator=(const FiberContext&) = delete;

  // Paints the stack when it is taken, so that high_water() can be asked. Slow.
  void MeasureStack() { measures_ = true; }

  // Both in line, for the reason above.
  [[gnu::always_inline]] void Resume() {
    if (stack_ == nullptr) [[unlikely]] {
      Start();
    }
    FiberContext* const outer = std::exchange(running_, this);
    Exceptions& exceptions = ExceptionsOfThread();
    const Exceptions outer_exceptions = std::exchange(exceptions, exceptions_);
    Place scheduler;
    scheduler_ = &scheduler;
    StartSwitch(&fake_scheduler_, stack_, stack_bytes_);
    Go(scheduler, fiber_);
    FinishSwitch(fake_scheduler_, nullptr, nullptr);
    exceptions_ = std::exchange(exceptions, outer_exceptions);
    running_ = outer;
  }

  [[gnu::always_inline]] void Suspend() {
    StartSwitch(&fake_fiber_, scheduler_bottom_, scheduler_size_);
    Go(fiber_, *scheduler_);
    FinishSwitch(fake_fiber_, &scheduler_bottom_, &scheduler_size_);
  }

  // Ends the fiber that runs without unwinding it: what lies on its stack is never destroyed.
  [[noreturn]] static void Abandon();

  // Brings what a Resume touches first into the processor's cache.
  void Prefetch() const {
    constexpr size_t kLine = 64;
    for (size_t line = 0; line < 6; ++line) {
      __builtin_prefetch(static_cast<const char*>(fiber_.stack) + line * kLine);
    }
  }

  bool started() const { return stack_ != nullptr; }

  bool finished() const { return finished_; }

  // Stack, frame and code at which it goes on, once it has run and waits: for a debugger. Nulls
  // where Boost switches.
  std::array<const void*, 3> place() const {
#ifdef FLINCH_SWITCH_IN_LINE
    return {fiber_.stack, fiber_.frame, fiber_.code};
#else
    return {};
#endif
  }

  // The stack was too small; the fiber cannot be resumed.
  bool overflowed() const { return overflowed_; }

  // The most bytes of its stack that it ever used; 0 if that is not measured.
  size_t high_water() const;

  // Of its stack once it has started.
  size_t stack_bytes() const { return stack_bytes_; }

 private:
  friend struct Overflow;

  // What the C++ runtime knows of the exceptions that a thread handles; each fiber has its own, or
  // one that waits inside a handler would take another's exception for its own.
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  // Where somebody goes on.
  struct Place {
    void* stack = nullptr;  // Boost's context, where that switches
#ifdef FLINCH_SWITCH_IN_LINE
    void* frame = nullptr;
    void* code = nullptr;
#endif
  };

  // Notes in `from` where we are, and goes on in `to`; returns when somebody goes on in `from`.
#ifdef FLINCH_SWITCH_IN_LINE
  [[gnu::always_inline]] static void Go(Place& from, const Place& to) {
    Place* leaves = &from;
    const Place* enters = &to;
    asm volatile(
        "movq %%rsp, 0(%0)\n\t"
        "movq %%rbp, 8(%0)\n\t"
        "leaq 1f(%%rip), %%rax\n\t"
        "movq %%rax, 16(%0)\n\t"
        "movq 0(%1), %%rsp\n\t"
        "movq 8(%1), %%rbp\n\t"
        "jmpq *16(%1)\n"
        "1:"
        : "+D"(leaves), "+S"(enters)
        :
        : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
          "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#if defined(__AVX512F__)
          ,
          "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",
          "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6",
          "k7"
#endif
    );
  }
#else
  [[gnu::always_inline]] static void Go(Place& from, const Place& to) {
    Arrive(boost::context::detail::jump_fcontext(to.stack, &from));
  }

  // Boost tells where somebody left to whom he goes.
  static void Arrive(boost::context::detail::transfer_t from) {
    static_cast<Place*>(from.data)->stack = from.fctx;
  }

  static void MainOfBoost(boost::context::detail::transfer_t from) {
    Arrive(from);
    Main();
  }
#endif

  static Exceptions& ExceptionsOfThread() {
    if (exceptions_of_thread_ == nullptr) [[unlikely]] {
      exceptions_of_thread_ = FindExceptions();
    }
    return *exceptions_of_thread_;
  }

  static Exceptions* FindExceptions();
  // The bottom of a fiber's stack: what the first Resume goes to.
  [[noreturn]] static void Main();
  [[noreturn]] void Leave();
  // For the sanitizer; they do nothing without it.
  void ForgetFrames() const;
  static void StartSwitch(void** fake, const void* bottom, size_t size);
  static void FinishSwitch(void* fake, const void** bottom, size_t* size);

  void Start();

  // Whose stack this thread is on.
  static inline constinit thread_local FiberContext* running_ = nullptr;
  static inline constinit thread_local Exceptions* exceptions_of_thread_ = nullptr;

  // What each switch touches comes first, in one line of the processor's cache.
  Place fiber_;                 // where the fiber goes on,
  Place* scheduler_ = nullptr;  // and who resumed it
  Exceptions exceptions_;
  char* stack_ = nullptr;
  StackPool* pool_ = nullptr;  // whose stack it is
  uint32_t colour_;
  bool measures_ = false;
  bool finished_ = false;
  bool overflowed_ = false;
  bool abandoned_ = false;
  size_t stack_bytes_;  // asked for, then had
  Entry entry_;
  void* argument_;
  // For the sanitizer: saved fake stacks and the scheduler's stack.
  void* fake_scheduler_ = nullptr;
  void* fake_fiber_ = nullptr;
  const void* scheduler_bottom_ = nullptr;
  size_t scheduler_size_ = 0;
};

}  // namespace flinch::sim
