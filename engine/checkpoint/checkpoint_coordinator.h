// Triggers checkpoints, collects acknowledgements, makes completed ones durable, tells the tasks.
//
// Shape:    one per job, on the JobMaster's main thread; at most one checkpoint is in progress. Its
//           blocking work (ids, store, clean-up) runs in order on one I/O fiber.
// Order:    all acknowledged → metadata and pointer durable → notifications → older ones subsumed.
// Survives: late, duplicate and unknown acknowledgements, of which the snapshots are removed that
//           belong to nothing; a lost trigger or notification; a failover at any moment (a
//           checkpoint that is being stored is waited for: see Settle).
// Failures: those in a row are counted across restarts, until one completes or the job fails over
//           for them. An id that cannot be drawn is one, too.
// Ends:     a checkpoint is final when all tasks had seen all of their input before it was
//           triggered. That moment is answered at once, whatever interval and pause say, and again
//           when it fails; the notification is repeated until the job is finished.
// Phases:   checkpoint_protocol.h.
// Source:   Flink's CheckpointCoordinator; Carbone et al. 2015.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/checkpoint/pending_checkpoint.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/runtime/main_thread.h"
#include "sim/environment.h"
#include "sim/random.h"
#include "sim/sync.h"

namespace flinch::engine {

// What the coordinator needs of its JobMaster.
class CheckpointedJob {
 public:
  virtual ~CheckpointedJob() = default;
  virtual bool AllRunning() const = 0;
  virtual bool AllAtEndOfInput() const = 0;
  virtual std::vector<ExecutionAttemptId> Sources() const = 0;
  virtual std::vector<ExecutionAttemptId> Tasks() const = 0;
  virtual std::string NameOf(const ExecutionAttemptId& task) const = 0;
  // Failure to reach the task comes back as OnTriggerFailed.
  virtual void Trigger(const ExecutionAttemptId& task, CheckpointId id) = 0;
  virtual void NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) = 0;
  virtual void NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) = 0;
  // More checkpoints failed in a row than are tolerated.
  virtual void OnTooManyFailures(const std::string& reason) = 0;
};

class CheckpointCoordinator {
 public:
  CheckpointCoordinator(sim::Environment& environment, MainThread& main_thread,
                        CheckpointedJob& job, const std::string& job_name,
                        const CheckpointOptions& options, const Defects& defects);

  // Reads store and counter. May suspend; before anything else.
  sim::Result<void> Recover();

  // Triggers periodically from now on. The tasks are all running.
  void Start();
  // Aborts what is pending and triggers nothing more until Start.
  void Stop();
  // Calls `then` once nothing is being stored any more; `latest` then stays as it is until Start.
  void Settle(MainThread::Mail then);

  // A new task has seen all its input.
  void OnEndOfInput();
  void OnAcknowledge(const ExecutionAttemptId& task, CheckpointId id,
                     const SnapshotHandle& snapshot);
  void OnDecline(CheckpointId id, const std::string& reason);
  // Removes what late tasks have left of a checkpoint that was given up, now or with later ones; of
  // one that may still complete, or has, nothing.
  void DiscardWhatIsOver(CheckpointId id);
  void OnTriggerFailed(CheckpointId id);

  const CompletedCheckpoint* latest() const { return store_.latest(); }

 private:
  void ScheduleNext(sim::Duration delay);
  void TriggerNow();
  void OnId(uint64_t period, sim::Result<uint64_t> id);
  // Counts, and asks for a failover when there are too many.
  void OnFailure(uint64_t id, std::string_view why);
  // After a failure: what is due, or the final one, comes again.
  void TriggerAgain();
  // How long the pause after the last completion still lasts.
  sim::Duration PauseLeft() const;
  bool MayTrigger() const;
  void Abort(CheckpointInput why);
  void DiscardLate(const ExecutionAttemptId& task, CheckpointId id);
  void StorePending();
  void OnStored();
  void NotifyAll(CheckpointId id, bool is_final);
  void RepeatFinal(uint64_t period, CheckpointId id);
  void DoIo(MainThread::Mail work);
  void RunIo();

  sim::Environment& environment_;
  MainThread& main_thread_;
  CheckpointedJob& job_;
  std::string job_name_;
  CheckpointOptions options_;
  Defects defects_;
  sim::Random random_;
  CompletedCheckpointStore store_;
  DurableCounter ids_;
  sim::Queue<MainThread::Mail> io_;

  // Grows at each Start and Stop: a timer or an id of an older period is void.
  uint64_t period_ = 0;
  bool running_ = false;
  bool triggering_ = false;  // an id is being drawn
  bool overdue_ = false;     // a trigger came while one was in progress
  bool final_done_ = false;
  bool after_restore_ = false;  // and none was stored since
  uint32_t failures_in_a_row_ = 0;
  sim::SimTime last_completion_{};
  sim::WallTime last_completion_wall_{};
  std::unique_ptr<PendingCheckpoint> pending_;
  std::vector<MainThread::Mail> settled_;
};

}  // namespace flinch::engine
