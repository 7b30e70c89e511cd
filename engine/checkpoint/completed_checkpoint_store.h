// The durable list of completed checkpoints: what a restart may start from.
//
// A checkpoint is in the store when high availability has its pointer (StateHandleStore). Adding
// writes the new pointer first and removes old ones afterwards, so that there is always one; files
// of subsumed checkpoints are deleted only after their pointers are gone. What could not be deleted
// is tried again with each clean-up; what an earlier JobManager left below the newest checkpoint,
// too.
// A savepoint that stops the job is in the store, since its transactions are committed and a
// restart must not fall behind it; its files are the user's. So are those of a snapshot that the
// job was resumed from, unless it was claimed.
// Errors: Recover fails when a pointer cannot be read: starting from an older checkpoint in silence
//         would undo what sinks have committed.
// Source: Flink's DefaultCompletedCheckpointStore.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint/high_availability_services.h"
#include "engine/checkpoint/shared_state_registry.h"
#include "engine/checkpoint/volume_services.h"
#include "engine/defects.h"
#include "sim/environment.h"

namespace flinch::engine {

class CompletedCheckpointStore {
 public:
  CompletedCheckpointStore(sim::Environment& environment, std::string job, uint32_t retained,
                           std::unique_ptr<StateHandleStore> pointers, const Defects& defects = {});
  // With its pointers on the shared volume.
  CompletedCheckpointStore(sim::Environment& environment, const std::string& job, uint32_t retained,
                           const Defects& defects = {});

  // Forgets all, and removes the files that are ours. On an error try again. May suspend.
  sim::Result<void> Clear();

  // Reads what an earlier JobManager stored. May suspend.
  sim::Result<void> Recover();

  // Durable when it succeeds. On an error the outcome is unknown: try again. May suspend.
  sim::Result<void> Add(const CompletedCheckpoint& checkpoint);

  // What lies at or below this id belongs to earlier runs of the job: it is never swept away.
  void SetFloor(CheckpointId floor) { floor_ = floor; }

  // What somebody named is what a restart starts from now, and everything else that the store had
  // is forgotten: what an earlier run of the job left. Its files go, but for those of savepoints
  // and of `checkpoint`, and but for all when `keeps`. May suspend.
  sim::Result<void> Adopt(const CompletedCheckpoint& checkpoint, bool keeps);

  // Forgets all but the newest, removes their files, and tells which they were. May suspend.
  // Traces each step.
  std::vector<CheckpointId> Subsume();

  // Checkpoints of this job may share files: what of them nobody holds is removed, too.
  void SetShares() { shares_ = true; }

  // Removes the files of checkpoints that never will be in the store. May suspend.
  void Discard(std::span<const CheckpointId> ids);

  // Removes what was shared for checkpoints that are over, and never was stored. May suspend.
  void DiscardShared(std::span<const CheckpointId> ids);

  // The same of savepoints that were given up.
  void DiscardSavepoints(std::span<const CheckpointId> ids);

  // Whether nothing is left to be removed, as far as it is known.
  bool clean() const;

  bool Has(CheckpointId id) const;

  // Null when there is none.
  const CompletedCheckpoint* latest() const {
    return checkpoints_.empty() ? nullptr : &checkpoints_.back();
  }

  // Oldest first.
  const std::vector<CompletedCheckpoint>& checkpoints() const { return checkpoints_; }

 private:
  sim::Result<void> WritePointer(const CompletedCheckpoint& checkpoint);
  void Forget(const CompletedCheckpoint& checkpoint);
  // What the checkpoints in the store do not hold is to go, unless somebody `keeps` it.
  void ForgetShared(bool keeps);
  bool DeleteFile(const std::string& path);
  bool DeleteUnshared();
  // What the pointer of this name points to; kCorruption where that is no whole checkpoint.
  sim::Result<CompletedCheckpoint> Read(const std::string& name) const;
  // False: not all of them.
  bool DeleteUnreferenced();
  bool IsSweepDue() const;
  void Sweep();

  sim::Environment& environment_;
  std::string job_;
  uint32_t retained_;
  std::unique_ptr<StateHandleStore> pointers_;
  Defects defects_;
  std::vector<CompletedCheckpoint> checkpoints_;      // ids grow
  std::map<CheckpointId, std::string> unreferenced_;  // their files are to go: the directories
  SharedStateRegistry shared_;
  bool shares_ = false;
  std::set<CheckpointId> unshared_;  // what was shared for them alone is to go
  std::set<std::string> doomed_;     // shared files that are to go
  // Others may have left files, too: of what they began behind the newest that they stored, until
  // one of our own is stored.
  std::optional<CheckpointId> found_;  // the newest that Recover found; 0: none
  CheckpointId floor_;
  std::optional<CheckpointId> swept_;  // the newest at the last sweep
};

}  // namespace flinch::engine
