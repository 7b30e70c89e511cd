#include "engine/runtime/job_master.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// A cancel that is not confirmed is sent again after this time; so is a durable write that failed.
constexpr sim::Duration kRepeat = 200ms;

// Between having enough slots and using them. Flink: resource-stabilization-timeout, 10 s.
constexpr sim::Duration kSlotStabilization = 50ms;

// Where the status of a job that has ended lies, so that no later master runs it again. Flink: the
// JobResultStore.
std::string ResultPath(const std::string& job) { return fmt::format("/ha/{}/result", job); }

sim::Result<JobStatus> ParseResult(std::string_view content, std::string_view path) {
  for (const JobStatus status : {JobStatus::kFinished, JobStatus::kFailed}) {
    if (content == Name(status)) {
      return status;
    }
  }
  return sim::Fail(sim::ErrorCode::kCorruption, fmt::format("The file {} is damaged.", path));
}

}  // namespace

JobMaster::JobMaster(sim::Environment& environment, MainThread& main_thread, RpcEndpoint& rpc,
                     const JobGraph& graph, const Options& options)
    : environment_(environment),
      main_thread_(main_thread),
      rpc_(rpc),
      options_(options),
      resources_(environment, main_thread, rpc, options.engine.heartbeat, options.token, *this),
      graph_(graph),
      checkpoints_(environment, main_thread, *this, graph.stream.job_name,
                   options.engine.checkpoint, options.defects),
      attempts_(environment, fmt::format("/ha/{}/attempt", graph.stream.job_name)) {}

sim::Result<void> JobMaster::Recover() {
  if (!options_.defects.Has(Defect::kAttemptNumbersStartAgain)) {
    if (sim::Result<void> recovered = attempts_.Recover(); !recovered) {
      return recovered;
    }
  }
  if (sim::Result<void> recovered = checkpoints_.Recover(); !recovered) {
    return recovered;
  }
  const std::string path = ResultPath(graph_.graph().stream.job_name);
  const sim::Result<Bytes> ended = environment_.shared().Read(path);
  if (!ended) {
    return ended.error().code == sim::ErrorCode::kNotFound ? sim::Result<void>() : sim::Fail(ended);
  }
  const sim::Result<JobStatus> status = ParseResult(*ended, path);
  if (!status) {
    return sim::Fail(status);
  }
  status_ = *status;  // an earlier master saw the job to its end
  return {};
}

void JobMaster::Start() {
  resources_.Start();
  checkpoints_.CleanUp();
  if (status_ == JobStatus::kCreated) {
    FeedJob(JobInput::kStart);
    StartAttempt();
  }
}

void JobMaster::GiveUp(const std::string& reason) {
  environment_.Trace(events::kJobUnrecoverable, {{"reason", reason}});
  FeedJob(JobInput::kUnreadable, reason);
}

void JobMaster::FeedJob(JobInput input, std::string_view reason) {
  const auto& row = Step(kJobTransitions, status_, input);
  if (row.action == JobAction::kIgnore) {
    return;
  }
  const JobStatus from = std::exchange(status_, row.to);
  environment_.Trace(events::kJobStatus,
                     {{"from", Name(from)}, {"to", Name(status_)}, {"reason", reason}});
}

void JobMaster::StartAttempt() {
  main_thread_.Async(
      "attempt",
      [this] {
        sim::Result<uint64_t> number = attempts_.Next();
        while (!number) {
          environment_.Sleep(kRepeat);
          number = attempts_.Next();
        }
        return *number;
      },
      [this](uint64_t number) { OnAttemptNumber(number); });
}

void JobMaster::OnAttemptNumber(uint64_t number) {
  graph_.StartAttempt(AttemptNumber(static_cast<uint32_t>(number)));
  checkpointing_ = false;
  const CompletedCheckpoint* latest = checkpoints_.latest();
  environment_.Trace(events::kJobRestored,
                     {{"checkpoint", latest == nullptr ? CheckpointId() : latest->id},
                      {"attempt", graph_.attempt()}});
  for (Execution& execution : graph_.executions()) {
    Feed(execution, ExecutionInput::kSchedule, {});
  }
  Schedule();
}

void JobMaster::Schedule() {
  waits_for_slots_ = resources_.Slots().size() < graph_.graph().max_vertex_parallelism();
  if (waits_for_slots_) {
    return;  // until another TaskManager registers
  }
  // TaskManagers that come at the same time shall share the work.
  main_thread_.PostLater(kSlotStabilization, [this, attempt = graph_.attempt()] {
    if (attempt == graph_.attempt() && graph_.AllIn(ExecutionState::kScheduled)) {
      Place();
    }
  });
}

void JobMaster::Place() {
  const std::vector<std::string> slots = resources_.Slots();
  waits_for_slots_ = slots.size() < graph_.graph().max_vertex_parallelism();
  if (waits_for_slots_) {
    return;
  }
  for (Execution& execution : graph_.executions()) {
    execution.task_manager = slots[execution.id.subtask.value()];
  }
  Deploy();
}

void JobMaster::Deploy() {
  for (Execution& execution : graph_.executions()) {
    Feed(execution, ExecutionInput::kDeploy, {});
  }
  // Descriptions name each other's places, so they are made when all places are known.
  for (const Execution& execution : graph_.executions()) {
    Submit(execution);
  }
}

SubmitTask JobMaster::Describe(const Execution& execution) const {
  const JobGraph& graph = graph_.graph();
  SubmitTask submit{.token = options_.token,
                    .task = execution.id,
                    .job = graph.stream.job_name,
                    .restored = CheckpointId(),
                    .snapshots = {},
                    .producers = {}};
  if (const CompletedCheckpoint* latest = checkpoints_.latest()) {
    submit.restored = latest->id;
    std::ranges::copy_if(latest->snapshots, std::back_inserter(submit.snapshots),
                         [&](const SnapshotHandle& snapshot) {
                           return snapshot.vertex == execution.id.vertex &&
                                  snapshot.subtask == execution.id.subtask;
                         });
  }
  for (const size_t edge : graph.vertex(execution.id.vertex).inputs) {
    const JobEdge& job_edge = graph.edges.at(edge);
    const bool forward =
        graph.stream.edges.at(job_edge.stream_edge).partitioning == Partitioning::kForward;
    ProducerDescriptor& producers = submit.producers.emplace_back();
    producers.edge = static_cast<uint32_t>(edge);
    for (const Execution& producer : graph_.executions()) {
      if (producer.id.vertex == job_edge.from &&
          (!forward || producer.id.subtask == execution.id.subtask)) {
        producers.subtasks.emplace_back(producer.id, resources_.Find(producer.task_manager)->data);
      }
    }
  }
  return submit;
}

void JobMaster::Submit(const Execution& execution) {
  const sim::Address to = resources_.Find(execution.task_manager)->rpc;
  rpc_.Ask(main_thread_, to, Describe(execution), options_.engine.rpc.ask_timeout,
           [this, id = execution.id](const sim::Result<Nothing>& reply) {
             Execution* submitted = graph_.Find(id);
             if (submitted == nullptr || IsTerminal(submitted->state)) {
               return;
             }
             if (reply) {
               Feed(*submitted, ExecutionInput::kAccepted, {});
             } else if (submitted->state == ExecutionState::kDeploying) {
               Feed(*submitted, ExecutionInput::kError,
                    "could not be deployed: " + reply.error().message);
             }
           });
}

void JobMaster::Feed(Execution& execution, ExecutionInput input, const std::string& reason) {
  const auto& row = Step(kExecutionTransitions, execution.state, input);
  const ExecutionState from = std::exchange(execution.state, row.to);
  if (from != row.to) {
    environment_.Trace(events::kExecutionState, {{"subtask", NameOf(execution.id)},
                                                 {"attempt", execution.id.attempt},
                                                 {"from", Name(from)},
                                                 {"to", Name(row.to)}});
  }
  switch (row.action) {
    case ExecutionAction::kNone:
    case ExecutionAction::kIgnore:
      break;
    case ExecutionAction::kSendCancel:
      SendCancel(execution);
      break;
    case ExecutionAction::kFailOver:
      FailOver(fmt::format("{} failed: {}", NameOf(execution.id), reason));
      break;
    case ExecutionAction::kCheckFinished:
      if (graph_.AllIn(ExecutionState::kFinished)) {
        Finish();
      }
      break;
  }
}

void JobMaster::OnTaskState(const UpdateTaskState& update) {
  Execution* execution = graph_.Find(update.task);
  if (execution == nullptr) {
    return;  // of another attempt
  }
  if (IsTerminal(execution->state)) {
    if (options_.defects.Has(Defect::kAcceptsStatesOfLostTasks)) {
      execution->state = update.state;
    }
    return;  // repeated, or too late
  }
  switch (update.state) {
    case ExecutionState::kRunning:
      Feed(*execution, ExecutionInput::kStarted, {});
      if (update.end_of_input && !std::exchange(execution->end_of_input, true)) {
        checkpoints_.OnEndOfInput();
      }
      if (status_ == JobStatus::kRunning && !checkpointing_ &&
          (AllRunning() || options_.defects.Has(Defect::kTriggersWhileRestoring))) {
        checkpointing_ = true;
        checkpoints_.Start();
      }
      break;
    case ExecutionState::kFinished:
      Feed(*execution, ExecutionInput::kCompleted, {});
      break;
    case ExecutionState::kCanceled:
      // A TaskManager that cancels unasked has given us up.
      Feed(*execution,
           execution->state == ExecutionState::kCanceling ? ExecutionInput::kStopped
                                                          : ExecutionInput::kError,
           "was cancelled by its TaskManager");
      break;
    case ExecutionState::kFailed:
      Feed(*execution, ExecutionInput::kError, update.reason);
      break;
    default:
      break;  // no state that a task reports
  }
  CheckStopped();
}

void JobMaster::OnAcknowledge(const AcknowledgeCheckpoint& ack) {
  checkpoints_.OnAcknowledge(ack.task, ack.checkpoint, ack.snapshot);
}

void JobMaster::OnDecline(const DeclineCheckpoint& decline) {
  if (graph_.Find(decline.task) != nullptr) {
    checkpoints_.OnDecline(decline.checkpoint, decline.reason);
  } else {
    checkpoints_.DiscardWhatIsOver(decline.checkpoint);
  }
}

RegisterTaskManager::Reply JobMaster::OnRegister(const RegisterTaskManager& request,
                                                 sim::Address from) {
  resources_.OnRegister(request, from);
  return {.token = options_.token};
}

void JobMaster::OnHeartbeatReply(const HeartbeatReply& reply) {
  if (!resources_.OnHeartbeatReply(reply)) {
    return;
  }
  const ResourceManager::TaskManager* task_manager = resources_.Find(reply.name);
  for (const ExecutionAttemptId& task : reply.tasks) {
    const Execution* execution = graph_.Find(task);
    if (execution == nullptr || execution->task_manager != reply.name ||
        IsTerminal(execution->state)) {
      // A submission that came after its cancel or whose reply was lost, or that survived its
      // attempt.
      rpc_.Tell(task_manager->rpc, CancelTask{.token = options_.token, .task = task});
    }
  }
}

void JobMaster::OnTaskManagerRegistered(const std::string&) {
  if (waits_for_slots_) {
    Schedule();
  }
}

void JobMaster::OnTaskManagerLost(const std::string& name, const std::string& reason) {
  for (Execution& execution : graph_.executions()) {
    if (execution.task_manager == name && !IsTerminal(execution.state) &&
        execution.state != ExecutionState::kScheduled) {
      Feed(execution, ExecutionInput::kError,
           fmt::format("its TaskManager {} is lost ({})", name, reason));
    }
  }
  CheckStopped();
}

void JobMaster::FailOver(const std::string& reason) {
  if (status_ != JobStatus::kRunning) {
    return;  // one failure is answered once
  }
  checkpoints_.Stop();
  checkpointing_ = false;
  const bool may_restart = failures_ < options_.engine.restart.attempts;
  ++failures_;
  restart_not_before_ = sim::Later(environment_.Now(), options_.engine.restart.delay);
  const std::string spent =
      fmt::format("{} (after {} restarts no more are allowed)", reason, failures_ - 1);
  FeedJob(may_restart ? JobInput::kFailure : JobInput::kGiveUp, may_restart ? reason : spent);
  CancelAll();
  RepeatCancel();
  // In a mail of its own: whoever failed is still at work on the graph.
  main_thread_.Post([this] { CheckStopped(); });
}

void JobMaster::CancelAll() {
  for (Execution& execution : graph_.executions()) {
    if (!IsTerminal(execution.state)) {
      Feed(execution, ExecutionInput::kCancel, {});
    }
  }
}

void JobMaster::RepeatCancel() {
  if (options_.defects.Has(Defect::kCancelSentOnce)) {
    return;
  }
  main_thread_.PostLater(kRepeat, [this, attempt = graph_.attempt()] {
    if (attempt != graph_.attempt() || graph_.AllTerminal()) {
      return;
    }
    for (const Execution& execution : graph_.executions()) {
      if (execution.state == ExecutionState::kCanceling) {
        SendCancel(execution);
      }
    }
    RepeatCancel();
  });
}

void JobMaster::SendCancel(const Execution& execution) {
  if (const std::optional<sim::Address> to = AddressOf(execution.id)) {
    rpc_.Tell(*to, CancelTask{.token = options_.token, .task = execution.id});
  }
}

void JobMaster::CheckStopped() {
  if (!graph_.AllTerminal()) {
    return;
  }
  if (status_ == JobStatus::kFailing) {
    End(JobStatus::kFailed, JobInput::kAllStopped);
  } else if (status_ == JobStatus::kRestarting && !std::exchange(restart_due_, true)) {
    const sim::SimTime now = environment_.Now();
    const sim::Duration delay =
        restart_not_before_ > now ? restart_not_before_ - now : sim::Duration(0);
    main_thread_.PostLater(delay, [this] { checkpoints_.Settle([this] { Restart(); }); });
  }
}

void JobMaster::Restart() {
  restart_due_ = false;
  FeedJob(JobInput::kRestart);
  StartAttempt();
}

void JobMaster::Finish() {
  checkpoints_.Stop();
  End(JobStatus::kFinished, JobInput::kAllFinished);
}

void JobMaster::End(JobStatus result, JobInput input) {
  if (std::exchange(ending_, true)) {
    return;
  }
  main_thread_.Async(
      "end",
      [this, result] {
        // Without it a restarted JobManager would run the job again.
        while (!sim::WriteDurably(environment_.shared(), ResultPath(graph_.graph().stream.job_name),
                                  Name(result))) {
          environment_.Sleep(kRepeat);
        }
        return true;
      },
      [this, input](bool) { FeedJob(input); });
}

std::optional<sim::Address> JobMaster::AddressOf(const ExecutionAttemptId& task) {
  const Execution* execution = graph_.Find(task);
  if (execution == nullptr) {
    return std::nullopt;
  }
  const ResourceManager::TaskManager* place = resources_.Find(execution->task_manager);
  return place == nullptr ? std::nullopt : std::optional(place->rpc);
}

bool JobMaster::AllRunning() const { return graph_.AllIn(ExecutionState::kRunning); }

bool JobMaster::AllAtEndOfInput() const { return graph_.AllAtEndOfInput(); }

std::vector<ExecutionAttemptId> JobMaster::Sources() const {
  std::vector<ExecutionAttemptId> sources;
  for (const Execution& execution : graph_.executions()) {
    if (graph_.graph().vertex(execution.id.vertex).inputs.empty()) {
      sources.push_back(execution.id);
    }
  }
  return sources;
}

std::vector<ExecutionAttemptId> JobMaster::Tasks() const {
  std::vector<ExecutionAttemptId> tasks;
  for (const Execution& execution : graph_.executions()) {
    tasks.push_back(execution.id);
  }
  return tasks;
}

std::string JobMaster::NameOf(const ExecutionAttemptId& task) const {
  return SubtaskName(graph_.graph().vertex(task.vertex), task.subtask);
}

void JobMaster::Trigger(const ExecutionAttemptId& task, CheckpointId id) {
  const std::optional<sim::Address> to = AddressOf(task);
  if (!to) {
    checkpoints_.OnTriggerFailed(id);
    return;
  }
  rpc_.Ask(main_thread_, *to,
           TriggerCheckpoint{.token = options_.token, .task = task, .checkpoint = id},
           options_.engine.rpc.ask_timeout, [this, id](const sim::Result<Nothing>& reply) {
             if (!reply) {
               checkpoints_.OnTriggerFailed(id);
             }
           });
}

void JobMaster::NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) {
  if (const std::optional<sim::Address> to = AddressOf(task)) {
    rpc_.Tell(*to,
              NotifyCheckpointComplete{
                  .token = options_.token, .task = task, .checkpoint = id, .is_final = is_final});
  }
}

void JobMaster::NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) {
  if (const std::optional<sim::Address> to = AddressOf(task)) {
    rpc_.Tell(*to,
              NotifyCheckpointAborted{.token = options_.token, .task = task, .checkpoint = id});
  }
}

void JobMaster::OnTooManyFailures(const std::string& reason) { FailOver(reason); }

}  // namespace flinch::engine
