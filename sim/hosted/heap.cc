#include "sim/hosted/heap.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <vector>

#include "sim/kernel/stack_pool.h"

#ifdef FLINCH_ASAN

#include <cstdlib>
#include <stdio_ext.h>

// As the sanitizer's allocator_interface.h declares it, which not every compiler brings.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*on_allocated)(const volatile void* block, size_t bytes),
    void (*on_freed)(const volatile void* block));

// Blocks that a dead process leaves are freed whether they come from malloc or from new, which the
// sanitizer would call a mismatch. Weak: a program may have options of its own.
extern "C" __attribute__((weak)) const char* __asan_default_options() {
  return "alloc_dealloc_mismatch=0";
}

namespace flinch::sim {
namespace {

class NotedHeap;

// Of this thread.
struct Notes {
  std::vector<NotedHeap*> heaps;
  NotedHeap* entered = nullptr;
  bool busy = false;  // what the notes themselves allocate is not noted

  static Notes& OfThread() {
    thread_local Notes notes;
    return notes;
  }
};

void OnAllocated(const volatile void* block, size_t);
void OnFreed(const volatile void* block);

class NotedHeap final : public HostedHeap {
 public:
  NotedHeap() {
    static const int installed = __sanitizer_install_malloc_and_free_hooks(OnAllocated, OnFreed);
    (void)installed;
    if (__fbufsize(stdout) == 0) {  // or the C library would make it when it is first needed
      static std::array<char, BUFSIZ> buffer;
      std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
    }
    Notes::OfThread().heaps.push_back(this);
  }

  ~NotedHeap() override {
    Notes& notes = Notes::OfThread();
    std::erase(notes.heaps, this);
    for (const uintptr_t block : blocks_) {
      std::free(reinterpret_cast<void*>(block));  // NOLINT: what somebody else has allocated
    }
  }

  void Enter() override { Notes::OfThread().entered = this; }

  size_t blocks() const override { return blocks_.size(); }

  void Add(uintptr_t block) { blocks_.insert(block); }

  void Remove(uintptr_t block) { blocks_.erase(block); }

 private:
  std::set<uintptr_t> blocks_;
};

void OnAllocated(const volatile void* block, size_t) {
  Notes& notes = Notes::OfThread();
  if (notes.entered != nullptr && !notes.busy) {
    notes.busy = true;
    notes.entered->Add(reinterpret_cast<uintptr_t>(block));
    notes.busy = false;
  }
}

void OnFreed(const volatile void* block) {
  Notes& notes = Notes::OfThread();
  if (notes.heaps.empty() || notes.busy) {
    return;
  }
  notes.busy = true;
  for (NotedHeap* const heap : notes.heaps) {
    heap->Remove(reinterpret_cast<uintptr_t>(block));
  }
  notes.busy = false;
}

}  // namespace

std::unique_ptr<HostedHeap> HostedHeap::Make() { return std::make_unique<NotedHeap>(); }

void HostedHeap::Leave() { Notes::OfThread().entered = nullptr; }

}  // namespace flinch::sim

#else

#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

namespace flinch::sim {
namespace {

// All heaps lie in one range of addresses, so that a block tells whose it is.
constexpr uintptr_t kBegin = 0x3000'0000'0000;
constexpr size_t kHeapBytes = size_t{4} << 30;
constexpr size_t kHeapsMax = 1024;

// Blocks of up to 1 KiB have sizes 16 bytes apart, larger ones four sizes to each doubling.
constexpr size_t kUnit = 16;
constexpr size_t kSmallMax = 1024;
constexpr size_t kSmallSizes = kSmallMax / kUnit;
constexpr size_t kSizes = kSmallSizes + 88;

constexpr size_t IndexOf(size_t bytes) {
  if (bytes <= kSmallMax) {
    return bytes == 0 ? 0 : (bytes - 1) / kUnit;
  }
  const auto width = static_cast<size_t>(std::bit_width(bytes - 1));
  return kSmallSizes + (width - 11) * 4 + ((bytes - 1) >> (width - 3) & 3);
}

constexpr size_t SizeOf(size_t index) {
  if (index < kSmallSizes) {
    return (index + 1) * kUnit;
  }
  const size_t width = (index - kSmallSizes) / 4 + 11;
  return (size_t{1} << (width - 1)) + ((index - kSmallSizes) % 4 + 1) * (size_t{1} << (width - 3));
}

static_assert(SizeOf(IndexOf(1025)) == 1280 && SizeOf(IndexOf(2048)) == 2048);
static_assert(IndexOf(kHeapBytes) < kSizes && SizeOf(IndexOf(16)) == 16);

// Lies before each block.
struct Header {
  uint32_t index = 0;   // of its size
  uint32_t offset = 0;  // from where the memory begins; more than a header for the aligned
  uint64_t bytes = 0;   // usable
};

static_assert(sizeof(Header) == kUnit);

// Lies at the beginning of its own memory.
struct Space {
  char* next;
  char* end;
  size_t blocks;
  std::array<char*, kSizes> freed;  // lists, linked through the first word
};

constinit thread_local Space* entered = nullptr;
std::array<std::atomic<bool>, kHeapsMax> living{};

Header& HeaderOf(void* block) { return static_cast<Header*>(block)[-1]; }

bool LiesInHeap(const void* block) {
  return reinterpret_cast<uintptr_t>(block) - kBegin < kHeapBytes * kHeapsMax;
}

// Null when the heap is gone.
Space* SpaceOf(const void* block) {
  const size_t slot = (reinterpret_cast<uintptr_t>(block) - kBegin) / kHeapBytes;
  return living.at(slot) ? reinterpret_cast<Space*>(kBegin + slot * kHeapBytes) : nullptr;
}

void* Allocate(Space& space, size_t bytes, size_t alignment) {
  const size_t slack = alignment > kUnit ? alignment : 0;
  if (bytes > kHeapBytes / 4 || slack > kHeapBytes / 4) {
    errno = ENOMEM;
    return nullptr;
  }
  const size_t index = IndexOf(bytes + slack);
  char* memory = space.freed[index];
  if (memory != nullptr) {
    std::memcpy(&space.freed[index], memory, sizeof(char*));
  } else if (static_cast<size_t>(space.end - space.next) < sizeof(Header) + SizeOf(index)) {
    errno = ENOMEM;
    return nullptr;
  } else {
    memory = space.next;
    space.next += sizeof(Header) + SizeOf(index);
  }
  auto address = reinterpret_cast<uintptr_t>(memory) + sizeof(Header);
  if (slack != 0) {
    address = (address + slack - 1) & ~(slack - 1);
  }
  void* const block = reinterpret_cast<void*>(address);
  const size_t offset = address - reinterpret_cast<uintptr_t>(memory);
  HeaderOf(block) = {.index = static_cast<uint32_t>(index),
                     .offset = static_cast<uint32_t>(offset),
                     .bytes = SizeOf(index) + sizeof(Header) - offset};
  ++space.blocks;
  return block;
}

void Free(void* block) {
  Space* const space = SpaceOf(block);
  if (space == nullptr) {
    return;
  }
  const Header header = HeaderOf(block);
  char* const memory = static_cast<char*>(block) - header.offset;
  std::memcpy(memory, &space->freed[header.index], sizeof(char*));
  space->freed[header.index] = memory;
  --space->blocks;
}

class SpaceHeap final : public HostedHeap {
 public:
  SpaceHeap(Space& space, size_t slot) : space_(space), slot_(slot) {}

  ~SpaceHeap() override {
    living.at(slot_) = false;
    munmap(&space_, kHeapBytes);
  }

  void Enter() override { entered = &space_; }

  size_t blocks() const override { return space_.blocks; }

 private:
  Space& space_;
  size_t slot_;
};

// Where the C library and the loader lie, which allocate for themselves.
class OwnCode {
 public:
  OwnCode() {
    dl_iterate_phdr(
        [](dl_phdr_info* library, size_t, void* self) {
          static_cast<OwnCode*>(self)->Look(*library);
          return 0;
        },
        this);
  }

  bool Contains(const void* address) const {
    const auto place = reinterpret_cast<uintptr_t>(address);
    for (const Range& range : ranges_) {
      if (place - range.begin < range.size) {
        return true;
      }
    }
    return false;
  }

 private:
  struct Range {
    uintptr_t begin = 0;
    size_t size = 0;
  };

  void Look(const dl_phdr_info& library) {
    const bool is_libc = std::strstr(library.dlpi_name, "/libc.so") != nullptr;
    if (!is_libc && std::strstr(library.dlpi_name, "/ld-linux") == nullptr) {
      return;
    }
    for (size_t index = 0; index < library.dlpi_phnum; ++index) {
      const ElfW(Phdr)& header = library.dlpi_phdr[index];
      if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0) {
        ranges_.at(is_libc ? 0 : 1) = {.begin = library.dlpi_addr + header.p_vaddr,
                                       .size = header.p_memsz};
      }
    }
  }

  std::array<Range, 2> ranges_;
};

// Before the first heap, for it must not be asked for by an allocation.
const OwnCode& TheOwnCode() {
  static const OwnCode code;
  return code;
}

// Who has called says whose memory it is.
Space* SpaceFor(const void* caller) {
  return entered != nullptr && !TheOwnCode().Contains(caller) ? entered : nullptr;
}

}  // namespace

std::unique_ptr<HostedHeap> HostedHeap::Make() {
  TheOwnCode();
  for (size_t slot = 0; slot < kHeapsMax; ++slot) {
    if (living.at(slot)) {
      continue;
    }
    auto* const place = reinterpret_cast<char*>(kBegin + slot * kHeapBytes);
    void* const memory =
        mmap(place, kHeapBytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory == MAP_FAILED) {
      continue;  // another thread's, or somebody else's
    }
    Space& space = *static_cast<Space*>(memory);
    space.next = place + (sizeof(Space) + kUnit - 1) / kUnit * kUnit;
    space.end = place + kHeapBytes;
    living.at(slot) = true;
    return std::make_unique<SpaceHeap>(space, slot);
  }
  return nullptr;
}

void HostedHeap::Leave() { entered = nullptr; }

// ---- The calls ----------------------------------------------------------------------------------

extern "C" {

void* LibcMalloc(size_t bytes) asm("__libc_malloc");
void LibcFree(void* block) asm("__libc_free");
void* LibcCalloc(size_t count, size_t bytes) asm("__libc_calloc");
void* LibcRealloc(void* block, size_t bytes) asm("__libc_realloc");
void* LibcMemalign(size_t alignment, size_t bytes) asm("__libc_memalign");

void* Malloc(size_t bytes) asm("malloc");
void FreeAny(void* block) asm("free");
void* Calloc(size_t count, size_t bytes) asm("calloc");
void* Realloc(void* block, size_t bytes) asm("realloc");
void* ReallocArray(void* block, size_t count, size_t bytes) asm("reallocarray");
void* Memalign(size_t alignment, size_t bytes) asm("memalign");
void* AlignedAlloc(size_t alignment, size_t bytes) asm("aligned_alloc");
int PosixMemalign(void** out, size_t alignment, size_t bytes) asm("posix_memalign");
size_t UsableSize(void* block) asm("malloc_usable_size");
char* StrDup(const char* text) asm("strdup");
char* StrNDup(const char* text, size_t most) asm("strndup");

void* Malloc(size_t bytes) {
  Space* const space = SpaceFor(__builtin_return_address(0));
  return space == nullptr ? LibcMalloc(bytes) : Allocate(*space, bytes, kUnit);
}

void FreeAny(void* block) {
  if (LiesInHeap(block)) {
    Free(block);
  } else {
    LibcFree(block);
  }
}

void* Calloc(size_t count, size_t bytes) {
  Space* const space = SpaceFor(__builtin_return_address(0));
  if (space == nullptr) {
    return LibcCalloc(count, bytes);
  }
  size_t total = 0;
  if (__builtin_mul_overflow(count, bytes, &total)) {
    errno = ENOMEM;
    return nullptr;
  }
  void* const block = Allocate(*space, total, kUnit);
  return block == nullptr ? nullptr : std::memset(block, 0, total);
}

static void* ReallocFor(Space* space, void* block, size_t bytes) {
  if (!LiesInHeap(block)) {
    return block != nullptr || space == nullptr ? LibcRealloc(block, bytes)
                                                : Allocate(*space, bytes, kUnit);
  }
  const size_t usable = HeaderOf(block).bytes;
  if (bytes != 0 && bytes <= usable && usable <= 2 * bytes + kUnit) {
    return block;
  }
  void* moved = nullptr;
  if (bytes != 0) {  // stays in its heap
    moved = Allocate(*SpaceOf(block), bytes, kUnit);
    if (moved == nullptr) {
      return nullptr;
    }
    std::memcpy(moved, block, usable < bytes ? usable : bytes);
  }
  Free(block);
  return moved;
}

void* Realloc(void* block, size_t bytes) {
  return ReallocFor(SpaceFor(__builtin_return_address(0)), block, bytes);
}

void* ReallocArray(void* block, size_t count, size_t bytes) {
  size_t total = 0;
  if (__builtin_mul_overflow(count, bytes, &total)) {
    errno = ENOMEM;
    return nullptr;
  }
  return ReallocFor(SpaceFor(__builtin_return_address(0)), block, total);
}

void* Memalign(size_t alignment, size_t bytes) {
  Space* const space = SpaceFor(__builtin_return_address(0));
  return space == nullptr ? LibcMemalign(alignment, bytes) : Allocate(*space, bytes, alignment);
}

void* AlignedAlloc(size_t alignment, size_t bytes) {
  Space* const space = SpaceFor(__builtin_return_address(0));
  return space == nullptr ? LibcMemalign(alignment, bytes) : Allocate(*space, bytes, alignment);
}

int PosixMemalign(void** out, size_t alignment, size_t bytes) {
  if (alignment < sizeof(void*) || !std::has_single_bit(alignment)) {
    return EINVAL;
  }
  Space* const space = SpaceFor(__builtin_return_address(0));
  const int before = errno;
  void* const block =
      space == nullptr ? LibcMemalign(alignment, bytes) : Allocate(*space, bytes, alignment);
  errno = before;
  if (block == nullptr) {
    return ENOMEM;
  }
  *out = block;
  return 0;
}

size_t UsableSize(void* block) {
  if (block != nullptr && LiesInHeap(block)) {
    return HeaderOf(block).bytes;
  }
  static const auto real =
      reinterpret_cast<decltype(&UsableSize)>(dlsym(RTLD_NEXT, "malloc_usable_size"));
  return real(block);
}

static char* Duplicate(Space* space, const char* text, size_t length) {
  void* const block = space == nullptr ? LibcMalloc(length + 1) : Allocate(*space, length + 1, 1);
  if (block == nullptr) {
    return nullptr;
  }
  std::memcpy(block, text, length);
  static_cast<char*>(block)[length] = '\0';
  return static_cast<char*>(block);
}

// Asked for by the C library in the name of its caller.
char* StrDup(const char* text) {
  return Duplicate(SpaceFor(__builtin_return_address(0)), text, std::strlen(text));
}

char* StrNDup(const char* text, size_t most) {
  return Duplicate(SpaceFor(__builtin_return_address(0)), text, strnlen(text, most));
}

}  // extern "C"

}  // namespace flinch::sim

#endif
