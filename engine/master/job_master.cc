#include "engine/master/job_master.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/assignment.h"
#include "engine/events.h"
#include "engine/master/restore_check.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

namespace job_effect = scheduler_effect;
namespace job_input = scheduler_input;

// A durable write that failed is repeated after this time.
constexpr sim::Duration kWriteRetry = 200ms;

// Between two attempts to tell a TaskManager that is not there something.
constexpr sim::Duration kNotifyPause = 100ms;

std::vector<std::string> OperatorsOf(const JobGraph& graph, VertexId vertex) {
  std::vector<std::string> names;
  for (const size_t node : graph.vertex(vertex).operators) {
    names.push_back(graph.stream.nodes.at(node).state_name());
  }
  return names;
}

}  // namespace

JobMaster::JobMaster(sim::Environment& environment, MainThread& main_thread,
                     ResourceManager& resources, HighAvailabilityServices& services,
                     const JobGraph& graph, const Options& options)
    : environment_(environment),
      main_thread_(main_thread),
      rpc_(resources.rpc()),
      resources_(resources),
      options_(options),
      job_(JobIdOf(graph.stream.job_name)),
      checkpoints_(environment, main_thread, *this, services, graph.stream.job_name,
                   {.checkpoint = options.engine.checkpoint,
                    .defects = options.defects,
                    .max_parallelism = graph.stream.max_parallelism,
                    .shares_files = options.engine.state.incremental}),
      attempts_(services.Attempts(graph.stream.job_name)),
      results_(services.JobResults(graph.stream.job_name)),
      sources_(environment, main_thread, *this, graph, options.defects),
      core_(graph, {.restart = options.engine.restart,
                    .failover = options.engine.failover,
                    .scheduler = options.engine.scheduler,
                    .is_batch = options.engine.execution.is_batch(),
                    .defects = options.defects,
                    .random = environment.RandomStream("restart-strategy")}) {}

sim::Result<void> JobMaster::Recover() {
  if (!options_.defects.Has(Defect::kAttemptNumbersStartAgain)) {
    if (sim::Result<void> recovered = attempts_->Recover(); !recovered) {
      return recovered;
    }
  }
  const sim::Result<JobRecord> record = ReadRecord();
  if (!record) {
    return sim::Fail(record);
  }
  record_ = *record;
  checkpoints_.SetFloor(std::max(options_.floor, record_.floor));
  if (sim::Result<void> recovered = checkpoints_.Recover(); !recovered) {
    return recovered;
  }
  if (checkpoints_.latest() != nullptr &&
      !options_.defects.Has(Defect::kAttemptNumbersStartAgain)) {
    // Whoever took it may have been another cluster, which numbered its attempts, too.
    attempts_->PassOver(LastAttemptOf(*checkpoints_.latest()));
  }
  if (!record_.end_operation.empty()) {
    operations_[record_.end_operation] = {.state = OperationState::kDone,
                                          .detail = record_.end_detail};
  }
  if (IsGloballyTerminal(record_.status)) {
    Feed(job_input::HasEnded{record_.status});  // an earlier master saw the job to its end
  }
  has_recovered_ = true;
  return {};
}

sim::Result<JobRecord> JobMaster::ReadRecord() const {
  const sim::Result<std::optional<std::string>> record = results_->Find();
  if (!record) {
    return sim::Fail(record);
  }
  return *record ? ParseRecord(**record, results_->place()) : JobRecord();
}

void JobMaster::Start() {
  resources_.Listen(*this);
  resources_.Announce({.job = job_, .token = options_.token});
  checkpoints_.CleanUp();
  if (core_.status() == JobStatus::kCreated) {
    Feed(job_input::Start{.is_committed = is_batch() && checkpoints_.latest() != nullptr});
    if (const std::vector<std::string> slots = resources_.Slots(); !slots.empty()) {
      Feed(job_input::SlotsChanged{slots});  // of TaskManagers that the job before this one had
    }
  } else if (core_.status() == JobStatus::kCanceled) {
    OnStatus(JobStatus::kCanceled);
  }
}

void JobMaster::GiveUp(const std::string& reason) {
  events::Trace(environment_, events::JobUnrecoverable{.reason = reason});
  Feed(job_input::Unreadable{reason});
}

void JobMaster::Feed(SchedulerInput input) {
  inputs_.push_back(std::move(input));
  if (std::exchange(stepping_, true)) {
    return;  // an effect has brought it: it comes when all effects of this step are out
  }
  while (!inputs_.empty()) {
    const SchedulerInput next = std::move(inputs_.front());
    inputs_.pop_front();
    for (const SchedulerEffect& effect : core_.Step(next, environment_.Now())) {
      std::visit([this](const auto& each) { Perform(each); }, effect);
    }
  }
  stepping_ = false;
}

void JobMaster::Perform(const job_effect::TellStatus& told) {
  events::Trace(environment_,
                events::JobStatusChanged{
                    .from = Name(told.from), .to = Name(told.to), .reason = told.reason});
  OnStatus(told.to);
}

void JobMaster::Perform(const job_effect::TellState& told) {
  events::Trace(environment_, events::ExecutionStateChanged{.subtask = NameOf(told.task),
                                                            .attempt = told.task.attempt,
                                                            .from = Name(told.from),
                                                            .to = Name(told.to)});
  if (told.to == ExecutionState::kRunning) {
    sources_.OnRunning(told.task);
  } else if (told.to == ExecutionState::kCanceling || IsTerminal(told.to)) {
    sources_.OnEnded(told.task);
  }
}

void JobMaster::Perform(const job_effect::TellResultLost& told) {
  events::Trace(environment_, events::ResultLost{.subtask = NameOf(told.task),
                                                 .attempt = told.task.attempt,
                                                 .is_needed = told.is_needed});
}

void JobMaster::Perform(const job_effect::DrawNumber&) {
  main_thread_.Async(
      "attempt",
      [this] {
        sim::Result<uint64_t> number = attempts_->Next();
        while (!number && !main_thread_.stopped()) {
          environment_.Sleep(kWriteRetry);
          number = attempts_->Next();
        }
        return number.value_or(0);  // 0: nobody will hear of it
      },
      [this](uint64_t number) {
        Feed(job_input::NumberDrawn{AttemptNumber(static_cast<uint32_t>(number))});
      });
}

void JobMaster::Perform(const job_effect::TellParallelism& told) {
  events::Trace(environment_, events::JobParallelism{.parallelism = told.parallelism});
}

void JobMaster::Perform(const job_effect::Restore& restore) {
  const CompletedCheckpoint* latest = checkpoints_.latest();
  events::Trace(environment_,
                events::JobRestored{.checkpoint = latest == nullptr ? CheckpointId() : latest->id,
                                    .attempt = restore.number,
                                    .subtasks = restore.subtasks,
                                    .all = restore.all});
  if (core_.is_committed()) {
    return;  // nothing is read any more
  }
  const bool is_resized = options_.engine.scheduler.is_adaptive();
  if (std::exchange(sources_start_anew_, false) || is_resized) {
    return sources_.Start(latest, graph());
  }
  for (const Execution& execution : core_.graph().executions()) {
    if (execution.id.attempt == restore.number) {
      sources_.OnReset(execution.id, latest == nullptr ? CheckpointId() : latest->id);
    }
  }
}

void JobMaster::Perform(const job_effect::Deploy& deploy) {
  for (const ExecutionAttemptId& task : deploy.tasks) {
    const std::optional<sim::Address> to = AddressOf(task);
    sim::Check(to.has_value(), "{} is deployed nowhere", NameOf(task));
    rpc_.Ask(main_thread_, *to, Describe(core_.graph().Latest(task.vertex, task.subtask)),
             options_.engine.rpc.ask_timeout, [this, task](const sim::Result<Nothing>& reply) {
               Feed(job_input::Submitted{
                   .task = task,
                   .failure = reply ? std::nullopt : std::optional(reply.error().message)});
             });
  }
}

uint32_t JobMaster::widest() const {
  const SchedulerOptions& scheduler = options_.engine.scheduler;
  const uint32_t most = scheduler.mode == SchedulerMode::kReactive
                            ? graph().stream.max_parallelism
                            : core_.declared().max_vertex_parallelism();
  return std::max(most, record_.widest);
}

bool JobMaster::IsOver() const {
  const CompletedCheckpoint* latest = checkpoints_.latest();
  return latest != nullptr && latest->id > record_.floor &&
         (latest->kind == CheckpointKind::kSavepointTerminate ||
          (!IsSavepoint(latest->kind) && latest->is_final));
}

SubmitTask JobMaster::Describe(const Execution& execution) const {
  const auto find = [this](VertexId vertex, SubtaskIndex subtask) -> ProducerPlace {
    const Execution& producer = core_.graph().Latest(vertex, subtask);
    const ResourceManager::TaskManager* const place = resources_.Find(producer.task_manager);
    // Of a batch job that only has to commit nobody is asked for anything.
    return {.task = producer.id, .address = place != nullptr ? place->data : sim::Address()};
  };
  SubmitTask submit{.job = job_,
                    .token = options_.token,
                    .deployment = DescribeTask(
                        graph(), {.name = graph().stream.job_name, .arguments = options_.arguments},
                        execution.id, find)};
  const uint32_t before = options_.engine.scheduler.is_adaptive() ? widest() : record_.widest;
  const ResourceManager::TaskManager* const place = resources_.Find(execution.task_manager);
  DeploymentTail tail{.widest = before > submit.deployment.parallelism ? before : 0,
                      .in_flight = {},
                      .incarnation = place != nullptr ? place->incarnation : 1,
                      .session = place != nullptr ? place->session : 1};
  if (const CompletedCheckpoint* latest = checkpoints_.latest()) {
    TaskRestore& restore = submit.deployment.restore.emplace();
    restore.checkpoint = latest->id;
    if (IsOver()) {
      submit.deployment.checkpoint.kind = CheckpointKind::kSavepointTerminate;
    }
    restore.snapshots =
        Assign(latest->snapshots, TopologyOf(*latest),
               TopologyOf(options_.defects.Has(Defect::kRescaleAssignsAsDeclared) ? core_.declared()
                                                                                  : graph()),
               OperatorsOf(graph(), execution.id.vertex), execution.id.subtask);
    const std::vector<ChannelPart> parts =
        AssignChannels(latest->snapshots, TopologyOf(*latest),
                       ExchangesInto(graph(), execution.id.vertex), execution.id.subtask);
    tail.in_flight.assign(parts.begin(), parts.end());
    if (latest->is_unclaimed) {
      ForbidReuse(restore.snapshots);
    }
  }
  if (!tail.IsUsual()) {
    submit.deployment.tail.push_back(std::move(tail));
  }
  return submit;
}

void JobMaster::Perform(const job_effect::Cancel& cancel) {
  if (const ResourceManager::TaskManager* place = resources_.Find(cancel.task_manager)) {
    rpc_.Tell(place->rpc, CancelTask{.job = job_, .token = options_.token, .task = cancel.task});
  }
}

void JobMaster::Perform(const job_effect::StartCheckpoints&) { checkpoints_.Start(); }

void JobMaster::Perform(const job_effect::StopCheckpoints&) { checkpoints_.Stop(); }

void JobMaster::Perform(const job_effect::TellEndOfInput&) { checkpoints_.OnEndOfInput(); }

void JobMaster::Perform(const job_effect::SettleCheckpoints&) {
  checkpoints_.Settle([this] {
    if (is_batch() && checkpoints_.latest() != nullptr) {
      Feed(job_input::Committed());
    }
    Feed(job_input::CheckpointsSettled());
  });
}

void JobMaster::Perform(const job_effect::WriteResult& write) {
  record_.status = write.status;
  if (ending_) {
    record_.end_operation = ending_->operation;
    record_.end_detail = ending_->savepoint;
  }
  main_thread_.Async(
      "end",
      [this, record = ShowRecord(record_)] {
        while (!results_->Write(record) && !main_thread_.stopped()) {
          environment_.Sleep(kWriteRetry);
        }
        return true;
      },
      [this](bool) { Feed(job_input::ResultWritten()); });
}

void JobMaster::Perform(const job_effect::StartTimer& start) {
  TimerId& timer = timers_[start.timer];
  main_thread_.Cancel(timer);
  timer = main_thread_.PostLater(
      start.after, [this, which = start.timer] { Feed(job_input::TimerFired{which}); });
}

void JobMaster::OnTaskState(const UpdateTaskState& update) {
  Feed(job_input::TaskReported{
      .task = update.task,
      .state = update.state,
      .end_of_input = update.end_of_input,
      .reason = update.reason,
      .missing = update.missing.empty() ? std::nullopt : std::optional(update.missing.front())});
}

void JobMaster::OnAcknowledge(const AcknowledgeCheckpoint& ack) {
  checkpoints_.OnAcknowledge(ack.task, ack.checkpoint, ack.snapshot);
}

void JobMaster::OnDecline(const DeclineCheckpoint& decline) {
  if (core_.graph().Find(decline.task) != nullptr) {
    checkpoints_.OnDecline(decline.checkpoint, decline.reason);
  } else {
    checkpoints_.DiscardWhatIsOver(decline.checkpoint);
  }
}

void JobMaster::OnListTasks(const ListTasks& list) {
  const ResourceManager::TaskManager* task_manager = resources_.Find(list.name);
  if (task_manager != nullptr && task_manager->session == list.session) {
    Feed(job_input::TasksListed{.task_manager = list.name, .tasks = list.tasks});
  }
}

void JobMaster::OnListResults(const ListResults& list) {
  const ResourceManager::TaskManager* task_manager = resources_.Find(list.name);
  if (task_manager == nullptr || task_manager->session != list.session) {
    return;
  }
  ReleaseResults release{.job = job_, .token = options_.token, .producers = {}};
  for (const ExecutionAttemptId& producer : list.producers) {
    const Execution* const execution = core_.graph().Find(producer);
    const bool may_be_read =
        execution != nullptr && execution->task_manager == list.name &&
        (!IsTerminal(execution->state) || execution->state == ExecutionState::kFinished);
    if (!may_be_read || core_.is_committed() || IsGloballyTerminal(core_.status())) {
      release.producers.push_back(producer);
    }
  }
  if (!release.producers.empty()) {
    rpc_.Tell(task_manager->rpc, release);
  }
}

void JobMaster::OnCheckpointComplete(CheckpointId id) {
  sources_.OnComplete(id);
  if (is_batch()) {
    Feed(job_input::Committed());
  }
}

void JobMaster::OnTaskManagerRegistered(const std::string&) {
  Feed(job_input::SlotsChanged{resources_.Slots()});
}

void JobMaster::OnTaskManagerLost(const std::string& name, const std::string& reason) {
  Feed(job_input::SlotsChanged{resources_.Slots()});
  Feed(job_input::TaskManagerLost{.name = name, .reason = reason});
}

std::optional<sim::Address> JobMaster::AddressOf(const ExecutionAttemptId& task) const {
  const Execution* execution = core_.graph().Find(task);
  if (execution == nullptr) {
    return std::nullopt;
  }
  const ResourceManager::TaskManager* place = resources_.Find(execution->task_manager);
  return place == nullptr ? std::nullopt : std::optional(place->rpc);
}

// A checkpoint of a job that is over, but whose sources do not know it yet, would not be its last.
bool JobMaster::AllRunning() const {
  if (is_batch()) {
    return core_.IsAtItsEnd();
  }
  return core_.graph().AllIn(ExecutionState::kRunning) && (!IsOver() || AllAtEndOfInput());
}

bool JobMaster::AllAtEndOfInput() const {
  return is_batch() ? core_.IsAtItsEnd() : core_.graph().AllAtEndOfInput();
}

std::vector<ExecutionAttemptId> JobMaster::Sources() const {
  if (is_batch()) {
    return Tasks();  // no barrier leads from one to another
  }
  std::vector<ExecutionAttemptId> sources;
  for (const Execution& execution : core_.graph().executions()) {
    if (graph().vertex(execution.id.vertex).inputs.empty()) {
      sources.push_back(execution.id);
    }
  }
  return sources;
}

std::vector<ExecutionAttemptId> JobMaster::Tasks() const {
  std::vector<ExecutionAttemptId> tasks;
  for (const Execution& execution : core_.graph().executions()) {
    const bool is_at_end = execution.state == ExecutionState::kRunning && execution.end_of_input;
    if (!is_batch() || (core_.graph().HasSink(execution) && is_at_end)) {
      tasks.push_back(execution.id);
    }
  }
  return tasks;
}

std::string JobMaster::NameOf(const ExecutionAttemptId& task) const {
  return SubtaskName(graph().vertex(task.vertex), task.subtask);
}

void JobMaster::Trigger(const ExecutionAttemptId& task, const CheckpointMeta& meta) {
  last_triggered_ = meta.id;
  const bool is_stop = IsSynchronous(meta.options.kind);
  if (is_stop) {
    stops_.insert(meta.id);
  }
  const std::optional<sim::Address> to = AddressOf(task);
  if (!to) {
    checkpoints_.OnTriggerFailed(meta.id);
    return;
  }
  if (is_stop && options_.defects.Has(Defect::kStopIsAskedForOnce)) {
    rpc_.Tell(*to, TriggerCheckpoint{
                       .job = job_, .token = options_.token, .task = task, .checkpoint = meta});
    return;
  }
  rpc_.Ask(
      main_thread_, *to,
      TriggerCheckpoint{.job = job_, .token = options_.token, .task = task, .checkpoint = meta},
      options_.engine.rpc.ask_timeout,
      [this, task, id = meta.id](const sim::Result<Nothing>& reply) {
        if (reply) {
          sources_.OnBarrier(task, id);
        } else {
          checkpoints_.OnTriggerFailed(id);
        }
      });
}

void JobMaster::NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) {
  const NotifyCheckpointComplete notification{
      .job = job_, .token = options_.token, .task = task, .checkpoint = id, .is_final = is_final};
  if (!is_final || !options_.defects.Has(Defect::kFinalNotificationSentOnce)) {
    Insist(notification, options_.engine.rpc.ask_timeout);
  } else if (const std::optional<sim::Address> to = AddressOf(task)) {
    rpc_.Tell(*to, notification);
  }
}

void JobMaster::NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) {
  Insist(
      NotifyCheckpointAborted{.job = job_, .token = options_.token, .task = task, .checkpoint = id},
      options_.engine.rpc.ask_timeout);
}

// A newer one that is complete implies it.
bool JobMaster::IsOvertaken(const NotifyCheckpointComplete& notification) const {
  return checkpoints_.latest() != nullptr && checkpoints_.latest()->id > notification.checkpoint;
}

// The barriers of a newer one end what waits for those of this one, but reach no task that waits
// behind a savepoint that was to stop the job.
bool JobMaster::IsOvertaken(const NotifyCheckpointAborted& notification) const {
  return last_triggered_ > notification.checkpoint && !stops_.contains(notification.checkpoint);
}

template <typename Notification>
void JobMaster::Insist(const Notification& notification, sim::Duration timeout) {
  const std::optional<sim::Address> to = AddressOf(notification.task);
  if (!to || IsOvertaken(notification)) {
    return;
  }
  rpc_.Ask(main_thread_, *to, notification, timeout,
           [this, notification, timeout](const sim::Result<Nothing>& reply) {
             const bool is_silent = !reply && reply.error().code == sim::ErrorCode::kTimeout;
             if (is_silent || (!reply && reply.error().code == sim::ErrorCode::kUnavailable)) {
               const sim::Duration next =
                   std::min(2 * timeout, 8 * options_.engine.rpc.ask_timeout);
               main_thread_.PostLater(is_silent ? sim::Duration(0) : kNotifyPause,
                                      [this, notification, next] { Insist(notification, next); });
             }
           });
}

void JobMaster::OnTooManyFailures(const std::string& reason) {
  Feed(job_input::CheckpointsFailed{reason});
}

void JobMaster::SendToReader(const ExecutionAttemptId& task, uint64_t sequence,
                             const SourceEvent& event,
                             std::function<void(const sim::Result<void>&)> then) {
  const std::optional<sim::Address> to = AddressOf(task);
  if (!to) {
    return then(sim::Fail(sim::ErrorCode::kNotFound, "Its TaskManager is gone."));
  }
  rpc_.Ask(
      main_thread_, *to,
      DeliverSourceEvent{
          .job = job_, .token = options_.token, .task = task, .sequence = sequence, .event = event},
      options_.engine.rpc.ask_timeout, [then = std::move(then)](const sim::Result<Nothing>& reply) {
        then(reply ? sim::Result<void>() : sim::Fail(reply));
      });
}

// Flink: "An OperatorEvent from an OperatorCoordinator to a task was lost. Triggering task failover
// to ensure consistency."
void JobMaster::FailReader(const ExecutionAttemptId& task, const std::string& reason) {
  if (core_.graph().Find(task) != nullptr) {
    Feed(job_input::SourceFailed{fmt::format("{} failed: {}", NameOf(task), reason)});
  }
}

void JobMaster::FailJobOfSource(const std::string& reason) {
  sources_start_anew_ = true;
  Feed(job_input::SourceFailed{reason});
}

void JobMaster::OnCoordinatorsReady(CheckpointId id, const CoordinatorStates& states) {
  checkpoints_.OnCoordinatorsReady(id, states);
}

void JobMaster::OnCoordinatorsFailed(CheckpointId id) {
  checkpoints_.OnDecline(id, "An event from the coordinator of a source was lost.");
}

}  // namespace flinch::engine
