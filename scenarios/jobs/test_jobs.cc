#include "scenarios/jobs/test_jobs.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace flinch::scenarios {

void EndTheProcess() {
  // A stray pointer whose value no compiler and no sanitizer's check knows beforehand.
  volatile uintptr_t stray = 4096;
  while (true) {
    *reinterpret_cast<volatile uint64_t*>(stray) = 1;
  }
}

void NeverReturn() {
  // Volatile, or a compiler may take a loop without effect for one that ends.
  volatile uint64_t turns = 0;
  while (true) {
    turns = turns + 1;
  }
}

void AllocateWithoutEnd() {
  constexpr size_t kChunk = size_t{64} << 20;
  std::vector<std::unique_ptr<std::byte[]>> chunks;
  while (true) {
    // Not written to: what is short is what the system grants, and no machine is to be filled.
    chunks.push_back(std::make_unique_for_overwrite<std::byte[]>(kChunk));
  }
}

}  // namespace flinch::scenarios
