// Which subtask a record goes to, and which subtasks exchange records at all. Pure.
//
// All-to-all, every producer has a channel to every consumer. Pointwise, consecutive subtasks
// belong together: so many producers to a consumer, or consumers to a producer, as divide evenly.
// Source: Flink's stream partitioners, and its VertexInputInfoComputationUtils for pointwise edges.
#pragma once

#include <cstdint>

namespace flinch::engine {

enum class Partitioning : uint8_t {
  kForward,    // to the subtask with the same index; the only kind that can be chained
  kHash,       // by key group of the record's key
  kRebalance,  // round robin
  kRescale,    // round robin, among the consumers that belong to the producer
  kBroadcast,  // to all
  kGlobal,     // to the first
};

constexpr bool IsPointwise(Partitioning partitioning) {
  return partitioning == Partitioning::kForward || partitioning == Partitioning::kRescale;
}

// Whether what is in flight could move to other subtasks, so that barriers may overtake it. Where
// subtasks belong together it could not; and of copies one subtask may have seen what for another
// is still in flight (FLINK-22815).
constexpr bool MayBeOvertaken(Partitioning partitioning) {
  return !IsPointwise(partitioning) && partitioning != Partitioning::kBroadcast;
}

// Consecutive subtasks.
struct SubtaskRange {
  uint32_t first = 0;
  uint32_t count = 0;

  friend bool operator==(const SubtaskRange&, const SubtaskRange&) = default;
};

// Whom the consumer reads: at least one.
constexpr SubtaskRange ProducersOf(Partitioning partitioning, uint32_t producers,
                                   uint32_t consumers, uint32_t consumer) {
  if (!IsPointwise(partitioning)) {
    return {.first = 0, .count = producers};
  }
  const auto at = [&](uint64_t index) {
    return static_cast<uint32_t>(index * producers / consumers);
  };
  if (producers < consumers) {
    return {.first = at(consumer), .count = 1};
  }
  return {.first = at(consumer), .count = at(uint64_t{consumer} + 1) - at(consumer)};
}

// Who reads the producer: at least one. Its subpartitions are theirs, in this order.
constexpr SubtaskRange ConsumersOf(Partitioning partitioning, uint32_t producers,
                                   uint32_t consumers, uint32_t producer) {
  if (!IsPointwise(partitioning)) {
    return {.first = 0, .count = consumers};
  }
  if (producers >= consumers) {
    const uint64_t after = (uint64_t{producer} + 1) * consumers;
    return {.first = static_cast<uint32_t>((after - 1) / producers), .count = 1};
  }
  const auto at = [&](uint64_t index) {
    return static_cast<uint32_t>((index * consumers + producers - 1) / producers);
  };
  return {.first = at(producer), .count = at(uint64_t{producer} + 1) - at(producer)};
}

}  // namespace flinch::engine
