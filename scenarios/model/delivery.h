// What a job promises of a row, end to end, by its options: what its outputs are judged by.
//
// Source: Flink's documents on the guarantees of sources and sinks.
#pragma once

#include <cstdint>
#include <optional>

#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

enum class Delivery : uint8_t { kExactlyOnce, kAtLeastOnce, kAtMostOnce };

// Nothing: rows may be lost, and others doubled.
std::optional<Delivery> DeliveryOf(const Scenario& scenario);

// Whether a checkpoint holds each row that was read before it once, and no other.
inline bool CountsOnce(const Scenario& scenario) {
  return scenario.options.checkpoint.mode == engine::CheckpointingMode::kExactlyOnce &&
         scenario.options.source.startup == engine::StartupMode::kEarliest;
}

}  // namespace flinch::scenarios
