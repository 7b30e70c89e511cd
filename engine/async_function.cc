#include "engine/async_function.h"

#include <algorithm>

namespace flinch::engine {

sim::Duration AsyncRetryStrategy::DelayAfter(uint32_t attempt) const {
  sim::Duration after = std::min(delay, delay_max);
  for (uint32_t i = 1; i < attempt && factor > 1 && after < delay_max; ++i) {
    after = after > delay_max / factor ? delay_max : after * factor;
  }
  return after;
}

}  // namespace flinch::engine
