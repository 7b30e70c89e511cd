// What several options of a world have in common.
#pragma once

#include <string_view>

#include <fmt/format.h>

#include "sim/result.h"
#include "sim/time.h"

namespace flinch::sim {

// A whole sentence unless 0 <= low <= high. `what`: "latency of a link".
inline Result<void> CheckOrder(std::string_view what, Duration low, Duration high) {
  if (low < Duration(0) || low > high) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("The {} ranges from {} to {}: give a minimum of at least 0 that is not above "
                    "the maximum.",
                    what, Show(low), Show(high)));
  }
  return {};
}

}  // namespace flinch::sim
