#include "engine/runtime/gateways.h"

#include <fmt/format.h>

namespace flinch::engine {

std::string JobMasterServiceName(JobId job) {
  return fmt::format("{}-{:016x}", ServiceName(JobMasterMethod()), job.value());
}

}  // namespace flinch::engine
