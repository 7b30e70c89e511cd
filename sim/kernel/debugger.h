// What a debugger stops at and calls: two functions with plain names, so that a program without
// debug information will do. `flinch replay --gdb` uses both.
#pragma once

#include <cstdint>

namespace flinch::sim {

extern "C" {

// Called after the event Lens::stack_at, by whoever did it. Does nothing: put a breakpoint on it.
void AtEvent(uint64_t event) asm("flinch_at_event");

// The live fibers of the world that runs in this thread, a line each, by process and then in the
// order of their start: stack, frame and code at which it goes on, as numbers (0 for one that runs
// or has not yet run), its process and name, and what it does, with tabs between. Valid until the
// next call.
const char* ShowFibers() asm("flinch_fibers");

}  // extern "C"

}  // namespace flinch::sim
