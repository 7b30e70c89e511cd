// Where the simulated time of one subtask went, in the terms of Flink's web interface, over all of
// its attempts. Filled by who knows the engine.
#pragma once

#include <string>

#include "sim/time.h"

namespace flinch::reports {

struct TaskTime {
  std::string subtask{};  // "sink[1]"
  sim::Duration lived{};  // busy is what neither of the others is
  sim::Duration back_pressured{};
  sim::Duration idle{};
};

}  // namespace flinch::reports
