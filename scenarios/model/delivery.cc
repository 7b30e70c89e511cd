#include "scenarios/model/delivery.h"

#include "engine/config.h"

namespace flinch::scenarios {

std::optional<Delivery> DeliveryOf(const Scenario& scenario) {
  const engine::EngineOptions& options = scenario.options;
  if (options.execution.is_batch()) {
    const bool is_none = options.sink.guarantee == engine::DeliveryGuarantee::kNone ||
                         options.source.startup == engine::StartupMode::kLatest;
    if (is_none) {
      return std::nullopt;
    }
    return options.sink.guarantee == engine::DeliveryGuarantee::kExactlyOnce
               ? Delivery::kExactlyOnce
               : Delivery::kAtLeastOnce;
  }
  const bool is_exact = options.checkpoint.mode == engine::CheckpointingMode::kExactlyOnce &&
                        options.sink.guarantee == engine::DeliveryGuarantee::kExactlyOnce;
  if (options.source.startup == engine::StartupMode::kLatest) {
    // A source that goes back to no checkpoint never reads a row again.
    const bool goes_back = options.checkpoint.interval < scenario.limits.simulated_time;
    return !goes_back || is_exact ? std::optional(Delivery::kAtMostOnce) : std::nullopt;
  }
  if (options.sink.guarantee == engine::DeliveryGuarantee::kNone) {
    return std::nullopt;
  }
  return is_exact ? Delivery::kExactlyOnce : Delivery::kAtLeastOnce;
}

}  // namespace flinch::scenarios
