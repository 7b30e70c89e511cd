#include "engine/runtime/task_executor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/runtime/user_code.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// How long an attempt to register may take, and the pause before the next. The time doubles up to
// the ask time-out. Flink: cluster.registration.initial-timeout.
constexpr sim::Duration kRegistrationTimeout = 100ms;
constexpr sim::Duration kRegistrationPause = 50ms;

// How long a consumer may take to say what it wants.
constexpr sim::Duration kRequestTimeout = 2s;

}  // namespace

TaskExecutor::TaskExecutor(sim::Environment& environment, const JobGraph& graph,
                           const TaskManagerOptions& options)
    : environment_(environment),
      graph_(graph),
      options_(options),
      main_thread_(environment),
      tasks_changed_(environment) {
  sim::Result<std::unique_ptr<RpcEndpoint>> rpc = RpcEndpoint::Open(
      environment, kTaskManagerPort, [this](RpcRequest request) { OnRequest(std::move(request)); });
  sim::Check(rpc.has_value(), "two TaskManagers run on host {}", environment.host_name());
  rpc_ = *std::move(rpc);
  const std::optional<sim::Address> job_manager =
      environment.network().Resolve(options.job_manager_host, kJobManagerPort);
  sim::Check(job_manager.has_value(), "there is no host {}", options.job_manager_host);
  job_manager_ = *job_manager;
}

void TaskExecutor::Run() {
  environment_.Spawn("data", [this] { ServeData(); });
  environment_.Spawn("registration", [this] { Register(); });
  main_thread_.Run();
}

// Requests are taken up in the main thread, one after the other.
void TaskExecutor::OnRequest(RpcRequest request) {
  main_thread_.Post([this, request = std::move(request)] {
    switch (request.method) {
      case Method::kHeartbeat:
        return Answer<Heartbeat>(request, [this](const auto& message) { OnHeartbeat(message); });
      case Method::kSubmitTask:
        return Answer<SubmitTask>(request, [this](const auto& message) { OnSubmit(message); });
      case Method::kCancelTask:
        return Answer<CancelTask>(request, [this](const auto& message) { OnCancel(message); });
      case Method::kTriggerCheckpoint:
        return Answer<TriggerCheckpoint>(
            request, [this](const auto& message) { return OnTrigger(message); });
      case Method::kNotifyCheckpointComplete:
        return Answer<NotifyCheckpointComplete>(request, [this](const auto& message) {
          if (StreamTask* task = Find(message.task)) {
            task->NotifyComplete(message.checkpoint, message.is_final);
          }
        });
      case Method::kNotifyCheckpointAborted:
        return Answer<NotifyCheckpointAborted>(request, [this](const auto& message) {
          if (StreamTask* task = Find(message.task)) {
            task->NotifyAborted(message.checkpoint);
          }
        });
      default:
        rpc_->SendReply(request, sim::Fail(sim::ErrorCode::kInvalidArgument,
                                           "A TaskManager does not have this method."));
    }
  });
}

template <typename Message, typename Handle>
void TaskExecutor::Answer(const RpcRequest& request, Handle handle) {
  const sim::Result<Message> message = request.As<Message>();
  if (!message) {
    rpc_->SendReply(request, sim::Fail(message));
    return;
  }
  if (token_ == FencingToken() || message->token != token_) {
    rpc_->SendReply(request, sim::Fail(sim::ErrorCode::kFenced,
                                       "The TaskManager is not registered with this JobManager."));
    return;
  }
  if constexpr (std::is_void_v<decltype(handle(*message))>) {
    handle(*message);
    rpc_->Reply<Nothing>(request, Nothing());
  } else {
    const sim::Result<Nothing> handled = handle(*message);
    rpc_->Reply<Nothing>(request, handled);
  }
}

// A task that is not there cannot send a barrier: the coordinator shall not wait for its time-out.
sim::Result<Nothing> TaskExecutor::OnTrigger(const TriggerCheckpoint& trigger) {
  StreamTask* task = Find(trigger.task);
  if (task == nullptr) {
    return sim::Fail(sim::ErrorCode::kNotFound, "The task does not run here.");
  }
  task->Trigger(trigger.checkpoint);
  return Nothing();
}

StreamTask* TaskExecutor::Find(const ExecutionAttemptId& id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : found->second.get();
}

void TaskExecutor::OnHeartbeat(const Heartbeat& heartbeat) {
  if (heartbeat.session != session_) {
    return;  // meant for an earlier life of this TaskManager
  }
  last_heard_ = environment_.Now();
  HeartbeatReply reply{.token = token_,
                       .name = std::string(environment_.process_name()),
                       .session = session_,
                       .tasks = {}};
  for (const auto& [id, task] : tasks_) {
    reply.tasks.push_back(id);
  }
  rpc_->Tell(job_manager_, reply);
}

void TaskExecutor::OnSubmit(const SubmitTask& submit) {
  if (tasks_.contains(submit.task)) {
    return;  // repeated
  }
  if (submit.task.vertex.value() >= graph_.vertices.size() ||
      submit.job != graph_.stream.job_name) {
    Report({.token = token_,
            .task = submit.task,
            .state = ExecutionState::kFailed,
            .end_of_input = false,
            .reason = "This TaskManager has no code for the job."});
    return;
  }
  sim::Result<std::unique_ptr<StreamTask>> task =
      CallUserCode(" while the task was made", [&]() -> sim::Result<std::unique_ptr<StreamTask>> {
        return std::make_unique<StreamTask>(environment_, *this,
                                            StreamTask::Options{.graph = graph_,
                                                                .engine = options_.engine,
                                                                .defects = options_.defects,
                                                                .deployment = submit});
      });
  if (!task) {
    const StreamTask::Ending ending{.state = ExecutionState::kFailed,
                                    .reason = task.error().message};
    TraceEnding(SubtaskName(graph_.vertex(submit.task.vertex), submit.task.subtask),
                submit.task.attempt, ending);
    Report({.token = token_,
            .task = submit.task,
            .state = ending.state,
            .end_of_input = false,
            .reason = ending.reason});
    return;
  }
  tasks_[submit.task] = *std::move(task);
  environment_.Spawn(
      "task", [this, id = submit.task, running = Find(submit.task)] { RunTask(id, *running); });
}

void TaskExecutor::TraceEnding(const std::string& name, AttemptNumber attempt,
                               const StreamTask::Ending& ending) {
  if (ending.state == ExecutionState::kFinished) {
    environment_.Trace(events::kTaskFinished, {{"subtask", name}, {"attempt", attempt}});
  } else if (ending.state == ExecutionState::kCanceled) {
    environment_.Trace(events::kTaskCanceled, {{"subtask", name}, {"attempt", attempt}});
  } else {
    environment_.Trace(events::kTaskFailed,
                       {{"subtask", name}, {"attempt", attempt}, {"reason", ending.reason}});
  }
}

void TaskExecutor::RunTask(const ExecutionAttemptId& id, StreamTask& task) {
  const FencingToken token = token_;
  const StreamTask::Ending ending = task.Run();
  TraceEnding(task.name(), id.attempt, ending);
  // In the main thread, where nobody holds a pointer to the task.
  main_thread_.Post([this, id, token, ending] {
    tasks_.erase(id);
    forgotten_.erase(id);
    tasks_changed_.NotifyAll();
    Report({.token = token,
            .task = id,
            .state = ending.state,
            .end_of_input = false,
            .reason = ending.reason});
  });
}

void TaskExecutor::OnCancel(const CancelTask& cancel) {
  if (StreamTask* task = Find(cancel.task)) {
    task->Cancel();
    return;
  }
  // Never came, or is gone: either way it does not run.
  rpc_->Tell(job_manager_, UpdateTaskState{.token = token_,
                                           .task = cancel.task,
                                           .state = ExecutionState::kCanceled,
                                           .end_of_input = false,
                                           .reason = {}});
}

void TaskExecutor::OnStarted(const ExecutionAttemptId& task) {
  Report({.token = token_,
          .task = task,
          .state = ExecutionState::kRunning,
          .end_of_input = false,
          .reason = {}});
}

void TaskExecutor::OnEndOfInput(const ExecutionAttemptId& task) {
  Report({.token = token_,
          .task = task,
          .state = ExecutionState::kRunning,
          .end_of_input = true,
          .reason = {}});
}

void TaskExecutor::OnSnapshot(const ExecutionAttemptId& task, CheckpointId id,
                              const SnapshotHandle& snapshot) {
  const JobVertex& vertex = graph_.vertex(task.vertex);
  bool first = true;
  const sim::Result<void> sent = SendUntilAnswered(
      AcknowledgeCheckpoint{.token = token_, .task = task, .checkpoint = id, .snapshot = snapshot},
      [&] {
        if (std::exchange(first, false)) {
          environment_.Trace(events::kCheckpointAcknowledged,
                             {{"id", id}, {"subtask", SubtaskName(vertex, task.subtask)}});
        }
      });
  if (!sent) {
    OnDecline(task, id, "Its acknowledgement was refused: " + sent.error().message);
  }
}

void TaskExecutor::OnDecline(const ExecutionAttemptId& task, CheckpointId id,
                             const std::string& reason) {
  // Refused, too: then the checkpoint runs into its time-out.
  (void)SendUntilAnswered(
      DeclineCheckpoint{.token = token_, .task = task, .checkpoint = id, .reason = reason});
}

void TaskExecutor::Report(UpdateTaskState update) {
  environment_.Spawn("report", [this, update = std::move(update)] {
    if (!SendUntilAnswered(update)) {
      // Flink: a task whose state cannot be told fails rather than go on unseen.
      main_thread_.Post([this, update] { OnCancel({.token = update.token, .task = update.task}); });
    }
  });
}

template <typename Message>
sim::Result<void> TaskExecutor::SendUntilAnswered(const Message& message,
                                                  const std::function<void()>& on_sent) {
  // It grows, or a link that is slower than it would never let a reply through in time.
  sim::Duration timeout = options_.engine.rpc.ask_timeout;
  // A JobManager that we left does not care any more.
  while (message.token == token_ && token_ != FencingToken()) {
    const auto reply = rpc_->Call(job_manager_, message, timeout, on_sent);
    if (reply || reply.error().code == sim::ErrorCode::kFenced) {
      return {};
    }
    if (reply.error().code == sim::ErrorCode::kInvalidArgument ||
        reply.error().code == sim::ErrorCode::kCorruption) {
      return sim::Fail(reply);  // the same bytes again would fare no better
    }
    if (reply.error().code != sim::ErrorCode::kTimeout) {
      environment_.Sleep(kRegistrationPause);  // it is there, and not ready
    }
    timeout = std::min(2 * timeout, 8 * options_.engine.rpc.ask_timeout);
  }
  return {};
}

void TaskExecutor::Register() {
  sim::Duration timeout = kRegistrationTimeout;
  for (;;) {
    const RegisterTaskManager request{.name = std::string(environment_.process_name()),
                                      .incarnation = environment_.incarnation(),
                                      .session = session_,
                                      .slots = options_.slots};
    const auto reply = rpc_->Call(job_manager_, request, timeout);
    if (!reply) {
      environment_.Sleep(kRegistrationPause);
      timeout = std::min(2 * timeout, options_.engine.rpc.ask_timeout);
      continue;
    }
    token_ = reply->token;
    last_heard_ = environment_.Now();
    WatchJobManager();
    LeaveJobManager();
    timeout = kRegistrationTimeout;
  }
}

// Returns when the JobManager has been silent for too long.
void TaskExecutor::WatchJobManager() {
  for (;;) {
    const sim::SimTime silent_at = sim::Later(last_heard_, options_.engine.heartbeat.timeout);
    if (silent_at <= environment_.Now()) {
      return;
    }
    environment_.Sleep(silent_at - environment_.Now());
  }
}

void TaskExecutor::LeaveJobManager() {
  token_ = FencingToken();
  ++session_;
  if (options_.defects.Has(Defect::kTasksOutliveTheirMaster)) {
    forgotten_.merge(tasks_);
    return;
  }
  for (const auto& [id, task] : tasks_) {
    task->Cancel();
  }
  tasks_changed_.WaitFor([this] { return tasks_.empty(); });
}

void TaskExecutor::ServeData() {
  const sim::Result<std::unique_ptr<sim::Listener>> listener =
      environment_.network().Listen(kDataPort);
  sim::Check(listener.has_value(), "the data port of {} is in use", environment_.host_name());
  for (;;) {
    sim::Result<std::unique_ptr<sim::Connection>> connection = (*listener)->Accept();
    if (!connection) {
      return;
    }
    environment_.Spawn("consumer", [this, accepted = *std::move(connection)]() mutable {
      ServeConsumer(std::move(accepted));
    });
  }
}

void TaskExecutor::ServeConsumer(std::unique_ptr<sim::Connection> connection) {
  const sim::SimTime deadline = sim::Later(environment_.Now(), kRequestTimeout);
  const sim::Result<Bytes> first = connection->Receive(deadline);
  if (!first) {
    return;
  }
  const sim::Result<PartitionRequest> request = Decode<PartitionRequest>(*first);
  StreamTask* task = request ? Find(request->producer) : nullptr;
  ResultPartition* partition = task == nullptr ? nullptr : task->partition(request->edge);
  const bool served =
      partition != nullptr && request->subpartition < partition->subpartitions() &&
      (partition->Claim(request->subpartition) ||
       (options_.defects.Has(Defect::kReconnectsWithoutSequence) && partition->IsOpen()));
  const PartitionReply reply = served ? PartitionReply::kServed : PartitionReply::kNotFound;
  // Within the window of a fresh connection a frame never waits.
  if (connection->Send(Encode(reply)) && served) {
    task->Serve(*partition, request->subpartition, std::move(connection));
  }
}

}  // namespace flinch::engine
