#include "engine/checkpoint/pending_checkpoint.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {

PendingCheckpoint::PendingCheckpoint(CheckpointId id, bool is_final,
                                     const std::vector<ExecutionAttemptId>& tasks,
                                     const Defects& defects, CheckpointKind kind)
    : id_(id),
      is_final_(is_final),
      kind_(kind),
      defects_(defects),
      tolerated_(defects.Has(Defect::kCompletesOneAckShort) ? 1 : 0) {
  for (const ExecutionAttemptId& task : tasks) {
    tasks_[task] = std::nullopt;
  }
  missing_ = tasks_.size();
  sim::Check(missing_ > 0, "checkpoint {} waits for nobody", id_.value());
}

PendingCheckpoint::Snapshots::iterator PendingCheckpoint::Find(const ExecutionAttemptId& task) {
  if (!defects_.Has(Defect::kCountsAckOfAnyCheckpoint)) {
    return tasks_.find(task);
  }
  return std::ranges::find_if(tasks_, [&task](const auto& entry) {
    return entry.first.vertex == task.vertex && entry.first.subtask == task.subtask;
  });
}

PendingCheckpoint::Ack PendingCheckpoint::Acknowledge(const ExecutionAttemptId& task,
                                                      const SnapshotHandle& snapshot) {
  const auto found = Find(task);
  if (found == tasks_.end()) {
    return Ack::kUnknown;
  }
  if (found->second && !defects_.Has(Defect::kCountsDuplicateAck)) {
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
  CompletedCheckpoint completed{.id = id_,
                                .is_final = is_final_,
                                .snapshots = {},
                                .coordinators = coordinators_,
                                .kind = kind_,
                                .is_unclaimed = IsSavepoint(kind_)};
  for (const auto& [task, snapshot] : tasks_) {
    if (snapshot) {
      completed.snapshots.push_back(*snapshot);
    }
  }
  if (defects_.Has(Defect::kMetadataMissesTheLastSnapshot)) {
    completed.snapshots.pop_back();
  }
  return completed;
}

std::vector<ExecutionAttemptId> PendingCheckpoint::Tasks() const {
  std::vector<ExecutionAttemptId> tasks;
  for (const auto& [task, snapshot] : tasks_) {
    tasks.push_back(task);
  }
  return tasks;
}

std::string PendingCheckpoint::Show() const {
  std::string text = fmt::format("{} {}{} ", id_.value(), Name(phase_), is_final_ ? " final" : "");
  text += IsSavepoint(kind_) ? fmt::format("{} ", Name(kind_)) : "";
  for (const auto& [task, snapshot] : tasks_) {
    text += snapshot ? 'x' : '_';
  }
  return text;
}

}  // namespace flinch::engine
