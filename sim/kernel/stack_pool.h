// Stacks of fibers: of one size, used again and again, with forbidden memory at their far end.
//
// Stacks outlive worlds: they belong to the thread, which has a pool for each size, for a world
// that starts should not ask the machine for memory it gave back a moment ago. What a stack holds
// is never read before it is written. Where its headers are installed, valgrind is told of each
// stack: it would take a switch between two of them for a frame of gigabytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define FLINCH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLINCH_ASAN 1
#endif
#endif

namespace flinch::sim {

class StackPool {
 public:
  // `bytes` are those of WorldOptions::stack_bytes; see size().
  explicit StackPool(size_t bytes);
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // The one of this thread whose stacks are that large.
  static StackPool& OfThread(size_t bytes);
  // Of all pools of this thread.
  static size_t UnguardedOfThread();

  // The lowest usable byte. Usable are `size()` bytes; below lie `kGuardBytes` that nobody may
  // touch.
  char* Take();

  void Return(char* stack) { free_.push_back(stack); }

  // What was asked for, in whole pages; under the address sanitizer four times that, for frames
  // grow.
  size_t size() const { return size_; }

  // Where a fiber begins, near the far end: a little lower on each stack, or the hottest bytes of
  // all fibers would share a few lines of the processor's cache.
  char* Top(char* stack, uint32_t colour) const;

  // Code that is compiled as flinch::sim asks (-fstack-clash-protection) touches each page of a
  // frame in turn. A frame of other code, a library's, may lie over less than this.
  static constexpr size_t kGuardBytes = 64 * 1024;

  // How many of its stacks have no forbidden memory: a machine grants about 32,000 such pieces to a
  // process (Linux: half of vm.max_map_count), and fibers beyond that run unguarded rather than not
  // at all.
  size_t unguarded() const { return unguarded_; }

  // Fills a stack, so that HighWater can tell how much of it has been used since.
  void Paint(char* stack) const;
  size_t HighWater(char* stack, uint32_t colour) const;

 private:
  struct Slab {
    char* begin = nullptr;
    size_t bytes = 0;
    std::vector<unsigned> numbers;  // of its stacks, for valgrind
  };

  void Grow();
  size_t Stride() const;

  size_t size_;
  size_t unguarded_ = 0;
  std::vector<Slab> slabs_;
  std::vector<char*> free_;
};

}  // namespace flinch::sim
