#include "scenarios/bench/engine_workloads.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "engine/cluster.h"
#include "engine/data_stream.h"
#include "engine/events.h"
#include "engine/outside/log_broker.h"
#include "scenarios/bench/generator.h"
#include "scenarios/bench/kernel_workloads.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/stage/publisher.h"
#include "scenarios/stage/run.h"
#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;

constexpr uint64_t kBenchRecords = 500'000;
constexpr uint64_t kJudgedRecords = 200'000;

constexpr auto kEngineWorkloads = std::to_array<BenchWorkload>({
    {.name = kBareWorkload,
     .what = "a heap of 1,000 timers, 1,000,000 pops",
     .unit = "timers/s",
     .run = [] { return RunBare(1'000'000); }},
    {.name = "window/20",
     .what = "generator, count per window, 20 keys",
     .unit = "records/s",
     .run = [] { return RunGenerated(BenchJob::kWindow, kBenchRecords, 20); }},
    {.name = "window/1000",
     .what = "the same, 1,000 keys",
     .unit = "records/s",
     .must = 2'000'000,
     .goal = 5'000'000,
     .run = [] { return RunGenerated(BenchJob::kWindow, kBenchRecords, 1'000); }},
    {.name = "window/100000",
     .what = "the same, 100,000 keys",
     .unit = "records/s",
     .run = [] { return RunGenerated(BenchJob::kWindow, kBenchRecords, 100'000); }},
    {.name = "state/20",
     .what = "generator, running count, 20 keys",
     .unit = "records/s",
     .run = [] { return RunGenerated(BenchJob::kValueState, kBenchRecords, 20); }},
    {.name = "state/1000",
     .what = "the same, 1,000 keys",
     .unit = "records/s",
     .must = 2'500'000,
     .goal = 6'000'000,
     .run = [] { return RunGenerated(BenchJob::kValueState, kBenchRecords, 1'000); }},
    {.name = "state/100000",
     .what = "the same, 100,000 keys",
     .unit = "records/s",
     .run = [] { return RunGenerated(BenchJob::kValueState, kBenchRecords, 100'000); }},
    {.name = "channels/10",
     .what = "generator, in turn to 10 sinks that count",
     .unit = "records/s",
     .run = [] { return RunSpread(kBenchRecords, 10); }},
    {.name = "channels/1000",
     .what = "the same, 1,000 sinks",
     .unit = "records/s",
     .run = [] { return RunSpread(kBenchRecords, 1'000); }},
    {.name = "log/1000",
     .what = "count per window between logs",
     .unit = "records/s",
     .must = 1'000'000,
     .goal = 2'000'000,
     .run = [] { return RunLogToLog(kBenchRecords, 1'000); }},
    {.name = "run/1000",
     .what = "a whole run with all oracles",
     .unit = "records/s",
     .must = 800'000,
     .goal = 1'500'000,
     .run = [] { return RunJudged(kJudgedRecords, 1'000); }},
});

struct CountClicks {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const Click&, int64_t& sum) const { ++sum; }

  int64_t Result(const int64_t& sum) const { return sum; }
};

struct CountClicksSoFar {
  using Context = engine::KeyedContext<std::string, int64_t>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const Click&, const Context& context) {
    const int64_t so_far = count.Value().value_or(0) + 1;
    count.Update(so_far);
    context.out.Collect(so_far);
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

engine::EngineOptions BenchOptions() {
  engine::EngineOptions options;
  options.checkpoint.interval = 200ms;
  options.task.record_time = 1us;
  return options;
}

// Like the scenario `url_clicks`, on one subtask and at full speed.
Scenario ClicksScenario(uint64_t records, uint32_t keys) {
  Scenario scenario{.name = "bench", .why = "The engine's speed.", .options = BenchOptions()};
  scenario.cluster = {.task_managers = 1, .slots_each = 1};
  scenario.job.name = "url_clicks";
  scenario.job.window = 1s;
  scenario.workload.partitions = 1;
  scenario.workload.rows_per_second = 1'000'000;
  scenario.workload.linger = 1ms;
  scenario.workload.records = records;
  scenario.workload.keys = keys;
  scenario.workload.key_prefix = "/page/";
  scenario.workload.zipf_exponent = {.hundredths = 0};
  scenario.workload.event_step = 10us;
  scenario.workload.out_of_order = 100us;
  return scenario;
}

class EndOfJob final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == engine::events::kJobStatus) {
      status_ = *event.Text("to");
    }
  }

  bool has_come() const { return status_ == "FINISHED" || status_ == "FAILED"; }

  bool is_good() const { return status_ == "FINISHED"; }

 private:
  std::string status_;
};

engine::JobGraph BenchGraph(engine::StreamGraph stream) {
  sim::Result<engine::JobGraph> graph = engine::BuildJobGraph(std::move(stream));
  sim::Check(graph.has_value(), "the job of a benchmark is wrong");
  return *std::move(graph);
}

template <typename Load>
void BootBenchCluster(sim::World& world, Load load, uint32_t slots = 1) {
  world.AddProcess(world.AddHost("jm"), "jm", [load](sim::Environment& env) {
    engine::RunJobManager(env, load(), {.engine = BenchOptions()});
  });
  world.AddProcess(world.AddHost("tm-1"), "tm-1", [load, slots](sim::Environment& env) {
    engine::RunTaskManager(env, load(), {.slots = slots, .engine = BenchOptions()});
  });
}

Work RunBenchToEnd(sim::World& world, uint64_t records) {
  EndOfJob end;
  world.Observe(end);
  world.Run([&end] { return end.has_come(); });
  sim::Check(end.is_good(), "the job of a benchmark did not finish");
  return {.units = records, .operations = records, .events = world.events()};
}

}  // namespace

std::span<const BenchWorkload> EngineWorkloads() { return kEngineWorkloads; }

Work RunGenerated(BenchJob job, uint64_t records, uint32_t keys) {
  uint64_t results = 0;
  const auto load = [job, records, keys, &results] {
    engine::StreamExecutionEnvironment environment("bench", {.parallelism = 1});
    engine::KeyedStream<std::string, Click> clicks =
        environment
            .FromSource<Click>("source",
                               [records, keys] {
                                 return std::make_unique<ClickGenerator>(
                                     GeneratorOptions{.records = records, .keys = keys});
                               })
            .KeyBy([](const Click& click) { return click.page; });
    if (job == BenchJob::kWindow) {
      using Counted = engine::WindowResult<std::string, int64_t>;
      clicks.Window(1s).Aggregate("window", CountClicks()).SinkTo("sink", [&results] {
        return std::make_unique<CountingSink<Counted>>(&results);
      });
    } else {
      engine::KeyedStream(clicks)
          .Process<int64_t>("count", CountClicksSoFar())
          .SinkTo("sink", [&results] { return std::make_unique<CountingSink<int64_t>>(&results); });
    }
    return BenchGraph(environment.Build());
  };
  sim::World world({.seed = 7});
  BootBenchCluster(world, load);
  const Work work = RunBenchToEnd(world, records);
  sim::Check(job == BenchJob::kWindow ? results >= keys : results == records,
             "{} records gave {} results", records, results);
  return work;
}

Work RunSpread(uint64_t records, uint32_t channels) {
  uint64_t results = 0;
  const auto load = [records, channels, &results] {
    engine::StreamExecutionEnvironment environment("bench", {.parallelism = channels});
    environment
        .FromSource<Click>("source",
                           [records] {
                             return std::make_unique<ClickGenerator>(
                                 GeneratorOptions{.records = records, .keys = 1'000});
                           })
        .SetParallelism(1)
        .Rebalance()
        .SinkTo("sink", [&results] { return std::make_unique<CountingSink<Click>>(&results); });
    return BenchGraph(environment.Build());
  };
  sim::World world({.seed = 7});
  BootBenchCluster(world, load, channels);
  const Work work = RunBenchToEnd(world, records);
  sim::Check(results == records, "{} records came as {}", records, results);
  return work;
}

Work RunLogToLog(uint64_t records, uint32_t keys) {
  const Scenario scenario = ClicksScenario(records, keys);
  sim::Result<Workload> workload = LoadWorkload(scenario, 7, std::nullopt);
  sim::Check(workload.has_value(), "the rows of a benchmark cannot be drawn");
  sim::World world({.seed = 7});
  world.AddProcess(world.AddHost("broker"), "broker",
                   [](sim::Environment& env) { engine::RunLogBroker(env, {}); });
  BootBenchCluster(world, [&] { return BenchGraph(BuildStream(scenario, *workload)); });
  world.AddProcess(world.AddHost("publisher"), "publisher", [&](sim::Environment& env) {
    RunPublisher(env, *workload, {.linger = scenario.workload.linger});
  });
  return RunBenchToEnd(world, records);
}

Work RunJudged(uint64_t records, uint32_t keys) {
  const RunResult result = Run(ClicksScenario(records, keys), 7);
  sim::Check(result.summary.verdict == reports::Verdict::kPassed,
             "the run of a benchmark did not pass: {}", result.summary.reason);
  return {.units = records, .operations = records, .events = result.summary.events};
}

}  // namespace flinch::scenarios
