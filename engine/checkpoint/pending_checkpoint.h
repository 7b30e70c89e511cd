// Who has acknowledged what. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/checkpoint/checkpoint_protocol.h"
#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/ids.h"

namespace flinch::engine {

class PendingCheckpoint {
 public:
  enum class Ack : uint8_t {
    kAccepted,
    kDuplicate,  // the same attempt again: nothing changes, nothing may be thrown away
    kUnknown,    // an attempt that is not part of this checkpoint
  };

  PendingCheckpoint(CheckpointId id, bool is_final, const std::vector<ExecutionAttemptId>& tasks);

  CheckpointId id() const { return id_; }

  bool is_final() const { return is_final_; }

  CheckpointPhase phase() const { return phase_; }

  Ack Acknowledge(const ExecutionAttemptId& task, const SnapshotHandle& snapshot);

  bool complete() const { return missing_ == 0; }

  // Makes the transition and returns what is to be done.
  CheckpointAction Take(CheckpointInput input);

  // All acknowledged.
  CompletedCheckpoint ToCompleted() const;

 private:
  CheckpointId id_;
  bool is_final_;
  CheckpointPhase phase_ = CheckpointPhase::kPending;
  std::map<ExecutionAttemptId, std::optional<SnapshotHandle>> tasks_;
  size_t missing_;
};

}  // namespace flinch::engine
