// Takes checkpoints: the shell around CoordinatorCore, which decides.
//
// Shape:    one per job, on the JobMaster's main thread: a mail comes in, the core makes a step,
//           its effects are carried out in their order. What blocks (ids, store, clean-up) runs in
//           order on one I/O fiber, which owns the store and the counter of ids, and hands its
//           results back as mails.
// Survives: a volume that hangs or is slow for as long as it likes: the work that waits for it is
//           bounded (see the core), and the JobMaster goes on.
// Ends:     a checkpoint is final when all tasks had seen all of their input before it was
//           triggered. That moment is answered at once, whatever interval and pause say, and again
//           when it fails. Who is notified hears of it in the end: that is the job's. Files that
//           could not be removed are tried again for as long as the JobManager lives.
// Source:   Flink's CheckpointCoordinator; Carbone et al. 2015.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/checkpoint/coordinator_core.h"
#include "engine/checkpoint/high_availability_services.h"
#include "engine/checkpoint_meta.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/rpc/main_thread.h"
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

  // Coordinators of sources, which take their part before any task is triggered: comes back as
  // OnCoordinatorsReady, or OnDecline.
  virtual bool HasCoordinators() const { return false; }

  virtual void SnapshotCoordinators(CheckpointId) {}

  // Of each checkpoint that has begun one of the two, in the end; of one that has not, perhaps.
  virtual void OnCheckpointComplete(CheckpointId) {}

  virtual void OnCheckpointAborted(CheckpointId) {}

  // Failure to reach the task comes back as OnTriggerFailed.
  virtual void Trigger(const ExecutionAttemptId& task, const CheckpointMeta& meta) = 0;
  // Both are repeated until the task has heard them, or need not any more.
  virtual void NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) = 0;
  virtual void NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) = 0;
  // More checkpoints failed in a row than are tolerated.
  virtual void OnTooManyFailures(const std::string& reason) = 0;
};

// A savepoint that is complete.
struct TakenSavepoint {
  CheckpointId id;
  std::string path;  // its directory
};

using OnSavepoint = std::move_only_function<void(const sim::Result<TakenSavepoint>&)>;

class CheckpointCoordinator {
 public:
  struct Options {
    CheckpointOptions checkpoint;
    Defects defects;
    uint32_t max_parallelism = kDefaultMaxParallelism;  // of the job
    bool shares_files = false;  // its checkpoints may (state.backend, incremental)
  };

  // `services` are asked only while it is made.
  CheckpointCoordinator(sim::Environment& environment, MainThread& main_thread,
                        CheckpointedJob& job, HighAvailabilityServices& services,
                        const std::string& job_name, const Options& options);

  // Reads store and counter. May suspend; before anything else.
  sim::Result<void> Recover();

  // Removes what earlier JobManagers left. The job may have ended.
  void CleanUp();
  // Triggers periodically from now on. The tasks are all running.
  void Start();
  // Aborts what is pending and triggers nothing more until Start.
  void Stop();
  // What the I/O fiber does is its last; nothing is done any more. Of a main thread that has
  // stopped.
  void Close();
  // Calls `then` once nothing is being stored any more; `latest` then stays as it is until Start.
  void Settle(MainThread::Mail then);

  // `then` hears what became of it, in the main thread. With `holds` the job is to end with it.
  void RequestSavepoint(CheckpointKind kind, bool holds, OnSavepoint then);
  // Ids up to this one, and what lies there, belong to earlier runs of the job. Before Recover.
  void SetFloor(CheckpointId floor);

  // Of a job that has ended: `checkpoint` is what it will start from, and nothing else
  // (CompletedCheckpointStore::Adopt). `then` runs when that is durable.
  void Adopt(const CompletedCheckpoint& checkpoint, bool keeps, MainThread::Mail then);
  // Of a job that has ended: removes what it may not be resumed from.
  void DiscardAll();

  // A new task has seen all its input.
  void OnEndOfInput();
  void OnCoordinatorsReady(CheckpointId id, const CoordinatorStates& states);
  void OnAcknowledge(const ExecutionAttemptId& task, CheckpointId id,
                     const SnapshotHandle& snapshot);
  void OnDecline(CheckpointId id, const std::string& reason);
  // Removes what late tasks have left of a checkpoint that was given up, now or later; of one that
  // may still complete, or has, nothing.
  void DiscardWhatIsOver(CheckpointId id);
  void OnTriggerFailed(CheckpointId id);

  const CompletedCheckpoint* latest() const { return core_ ? core_->latest() : nullptr; }

 private:
  void Feed(CoordinatorInput input);
  CoordinatorCore::Moment Moment() const;

  void Perform(const coordinator_effect::DrawId& draw);
  void Perform(const coordinator_effect::SnapshotCoordinators& snapshot);
  void Perform(const coordinator_effect::Trigger& trigger);
  void Perform(const coordinator_effect::Count& count);
  void Perform(const coordinator_effect::Complete& complete);
  void Perform(const coordinator_effect::Store& store);
  void Perform(const coordinator_effect::Stored& stored);
  void Perform(const coordinator_effect::NotifyComplete& notify);
  void Perform(const coordinator_effect::SavepointEnded& ended);
  void Perform(const coordinator_effect::Abort& abort);
  void Perform(const coordinator_effect::NotifyAborted& notify);
  void Perform(const coordinator_effect::CleanUp& clean_up);
  void Perform(const coordinator_effect::FailJob& fail);
  void Perform(const coordinator_effect::StartTimer& start);
  void Perform(const coordinator_effect::CancelTimer& cancel);

  // On the I/O fiber; the input that `work` returns comes back to the main thread.
  void DoIo(std::move_only_function<CoordinatorInput()> work);
  // The same with any mail.
  void DoOtherIo(std::move_only_function<MainThread::Mail()> work);
  void RunIo();
  void OnIoDone(CoordinatorInput result);
  coordinator_input::CleanedUp RemoveFiles(const coordinator_effect::CleanUp& what);

  sim::Environment& environment_;
  MainThread& main_thread_;
  CheckpointedJob& job_;
  std::string job_name_;
  CheckpointOptions options_;
  Defects defects_;
  uint32_t max_parallelism_;
  sim::Random random_;
  CheckpointId floor_;

  // The I/O fiber's, once it has begun.
  CompletedCheckpointStore store_;
  std::unique_ptr<IdCounter> ids_;

  std::deque<std::move_only_function<MainThread::Mail()>> io_;
  sim::Condition io_due_;
  bool closed_ = false;

  // The main thread's.
  std::optional<CoordinatorCore> core_;  // once the past was read
  std::deque<CoordinatorInput> inputs_;
  bool stepping_ = false;
  std::map<CoordinatorTimer, TimerId> timers_;
  std::vector<MainThread::Mail> settled_;
  uint64_t last_request_ = 0;
  std::map<uint64_t, OnSavepoint> savepoints_;  // that were asked for
};

}  // namespace flinch::engine
