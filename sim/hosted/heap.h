// A heap of one hosted process: given back as a whole when the process dies.
//
// Where it is entered, what this thread allocates comes from it; what lies in it may be freed from
// anywhere on the thread, also after it is gone. The C library's own memory (buffers of streams,
// what it keeps for the loader) never comes from it.
//
// Without a sanitizer a heap is a piece of address space at a fixed place, and its blocks lie at
// the same addresses in every run that makes the same calls. Freed blocks of one size are used
// again, the last one first. With the address sanitizer, whose allocator it is, blocks are noted,
// and freed at the end.
#pragma once

#include <cstddef>
#include <memory>

namespace flinch::sim {

class HostedHeap {
 public:
  // Null when the machine has no place for one more.
  static std::unique_ptr<HostedHeap> Make();

  virtual ~HostedHeap() = default;

  virtual void Enter() = 0;

  // Whichever is entered.
  static void Leave();

  // What is allocated and not freed.
  virtual size_t blocks() const = 0;
};

}  // namespace flinch::sim
