#include "scenarios/testing/mini_cluster.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/graph/job_graph.h"
#include "engine/runtime/user_code.h"
#include "scenarios/files/registry.h"
#include "scenarios/stage/boot.h"
#include "scenarios/stage/job_outputs.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

constexpr sim::Duration kBetweenRows = std::chrono::milliseconds(5);

Scenario ScenarioOf(const JobCase& job, const MiniClusterOptions& options) {
  Scenario scenario = job.scenario.value_or(*FindLibraryScenario("small_job"));
  scenario.name = job.name;
  scenario.job.name = job.name;
  scenario.job.parallelism = options.parallelism;
  scenario.cluster = {.task_managers = options.task_managers, .slots_each = options.slots_each};
  scenario.workload.partitions = options.partitions;
  scenario.options = options.engine.value_or(scenario.options);
  return scenario;
}

Workload WorkloadOf(const MiniClusterOptions& options) {
  Workload workload{.rows = options.rows, .partitions = options.partitions};
  sim::Duration due{0};
  for (InputRow& row : workload.rows) {
    due = row.publish_after == sim::Duration(0) ? due + kBetweenRows
                                                : std::max(due, row.publish_after);
    row.publish_after = due;
  }
  workload.out_of_orderness = MeasureOutOfOrderness(workload.rows, workload.partitions);
  return workload;
}

}  // namespace

void MiniCluster::Watch::OnEvent(const sim::TraceEvent& event) {
  ++counts[std::string(event.kind)];
  if (event.kind == engine::events::kJobStatus) {
    status = event.Text("to").value_or("");
  }
}

MiniCluster::MiniCluster(JobCase job, const MiniClusterOptions& options)
    : job_(std::move(job)),
      scenario_(ScenarioOf(job_, options)),
      world_({.seed = options.seed}),
      booted_(CheckJob()) {
  const auto is_lost = [&options](const InputRow& row) {
    return row.partition >= options.partitions;
  };
  if (booted_ && std::ranges::any_of(options.rows, is_lost)) {
    booted_ = Fail(ErrorCode::kInvalidArgument,
                   fmt::format("A row goes to a partition that is not there; there are {}.",
                               options.partitions));
  }
  if (!booted_) {
    return;
  }
  workload_ = WorkloadOf(options);
  world_.Observe(watch_);
  BootCluster(world_, {.scenario = scenario_,
                       .workload = workload_,
                       .job = job_,
                       .load = [this](const std::string&) { return LoadCode(); }});
}

sim::Result<void> MiniCluster::CheckJob() const {
  if (!job_.build) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The job {} has nothing that builds it.", text::Quote(job_.name)));
  }
  const sim::Result<engine::StreamGraph> stream = engine::CallUserCode(
      " while it built the job",
      [this]() -> sim::Result<engine::StreamGraph> { return job_.build(scenario_, {}); });
  const sim::Result<engine::JobGraph> graph =
      stream ? engine::BuildJobGraph(*stream) : Fail(stream);
  if (!graph) {
    return Fail(graph);
  }
  const uint32_t slots = scenario_.cluster.task_managers * scenario_.cluster.slots_each;
  if (scenario_.job.parallelism > slots) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The job needs {} slots, and the cluster has {}.",
                            scenario_.job.parallelism, slots));
  }
  return scenario_.options.Validate();
}

engine::StreamGraph MiniCluster::LoadCode() const {
  engine::StreamGraph stream = job_.build(scenario_, workload_);
  stream.job_name = job_.name;
  return stream;
}

sim::Result<void> MiniCluster::Await(std::string_view what, sim::Duration limit,
                                     const std::function<bool()>& reached) {
  if (!booted_) {
    return booted_;
  }
  const sim::SimTime until = sim::Later(world_.Now(), limit);
  world_.At(until, [] {});
  bool is_there = false;
  const sim::Outcome outcome = world_.Run([&] {
    is_there = reached();
    return is_there || world_.Now() >= until;
  });
  if (outcome.violation) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("An invariant broke: {} ({}).", outcome.violation->what,
                            outcome.violation->where));
  }
  return is_there ? sim::Result<void>()
                  : Fail(ErrorCode::kTimeout,
                         fmt::format("{} did not come within {}; the job is {}: {}", what,
                                     sim::Show(limit),
                                     watch_.status.empty() ? "not known" : watch_.status,
                                     sim::Head(world_.Explain())));
}

sim::Result<void> MiniCluster::RunFor(sim::Duration span) {
  const sim::SimTime until = sim::Later(world_.Now(), span);
  return Await("That time", span, [this, until] { return world_.Now() >= until; });
}

sim::Result<void> MiniCluster::RunUntil(std::string_view event, uint64_t nth, sim::Duration limit) {
  return Await(fmt::format("Event {} of {}", nth, event), limit,
               [this, event, nth] { return CountOf(event) >= nth; });
}

sim::Result<void> MiniCluster::RunToEnd(sim::Duration limit) {
  const auto has_ended = [this] {
    return watch_.status == "FINISHED" || watch_.status == "FAILED";
  };
  if (sim::Result<void> ended = Await("The end of the job", limit, has_ended); !ended) {
    return ended;
  }
  return watch_.status == "FINISHED"
             ? sim::Result<void>()
             : Fail(ErrorCode::kUnavailable, "The job has failed for good.");
}

sim::Result<std::vector<OutputRecord>> MiniCluster::Output() const {
  if (!booted_) {
    return Fail(booted_);
  }
  const sim::Result<engine::LogContents> log = ReadLogOf(world_);
  return log ? ReadOutputs(job_, world_, *log) : Fail(log);
}

uint64_t MiniCluster::CountOf(std::string_view event) const {
  const auto found = watch_.counts.find(event);
  return found == watch_.counts.end() ? 0 : found->second;
}

sim::ProcessId MiniCluster::process(std::string_view name) const {
  const std::optional<sim::ProcessId> found = world_.FindProcess(name);
  sim::Check(found.has_value(), "there is no process {}", name);
  return *found;
}

}  // namespace flinch::scenarios
