#include "sim/kernel/stack_pool.h"

#include <cstring>
#include <sys/mman.h>

#include "sim/check.h"

#ifdef FLINCH_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace flinch::sim {
namespace {

#ifdef FLINCH_ASAN
constexpr size_t kStackBytes = 256 * 1024;  // frames grow under the sanitizer
#else
constexpr size_t kStackBytes = 64 * 1024;
#endif
// An odd number of pages: with a power of two the tops of all stacks would share a few places of
// the processor's table of pages (32 pages apart, 8 of its 256 sets).
constexpr size_t kPageBytes = 4096;
constexpr size_t kStride = kStackBytes + StackPool::kGuardBytes + kPageBytes;
constexpr size_t kStacksPerSlab = 16;
constexpr size_t kColours = 32;
constexpr size_t kColourBytes = 128;
constexpr unsigned char kPaint = 0xa5;

}  // namespace

StackPool::~StackPool() {
  for (const Slab& slab : slabs_) {
    munmap(slab.begin, slab.bytes);
  }
}

StackPool& StackPool::OfThread() {
  thread_local StackPool pool;
  return pool;
}

size_t StackPool::size() { return kStackBytes; }

void StackPool::Grow() {
  const size_t bytes = kStacksPerSlab * kStride;
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  Check(memory != MAP_FAILED, "no memory is left for {} stacks of {} bytes", kStacksPerSlab,
        kStackBytes);
  char* const begin = static_cast<char*>(memory);
  slabs_.push_back({begin, bytes});
  for (size_t i = kStacksPerSlab; i > 0; --i) {
    char* const guard = begin + (i - 1) * kStride;
    unguarded_ += mprotect(guard, kGuardBytes, PROT_NONE) == 0 ? 0U : 1U;
    free_.push_back(guard + kGuardBytes);
  }
}

char* StackPool::Take() {
  if (free_.empty()) {
    Grow();
  }
  char* const stack = free_.back();
  free_.pop_back();
#ifdef FLINCH_ASAN
  // The lowest frame of the fiber before never returned: its marks are still there.
  __asan_unpoison_memory_region(stack, kStackBytes);
#endif
  return stack;
}

char* StackPool::Top(char* stack, uint32_t colour) {
  return stack + kStackBytes - colour % kColours * kColourBytes;
}

void StackPool::Paint(char* stack) { std::memset(stack, kPaint, kStackBytes); }

// Reads the frames of a fiber that may be alive, which the sanitizer would take for a mistake.
__attribute__((no_sanitize("address"))) size_t StackPool::HighWater(char* stack, uint32_t colour) {
  char* const top = Top(stack, colour);
  const char* used = stack;
  while (used != top && static_cast<unsigned char>(*used) == kPaint) {
    ++used;
  }
  return static_cast<size_t>(top - used);
}

}  // namespace flinch::sim
