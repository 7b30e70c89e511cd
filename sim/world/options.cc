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
  for (const auto& [what, low, high] :
       {std::tuple{"latency of a link", link.latency_min, link.latency_max},
        std::tuple{"latency of a disk", disk.latency_min, disk.latency_max},
        std::tuple{"sync time of a disk", disk.sync_min, disk.sync_max},
        std::tuple{"latency of the shared volume", shared_volume.latency_min,
                   shared_volume.latency_max},
        std::tuple{"sync time of the shared volume", shared_volume.sync_min,
                   shared_volume.sync_max}}) {
    if (Result<void> checked = CheckOrder(what, low, high); !checked) {
      return checked;
    }
  }
  if (link.latency) {
    if (Result<void> checked = sim::Validate(*link.latency); !checked) {
      return checked;
    }
  }
  if (link.window_bytes == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "A connection with a window of 0 bytes can send nothing: give at least 1.");
  }
  return {};
}

}  // namespace flinch::sim
