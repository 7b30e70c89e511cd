// The coordinators of a job's sources: the shell around SourceCoordinatorCore, which decides.
//
// Shape:    in the JobMaster's main thread; one coordinator per source that has an enumerator.
//           Sources without one have no coordinator and cost nothing.
// State:    a checkpoint has the state of each enumerator, by the operator's name. It is taken
//           before the tasks are triggered.
// Restarts: while the JobMaster lives its enumerators go on, and tasks that start anew only give
//           back what their checkpoint does not know. After it, or when an enumerator has failed
//           the job, all start from the checkpoint's states.
// Source:   Flink's SourceCoordinator and OperatorCoordinatorHolder.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/graph/job_graph.h"
#include "engine/master/source_coordinator_core.h"
#include "engine/rpc/main_thread.h"
#include "engine/source.h"
#include "sim/environment.h"

namespace flinch::engine {

// What the coordinators need of their JobMaster.
class SourceHost {
 public:
  virtual ~SourceHost() = default;
  virtual std::string NameOf(const ExecutionAttemptId& task) const = 0;
  // Sent once; `then` hears, later, whether the task has it.
  virtual void SendToReader(const ExecutionAttemptId& task, uint64_t sequence,
                            const SourceEvent& event,
                            std::function<void(const sim::Result<void>&)> then) = 0;
  virtual void FailReader(const ExecutionAttemptId& task, const std::string& reason) = 0;
  virtual void FailJobOfSource(const std::string& reason) = 0;
  // All coordinators have taken their part of the checkpoint.
  virtual void OnCoordinatorsReady(CheckpointId id, const CoordinatorStates& states) = 0;
  virtual void OnCoordinatorsFailed(CheckpointId id) = 0;
};

// Gathers the parts of a checkpoint.
class SourceSnapshots {
 public:
  virtual ~SourceSnapshots() = default;
  virtual void OnReady(CheckpointId id, const std::string& source, Bytes state) = 0;
  virtual void OnFailed(CheckpointId id) = 0;
};

class SourceCoordinator final : public SplitEnumeratorContext {
 public:
  // Everything lent outlives it.
  SourceCoordinator(sim::Environment& environment, MainThread& main_thread, SourceHost& host,
                    SourceSnapshots& snapshots, const OperatorSpec& source, VertexId vertex,
                    const Defects& defects);

  const std::string& source() const { return source_; }

  VertexId vertex() const { return vertex_; }

  // With so many readers. Null: from nothing.
  void Start(const Bytes* restored, uint32_t parallelism);
  void Feed(SourceInput input);

  // SplitEnumeratorContext
  sim::Environment& environment() override { return environment_; }

  uint32_t parallelism() const override { return core_.parallelism(); }

  bool IsRegistered(SubtaskIndex reader) const override { return core_.IsRegistered(reader); }

  void OnDiscovered(const SourceSplit& split) override;
  sim::Result<void> AssignSplits(SubtaskIndex reader, std::vector<SourceSplit> splits) override;
  sim::Result<void> SignalNoMoreSplits(SubtaskIndex reader) override;
  void CallAsync(std::string_view name, std::move_only_function<Mail()> work) override;
  void CallLater(sim::Duration delay, Mail mail) override;
  void FailJob(const std::string& reason) override;

 private:
  void Perform(const source_effect::AddReader& add);
  void Perform(const source_effect::AddSplitsBack& back);
  void Perform(const source_effect::SnapshotEnumerator& snapshot);
  void Perform(const source_effect::SnapshotReady& ready);
  void Perform(const source_effect::SnapshotFailed& failed);
  void Perform(const source_effect::NotifyComplete& notify);
  void Perform(const source_effect::Send& send);
  void Perform(const source_effect::FailReader& fail);

  ExecutionAttemptId TaskOf(SubtaskIndex reader, AttemptNumber attempt) const {
    return {.vertex = vertex_, .subtask = reader, .attempt = attempt};
  }

  sim::Result<void> CheckRegistered(SubtaskIndex reader) const;

  sim::Environment& environment_;
  MainThread& main_thread_;
  SourceHost& host_;
  SourceSnapshots& snapshots_;
  std::string source_;  // what its state is matched by
  std::string name_;
  VertexId vertex_;
  SourceCoordinatorCore core_;
  std::unique_ptr<SplitEnumerator> enumerator_;
  std::map<CheckpointId, Bytes> states_;  // of checkpoints that wait for events
  std::deque<SourceInput> inputs_;
  bool stepping_ = false;
};

// Those of one job.
class SourceCoordinators final : public SourceSnapshots {
 public:
  // Everything lent outlives it.
  SourceCoordinators(sim::Environment& environment, MainThread& main_thread, SourceHost& host,
                     const JobGraph& graph, const Defects& defects);

  // The job has no source with an enumerator.
  bool empty() const { return coordinators_.empty(); }

  // The job starts as a whole from this checkpoint, or from nothing (null). `graph` has its size.
  void Start(const CompletedCheckpoint* latest, const JobGraph& graph);
  void OnRunning(const ExecutionAttemptId& task);
  void OnEnded(const ExecutionAttemptId& task);
  // The next attempt of these subtasks starts from the checkpoint; 0: from nothing.
  void OnReset(const ExecutionAttemptId& task, CheckpointId restored);

  // Answered by OnCoordinatorsReady, or OnCoordinatorsFailed, or not at all when a reader has
  // ended.
  void Checkpoint(CheckpointId id);
  void OnBarrier(const ExecutionAttemptId& task, CheckpointId id);
  void OnAborted(CheckpointId id);
  void OnComplete(CheckpointId id);

  // SourceSnapshots
  void OnReady(CheckpointId id, const std::string& source, Bytes state) override;
  void OnFailed(CheckpointId id) override;

 private:
  SourceCoordinator* Find(VertexId vertex);
  void FeedAll(const SourceInput& input);

  SourceHost& host_;
  std::vector<std::unique_ptr<SourceCoordinator>> coordinators_;
  std::map<CheckpointId, CoordinatorStates> parts_;
};

}  // namespace flinch::engine
