#include "engine/checkpoint/pending_checkpoint.h"

#include "sim/check.h"

namespace flinch::engine {

PendingCheckpoint::PendingCheckpoint(CheckpointId id, bool is_final,
                                     const std::vector<ExecutionAttemptId>& tasks)
    : id_(id), is_final_(is_final) {
  for (const ExecutionAttemptId& task : tasks) {
    tasks_[task] = std::nullopt;
  }
  missing_ = tasks_.size();
  sim::Check(missing_ > 0, "checkpoint {} waits for nobody", id_.value());
}

PendingCheckpoint::Ack PendingCheckpoint::Acknowledge(const ExecutionAttemptId& task,
                                                      const SnapshotHandle& snapshot) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) {
    return Ack::kUnknown;
  }
  if (found->second) {
    return Ack::kDuplicate;
  }
  found->second = snapshot;
  --missing_;
  return Ack::kAccepted;
}

CheckpointAction PendingCheckpoint::Take(CheckpointInput input) {
  const auto& row = Step(kCheckpointTransitions, phase_, input);
  phase_ = row.to;
  return row.action;
}

CompletedCheckpoint PendingCheckpoint::ToCompleted() const {
  sim::Check(complete(), "checkpoint {} misses {} of {} acknowledgements", id_.value(), missing_,
             tasks_.size());
  CompletedCheckpoint completed{.id = id_, .is_final = is_final_, .snapshots = {}};
  for (const auto& [task, snapshot] : tasks_) {
    completed.snapshots.push_back(*snapshot);
  }
  return completed;
}

}  // namespace flinch::engine
