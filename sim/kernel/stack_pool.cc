#include "sim/kernel/stack_pool.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <sys/mman.h>

#include "sim/check.h"

#ifdef FLINCH_ASAN
#include <sanitizer/asan_interface.h>
#endif
#ifdef FLINCH_VALGRIND
#include <valgrind/memcheck.h>
#endif

namespace flinch::sim {
namespace {

#ifdef FLINCH_ASAN
constexpr size_t kGrowth = 4;
#else
constexpr size_t kGrowth = 1;
#endif
constexpr size_t kPageBytes = 4096;
constexpr size_t kStacksPerSlab = 16;
constexpr size_t kColours = 32;
constexpr size_t kColourBytes = 128;
constexpr unsigned char kPaint = 0xa5;

#ifdef FLINCH_VALGRIND
unsigned TellValgrind(const char* stack, size_t bytes) {
  return VALGRIND_STACK_REGISTER(stack, stack + bytes);
}

void TellValgrindOfTheEnd(unsigned number) { VALGRIND_STACK_DEREGISTER(number); }

void TellValgrindOfANewUse(const char* stack, size_t bytes) {
  static_cast<void>(VALGRIND_MAKE_MEM_UNDEFINED(stack, bytes));
}
#else
unsigned TellValgrind(const char*, size_t) { return 0; }

void TellValgrindOfTheEnd(unsigned) {}

void TellValgrindOfANewUse(const char*, size_t) {}
#endif

// Few: one per size that a world of this thread ever asked for.
std::vector<std::unique_ptr<StackPool>>& PoolsOfThread() {
  thread_local std::vector<std::unique_ptr<StackPool>> pools;
  return pools;
}

}  // namespace

StackPool::StackPool(size_t bytes)
    : size_((bytes + kPageBytes - 1) / kPageBytes * kPageBytes * kGrowth) {}

StackPool::~StackPool() {
  for (const Slab& slab : slabs_) {
    std::ranges::for_each(slab.numbers, TellValgrindOfTheEnd);
    munmap(slab.begin, slab.bytes);
  }
}

StackPool& StackPool::OfThread(size_t bytes) {
  auto& pools = PoolsOfThread();
  const size_t size = StackPool(bytes).size();
  const auto found = std::ranges::find(pools, size, &StackPool::size);
  return found != pools.end() ? **found : *pools.emplace_back(std::make_unique<StackPool>(bytes));
}

size_t StackPool::UnguardedOfThread() {
  size_t unguarded = 0;
  for (const std::unique_ptr<StackPool>& pool : PoolsOfThread()) {
    unguarded += pool->unguarded();
  }
  return unguarded;
}

// An odd number of pages: with a power of two the tops of all stacks would share a few places of
// the processor's table of pages (32 pages apart, 8 of its 256 sets).
size_t StackPool::Stride() const {
  const size_t pages = (size_ + kGuardBytes) / kPageBytes;
  return (pages + 1 - pages % 2) * kPageBytes;
}

void StackPool::Grow() {
  const size_t stride = Stride();
  const size_t bytes = kStacksPerSlab * stride;
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  Check(memory != MAP_FAILED, "no memory is left for {} stacks of {} bytes", kStacksPerSlab, size_);
  char* const begin = static_cast<char*>(memory);
  Slab& slab = slabs_.emplace_back(Slab{.begin = begin, .bytes = bytes, .numbers = {}});
  for (size_t i = kStacksPerSlab; i > 0; --i) {
    char* const guard = begin + (i - 1) * stride;
    unguarded_ += mprotect(guard, kGuardBytes, PROT_NONE) == 0 ? 0U : 1U;
    free_.push_back(guard + kGuardBytes);
    slab.numbers.push_back(TellValgrind(free_.back(), size_));
  }
}

char* StackPool::Take() {
  if (free_.empty()) {
    Grow();
  }
  char* const stack = free_.back();
  free_.pop_back();
  // What the fiber before has left is nobody's, wherever the next one begins.
  TellValgrindOfANewUse(stack, size_);
#ifdef FLINCH_ASAN
  // The lowest frame of the fiber before never returned: its marks are still there.
  __asan_unpoison_memory_region(stack, size_);
#endif
  return stack;
}

char* StackPool::Top(char* stack, uint32_t colour) const {
  return stack + size_ - colour % kColours * kColourBytes;
}

void StackPool::Paint(char* stack) const { std::memset(stack, kPaint, size_); }

// Reads the frames of a fiber that may be alive, which the sanitizer would take for a mistake.
__attribute__((no_sanitize("address"))) size_t StackPool::HighWater(char* stack,
                                                                    uint32_t colour) const {
  char* const top = Top(stack, colour);
  const char* used = stack;
  while (used != top && static_cast<unsigned char>(*used) == kPaint) {
    ++used;
  }
  return static_cast<size_t>(top - used);
}

}  // namespace flinch::sim
