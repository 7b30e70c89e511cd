// One job: the shell around SchedulerCore, which decides, and the job's checkpoints.
//
// Shape:    in the JobManager's main thread: a mail comes in, the core makes a step, its effects
//           are carried out in their order: messages to TaskManagers, durable writes, the
//           coordinator of checkpoints.
// Fencing:  attempts are numbered durably and never twice; whatever carries another attempt is
//           stale. Messages name the job and the token of its master.
// Source:   Flink's JobMaster.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_coordinator.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/master/job_operations.h"
#include "engine/master/job_record.h"
#include "engine/master/resource_manager.h"
#include "engine/master/scheduler_core.h"
#include "engine/master/source_coordinator.h"
#include "engine/master/stop_with_savepoint.h"
#include "engine/rpc/main_thread.h"
#include "engine/rpc/service.h"
#include "engine/runtime/gateways.h"

namespace flinch::engine {

class JobMaster final : public CheckpointedJob, public TaskManagerListener, public SourceHost {
 public:
  struct Options {
    EngineOptions engine;
    Defects defects;
    FencingToken token;
    // The arguments of the code; what earlier runs of the job left.
    std::string arguments{};
    CheckpointId floor{};
  };

  // The ResourceManager outlives it. `services` are asked only while it is made.
  JobMaster(sim::Environment& environment, MainThread& main_thread, ResourceManager& resources,
            HighAvailabilityServices& services, const JobGraph& graph, const Options& options);

  // Reads what earlier masters left. May suspend; before anything else.
  sim::Result<void> Recover();
  void Start();
  // Instead of Start: what earlier masters left cannot be read, and so no attempt can follow.
  void GiveUp(const std::string& reason);

  // Its main thread has stopped: what works in the background ends.
  void Close() { checkpoints_.Close(); }

  JobId job() const { return job_; }

  JobStatus status() const { return core_.status(); }

  // In its size of now.
  const JobGraph& graph() const { return core_.graph().graph(); }

  // The newest checkpoint in the store; null when there is none.
  const CompletedCheckpoint* latest() const { return checkpoints_.latest(); }

  // No attempt of any run of the job had more subtasks of an operator than this.
  uint32_t widest() const;

  // What is durable of the job's course, since Recover.
  const JobRecord& record() const { return record_; }

  // What users ask: see job_operations.h. How an operation is; one that is not known begins.
  OperationStatus OnTriggerSavepoint(const TriggerSavepoint& asked);
  OperationStatus OnStop(const StopJob& asked);
  OperationStatus OnCancel(const CancelJob& asked);

  // The job, which has ended or not begun, will start from `checkpoint`, as `record` says: `then`
  // runs when that is durable. Whoever wants this makes another JobMaster then.
  void HandOver(const CompletedCheckpoint& checkpoint, const JobRecord& record,
                MainThread::Mail then);

  // Whether it has read what earlier masters left.
  bool has_recovered() const { return has_recovered_; }

  // What TaskManagers tell.
  void OnTaskState(const UpdateTaskState& update);
  void OnAcknowledge(const AcknowledgeCheckpoint& ack);
  void OnDecline(const DeclineCheckpoint& decline);
  void OnListTasks(const ListTasks& list);
  void OnListResults(const ListResults& list);

  // Whether the message was meant for this master, not for an earlier one or another job's.
  template <typename Message>
  bool Accepts(const Message& message) const {
    return message.job == job_ && message.token == options_.token;
  }

  // TaskManagerListener
  void OnTaskManagerRegistered(const std::string& name) override;
  void OnTaskManagerLost(const std::string& name, const std::string& reason) override;

  // CheckpointedJob
  bool AllRunning() const override;
  bool AllAtEndOfInput() const override;
  std::vector<ExecutionAttemptId> Sources() const override;
  std::vector<ExecutionAttemptId> Tasks() const override;
  std::string NameOf(const ExecutionAttemptId& task) const override;
  void Trigger(const ExecutionAttemptId& task, const CheckpointMeta& meta) override;
  void NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) override;
  void NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) override;
  void OnTooManyFailures(const std::string& reason) override;

  bool HasCoordinators() const override { return !sources_.empty() && !is_batch(); }

  void SnapshotCoordinators(CheckpointId id) override { sources_.Checkpoint(id); }

  void OnCheckpointComplete(CheckpointId id) override;

  void OnCheckpointAborted(CheckpointId id) override { sources_.OnAborted(id); }

  // SourceHost
  void SendToReader(const ExecutionAttemptId& task, uint64_t sequence, const SourceEvent& event,
                    std::function<void(const sim::Result<void>&)> then) override;
  void FailReader(const ExecutionAttemptId& task, const std::string& reason) override;
  void FailJobOfSource(const std::string& reason) override;
  void OnCoordinatorsReady(CheckpointId id, const CoordinatorStates& states) override;
  void OnCoordinatorsFailed(CheckpointId id) override;

 private:
  void Feed(SchedulerInput input);

  void Perform(const scheduler_effect::TellStatus& told);
  void Perform(const scheduler_effect::TellState& told);
  void Perform(const scheduler_effect::TellResultLost& told);
  void Perform(const scheduler_effect::DrawNumber& draw);
  void Perform(const scheduler_effect::TellParallelism& told);
  void Perform(const scheduler_effect::Restore& restore);
  void Perform(const scheduler_effect::Deploy& deploy);
  void Perform(const scheduler_effect::Cancel& cancel);
  void Perform(const scheduler_effect::StartCheckpoints& start);
  void Perform(const scheduler_effect::StopCheckpoints& stop);
  void Perform(const scheduler_effect::TellEndOfInput& end);
  void Perform(const scheduler_effect::SettleCheckpoints& settle);
  void Perform(const scheduler_effect::WriteResult& write);
  void Perform(const scheduler_effect::StartTimer& start);

  // A stop or a cancellation that has begun.
  struct Ending {
    std::string operation;
    std::string savepoint;
    std::optional<StopPhase> stop;  // of a cancellation: none
  };

  std::optional<OperationStatus> Known(const std::string& operation) const;
  OperationStatus Begin(const std::string& operation);
  void EndOperation(const std::string& operation, OperationState state, std::string detail);
  void TakeSavepoint(const std::string& operation, CheckpointKind kind, bool holds,
                     std::function<void(const std::string& path)> then);
  // Nothing: it is over, or came to nothing.
  void SetEnding(std::optional<Ending> ending);
  void FeedStop(StopInput input, const std::string& detail);
  // The operations that wait for the job's end, or whose job will not end as they want.
  void OnStatus(JobStatus status);
  sim::Result<JobRecord> ReadRecord() const;
  // Whether what it restores has seen the end of all input, by a drain or by itself: its sources
  // end at once. A job that a user resumes from such a snapshot goes on.
  bool IsOver() const;
  SubmitTask Describe(const Execution& execution) const;

  bool is_batch() const { return options_.engine.execution.is_batch(); }

  std::optional<sim::Address> AddressOf(const ExecutionAttemptId& task) const;
  bool IsOvertaken(const NotifyCheckpointComplete& notification) const;
  bool IsOvertaken(const NotifyCheckpointAborted& notification) const;
  // Tells the task, again and again, until its TaskManager has answered, the task is another one's,
  // or the notification is overtaken: a lost message must not wait for the next of its kind.
  template <typename Notification>
  void Insist(const Notification& notification, sim::Duration timeout);

  sim::Environment& environment_;
  MainThread& main_thread_;
  RpcEndpoint& rpc_;
  ResourceManager& resources_;
  Options options_;
  JobId job_;
  CheckpointCoordinator checkpoints_;
  std::unique_ptr<IdCounter> attempts_;
  std::unique_ptr<JobResultStore> results_;
  SourceCoordinators sources_;
  bool sources_start_anew_ = true;  // with the next attempt, as the job does

  SchedulerCore core_;
  std::deque<SchedulerInput> inputs_;
  bool stepping_ = false;
  std::map<SchedulerTimer, TimerId> timers_;
  bool has_recovered_ = false;
  JobRecord record_;
  std::map<std::string, OperationStatus> operations_;
  std::optional<Ending> ending_;
  std::set<CheckpointId> stops_;  // savepoints behind which tasks wait
  CheckpointId last_triggered_;
};

inline constexpr auto kJobMasterService = std::to_array<ServiceMethod<JobMaster>>({
    Handle<&JobMaster::OnTaskState, Fencing::kToken>(),
    Handle<&JobMaster::OnAcknowledge, Fencing::kToken>(),
    Handle<&JobMaster::OnDecline, Fencing::kToken>(),
    Handle<&JobMaster::OnListTasks, Fencing::kToken>(),
    Handle<&JobMaster::OnListResults, Fencing::kToken>(),
});
static_assert(HasEachMethodOnce(kJobMasterService));

}  // namespace flinch::engine
