// One job: schedules its subtasks, deploys them, fails over, finishes. In the JobManager's main
// thread.
//
// Failover: the whole job is one pipelined region. A failure cancels every execution, waits until
//           all are over (or their TaskManagers lost) and for the restart delay and for a
//           checkpoint that is just being stored, then starts a new attempt from the latest
//           completed checkpoint.
// Fencing:  attempts are numbered durably and never twice; whatever carries another attempt is
//           stale.
// Phases:   graph/execution_graph.h.
// Source:   Flink's JobMaster, DefaultScheduler, RestartPipelinedRegionFailoverStrategy.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint_coordinator.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/graph/execution_graph.h"
#include "engine/rpc/main_thread.h"
#include "engine/rpc/service.h"
#include "engine/runtime/gateways.h"
#include "engine/runtime/resource_manager.h"

namespace flinch::engine {

class JobMaster final : public CheckpointedJob, public TaskManagerListener {
 public:
  struct Options {
    EngineOptions engine;
    Defects defects;
    FencingToken token;
  };

  JobMaster(sim::Environment& environment, MainThread& main_thread, RpcEndpoint& rpc,
            const JobGraph& graph, const Options& options);

  // Reads what earlier masters left. May suspend; before anything else.
  sim::Result<void> Recover();
  void Start();
  // Instead of Start: what earlier masters left cannot be read, and so no attempt can follow.
  void GiveUp(const std::string& reason);

  void OnTaskState(const UpdateTaskState& update);
  void OnAcknowledge(const AcknowledgeCheckpoint& ack);
  void OnDecline(const DeclineCheckpoint& decline);
  void OnHeartbeatReply(const HeartbeatReply& reply);
  RegisterTaskManager::Reply OnRegister(const RegisterTaskManager& request, sim::Address from);

  // Whether the message was meant for this master, not for an earlier one.
  template <typename Message>
  bool Accepts(const Message& message) const {
    return message.token == options_.token;
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
  void Trigger(const ExecutionAttemptId& task, CheckpointId id) override;
  void NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) override;
  void NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) override;
  void OnTooManyFailures(const std::string& reason) override;

 private:
  void StartAttempt();
  void OnAttemptNumber(uint64_t number);
  void Schedule();
  void Place();
  void Deploy();
  SubmitTask Describe(const Execution& execution) const;
  void Submit(const Execution& execution);
  void Feed(Execution& execution, ExecutionInput input, const std::string& reason);
  void FeedJob(JobInput input, std::string_view reason = {});
  void FailOver(const std::string& reason);
  void CancelAll();
  void RepeatCancel();
  void SendCancel(const Execution& execution);
  void CheckStopped();
  void Restart();
  void Finish();
  // Makes the result durable, then changes the status.
  void End(JobStatus result, JobInput input);
  std::optional<sim::Address> AddressOf(const ExecutionAttemptId& task);

  sim::Environment& environment_;
  MainThread& main_thread_;
  RpcEndpoint& rpc_;
  Options options_;
  ResourceManager resources_;
  ExecutionGraph graph_;
  CheckpointCoordinator checkpoints_;
  DurableCounter attempts_;
  JobStatus status_ = JobStatus::kCreated;
  bool waits_for_slots_ = false;
  bool checkpointing_ = false;  // the coordinator was started for this attempt
  bool restart_due_ = false;    // one restart waits for its delay and for the store
  bool ending_ = false;         // the result is being written
  uint32_t failures_ = 0;
  sim::SimTime restart_not_before_{};
};

inline constexpr auto kJobMasterService = std::to_array<ServiceMethod<JobMaster>>({
    Handle<&JobMaster::OnRegister, Fencing::kNone>(),
    Handle<&JobMaster::OnTaskState, Fencing::kToken>(),
    Handle<&JobMaster::OnAcknowledge, Fencing::kToken>(),
    Handle<&JobMaster::OnDecline, Fencing::kToken>(),
    Handle<&JobMaster::OnHeartbeatReply, Fencing::kToken>(),
});
static_assert(HasEachMethodOnce(kJobMasterService));

}  // namespace flinch::engine
