#include "sim/world/options.h"

#include <fmt/format.h>

namespace flinch::sim {
namespace {

Result<void> CheckOrder(std::string_view what, Duration low, Duration high) {
  if (low < Duration(0) || low > high) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("The {} ranges from {} to {}: give a minimum of at least 0 that is not above "
                    "the maximum.",
                    what, Show(low), Show(high)));
  }
  return {};
}

}  // namespace

Result<void> WorldOptions::Validate() const {
  if (Result<void> checked = CheckOrder("latency of a link", link.latency_min, link.latency_max);
      !checked) {
    return checked;
  }
  for (const auto& [which, options] :
       {std::pair{"a disk", &disk}, std::pair{"the shared volume", &shared_volume}}) {
    if (Result<void> checked = options->Validate(); !checked) {
      return Fail(checked.error().code, fmt::format("The options of {} make no sense. {}", which,
                                                    checked.error().message));
    }
  }
  if (link.window_bytes == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "A connection with a window of 0 bytes can send nothing: give at least 1.");
  }
  return {};
}

}  // namespace flinch::sim
