#include "engine/triggers.h"

#include <fmt/format.h>

namespace flinch::engine {

sim::Result<void> FiresContinuously::Validate() const {
  return interval > sim::Duration(0)
             ? sim::Result<void>()
             : sim::Fail(sim::ErrorCode::kInvalidArgument,
                         fmt::format("The interval of a trigger is {} ns; it must be positive.",
                                     interval.count()));
}

}  // namespace flinch::engine
