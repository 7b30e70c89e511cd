// Who has acknowledged what. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/checkpoint_protocol.h"
#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/defects.h"
#include "engine/ids.h"

namespace flinch::engine {

class PendingCheckpoint {
 public:
  enum class Ack : uint8_t {
    kAccepted,
    kDuplicate,  // the same attempt again: nothing changes, nothing may be thrown away
    kUnknown,    // an attempt that is not part of this checkpoint
  };

  PendingCheckpoint(CheckpointId id, bool is_final, const std::vector<ExecutionAttemptId>& tasks,
                    const Defects& defects = {}, CheckpointKind kind = CheckpointKind::kAligned);

  CheckpointId id() const { return id_; }

  CheckpointKind kind() const { return kind_; }

  bool is_final() const { return is_final_; }

  CheckpointPhase phase() const { return phase_; }

  Ack Acknowledge(const ExecutionAttemptId& task, const SnapshotHandle& snapshot);

  bool complete() const { return missing_ <= tolerated_; }

  // Makes the transition and returns what is to be done.
  CheckpointAction Take(CheckpointInput input);

  // The coordinators' parts, which come before those of the tasks.
  void SetCoordinators(CoordinatorStates states) { coordinators_ = std::move(states); }

  // All acknowledged.
  CompletedCheckpoint ToCompleted() const;

  // Those that take part, in their order.
  std::vector<ExecutionAttemptId> Tasks() const;

  // "3 pending x_": its id, its phase and who has acknowledged.
  std::string Show() const;

 private:
  using Snapshots = std::map<ExecutionAttemptId, std::optional<SnapshotHandle>>;

  Snapshots::iterator Find(const ExecutionAttemptId& task);

  CheckpointId id_;
  bool is_final_;
  CheckpointKind kind_;
  CheckpointPhase phase_ = CheckpointPhase::kPending;
  Defects defects_;
  Snapshots tasks_;
  CoordinatorStates coordinators_;
  size_t missing_;
  size_t tolerated_;  // of the missing: none, but for a planted defect
};

}  // namespace flinch::engine
