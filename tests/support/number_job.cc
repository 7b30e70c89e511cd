#include "tests/support/number_job.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "engine/cluster.h"
#include "engine/events.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

JobGraph Describe(const NumberClusterOptions& options,
                  const std::function<void(StreamExecutionEnvironment&)>& describe) {
  StreamExecutionEnvironment job("numbers", {.parallelism = options.parallelism});
  describe(job);
  sim::Result<JobGraph> graph = BuildJobGraph(job.Build());
  sim::Check(graph.has_value(), "the job is wrong: {}",
             graph ? std::string() : graph.error().message);
  return *std::move(graph);
}

}  // namespace

sim::Result<void> NumberSource::Open(OperatorRuntime& runtime, const OperatorState* restored) {
  output_ = &runtime.main_output();
  step_ = runtime.subtask().parallelism;
  next_ = runtime.subtask().index.value();
  if (restored != nullptr) {
    const sim::Result<int64_t> next = Decode<int64_t>(restored->at("next").at(0));
    if (!next) {
      return sim::Fail(next);
    }
    next_ = *next;
  }
  return {};
}

void NumberSource::OnAvailable(std::function<void()>) {}

sim::Result<InputStatus> NumberSource::EmitNext() {
  if (next_ >= count_) {
    return InputStatus::kEndOfInput;
  }
  const int64_t number = std::exchange(next_, next_ + step_);
  if (sim::Result<void> emitted = output_->Emit({&number, EventTime(number)}); !emitted) {
    return sim::Fail(emitted);
  }
  return InputStatus::kMoreAvailable;
}

sim::Result<OperatorState> NumberSource::Snapshot(const CheckpointMeta&) {
  return OperatorState{{"next", {Encode(next_)}}};
}

sim::Result<void> NumberSink::Open(OperatorRuntime& runtime, const OperatorState*) {
  subtask_ = runtime.subtask().index.value();
  attempt_ = runtime.subtask().attempt.value();
  return {};
}

sim::Result<void> NumberSink::ProcessElement(const StreamRecord& record) {
  received_.push_back({.number = *static_cast<const int64_t*>(record.value),
                       .subtask = subtask_,
                       .attempt = attempt_});
  return {};
}

sim::Result<void> NumberSink::ProcessWatermark(EventTime) { return {}; }

EngineOptions QuickEngineOptions() {
  EngineOptions options;
  options.checkpoint.interval = 200ms;
  options.checkpoint.timeout = 2s;
  options.checkpoint.tolerable_failures = 10;
  options.restart.delay = 100ms;
  options.heartbeat.interval = 100ms;
  options.heartbeat.timeout = 500ms;
  options.rpc.ask_timeout = 300ms;
  options.task.record_time = 5ms;
  return options;
}

NumberCluster::NumberCluster(const NumberClusterOptions& options,
                             const std::function<void(StreamExecutionEnvironment&)>& describe)
    : options_(options), graph_(engine::Describe(options, describe)), bench_(options.seed) {
  StartJobManager();
  for (uint32_t i = 0; i < options.task_managers; ++i) {
    StartTaskManager();
  }
}

void NumberCluster::StartJobManager() {
  bench_.Start("jm", [this](sim::Environment& environment) {
    RunJobManager(environment, graph_, {.engine = options_.engine, .defects = {}});
  });
}

void NumberCluster::StartTaskManager() {
  bench_.Start("tm-" + std::to_string(++task_managers_), [this](sim::Environment& environment) {
    RunTaskManager(environment, graph_, {.slots = options_.slots, .engine = options_.engine});
  });
}

void NumberCluster::RunToEnd(sim::Duration span) {
  const sim::SimTime end = bench_.world().Now() + span;
  bench_.RunUntil([this, end] {
    const std::string status = job_status();
    return status == "FINISHED" || status == "FAILED" || bench_.world().Now() >= end;
  });
}

std::string NumberCluster::job_status() const {
  const std::vector<sim::RecordedEvent> events = bench_.Events(events::kJobStatus);
  return events.empty() ? "" : std::string(*events.back().Text("to"));
}

std::vector<std::string> NumberCluster::Tasks(std::string_view kind) const {
  std::vector<std::string> tasks;
  for (const sim::RecordedEvent& event : bench_.Events(kind)) {
    tasks.push_back(std::string(*event.Text("subtask")) + " " +
                    std::to_string(*event.Number("attempt")));
  }
  return tasks;
}

std::vector<int64_t> Numbers(const std::vector<Received>& received) {
  std::vector<int64_t> numbers;
  for (const Received& each : received) {
    numbers.push_back(each.number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::vector<int64_t> FirstNumbers(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::map<uint32_t, size_t> CountBySubtask(const std::vector<Received>& received) {
  std::map<uint32_t, size_t> counts;
  for (const Received& each : received) {
    ++counts[each.subtask];
  }
  return counts;
}

}  // namespace flinch::engine
