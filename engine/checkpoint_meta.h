// What identifies a checkpoint to everybody who takes part in it: on the trigger, on every barrier,
// in every snapshot. A value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/ids.h"
#include "engine/serializer.h"

namespace flinch::engine {

// What it is taken for, and how its barriers travel: where the kind does not say otherwise no
// record overtakes a barrier, and no barrier a record. Flink: SnapshotType and AlignmentType.
enum class CheckpointKind : uint8_t {
  kAligned = 1,  // for the engine itself, which takes it, keeps it and removes it
  // For a user, in a directory of its own; nobody but the user removes it.
  kSavepoint,
  // To stop the job: behind its barrier each task waits, and finishes when it is complete.
  kSavepointSuspend,
  // The same after all input was ended by force: nothing is left in flight.
  kSavepointTerminate,
  // For the engine itself, by barriers that overtake records: what they overtake is in it.
  kUnaligned,
  // Aligned, and unaligned where that takes longer than aligned-checkpoint-timeout.
  kTimeoutable,
  // Unaligned, on an edge whose barriers may overtake nothing; the task behind goes on unaligned.
  kForcedAligned,
};

constexpr bool IsSavepoint(CheckpointKind kind) {
  return kind == CheckpointKind::kSavepoint || kind == CheckpointKind::kSavepointSuspend ||
         kind == CheckpointKind::kSavepointTerminate;
}

// Whether the tasks wait for its completion.
constexpr bool IsSynchronous(CheckpointKind kind) {
  return kind == CheckpointKind::kSavepointSuspend || kind == CheckpointKind::kSavepointTerminate;
}

// Flink's words.
constexpr std::string_view Name(CheckpointKind kind) {
  constexpr std::array<std::string_view, 8> kNames = {
      "",          "checkpoint",           "savepoint",     "suspend", "terminate",
      "unaligned", "aligned with timeout", "forced aligned"};
  return kNames.at(static_cast<size_t>(kind));
}

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
