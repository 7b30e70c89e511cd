#include "sim/kernel/debugger.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "sim/kernel/interposed.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {

extern "C" {

// Not in line, and not left out for doing nothing.
[[gnu::noinline, gnu::used]] void AtEvent(uint64_t event) { asm volatile("" : : "r"(event)); }

[[gnu::noinline, gnu::used]] const char* ShowFibers() {
  static std::string text;
  text = running == nullptr ? "" : running->ShowFibersToDebugger();
  return text.c_str();
}

}  // extern "C"

std::string Kernel::ShowFibersToDebugger() const {
  std::string text;
  for (const std::unique_ptr<ProcessRecord>& process : processes_) {
    if (!process->current) {
      continue;
    }
    for (uint32_t slot = process->current->oldest; slot != kNoFiber;
         slot = fibers_[slot]->younger) {
      const Fiber& fiber = *fibers_[slot];
      const bool waits = &fiber != current_ && fiber.context->started();
      const std::array<const void*, 3> place =
          waits ? fiber.context->place() : std::array<const void*, 3>{};
      text +=
          fmt::format("{}\t{}\t{}\t{}/{}\t{}\n", place[0], place[1], place[2], process->name,
                      fiber.name, &fiber == current_ ? "runs" : ExplainFiber(*process, fiber).what);
    }
  }
  return text;
}

}  // namespace flinch::sim
