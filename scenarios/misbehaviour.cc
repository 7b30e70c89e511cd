#include "scenarios/misbehaviour.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/check.h"

namespace flinch::scenarios {

void EndTheProcess() {
  // As a stray pointer would, but not as one that a sanitizer stops before.
  std::raise(SIGSEGV);
  sim::Unreachable("a process survived its end");
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
