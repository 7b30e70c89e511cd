// Memory for what worlds make by the hundred thousand: a block of a dead object of one type is kept
// by its thread for the next one. Derive from Recycled<T> and use `new` as ever.
//
// Nothing but memory is kept: objects are built and destroyed as always, so a run cannot tell.
// Under the address sanitizer memory goes back at once, which finds who uses it too late.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace flinch::sim {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kKeepsBlocks = false;
#elif defined(__has_feature)
inline constexpr bool kKeepsBlocks = !__has_feature(address_sanitizer);
#else
inline constexpr bool kKeepsBlocks = true;
#endif

template <typename T>
class Recycled {
 public:
  static void* operator new(size_t size) {
    std::vector<void*>& blocks = Kept::OfThread().blocks;
    if (size != sizeof(T) || blocks.empty()) [[unlikely]] {
      return ::operator new(size, std::align_val_t(alignof(T)));
    }
    void* const block = blocks.back();
    blocks.pop_back();
    return block;
  }

  static void operator delete(void* block, size_t size) noexcept {
    std::vector<void*>& blocks = Kept::OfThread().blocks;
    if (kKeepsBlocks && size == sizeof(T) && blocks.size() < blocks.capacity()) [[likely]] {
      blocks.push_back(block);
      return;
    }
    ::operator delete(block, size, std::align_val_t(alignof(T)));
  }

 private:
  struct Kept {
    static constexpr size_t kBlocksMax = 64;

    Kept() { blocks.reserve(kBlocksMax); }

    ~Kept() {
      for (void* const block : blocks) {
        ::operator delete(block, sizeof(T), std::align_val_t(alignof(T)));
      }
      // A world that outlives the thread's own objects gives its blocks back at once.
      std::vector<void*>().swap(blocks);
    }

    static Kept& OfThread() {
      thread_local Kept kept;
      return kept;
    }

    std::vector<void*> blocks;
  };
};

}  // namespace flinch::sim
