#include "scenarios/aim/cast.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/events.h"
#include "engine/graph/job_graph.h"
#include "faults/generators.h"
#include "scenarios/aim/cells.h"
#include "scenarios/jobs/job_arguments.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/model/vary.h"
#include "sim/check.h"
#include "sim/random.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

constexpr uint32_t kMasterWeight = 6;

// How much more often a fault waits for a step of checkpoint and commit than for another event.
constexpr uint32_t kProtocolWeight = 3;

// As many as a scenario may have: cluster.task_managers.
constexpr uint32_t kManyTaskManagers = 500;
constexpr uint32_t kManyJobManagers = 9;

// What sim/world traces of its own acts.
constexpr auto kWorldEvents = std::to_array<events::EventInfo>({
    {"fault.crash", "process incarnation style", "the world killed a process"},
    {"fault.restart", "process incarnation", "the world booted a dead process"},
    {"fault.link", "from to cut loss delay_ns condition", "the world changed a link"},
    {"fault.links", "from to condition", "the world changed the links between groups of hosts"},
    {"fault.reset", "first second ends", "the world reset the connections between two hosts"},
    {"fault.swizzle", "hosts span_ns condition", "the world began to swizzle links"},
    {"fault.heal", "", "the world made every link whole"},
    {"fault.disk", "disk condition", "the world changed a disk"},
    {"fault.clock", "host drift_ppm frozen wall_step_ns", "the world changed the clocks of a host"},
    {"fault.code", "operator condition", "the code of an operator was made to throw or dawdle"},
    {"fault.turn", "fault", "the turn of a fault that comes at a rate"},
    {"fault.pause", "process incarnation timers", "the world paused a process"},
    {"fault.resume", "process incarnation paused_ns", "the world let a paused process go on"},
});

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Everybody, in the order in which hosts are drawn.
std::vector<std::string> Processes(const Scenario& scenario) {
  std::vector<std::string> processes = TaskManagerNames(scenario.cluster);
  processes.emplace_back(kJobManager);
  processes.emplace_back(kBroker);
  processes.emplace_back(kPublisher);
  for (uint32_t number = 2; number <= scenario.cluster.job_managers; ++number) {
    processes.push_back(JobManagerNames(scenario.cluster)[number - 1]);
  }
  if (IsHighlyAvailable(scenario)) {
    processes.emplace_back(kCoordination);
  }
  return processes;
}

// How often a run without faults sees what it sees, at the least, while faults are aimed at it.
struct Occasions {
  uint64_t checkpoints = 1;
  uint64_t subtasks = 1;  // of one vertex
  uint64_t vertices = 1;
  bool sees_the_end = false;  // the healing comes behind the end of the input
};

// Kinds that need something to fail first: a fault may follow them, none can count on them.
constexpr auto kNeedFailures = std::to_array<std::string_view>(
    {events::kJobUnrecoverable, events::kTaskManagerLost, events::kTaskManagerFatal,
     events::kCheckpointAborted, events::kTaskFailed, events::kTaskCanceled,
     events::kWindowLateRecord, events::kSinkAborted, events::kTransactionAborted,
     events::kProducerFenced, events::kTaskRestoring, events::kLeaderRevoked, events::kSessionEnded,
     events::kResultLost});

// Only of batch jobs.
constexpr auto kOfBatch = std::to_array<std::string_view>(
    {events::kInputSorted, events::kResultKept, events::kResultLost});

// Only where there is something to be elected by.
constexpr auto kOfElection = std::to_array<std::string_view>(
    {events::kLeaderGranted, events::kLeaderRevoked, events::kCoordinationStarted,
     events::kSessionOpened, events::kSessionEnded, events::kNodeChanged});

// Only of checkpoints that hold what is in flight.
constexpr auto kOfUnaligned =
    std::to_array<std::string_view>({events::kChannelPersisted, events::kInFlightPersisted});

// What no run without a story has. A story of the usual kind takes one savepoint.
constexpr auto kOfStories =
    std::to_array<std::string_view>({events::kSavepointTriggered, events::kSavepointStored});

// What depends on the story's steps.
constexpr auto kUncertain = std::to_array<std::string_view>(
    {events::kSavepointFailed, events::kJobSubmitted, events::kJobRefused, events::kOperationBegun,
     events::kOperationEnded});

constexpr auto kOfTheEnd = std::to_array<std::string_view>(
    {events::kTaskEndOfInput, events::kTaskFinished, events::kTopicSealed});

// Each task is in them once per checkpoint, sources as well as sinks.
constexpr auto kOfEveryTask =
    std::to_array<std::string_view>({events::kCheckpointAckReceived, events::kSnapshotTaken,
                                     events::kSnapshotUploaded, events::kCheckpointAcknowledged});

constexpr auto kOfTheMasterBySubtask =
    std::to_array<std::string_view>({events::kCheckpointAckReceived, events::kExecutionState,
                                     events::kReaderRegistered, events::kSplitAssigned});

// Of sources with an enumerator, and only where a run without faults sees them.
bool IsSeenOfSources(std::string_view kind, const Scenario& scenario) {
  return scenario.options.source.assignment == engine::SourceAssignment::kEnumerator &&
         kind != events::kSplitReturned && kind != events::kSourceEventLost;
}

template <typename Kinds>
bool IsOneOf(std::string_view kind, const Kinds& kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

// A batch job has one checkpoint, that of its end, which no barrier brings.
bool IsSeenOfMode(std::string_view kind, const Scenario& scenario, bool sees_the_end) {
  if (!scenario.options.execution.is_batch()) {
    return !IsOneOf(kind, kOfBatch);
  }
  const bool is_of_the_end =
      kind.starts_with("checkpoint.") || kind.starts_with("snapshot.") || kind.starts_with("sink.");
  return !kind.starts_with("barrier.") && kind != events::kCheckpointSubsumed &&
         kind != events::kCheckpointDeleted && (sees_the_end || !is_of_the_end);
}

// By what the event is about, which its fields say.
uint64_t TimesOf(const events::EventInfo& event, const Occasions& occasions) {
  if (IsOneOf(event.kind, kOfStories)) {
    return 1;
  }
  const std::vector<std::string> fields = Words(event.fields);
  const bool is_of_checkpoint = IsOneOf(std::string_view("id"), fields);
  const bool is_of_task = IsOneOf(std::string_view("subtask"), fields);
  if (IsOneOf(std::string_view("transaction"), fields)) {
    // A sink has a transaction only in checkpoints in which a result came out.
    return std::max<uint64_t>(occasions.checkpoints * occasions.subtasks / 4, 1);
  }
  if (event.kind == events::kCheckpointSubsumed || event.kind == events::kCheckpointDeleted) {
    return std::max<uint64_t>(occasions.checkpoints - 1, 1);
  }
  if (event.kind.starts_with("source.") && is_of_task) {
    return occasions.subtasks;
  }
  const uint64_t tasks = IsOneOf(event.kind, kOfEveryTask) || (is_of_task && !is_of_checkpoint)
                             ? occasions.vertices * occasions.subtasks
                             : occasions.subtasks;
  return (is_of_checkpoint ? occasions.checkpoints : 1) * (is_of_task ? tasks : 1);
}

// Of a job that cannot be built 1: its mistake is told elsewhere.
uint64_t VertexCount(const Scenario& scenario) {
  if (!OperatorNames(scenario)) {
    return 1;
  }
  const sim::Result<engine::JobGraph> graph = engine::BuildJobGraph(BuildStream(scenario, {}));
  return graph ? graph->vertices.size() : 1;
}

// Every event of the engine that a run without faults sees, early enough before the healing that
// other faults may put it off.
std::vector<faults::Anchor> Anchors(const Scenario& scenario, sim::Duration input_span) {
  const std::vector<std::string> workers = TaskManagerNames(scenario.cluster);
  const std::vector<std::string> masters = JobManagerNames(scenario.cluster);
  const int64_t interval = std::max<int64_t>(scenario.options.checkpoint.interval.count(), 1);
  const bool sees_the_end = scenario.limits.heal_after > input_span;
  const sim::Duration span =
      sees_the_end ? input_span : std::min(input_span, scenario.limits.heal_after) / 2;
  const Occasions occasions = {
      .checkpoints = scenario.options.execution.is_batch()
                         ? 1
                         : static_cast<uint64_t>(std::max<int64_t>(span.count() / interval, 1)),
      .subtasks = scenario.job.parallelism,
      .vertices = VertexCount(scenario),
      .sees_the_end = sees_the_end};
  std::vector<faults::Anchor> anchors;
  for (const events::EventInfo& event : events::All()) {
    const bool is_untold =
        (event.level == events::EventLevel::kChannel && !scenario.limits.channel_events) ||
        IsOneOf(event.kind, kUncertain) ||
        (IsOneOf(event.kind, kOfStories) && scenario.story.empty()) ||
        (IsOneOf(event.kind, kOfElection) && !IsHighlyAvailable(scenario)) ||
        (event.kind == events::kJobParallelism && !scenario.options.scheduler.is_adaptive()) ||
        (IsOneOf(event.kind, kOfUnaligned) && !scenario.options.checkpoint.overtakes()) ||
        !IsSeenOfMode(event.kind, scenario, sees_the_end);
    const bool is_of_source = event.kind.starts_with("source.");
    if (is_untold || IsOneOf(event.kind, kNeedFailures) ||
        (is_of_source && !IsSeenOfSources(event.kind, scenario)) ||
        (IsOneOf(event.kind, kOfTheEnd) && !occasions.sees_the_end)) {
      continue;
    }
    const bool is_of_broker = event.kind.starts_with("transaction.") ||
                              event.kind.starts_with("topic.") || event.kind.starts_with("broker.");
    const bool is_of_coordination = event.kind.starts_with("coordination.") ||
                                    event.kind.starts_with("session.") ||
                                    event.kind.starts_with("node.");
    const bool is_of_task = IsOneOf(std::string_view("subtask"), Words(event.fields)) &&
                            !IsOneOf(event.kind, kOfTheMasterBySubtask);
    const bool is_of_protocol = event.kind.starts_with("checkpoint.") ||
                                event.kind.starts_with("sink.") || is_of_source ||
                                event.kind.starts_with("transaction.");
    anchors.push_back({.event = std::string(event.kind),
                       .nth_max = TimesOf(event, occasions),
                       .processes = is_of_broker         ? std::vector{std::string(kBroker)}
                                    : is_of_coordination ? std::vector{std::string(kCoordination)}
                                    : is_of_task         ? workers
                                                         : masters,
                       .weight = is_of_protocol ? kProtocolWeight : 1});
  }
  return anchors;
}

// Where a fault may follow another: in the recovery from it, in the first checkpoint behind it, and
// wherever something is given up.
std::vector<faults::AtEvent> AgainEvents(const Scenario& scenario) {
  const std::vector<std::pair<std::string, std::string>> after_restore = {{"after_restore", "1"}};
  std::vector<faults::AtEvent> again = {
      {.kind = std::string(events::kJobRestored)},
      {.kind = std::string(events::kTaskStarted)},
      {.kind = std::string(events::kFirstRecord)},
      {.kind = std::string(events::kCheckpointTriggered), .where = after_restore},
      {.kind = std::string(events::kCheckpointCompleted)},
      {.kind = std::string(events::kCheckpointStored), .where = after_restore},
      {.kind = std::string(events::kCheckpointSubsumed)},
      {.kind = std::string(events::kTaskManagerRegistered)},
      {.kind = std::string(events::kBrokerStarted)}};
  for (const std::string_view kind : kNeedFailures) {
    const bool is_elsewhere = (IsOneOf(kind, kOfElection) && !IsHighlyAvailable(scenario)) ||
                              (IsOneOf(kind, kOfBatch) && !scenario.options.execution.is_batch());
    if (kind != events::kJobUnrecoverable && kind != events::kWindowLateRecord &&
        kind != events::kTaskManagerFatal && !is_elsewhere) {
      again.push_back({.kind = std::string(kind)});
    }
  }
  return again;
}

// Crashes of the TaskManagers, and faults of all links.
faults::SwarmOptions WorkerSwarm(const Scenario& scenario, sim::Duration input_span) {
  const SwarmSpec& spec = scenario.faults.swarm;
  faults::SwarmOptions options;
  for (const std::string& name : TaskManagerNames(scenario.cluster)) {
    options.crash_targets.push_back({.process = name});
  }
  options.hosts = Processes(scenario);
  // Most protocols have the JobManager at one end.
  for (const std::string& host : options.hosts) {
    options.host_weights.push_back(IsJobManager(host) ? kMasterWeight : 1);
  }
  // Records travel from task to task over connections, everything else is single messages.
  options.connected_hosts = TaskManagerNames(scenario.cluster);
  options.anchors = Anchors(scenario, input_span);
  options.horizon = scenario.limits.heal_after;
  options.crashes_min = spec.crashes_min;
  options.crashes_max = spec.crashes_max;
  options.spare_targets = std::max(SpareTaskManagers(scenario), 1U);
  options.restart_min = spec.restart_min;
  options.restart_max = spec.restart_max;
  options.link_faults_max = spec.link_faults_max;
  options.link_min = spec.link_min;
  options.link_max = spec.link_max;
  options.delay_min = spec.delay_min;
  options.delay_max = spec.delay_max;
  options.others_max = spec.others_max;
  options.disk_hosts = {std::string(kBroker)};
  if (scenario.options.execution.is_batch()) {
    // Results lie on them.
    options.disk_hosts.insert(options.disk_hosts.end(), options.connected_hosts.begin(),
                              options.connected_hosts.end());
  }
  // Whose journal is damaged has lost more than any recovery could give back.
  if (IsHighlyAvailable(scenario) && !spec.damages_storage) {
    options.disk_hosts.emplace_back(kCoordination);
  }
  options.volume_paths = {engine::CompletedCheckpointsDirectory(scenario.job.name),
                          engine::CheckpointsDirectory(scenario.job.name),
                          fmt::format("/ha/{}/checkpoint-id", scenario.job.name),
                          fmt::format("/ha/{}/attempt", scenario.job.name), "/ha/leader"};
  if (spec.others_max > 0) {
    options.operators = OperatorNames(scenario).value_or(std::vector<std::string>());
    options.code_faults_max = std::min(options.code_faults_max, spec.others_max);
  }
  options.damages_storage = spec.damages_storage;
  options.again_events = AgainEvents(scenario);
  options.anchored_weight = spec.anchored_weight;
  options.timed_weight = spec.timed_weight;
  return options;
}

// Crashes of those whom a cluster has only one of.
faults::SwarmOptions ControlSwarm(const Scenario& scenario, sim::Duration input_span) {
  faults::SwarmOptions options = WorkerSwarm(scenario, input_span);
  options.crash_targets.clear();
  for (const std::string& master : JobManagerNames(scenario.cluster)) {
    options.crash_targets.push_back({.process = master, .weight = 2});
  }
  options.crash_targets.push_back({.process = std::string(kBroker), .weight = 1});
  if (IsHighlyAvailable(scenario)) {
    options.crash_targets.push_back({.process = std::string(kCoordination), .weight = 1});
  }
  options.spare_targets = 0;
  options.hosts.clear();
  options.host_weights.clear();
  options.others_max = 0;
  options.operators.clear();
  options.crashes_min = 0;
  options.crashes_max = scenario.faults.swarm.control_crashes_max;
  return options;
}

// Faults that follow others of the appended plan go on following the same ones.
void Append(faults::FaultPlan& plan, faults::FaultPlan more) {
  const size_t shift = plan.faults.size();
  for (faults::Fault& fault : more.faults) {
    if (auto* const after = std::get_if<faults::AfterFault>(&fault.when)) {
      after->fault += shift;
    } else if (auto* const event = std::get_if<faults::AtEvent>(&fault.when);
               event != nullptr && event->since) {
      *event->since += shift;
    }
    plan.faults.push_back(std::move(fault));
  }
}

// The operators of the tasks that have the role.
std::vector<std::string> OperatorsOf(const Scenario& scenario, CellRole role) {
  const engine::JobGraph graph = BuildGraph(scenario);
  const VertexRoles roles = RolesOf(graph);
  std::vector<std::string> names;
  for (const engine::JobVertex& vertex : graph.vertices) {
    if (roles.at(vertex.name) == role) {
      for (const size_t node : vertex.operators) {
        names.push_back(graph.stream.nodes[node].name);
      }
    }
  }
  return names;
}

std::string AnotherWorker(const std::vector<std::string>& workers, std::string_view worker,
                          sim::Random random) {
  const auto own = std::ranges::find(workers, worker);
  const size_t step = 1 + random.Below(workers.size() - 1);
  return workers[(static_cast<size_t>(own - workers.begin()) + step) % workers.size()];
}

// As events name them: by task, and by operator. Where the cluster varies, of the widest.
std::optional<std::vector<std::string>> SubtaskNames(const Scenario& scenario) {
  std::optional<std::vector<std::string>> operators = OperatorNames(scenario);
  if (!operators) {
    return std::nullopt;
  }
  const sim::Result<engine::JobGraph> graph = engine::BuildJobGraph(BuildStream(scenario, {}));
  if (!graph) {
    return std::nullopt;
  }
  std::vector<std::string> names = *std::move(operators);
  for (const engine::JobVertex& vertex : graph->vertices) {
    if (std::ranges::find(names, vertex.name) == names.end()) {
      names.push_back(vertex.name);
    }
  }
  const uint32_t count = scenario.vary.cluster
                             ? std::max(WidestParallelism(scenario), VariedParallelismMax(scenario))
                             : WidestParallelism(scenario);
  std::vector<std::string> subtasks;
  for (const std::string& name : names) {
    for (uint32_t subtask = 0; subtask < count; ++subtask) {
      subtasks.push_back(fmt::format("{}[{}]", name, subtask));
    }
  }
  return subtasks;
}

// A fault in this cell, behind a crash that makes the job recover where the cell is about that.
faults::FaultPlan AimedPlan(const Scenario& scenario, const Cell& cell,
                            const faults::SwarmOptions& swarm, const sim::Random& random) {
  const std::vector<std::string> workers = TaskManagerNames(scenario.cluster);
  const std::string worker = workers[random.Split("worker").Below(workers.size())];
  const std::string other = workers[random.Split("other").Below(workers.size())];
  const std::string victim = cell.role == CellRole::kMaster ? std::string(kJobManager)
                             : cell.role == CellRole::kLog  ? std::string(kBroker)
                                                            : worker;
  faults::FaultPlan plan;
  faults::AtCell when{.cell = AddressOf(cell)};
  if (IsOfRecovery(cell)) {
    const uint64_t stored = 1 + random.Split("stored").Below(3);
    plan.faults.push_back(
        {.when = faults::AtEvent{.kind = std::string(events::kCheckpointStored), .nth = stored},
         .what = faults::Crash{.process = other,
                               .restart_after = random.Split("restart").Between(
                                   swarm.restart().min, swarm.restart().max)}});
    when.since = 0;
  } else {
    when.nth = 1 + random.Split("nth").Below(6);
  }
  const std::vector<std::string> operators =
      cell.fault == "code" ? OperatorsOf(scenario, cell.role) : std::vector<std::string>();
  std::string second(victim == kJobManager ? std::string_view(worker) : kJobManager);
  if (cell.fault == "reset" && workers.size() > 1) {
    second = AnotherWorker(workers, worker, random.Split("peer"));  // whom it has connections with
  }
  plan.faults.push_back(
      {.when = std::move(when),
       .what = faults::DrawAction(swarm, cell.fault,
                                  {.first = victim, .second = second, .operators = operators},
                                  random.Split("action"))});
  // What it has damaged shows when somebody goes on from it.
  if (cell.fault != "crash" &&
      random.Split("restores").Chance({.numerator = 1, .denominator = 2})) {
    const bool is_master = random.Split("restored").Chance({.numerator = 1, .denominator = 4});
    plan.faults.push_back(
        {.when = faults::AfterFault{.fault = plan.faults.size() - 1,
                                    .delay = random.Split("pause").Between(
                                        swarm.restart().min, 2 * swarm.restart().max)},
         .what = faults::Crash{.process = is_master ? std::string(kJobManager) : other,
                               .restart_after = random.Split("back").Between(
                                   swarm.restart().min, swarm.restart().max)}});
  }
  return plan;
}

}  // namespace

std::vector<std::string> JobManagerNames(const ClusterSpec& cluster) {
  std::vector<std::string> names = {std::string(kJobManager)};
  for (uint32_t number = 2; number <= cluster.job_managers; ++number) {
    names.push_back(fmt::format("{}-{}", kJobManager, number));
  }
  return names;
}

bool IsJobManager(std::string_view process) {
  return process == kJobManager ||
         (process.starts_with(kJobManager) && process.substr(kJobManager.size()).starts_with('-'));
}

std::vector<std::string> TaskManagerNames(const ClusterSpec& cluster) {
  std::vector<std::string> names;
  for (uint32_t number = 1; number <= cluster.task_managers; ++number) {
    names.push_back(fmt::format("{}{}", kTaskManagerPrefix, number));
  }
  return names;
}

std::span<const events::EventInfo> WorldEvents() { return kWorldEvents; }

faults::Cast CastOf(const Scenario& scenario) {
  faults::Cast cast;
  cast.processes = Processes(scenario);
  if (const JobCase* const job = JobOf(scenario)) {
    std::ranges::transform(job->outside, std::back_inserter(cast.processes), &OutsideSystem::name);
  }
  if (!scenario.story.empty()) {
    cast.processes.emplace_back(kClient);
  }
  cast.cells = CellAddresses();
  cast.operators = OperatorNames(scenario);
  cast.subtasks = SubtaskNames(scenario);
  cast.healed = sim::SimTime(scenario.limits.heal_after);
  for (const std::span<const events::EventInfo> all : {events::All(), WorldEvents()}) {
    for (const events::EventInfo& event : all) {
      cast.events.emplace(event.kind, Words(event.fields));
    }
  }
  return cast;
}

faults::Cast CastOfAnyScenario() {
  Scenario scenario;
  scenario.cluster.task_managers = kManyTaskManagers;
  scenario.cluster.job_managers = kManyJobManagers;
  faults::Cast cast = CastOf(scenario);
  cast.subtasks.reset();
  cast.healed.reset();
  cast.scope = "in any scenario";
  return cast;
}

faults::FaultPlan PlanOf(const Scenario& scenario, const Workload& workload, uint64_t seed) {
  switch (scenario.faults.source) {
    case FaultSource::kNone:
      return {};
    case FaultSource::kPlan:
      return scenario.faults.plan;
    case FaultSource::kSwarm:
      break;
  }
  const sim::Duration input_span =
      workload.rows.empty() ? sim::Duration(0) : workload.rows.back().publish_after;
  const sim::Random random = sim::Random(seed).Split("faults");
  const faults::SwarmOptions workers = WorkerSwarm(scenario, input_span);
  faults::FaultPlan plan;
  if (const std::string& aim = scenario.faults.swarm.aim; !aim.empty()) {
    const sim::Random aimed = random.Split("aim");
    plan = AimedPlan(scenario, CellAt(FindCell(aim).value()), workers, aimed);
    // Half of the plans leave the shot undisturbed.
    if (aimed.Split("alone").Chance({.numerator = 1, .denominator = 2})) {
      return plan;
    }
  }
  Append(plan, faults::DrawPlan(workers, random.Split("workers")));
  Append(plan, faults::DrawPlan(ControlSwarm(scenario, input_span), random.Split("control")));
  return plan;
}

std::vector<std::string> DrawableFaults(const Scenario& scenario, Aims aims) {
  if (scenario.faults.source != FaultSource::kSwarm) {
    return {};
  }
  const sim::Duration any_span = std::chrono::seconds(1);
  const faults::SwarmOptions workers = WorkerSwarm(scenario, any_span);
  std::set<std::string_view> drawn;
  for (const faults::SwarmOptions& swarm : {workers, ControlSwarm(scenario, any_span)}) {
    const std::vector<std::string_view> kinds = faults::DrawableKinds(swarm);
    drawn.insert(kinds.begin(), kinds.end());
  }
  for (const std::string_view family : faults::kFaultFamilies) {
    if (aims == Aims::kAtCells || !scenario.faults.swarm.aim.empty()) {
      const std::vector<std::string_view> kinds = faults::DrawableKinds(workers, family);
      drawn.insert(kinds.begin(), kinds.end());
    }
  }
  std::vector<std::string> kinds;
  for (const faults::FaultInfo& fault : faults::kFaultCatalogue) {
    if (drawn.contains(fault.kind)) {
      kinds.emplace_back(fault.kind);
    }
  }
  return kinds;
}

sim::Result<void> CheckSwarm(const Scenario& scenario) {
  const sim::Duration any_span = std::chrono::seconds(1);
  if (const sim::Result<void> valid = WorkerSwarm(scenario, any_span).Validate(); !valid) {
    return valid;
  }
  return ControlSwarm(scenario, any_span).Validate();
}

}  // namespace flinch::scenarios
