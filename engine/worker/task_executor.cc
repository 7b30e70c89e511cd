#include "engine/worker/task_executor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/runtime/user_code.h"
#include "engine/waits.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// How long an attempt to register may take, and the pause before the next. The time doubles up to
// the ask time-out. Flink: cluster.registration.initial-timeout.
constexpr sim::Duration kRegistrationTimeout = 100ms;
constexpr sim::Duration kRegistrationPause = 50ms;

// Between two attempts to remove a snapshot that nobody has heard of.
constexpr sim::Duration kDiscardPause = 200ms;

}  // namespace

TaskExecutor::TaskExecutor(sim::Environment& environment, JobCatalog& catalog,
                           const TaskManagerOptions& options)
    : environment_(environment),
      catalog_(catalog),
      options_(options),
      main_thread_(environment),
      shuffle_(
          environment, kDataPort,
          [this](const ExecutionAttemptId& producer, uint32_t edge) {
            return FindPartition(producer, edge);
          },
          options.defects) {
  sim::Result<std::unique_ptr<RpcEndpoint>> rpc = RpcEndpoint::Open(environment, kTaskManagerPort);
  sim::Check(rpc.has_value(), "two TaskManagers run on host {}", environment.host_name());
  rpc_ = *std::move(rpc);
  Offer(*rpc_, ServiceName(TaskExecutorMethod()), main_thread_, *this, kTaskExecutorService);
  if (options.engine.high_availability.type == HighAvailabilityType::kCoordination) {
    coordination_ = std::make_unique<CoordinationClient>(
        environment, CoordinationClientOptions{.ask_timeout = options.engine.rpc.ask_timeout});
    return;  // and waits until it hears of a leader
  }
  const std::optional<sim::Address> job_manager =
      environment.network().Resolve(options.job_manager_host, kJobManagerPort);
  sim::Check(job_manager.has_value(), "there is no host {}", options.job_manager_host);
  job_manager_ = *job_manager;
}

void TaskExecutor::Run() {
  if (options_.engine.execution.is_batch()) {
    shuffle_.results().Sweep();
  }
  environment_.Spawn("data", [this] { shuffle_.Serve(); });
  if (coordination_ == nullptr) {
    Register(kRegistrationTimeout);
  } else {
    leader_retrieval_.emplace(environment_, *coordination_, main_thread_,
                              [this](const LeaderInformation& leader) { OnLeader(leader); });
  }
  main_thread_.Run();
}

void TaskExecutor::OnLeader(const LeaderInformation& leader) {
  const bool is_first = term_ == FencingToken();
  const std::optional<sim::Address> job_manager =
      environment_.network().Resolve(leader.host, kJobManagerPort);
  if (leader.term <= term_ || !job_manager) {
    return;  // told late
  }
  term_ = leader.term;
  job_manager_ = *job_manager;
  if (is_first) {
    Register(kRegistrationTimeout);
  } else if (token_ != FencingToken()) {
    LeaveJobManager();
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

sim::Result<Nothing> TaskExecutor::OnSourceEvent(const DeliverSourceEvent& delivery) {
  StreamTask* task = Find(delivery.task);
  if (task == nullptr) {
    return sim::Fail(sim::ErrorCode::kNotFound, "The task does not run here.");
  }
  task->Deliver(delivery.sequence, delivery.event);
  return Nothing();
}

void TaskExecutor::OnComplete(const NotifyCheckpointComplete& notification) {
  if (StreamTask* task = Find(notification.task)) {
    task->NotifyComplete(notification.checkpoint, notification.is_final);
  }
}

void TaskExecutor::OnAborted(const NotifyCheckpointAborted& notification) {
  if (StreamTask* task = Find(notification.task)) {
    task->NotifyAborted(notification.checkpoint);
  }
}

void TaskExecutor::OnRelease(const ReleaseResults& release) {
  shuffle_.results().Release(release.job, release.producers);
}

StreamTask* TaskExecutor::Find(const ExecutionAttemptId& id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : found->second.task.get();
}

std::optional<JobLeader> TaskExecutor::LeaderOf(const ExecutionAttemptId& id) const {
  const auto found = tasks_.find(id);
  return found != tasks_.end() && Accepts(found->second.leader)
             ? std::optional(found->second.leader)
             : std::nullopt;
}

void TaskExecutor::OnHeartbeat(const Heartbeat& heartbeat) {
  if (heartbeat.session != session_) {
    return;  // meant for an earlier life of this TaskManager
  }
  last_heard_ = environment_.Now();
  Follow(heartbeat.jobs);
  const std::string name(environment_.process_name());
  rpc_->Tell(job_manager_, HeartbeatReply{.token = token_, .name = name, .session = session_});
  for (const auto& [job, token] : leaders_) {
    ListTasks list{.job = job, .token = token, .name = name, .session = session_, .tasks = {}};
    for (const auto& [id, deployed] : tasks_) {
      if (deployed.leader.job == job) {
        list.tasks.push_back(id);
      }
    }
    if (!list.tasks.empty()) {
      rpc_->Tell(Endpoint(job_manager_, JobMasterServiceName(job)), list);
    }
    const ListResults results{.job = job,
                              .token = token,
                              .name = name,
                              .session = session_,
                              .producers = shuffle_.results().ProducersOf(job)};
    if (!results.producers.empty()) {
      rpc_->Tell(Endpoint(job_manager_, JobMasterServiceName(job)), results);
    }
  }
}

void TaskExecutor::Follow(const std::vector<JobLeader>& leaders) {
  const std::map<JobId, FencingToken> before = std::exchange(leaders_, {});
  for (const JobLeader& leader : leaders) {
    leaders_[leader.job] = leader.token;
  }
  ReleaseOfOthers(before);
  for (auto& [id, deployed] : tasks_) {
    if (!Accepts(deployed.leader)) {
      Cancel(id, deployed);
    }
  }
}

void TaskExecutor::ReleaseOfOthers(const std::map<JobId, FencingToken>& before) {
  for (const auto& [job, token] : before) {
    const auto now = leaders_.find(job);
    if (now == leaders_.end() || now->second != token) {
      shuffle_.results().ReleaseAll(job);
    }
  }
}

sim::Result<std::unique_ptr<StreamTask>> TaskExecutor::MakeTask(const TaskDeployment& deployment) {
  return CallUserCode(
      " while the task was made", [&]() -> sim::Result<std::unique_ptr<StreamTask>> {
        const sim::Result<const JobGraph*> job = catalog_.Find(deployment.entry);
        if (!job) {
          return sim::Fail(job);
        }
        if (sim::Result<void> fits = CheckAgainstCode(deployment, (*job)->stream); !fits) {
          return sim::Fail(fits);
        }
        return std::make_unique<StreamTask>(environment_, *this,
                                            StreamTask::Options{.code = (*job)->stream,
                                                                .engine = options_.engine,
                                                                .defects = options_.defects,
                                                                .shuffle = shuffle_,
                                                                .deployment = deployment});
      });
}

void TaskExecutor::OnSubmit(const SubmitTask& submit) {
  const JobLeader leader{.job = submit.job, .token = submit.token};
  const TaskDeployment& deployment = submit.deployment;
  const DeploymentTail tail = deployment.tail.empty() ? DeploymentTail() : deployment.tail.front();
  const bool is_meant = tail.incarnation == environment_.incarnation() && tail.session == session_;
  if (tasks_.contains(deployment.task) || !is_meant) {
    return;  // repeated, or from before we were given up
  }
  sim::Result<std::unique_ptr<StreamTask>> task = MakeTask(deployment);
  if (!task) {
    const StreamTask::Ending ending{.state = ExecutionState::kFailed,
                                    .reason = task.error().message};
    TraceEnding(deployment.subtask_name(), deployment.task.attempt, ending);
    Report({.job = leader.job,
            .token = leader.token,
            .task = deployment.task,
            .state = ending.state,
            .end_of_input = false,
            .reason = ending.reason});
    return;
  }
  StreamTask* const running = task->get();
  tasks_[deployment.task] = {
      .leader = leader, .job_name = deployment.job_name, .task = *std::move(task)};
  environment_.Spawn(
      std::string(kTaskFiber) + running->name(),
      [this, leader, id = deployment.task, running] { RunTask(leader, id, *running); });
}

void TaskExecutor::TraceEnding(const std::string& name, AttemptNumber attempt,
                               const StreamTask::Ending& ending) {
  if (ending.state == ExecutionState::kFinished) {
    events::Trace(environment_, events::TaskFinished{.subtask = name, .attempt = attempt});
  } else if (ending.state == ExecutionState::kCanceled) {
    events::Trace(environment_, events::TaskCanceled{.subtask = name, .attempt = attempt});
  } else {
    events::Trace(environment_,
                  events::TaskFailed{.subtask = name, .attempt = attempt, .reason = ending.reason});
  }
}

void TaskExecutor::RunTask(const JobLeader& leader, const ExecutionAttemptId& id,
                           StreamTask& task) {
  const StreamTask::Ending ending = task.Run();
  TraceEnding(task.name(), id.attempt, ending);
  // In the main thread, where nobody holds a pointer to the task.
  main_thread_.Post([this, leader, id, ending] {
    tasks_.erase(id);
    forgotten_.erase(id);
    UpdateTaskState update{.job = leader.job,
                           .token = leader.token,
                           .task = id,
                           .state = ending.state,
                           .end_of_input = false,
                           .reason = ending.reason,
                           .missing = {}};
    if (ending.missing) {
      update.missing.push_back(*ending.missing);
    }
    Report(update);
    RegisterAgainWhenIdle();
  });
}

void TaskExecutor::Cancel(const ExecutionAttemptId& id, Deployed& deployed) {
  deployed.task->Cancel();
  const sim::Duration timeout = options_.engine.task.cancellation_timeout;
  if (timeout > sim::Duration(0) && !std::exchange(deployed.is_watched, true)) {
    main_thread_.PostLater(timeout, [this, id, timeout] {
      if (const StreamTask* const task = Find(id)) {
        GiveUp(fmt::format("{} has not ended {} after its cancellation", task->name(),
                           sim::Show(timeout)));
      }
    });
  }
}

// What a task holds that does not end nobody can take from it but by ending the process. Until that
// has come nobody is answered any more.
void TaskExecutor::GiveUp(const std::string& reason) {
  events::Trace(environment_, events::TaskManagerFatal{.reason = reason});
  for (;;) {
    environment_.Park(sim::kForever, "to be ended");
  }
}

void TaskExecutor::OnCancel(const CancelTask& cancel) {
  if (const auto found = tasks_.find(cancel.task); found != tasks_.end()) {
    return Cancel(cancel.task, found->second);
  }
  if (options_.defects.Has(Defect::kCancelOfUnknownIsIgnored)) {
    return;
  }
  // Never came, or is gone: either way it does not run.
  rpc_->Tell(Endpoint(job_manager_, JobMasterServiceName(cancel.job)),
             UpdateTaskState{.job = cancel.job,
                             .token = cancel.token,
                             .task = cancel.task,
                             .state = ExecutionState::kCanceled,
                             .end_of_input = false,
                             .reason = {},
                             .missing = {}});
}

// What tasks tell comes as mails. Of a task that is not known any more nobody wants to hear.
void TaskExecutor::OnStarted(const ExecutionAttemptId& task) {
  main_thread_.Post([this, task] { ReportRunning(task, false); });
}

void TaskExecutor::OnEndOfInput(const ExecutionAttemptId& task) {
  main_thread_.Post([this, task] { ReportRunning(task, true); });
}

void TaskExecutor::ReportRunning(const ExecutionAttemptId& task, bool end_of_input) {
  if (const std::optional<JobLeader> leader = LeaderOf(task)) {
    Report({.job = leader->job,
            .token = leader->token,
            .task = task,
            .state = ExecutionState::kRunning,
            .end_of_input = end_of_input,
            .reason = {},
            .missing = {}});
  }
}

void TaskExecutor::OnSnapshot(const ExecutionAttemptId& task, CheckpointId id,
                              const SnapshotHandle& snapshot) {
  main_thread_.Post([this, task, id, snapshot] {
    const std::optional<JobLeader> leader = LeaderOf(task);
    if (!leader) {
      DiscardSnapshot(snapshot.path);
      return;
    }
    Insist(AcknowledgeCheckpoint{.job = leader->job,
                                 .token = leader->token,
                                 .task = task,
                                 .checkpoint = id,
                                 .snapshot = snapshot},
           options_.engine.rpc.ask_timeout,
           [this, leader = *leader, task, id, path = snapshot.path](const sim::Error& refusal) {
             // Fenced: the master before may have taken it, and its checkpoint be complete.
             if (refusal.code != sim::ErrorCode::kFenced) {
               Decline(leader, task, id, "Its acknowledgement was refused: " + refusal.message,
                       path);
             }
           });
    events::Trace(environment_,
                  events::CheckpointAcknowledged{.id = id, .subtask = Find(task)->name()});
  });
}

void TaskExecutor::OnDecline(const ExecutionAttemptId& task, CheckpointId id,
                             const std::string& reason) {
  main_thread_.Post([this, task, id, reason] {
    const auto deployed = tasks_.find(task);
    if (deployed == tasks_.end()) {
      return;
    }
    const std::string path = SnapshotPath(deployed->second.job_name, id, task);
    if (const std::optional<JobLeader> leader = LeaderOf(task)) {
      Decline(*leader, task, id, reason, path);
    } else {
      DiscardSnapshot(path);
    }
  });
}

// It was never acknowledged, so no checkpoint has it. At most one for each task and each leader
// that it loses waits for the volume.
void TaskExecutor::DiscardSnapshot(const std::string& path) {
  environment_.Spawn("discard", [this, path] {
    while (!RemoveSnapshot(environment_.shared(), path)) {
      environment_.Sleep(kDiscardPause);
    }
  });
}

void TaskExecutor::Decline(const JobLeader& leader, const ExecutionAttemptId& task, CheckpointId id,
                           const std::string& reason, const std::string& path) {
  // Refused as such: then the checkpoint runs into its time-out, and its coordinator removes all.
  Insist(DeclineCheckpoint{.job = leader.job,
                           .token = leader.token,
                           .task = task,
                           .checkpoint = id,
                           .reason = reason},
         options_.engine.rpc.ask_timeout, [this, path](const sim::Error& refusal) {
           if (refusal.code == sim::ErrorCode::kFenced) {
             DiscardSnapshot(path);
           }
         });
}

void TaskExecutor::Report(const UpdateTaskState& update) {
  if (options_.defects.Has(Defect::kStateIsReportedOnce)) {
    rpc_->Tell(Endpoint(job_manager_, JobMasterServiceName(update.job)), update);
    return;
  }
  Insist(update, options_.engine.rpc.ask_timeout, [this, update](const sim::Error& refusal) {
    // Flink: a task whose state cannot be told fails rather than go on unseen.
    if (refusal.code != sim::ErrorCode::kFenced) {
      OnCancel({.job = update.job, .token = update.token, .task = update.task});
    }
  });
}

template <typename Message, typename Refused>
void TaskExecutor::Insist(const Message& message, sim::Duration timeout, Refused refused) {
  if (!Accepts(message)) {  // a JobMaster that we left does not care any more
    return refused({sim::ErrorCode::kFenced, "Its JobMaster leads the job no more."});
  }
  rpc_->Ask(main_thread_, Endpoint(job_manager_, JobMasterServiceName(message.job)), message,
            timeout, [this, message, timeout, refused](const sim::Result<Nothing>& reply) {
              if (reply) {
                return;
              }
              if (reply.error().code == sim::ErrorCode::kFenced ||
                  reply.error().code == sim::ErrorCode::kInvalidArgument ||
                  reply.error().code == sim::ErrorCode::kCorruption) {
                refused(reply.error());  // the same bytes again would fare no better
                return;
              }
              // It is there and not ready, or it was waited for already. The time-out grows, or a
              // link that is slower than it would never let a reply through in time.
              const sim::Duration pause = reply.error().code == sim::ErrorCode::kTimeout
                                              ? sim::Duration(0)
                                              : kRegistrationPause;
              const sim::Duration next = std::min(2 * timeout, 8 * options_.engine.rpc.ask_timeout);
              main_thread_.PostLater(
                  pause, [this, message, next, refused] { Insist(message, next, refused); });
            });
}

void TaskExecutor::Register(sim::Duration timeout) {
  const RegisterTaskManager request{.name = std::string(environment_.process_name()),
                                    .incarnation = environment_.incarnation(),
                                    .session = session_,
                                    .slots = options_.slots};
  rpc_->Ask(main_thread_, job_manager_, request, timeout,
            [this, timeout](const sim::Result<RegisterTaskManager::Reply>& reply) {
              const bool is_overtaken = reply && term_ != FencingToken() && reply->token != term_;
              if (!reply || is_overtaken) {
                const sim::Duration next = std::min(2 * timeout, options_.engine.rpc.ask_timeout);
                main_thread_.PostLater(kRegistrationPause, [this, next] { Register(next); });
                return;
              }
              token_ = reply->token;
              Follow(reply->jobs);
              last_heard_ = environment_.Now();
              WatchJobManager(session_);
            });
}

// Leaves the JobManager when it has been silent for too long.
void TaskExecutor::WatchJobManager(uint64_t session) {
  if (session != session_) {
    return;  // it was left already
  }
  const sim::SimTime silent_at = sim::Later(last_heard_, options_.engine.heartbeat.timeout);
  const sim::SimTime now = environment_.Now();
  if (silent_at <= now) {
    LeaveJobManager();
  } else {
    main_thread_.PostLater(silent_at - now, [this, session] { WatchJobManager(session); });
  }
}

void TaskExecutor::LeaveJobManager() {
  sim::Check(token_ != FencingToken() && !leaves_, "nobody is left twice");
  token_ = FencingToken();
  ReleaseOfOthers(std::exchange(leaders_, {}));
  ++session_;
  leaves_ = true;
  if (options_.defects.Has(Defect::kTasksOutliveTheirMaster)) {
    forgotten_.merge(tasks_);
  }
  for (auto& [id, deployed] : tasks_) {
    Cancel(id, deployed);
  }
  RegisterAgainWhenIdle();
}

void TaskExecutor::RegisterAgainWhenIdle() {
  if (leaves_ && tasks_.empty()) {
    leaves_ = false;
    Register(kRegistrationTimeout);
  }
}

ResultPartition* TaskExecutor::FindPartition(const ExecutionAttemptId& producer, uint32_t edge) {
  StreamTask* task = Find(producer);
  return task == nullptr ? nullptr : task->partition(edge);
}

}  // namespace flinch::engine
