// What user code must not do, done on purpose: so that a hunt can be seen to survive it.
//
// The jobs misbehaves_segfault, misbehaves_loop and misbehaves_memory call one of these at one rare
// key. They are no examples and in no list; a scenario of a file may name them: see
// tests/scenarios/data/.
#pragma once

namespace flinch::scenarios {

[[noreturn]] void EndTheProcess();       // by SIGSEGV
[[noreturn]] void NeverReturn();         // busy for ever, without a system call
[[noreturn]] void AllocateWithoutEnd();  // until there is no memory: then std::bad_alloc

}  // namespace flinch::scenarios
