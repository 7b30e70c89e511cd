// What identifies a checkpoint to everybody who takes part in it: on the trigger, on every barrier,
// in every snapshot. A value.
#pragma once

#include <cstdint>

#include "engine/ids.h"
#include "engine/serializer.h"

namespace flinch::engine {

// How barriers and records relate. More kinds (unaligned, savepoint) will join.
enum class CheckpointKind : uint8_t {
  kAligned = 1,  // no record overtakes a barrier, and no barrier a record
};

// What one checkpoint asks of those who take part.
struct SnapshotOptions {
  CheckpointKind kind = CheckpointKind::kAligned;

  friend bool operator==(const SnapshotOptions&, const SnapshotOptions&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.kind);
  }
};

struct CheckpointMeta {
  CheckpointId id;
  // When the coordinator triggered it, by the wall clock of its host: for people and for age
  // limits, never for order.
  sim::WallTime timestamp{};
  SnapshotOptions options;

  friend bool operator==(const CheckpointMeta&, const CheckpointMeta&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.timestamp);
    visit(self.options);
  }
};

}  // namespace flinch::engine
