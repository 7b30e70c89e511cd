#include "sim/kernel/context.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include <boost/context/preallocated.hpp>
#include <boost/context/stack_context.hpp>

#include "sim/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define FLINCH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLINCH_ASAN 1
#endif
#endif

#ifdef FLINCH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace flinch::sim {
namespace {

#ifdef FLINCH_ASAN
constexpr size_t kStackBytes = 256 * 1024;  // frames grow under the sanitizer

void StartSwitch(void** fake, const void* bottom, size_t size) {
  __sanitizer_start_switch_fiber(fake, bottom, size);
}

void FinishSwitch(void* fake, const void** bottom, size_t* size) {
  __sanitizer_finish_switch_fiber(fake, bottom, size);
}
#else
constexpr size_t kStackBytes = 64 * 1024;

void StartSwitch(void**, const void*, size_t) {}

void FinishSwitch(void*, const void**, size_t*) {}
#endif

// At the far end of each stack; gone when a fiber used more than there is.
constexpr uint64_t kCanary = 0x5afe57ac5afe57ac;

// The stack belongs to the pool, not to Boost.
struct KeepStack {
  boost::context::stack_context allocate() { return {}; }

  void deallocate(boost::context::stack_context&) {}
};

}  // namespace

StackPool::~StackPool() {
  for (char* stack : free_) {
    std::free(stack);
  }
}

size_t StackPool::size() { return kStackBytes; }

char* StackPool::Take() {
  if (!free_.empty()) {
    char* stack = free_.back();
    free_.pop_back();
    return stack;
  }
  char* stack = static_cast<char*>(std::malloc(kStackBytes));
  Check(stack != nullptr, "no memory is left for a stack of {} bytes", kStackBytes);
  std::memcpy(stack, &kCanary, sizeof kCanary);
  return stack;
}

void StackPool::Return(char* stack) { free_.push_back(stack); }

FiberContext::FiberContext(StackPool& stacks, Entry entry, void* argument)
    : stacks_(stacks), entry_(entry), argument_(argument) {}

FiberContext::~FiberContext() {
  if (stack_ != nullptr) {
    stacks_.Return(stack_);
  }
}

void FiberContext::Resume() {
  if (!started_) {
    started_ = true;
    stack_ = stacks_.Take();
    boost::context::stack_context whole;
    whole.sp = stack_ + kStackBytes;
    whole.size = kStackBytes;
    self_ = boost::context::fiber(std::allocator_arg,
                                  boost::context::preallocated(whole.sp, whole.size, whole),
                                  KeepStack(), [this](boost::context::fiber&& scheduler) {
                                    FinishSwitch(nullptr, &scheduler_bottom_, &scheduler_size_);
                                    scheduler_ = std::move(scheduler);
                                    entry_(argument_);
                                    finished_ = true;
                                    StartSwitch(nullptr, scheduler_bottom_, scheduler_size_);
                                    return std::move(scheduler_);
                                  });
  }
  StartSwitch(&fake_scheduler_, stack_, kStackBytes);
  self_ = std::move(self_).resume();
  FinishSwitch(fake_scheduler_, nullptr, nullptr);
  uint64_t canary = 0;
  std::memcpy(&canary, stack_, sizeof canary);
  Check(canary == kCanary, "a fiber used more than its stack of {} bytes", kStackBytes);
}

void FiberContext::Suspend() {
  StartSwitch(&fake_fiber_, scheduler_bottom_, scheduler_size_);
  scheduler_ = std::move(scheduler_).resume();
  FinishSwitch(fake_fiber_, &scheduler_bottom_, &scheduler_size_);
}

}  // namespace flinch::sim
