#include "sim/kernel/context.h"

#include <array>
#include <cstdint>
#include <cxxabi.h>
#include <signal.h>
#include <ucontext.h>

#include "sim/check.h"
#include "sim/kernel/stack_pool.h"

#ifdef FLINCH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace flinch::sim {

// What happens when a fiber touches the forbidden memory below its stack. The processor raises
// SIGSEGV; the handler runs on a stack of its own and lets the thread go on in `Leave`, which
// switches to the scheduler and is never resumed. Nothing on the fiber's stack is touched.
struct Overflow {
  static constexpr size_t kHandlerBytes = 64 * 1024;

  bool installed = false;
  alignas(64) std::array<char, kHandlerBytes> handler_stack;
  alignas(64) std::array<char, kHandlerBytes> leaving_stack;

  static Overflow& OfThread() {
    thread_local Overflow overflow;
    return overflow;
  }

  void Install() {
    installed = true;
    stack_t alternative{};
    alternative.ss_sp = handler_stack.data();
    alternative.ss_size = handler_stack.size();
    struct sigaction action{};
    action.sa_sigaction = &Overflow::OnFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    struct sigaction former{};
    Check(sigaltstack(&alternative, nullptr) == 0 && sigaction(SIGSEGV, &action, &former) == 0,
          "the handler of stack overflows cannot be installed");
    // Of the process: the second thread finds this one's.
    if (former.sa_sigaction != &Overflow::OnFault) {
      Before() = former;
    }
  }

  // Who handled the signal before the first world.
  static struct sigaction& Before() {
    static struct sigaction before{};
    return before;
  }

  static void Leave() {
    FiberContext* const fiber = FiberContext::running_;
    fiber->overflowed_ = true;
    fiber->Suspend();
  }

  // As if Leave had just been called on an empty stack that ends at `top`.
  static void GoOnIn(mcontext_t& registers, uintptr_t top) {
#if defined(__x86_64__)
    registers.gregs[REG_RSP] = static_cast<greg_t>(top - sizeof(void*));
    registers.gregs[REG_RIP] = reinterpret_cast<greg_t>(&Overflow::Leave);
#elif defined(__aarch64__)
    registers.sp = top;
    registers.pc = reinterpret_cast<uintptr_t>(&Overflow::Leave);
#else
#error "say here how a signal handler of this processor goes on elsewhere"
#endif
  }

  static void OnFault(int signal, siginfo_t* info, void* context) {
    Overflow& overflow = OfThread();
    FiberContext* const fiber = FiberContext::running_;
    const char* const touched = static_cast<const char*>(info->si_addr);
    if (fiber == nullptr || touched >= fiber->stack_ ||
        touched < fiber->stack_ - StackPool::kGuardBytes) {
      sigaction(signal, &Before(), nullptr);  // not ours: it happens again, to who was here
      return;
    }
    const auto top = reinterpret_cast<uintptr_t>(overflow.leaving_stack.data()) + kHandlerBytes;
    GoOnIn(static_cast<ucontext_t*>(context)->uc_mcontext, top);
  }
};

FiberContext::~FiberContext() {
  if (stack_ != nullptr) {
    if (abandoned_) {
      ForgetFrames();
    }
    pool_->Return(stack_);
  }
}

size_t FiberContext::high_water() const {
  return measures_ && stack_ != nullptr ? pool_->HighWater(stack_, colour_) : 0;
}

void FiberContext::Start() {
  pool_ = &StackPool::OfThread(stack_bytes_);
  stack_bytes_ = pool_->size();
  stack_ = pool_->Take();
  if (measures_) {
    pool_->Paint(stack_);
  }
  if (Overflow& overflow = Overflow::OfThread(); !overflow.installed) {
    overflow.Install();
  }
  char* const top = pool_->Top(stack_, colour_);
#ifdef FLINCH_SWITCH_IN_LINE
  // As if Main had just been called, by nobody: there a stack trace ends.
  void** const caller = reinterpret_cast<void**>(top) - 1;
  *caller = nullptr;
  fiber_ = {.stack = caller, .frame = nullptr, .code = reinterpret_cast<void*>(&Main)};
#else
  fiber_.stack =
      boost::context::detail::make_fcontext(top, static_cast<size_t>(top - stack_), MainOfBoost);
#endif
}

void FiberContext::Main() {
  FiberContext& self = *running_;
  FinishSwitch(nullptr, &self.scheduler_bottom_, &self.scheduler_size_);
  self.entry_(self.argument_);
  self.Leave();
}

void FiberContext::Abandon() {
  running_->abandoned_ = true;
  running_->Leave();
}

void FiberContext::Leave() {
  finished_ = true;
  StartSwitch(nullptr, scheduler_bottom_, scheduler_size_);
  Go(fiber_, *scheduler_);
  Unreachable("a fiber that has ended is resumed");
}

FiberContext::Exceptions* FiberContext::FindExceptions() {
  return reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
}

#ifdef FLINCH_ASAN
void FiberContext::StartSwitch(void** fake, const void* bottom, size_t size) {
  __sanitizer_start_switch_fiber(fake, bottom, size);
}

void FiberContext::FinishSwitch(void* fake, const void** bottom, size_t* size) {
  __sanitizer_finish_switch_fiber(fake, bottom, size);
}

// The borders of what lay in them are forbidden still.
void FiberContext::ForgetFrames() const { __asan_unpoison_memory_region(stack_, stack_bytes_); }
#else
void FiberContext::ForgetFrames() const {}

void FiberContext::StartSwitch(void**, const void*, size_t) {}

void FiberContext::FinishSwitch(void*, const void**, size_t*) {}
#endif

}  // namespace flinch::sim
