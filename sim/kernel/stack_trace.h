// Which functions are being executed, by name: for people, when a run leaks or parts from its twin.
//
// Names come from the program's own symbol table, so that local functions and lambdas have one too,
// and from what shared libraries export. No addresses: one place gives one text in every process.
// A stripped program gives "?" for its own functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace flinch::sim {

inline constexpr size_t kStackDepthMax = 20;

// The caller first, then who called it, at most kStackDepthMax; without `skip` functions at the
// beginning, and without the start of a fiber. Slow: reads the program's file.
std::vector<std::string> StackNow(size_t skip);

}  // namespace flinch::sim
