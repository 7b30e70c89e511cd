// Who runs next, when several fibers could: asked for every such choice, decides nothing else.
#pragma once

#include <cstddef>
#include <memory>

#include "sim/random.h"
#include "sim/world/options.h"

namespace flinch::sim {

class ScheduleStrategy {
 public:
  virtual ~ScheduleStrategy() = default;

  // An index below `runnable` (at least 2) into the fibers in the order in which they became
  // runnable.
  virtual size_t Pick(size_t runnable) = 0;
};

std::unique_ptr<ScheduleStrategy> MakeStrategy(Scheduling scheduling, const Random& random);

}  // namespace flinch::sim
