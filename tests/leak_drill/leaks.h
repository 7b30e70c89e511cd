// Thirteen ways to let something besides the seed decide, each as the body of a process.
//
// A body traces one event "picked" with what was decided, or writes it to its disk. Without the
// leak it decides by the seed, or by a constant, in otherwise the same code.
#pragma once

#include <span>
#include <string_view>

#include "sim/environment.h"

namespace flinch::leak_drill {

enum class Planted : bool { kNo, kYes };

struct Leak {
  std::string_view name;
  void (*body)(sim::Environment& env, Planted planted);
};

std::span<const Leak> Leaks();

}  // namespace flinch::leak_drill
