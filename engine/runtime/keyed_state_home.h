// The keyed state of one operator of a task: where it lies, its way into snapshots and out of them.
//
// On the heap, or in a database on the TaskManager's disk (state.backend.type). A checkpoint of
// state on disk may share files with earlier ones (execution.checkpointing.incremental); a
// savepoint never does.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint/uploaded_files.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/stream_graph.h"
#include "engine/runtime/task_deployment.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/state/leveldb_restore.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

class KeyedStateHome {
 public:
  // All of them outlive it.
  KeyedStateHome(sim::Environment& environment, const TaskDeployment& deployment,
                 const OperatorSpec& spec, const StateOptions& options, const Defects& defects);

  KeyedStateBackend& backend() { return *backend_; }

  const KeyedStateBackend& backend() const { return *backend_; }

  // With what the snapshots have of the operator. May suspend.
  sim::Result<void> Open(std::span<const TaskSnapshot> snapshots);

  // The synchronous part of a checkpoint. Throws StateUnavailable.
  void Freeze(const CheckpointMeta& meta, FrozenOperator& into);
  // What was planned for its tables is done.
  void OnUploaded(const OperatorHandles& handles);

  void Confirm(CheckpointId id) { uploads_.Confirm(id); }

  void Abort(CheckpointId id) {
    if (defects_.Has(Defect::kAbortedUploadsAreNamed)) {
      uploads_.Confirm(id);
    } else {
      uploads_.Abort(id);
    }
  }

  // Lets the time pass that the local disk has cost. Suspends when state is there.
  void Settle();
  // Takes state off the local disk: the last call, when nobody has a view of it. May suspend.
  void Drop();

 private:
  // Of databases in the snapshots, with their files here.
  struct Copies {
    std::vector<DatabaseCopy> databases;
    std::vector<const DatabaseHandle*> handles;
  };

  std::string Directory() const;
  sim::Result<Copies> Download(std::span<const TaskSnapshot> snapshots) const;
  sim::Result<void> Restore(const OperatorSnapshot& snapshot);

  sim::Environment& environment_;
  const TaskDeployment& deployment_;
  const OperatorSpec& spec_;
  StateOptions options_;
  const Defects& defects_;
  std::unique_ptr<KeyedStateBackend> backend_;
  UploadedFiles uploads_;  // where checkpoints share files
};

}  // namespace flinch::engine
