#include "scenarios/aim/cast.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/graph/job_graph.h"
#include "faults/generators.h"
#include "scenarios/aim/cells.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/stage/promise.h"
#include "sim/check.h"
#include "sim/random.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

// Each checkpoint is acknowledged by this many vertices of a job: source, keyed operator, sink.
constexpr uint64_t kVertices = 3;

constexpr uint32_t kMasterWeight = 6;

// As many as a scenario may have: cluster.task_managers.
constexpr uint32_t kTaskManagersMax = 500;

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
std::vector<std::string> Processes(const ClusterSpec& cluster) {
  std::vector<std::string> processes = TaskManagerNames(cluster);
  processes.emplace_back(kJobManager);
  processes.emplace_back(kBroker);
  processes.emplace_back(kPublisher);
  return processes;
}

// Protocol events that a run without faults sees in the first half of its input, and early enough
// before the healing that other faults may put them off.
std::vector<faults::Anchor> Anchors(const Scenario& scenario, sim::Duration input_span) {
  const std::vector<std::string> workers = TaskManagerNames(scenario.cluster);
  const std::vector<std::string> master = {std::string(kJobManager)};
  const std::vector<std::string> broker = {std::string(kBroker)};
  const int64_t interval = std::max<int64_t>(scenario.options.checkpoint.interval.count(), 1);
  const sim::Duration span = std::min(input_span, scenario.limits.heal_after) / 2;
  const uint64_t checkpoints = static_cast<uint64_t>(std::max<int64_t>(span.count() / interval, 1));
  const uint64_t subtasks = checkpoints * scenario.job.parallelism;
  // A sink has a transaction only in checkpoints in which a result came out.
  const uint64_t transactions = std::max<uint64_t>(subtasks / 4, 1);
  const auto anchor = [](std::string_view event, uint64_t nth_max,
                         const std::vector<std::string>& processes, uint32_t weight) {
    return faults::Anchor{
        .event = std::string(event), .nth_max = nth_max, .processes = processes, .weight = weight};
  };
  return {
      anchor(events::kCheckpointTriggered, checkpoints, master, 2),
      anchor(events::kCheckpointAckReceived, kVertices * subtasks, master, 2),
      anchor(events::kCheckpointCompleted, checkpoints, master, 3),
      anchor(events::kCheckpointStored, checkpoints, master, 3),
      anchor(events::kCheckpointNotified, checkpoints, master, 3),
      anchor(events::kBarrierSent, subtasks, workers, 2),
      anchor(events::kBarrierAligned, subtasks, workers, 2),
      anchor(events::kSnapshotTaken, kVertices * subtasks, workers, 2),
      anchor(events::kSnapshotUploaded, kVertices * subtasks, workers, 2),
      anchor(events::kCheckpointAcknowledged, kVertices * subtasks, workers, 4),
      anchor(events::kSinkPreCommitted, transactions, workers, 3),
      anchor(events::kSinkCommitting, transactions, workers, 3),
      anchor(events::kSinkCommitted, transactions, workers, 3),
      anchor(events::kTransactionCommitted, transactions, broker, 2),
  };
}

// In the recovery from a crash, and in the first checkpoint after it.
std::vector<faults::AtEvent> AgainEvents() {
  const std::vector<std::pair<std::string, std::string>> after_restore = {{"after_restore", "1"}};
  return {{.kind = std::string(events::kJobRestored)},
          {.kind = std::string(events::kTaskRestoring)},
          {.kind = std::string(events::kFirstRecord)},
          {.kind = std::string(events::kCheckpointTriggered), .where = after_restore},
          {.kind = std::string(events::kCheckpointCompleted)},
          {.kind = std::string(events::kCheckpointStored), .where = after_restore}};
}

// Crashes of the TaskManagers, and faults of all links.
faults::SwarmOptions WorkerSwarm(const Scenario& scenario, sim::Duration input_span) {
  const SwarmSpec& spec = scenario.faults.swarm;
  faults::SwarmOptions options;
  for (const std::string& name : TaskManagerNames(scenario.cluster)) {
    options.crash_targets.push_back({.process = name});
  }
  options.hosts = Processes(scenario.cluster);
  // Most protocols have the JobManager at one end.
  for (const std::string& host : options.hosts) {
    options.host_weights.push_back(host == kJobManager ? kMasterWeight : 1);
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
  if (spec.others_max > 0) {
    options.operators = OperatorNames(scenario).value_or(std::vector<std::string>());
    options.code_faults_max = std::min(options.code_faults_max, spec.others_max);
  }
  options.damages_storage = spec.damages_storage;
  options.again_events = AgainEvents();
  options.anchored_weight = spec.anchored_weight;
  options.timed_weight = spec.timed_weight;
  return options;
}

// Crashes of those whom a cluster has only one of.
faults::SwarmOptions ControlSwarm(const Scenario& scenario, sim::Duration input_span) {
  faults::SwarmOptions options = WorkerSwarm(scenario, input_span);
  options.crash_targets = {{.process = std::string(kJobManager), .weight = 2},
                           {.process = std::string(kBroker), .weight = 1}};
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
  return plan;
}

}  // namespace

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
  cast.processes = Processes(scenario.cluster);
  cast.cells = CellAddresses();
  cast.operators = OperatorNames(scenario);
  for (const std::span<const events::EventInfo> all :
       {std::span<const events::EventInfo>(events::kAll), WorldEvents()}) {
    for (const events::EventInfo& event : all) {
      cast.events.emplace(event.kind, Words(event.fields));
    }
  }
  return cast;
}

faults::Cast CastOfAnyScenario() {
  Scenario scenario;
  scenario.cluster.task_managers = kTaskManagersMax;
  faults::Cast cast = CastOf(scenario);
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
