// The TaskManager: slots, tasks, the data port, and obedience to one JobManager at a time.
//
// Results:  those of a batch job's tasks lie here until the JobMaster releases them, or is left.
// Life:     learn who leads → register with its ResourceManager → run what the JobMasters submit of
//           which it tells → when it falls silent, or another one leads, cancel everything, wait
//           until it is gone, register anew with the next session.
// Fatal:    a task that does not end when it is cancelled (task.cancellation.timeout) ends the
//           process: whoever runs it starts it anew. Flink's TaskCancelerWatchDog.
// Survives: any order, loss and repetition of messages; stale ones carry an old fencing token.
// Source:   Flink's TaskExecutor.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/high_availability/leader_retrieval.h"
#include "engine/network/shuffle_environment.h"
#include "engine/rpc/main_thread.h"
#include "engine/rpc/service.h"
#include "engine/runtime/gateways.h"
#include "engine/runtime/stream_task.h"

namespace flinch::engine {

struct TaskManagerOptions {
  // Without high availability; with it, the coordination service tells who leads.
  std::string job_manager_host = "jm";
  uint32_t slots = 1;
  EngineOptions engine;
  Defects defects;
};

class TaskExecutor final : public TaskListener {
 public:
  // The catalog outlives it.
  TaskExecutor(sim::Environment& environment, JobCatalog& catalog,
               const TaskManagerOptions& options);

  // Never returns.
  void Run();

  void OnStarted(const ExecutionAttemptId& task) override;
  void OnEndOfInput(const ExecutionAttemptId& task) override;
  void OnSnapshot(const ExecutionAttemptId& task, CheckpointId id,
                  const SnapshotHandle& snapshot) override;
  void OnDecline(const ExecutionAttemptId& task, CheckpointId id,
                 const std::string& reason) override;

  // What the JobManager asks for.
  void OnHeartbeat(const Heartbeat& heartbeat);
  void OnSubmit(const SubmitTask& submit);
  void OnCancel(const CancelTask& cancel);
  sim::Result<Nothing> OnTrigger(const TriggerCheckpoint& trigger);
  sim::Result<Nothing> OnSourceEvent(const DeliverSourceEvent& delivery);
  void OnComplete(const NotifyCheckpointComplete& notification);
  void OnAborted(const NotifyCheckpointAborted& notification);
  void OnRelease(const ReleaseResults& release);

  // Whether it comes from the ResourceManager that this TaskManager is registered with.
  bool Accepts(const Heartbeat& heartbeat) const {
    return token_ != FencingToken() && heartbeat.token == token_;
  }

  // Whether it comes from, or is meant for, the JobMaster that leads its job.
  template <typename Message>
  bool Accepts(const Message& message) const {
    const auto leader = leaders_.find(message.job);
    return leader != leaders_.end() && leader->second == message.token;
  }

 private:
  struct Deployed {
    JobLeader leader;  // that wanted it
    std::string job_name;
    std::unique_ptr<StreamTask> task;
    bool is_watched = false;  // whether it ends, now that it is cancelled
  };

  // Obeys these JobMasters from now on; what others wanted is over.
  void Follow(const std::vector<JobLeader>& leaders);
  // Of jobs that other JobMasters led before.
  void ReleaseOfOthers(const std::map<JobId, FencingToken>& before);
  // The task with its code, or why there is none.
  sim::Result<std::unique_ptr<StreamTask>> MakeTask(const TaskDeployment& deployment);
  void RunTask(const JobLeader& leader, const ExecutionAttemptId& id, StreamTask& task);
  void TraceEnding(const std::string& name, AttemptNumber attempt,
                   const StreamTask::Ending& ending);
  // Again and again does no harm.
  void Cancel(const ExecutionAttemptId& id, Deployed& deployed);
  [[noreturn]] void GiveUp(const std::string& reason);
  StreamTask* Find(const ExecutionAttemptId& id);
  // Of a task that still runs; nothing when it does not, or when its leader is none any more.
  std::optional<JobLeader> LeaderOf(const ExecutionAttemptId& id) const;

  // Another one leads: what the last one wanted is over.
  void OnLeader(const LeaderInformation& leader);
  // Asks the JobManager for its leave, again and again, and then watches it.
  void Register(sim::Duration timeout);
  void WatchJobManager(uint64_t session);
  void LeaveJobManager();
  // When everything is over that the last JobManager wanted.
  void RegisterAgainWhenIdle();
  void Report(const UpdateTaskState& update);
  void ReportRunning(const ExecutionAttemptId& task, bool end_of_input);
  // `path` is where its snapshot may lie.
  void Decline(const JobLeader& leader, const ExecutionAttemptId& task, CheckpointId id,
               const std::string& reason, const std::string& path);
  // Removes the file of a snapshot of which nobody has heard, and nobody will: its leader is gone.
  void DiscardSnapshot(const std::string& path);
  // Repeats it until the JobManager has answered. `refused` runs when it refuses the message as
  // such, or, with kFenced, when it leads no more.
  template <typename Message, typename Refused>
  void Insist(const Message& message, sim::Duration timeout, Refused refused);
  ResultPartition* FindPartition(const ExecutionAttemptId& producer, uint32_t edge);

  sim::Environment& environment_;
  JobCatalog& catalog_;
  TaskManagerOptions options_;
  MainThread main_thread_;
  std::unique_ptr<RpcEndpoint> rpc_;
  ShuffleEnvironment shuffle_;
  sim::Address job_manager_;
  FencingToken term_;  // of the newest leader that we were told of; 0: whoever answers
  // With high availability.
  std::unique_ptr<CoordinationClient> coordination_;
  std::optional<LeaderRetrieval> leader_retrieval_;
  FencingToken token_;                     // the ResourceManager's; 0: not registered
  std::map<JobId, FencingToken> leaders_;  // the JobMasters that it has told of
  uint64_t session_ = 1;
  sim::SimTime last_heard_{};
  std::map<ExecutionAttemptId, Deployed> tasks_;
  // What goes on without a JobManager: none but by a planted defect.
  std::map<ExecutionAttemptId, Deployed> forgotten_;
  bool leaves_ = false;  // the tasks of the last JobManager are not all over
};

inline constexpr auto kTaskExecutorService = std::to_array<ServiceMethod<TaskExecutor>>({
    Handle<&TaskExecutor::OnHeartbeat, Fencing::kToken>(),
    Handle<&TaskExecutor::OnSubmit, Fencing::kToken>(),
    Handle<&TaskExecutor::OnCancel, Fencing::kToken>(),
    Handle<&TaskExecutor::OnTrigger, Fencing::kToken>(),
    Handle<&TaskExecutor::OnSourceEvent, Fencing::kToken>(),
    Handle<&TaskExecutor::OnComplete, Fencing::kToken>(),
    Handle<&TaskExecutor::OnAborted, Fencing::kToken>(),
    Handle<&TaskExecutor::OnRelease, Fencing::kToken>(),
});
static_assert(HasEachMethodOnce(kTaskExecutorService));

}  // namespace flinch::engine
