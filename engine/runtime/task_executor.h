// The TaskManager: slots, tasks, the data port, and obedience to one JobManager at a time.
//
// Life:     register with the JobManager → run what it submits → when it falls silent or another
//           one appears, cancel everything, wait until it is gone, register anew with the next
//           session.
// Survives: any order, loss and repetition of messages; stale ones carry an old fencing token.
// Source:   Flink's TaskExecutor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/runtime/gateways.h"
#include "engine/runtime/main_thread.h"
#include "engine/runtime/stream_task.h"

namespace flinch::engine {

struct TaskManagerOptions {
  std::string job_manager_host = "jm";
  uint32_t slots = 1;
  EngineOptions engine;
  Defects defects;
};

class TaskExecutor final : public TaskListener {
 public:
  TaskExecutor(sim::Environment& environment, const JobGraph& graph,
               const TaskManagerOptions& options);

  // Never returns.
  void Run();

  void OnStarted(const ExecutionAttemptId& task) override;
  void OnEndOfInput(const ExecutionAttemptId& task) override;
  void OnSnapshot(const ExecutionAttemptId& task, CheckpointId id,
                  const SnapshotHandle& snapshot) override;
  void OnDecline(const ExecutionAttemptId& task, CheckpointId id,
                 const std::string& reason) override;

 private:
  void OnRequest(RpcRequest request);
  template <typename Message, typename Handle>
  void Answer(const RpcRequest& request, Handle handle);
  void OnHeartbeat(const Heartbeat& heartbeat);
  sim::Result<Nothing> OnTrigger(const TriggerCheckpoint& trigger);
  void OnSubmit(const SubmitTask& submit);
  void OnCancel(const CancelTask& cancel);
  void RunTask(const ExecutionAttemptId& id, StreamTask& task);
  void TraceEnding(const std::string& name, AttemptNumber attempt,
                   const StreamTask::Ending& ending);
  StreamTask* Find(const ExecutionAttemptId& id);

  void Register();
  void WatchJobManager();
  void LeaveJobManager();
  void Report(UpdateTaskState update);
  // Repeats it until the JobManager has answered, or is not ours any more. An error when it refuses
  // the message as such.
  template <typename Message>
  sim::Result<void> SendUntilAnswered(const Message& message,
                                      const std::function<void()>& on_sent = nullptr);
  void ServeData();
  void ServeConsumer(std::unique_ptr<sim::Connection> connection);

  sim::Environment& environment_;
  const JobGraph& graph_;
  TaskManagerOptions options_;
  MainThread main_thread_;
  std::unique_ptr<RpcEndpoint> rpc_;
  sim::Address job_manager_;
  FencingToken token_;  // 0: not registered
  uint64_t session_ = 1;
  sim::SimTime last_heard_{};
  std::map<ExecutionAttemptId, std::unique_ptr<StreamTask>> tasks_;
  // What goes on without a JobManager: none but by a planted defect.
  std::map<ExecutionAttemptId, std::unique_ptr<StreamTask>> forgotten_;
  sim::Condition tasks_changed_;
};

}  // namespace flinch::engine
