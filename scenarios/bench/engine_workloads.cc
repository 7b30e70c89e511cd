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
constexpr uint64_t kSpreadRecords = 2'000'000;
constexpr uint64_t kExchangeRecords = 250'000;
constexpr uint32_t kExchangeSubtasks = 500;

constexpr std::string_view kExchangeWorkload = "exchange/1000";

// At a microsecond for each record.
constexpr uint64_t kRecordsIn200Millis = 200'000;

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
     .run = [] { return RunSpread(kSpreadRecords, 10); }},
    {.name = "channels/1000",
     .what = "the same, 1,000 sinks",
     .unit = "records/s",
     .run = [] { return RunSpread(kSpreadRecords, 1'000); }},
    {.name = "plain/1000",
     .what = "window/1000 on two subtasks, no checkpoints",
     .unit = "records/s",
     .run = [] { return RunExchanged(kBenchRecords, 1'000, false); }},
    {.name = "credit/1000",
     .what = "the same over two TaskManagers, with checkpoints",
     .unit = "records/s",
     .within_15_percent = "plain/1000",
     .run = [] { return RunExchanged(kBenchRecords, 1'000, true); }},
    {.name = kExchangeWorkload,
     .what = "1,000 subtasks, 500 all to all 500, checkpoints",
     .unit = "records/s",
     .run = [] { return RunExchange(kExchangeRecords, kExchangeSubtasks); }},
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
    {.name = "memory/1000",
     .what = "the most memory of exchange/1000",
     .kind = FigureKind::kMebibytes,
     .unit = "MiB",
     .must = 8'192,
     .of = kExchangeWorkload},
    {.name = "instructions/window",
     .what = "of window/1000, under callgrind",
     .kind = FigureKind::kInstructions,
     .unit = "per record",
     .of = "window/1000"},
    {.name = "instructions/10",
     .what = "of channels/10",
     .kind = FigureKind::kInstructions,
     .unit = "per record",
     .of = "channels/10"},
    {.name = "instructions/1000",
     .what = "of channels/1000",
     .kind = FigureKind::kInstructions,
     .unit = "per record",
     .of = "channels/1000"},
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

class StoredCheckpoints final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override {
    count_ += event.kind == engine::events::kCheckpointStored ? 1U : 0U;
  }

  uint64_t count() const { return count_; }

 private:
  uint64_t count_ = 0;
};

engine::JobGraph BenchGraph(engine::StreamGraph stream) {
  sim::Result<engine::JobGraph> graph = engine::BuildJobGraph(std::move(stream));
  sim::Check(graph.has_value(), "the job of a benchmark is wrong");
  return *std::move(graph);
}

struct BenchCluster {
  uint32_t task_managers = 1;
  uint32_t slots = 1;  // of each
  engine::EngineOptions options = BenchOptions();
};

template <typename Load>
void BootBenchCluster(sim::World& world, Load load, const BenchCluster& cluster = {}) {
  world.AddProcess(world.AddHost("jm"), "jm", [load, options = cluster.options](auto& env) {
    engine::RunJobManager(env, load(), {.engine = options});
  });
  for (uint32_t index = 1; index <= cluster.task_managers; ++index) {
    const std::string name = "tm-" + std::to_string(index);
    world.AddProcess(world.AddHost(name), name, [load, cluster](sim::Environment& env) {
      engine::RunTaskManager(env, load(), {.slots = cluster.slots, .engine = cluster.options});
    });
  }
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

namespace {

// Of each subtask's generator so many records.
engine::JobGraph GeneratedJob(BenchJob job, uint64_t records, uint32_t keys, uint32_t parallelism,
                              uint64_t* results) {
  engine::StreamExecutionEnvironment environment("bench", {.parallelism = parallelism});
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
    clicks.Window(1s).Aggregate("window", CountClicks()).SinkTo("sink", [results] {
      return std::make_unique<CountingSink<Counted>>(results);
    });
  } else {
    engine::KeyedStream(clicks)
        .Process<int64_t>("count", CountClicksSoFar())
        .SinkTo("sink", [results] { return std::make_unique<CountingSink<int64_t>>(results); });
  }
  return BenchGraph(environment.Build());
}

}  // namespace

Work RunGenerated(BenchJob job, uint64_t records, uint32_t keys) {
  uint64_t results = 0;
  const auto load = [job, records, keys, &results] {
    return GeneratedJob(job, records, keys, 1, &results);
  };
  sim::World world({.seed = 7});
  BootBenchCluster(world, load);
  const Work work = RunBenchToEnd(world, records);
  sim::Check(job == BenchJob::kWindow ? results >= keys : results == records,
             "{} records gave {} results", records, results);
  return work;
}

Work RunExchanged(uint64_t records, uint32_t keys, bool with_credit) {
  constexpr uint32_t kSubtasks = 2;
  uint64_t results = 0;
  const auto load = [records, keys, &results] {
    return GeneratedJob(BenchJob::kWindow, records / kSubtasks, keys, kSubtasks, &results);
  };
  BenchCluster cluster{.task_managers = with_credit ? kSubtasks : 1,
                       .slots = with_credit ? 1 : kSubtasks};
  if (!with_credit) {
    cluster.options.checkpoint.interval = 1h;
  }
  sim::World world({.seed = 7});
  BootBenchCluster(world, load, cluster);
  const Work work = RunBenchToEnd(world, records);
  sim::Check(results >= keys, "{} records gave {} results", records, results);
  return work;
}

Work RunExchange(uint64_t records, uint32_t subtasks) {
  constexpr uint32_t kTaskManagers = 4;
  uint64_t results = 0;
  const auto load = [records, subtasks, &results] {
    engine::StreamExecutionEnvironment environment("bench", {.parallelism = subtasks});
    environment
        .FromSource<Click>("source",
                           [records, subtasks] {
                             return std::make_unique<ClickGenerator>(
                                 GeneratorOptions{.records = records / subtasks, .keys = 1'000});
                           })
        .Rebalance()
        .SinkTo("sink", [&results] { return std::make_unique<CountingSink<Click>>(&results); });
    return BenchGraph(environment.Build());
  };
  BenchCluster cluster{.task_managers = kTaskManagers, .slots = subtasks / kTaskManagers};
  cluster.options.task.record_time = 1ms;  // so that there are checkpoints
  sim::World world({.seed = 7});
  StoredCheckpoints stored;
  world.Observe(stored);
  BootBenchCluster(world, load, cluster);
  const Work work = RunBenchToEnd(world, records);
  sim::Check(results == records, "{} records came as {}", records, results);
  sim::Check(stored.count() >= 2, "{} checkpoints were stored", stored.count());
  return work;
}

Work RunSpread(uint64_t records, uint32_t channels) {
  uint64_t results = 0;
  const auto load = [records, channels, &results] {
    engine::StreamExecutionEnvironment environment("bench", {.parallelism = channels});
    environment
        .FromSource<Click>(
            "source",
            [records] {
              return std::make_unique<ClickGenerator>(GeneratorOptions{
                  .records = records, .keys = 1'000, .watermark_every = kRecordsIn200Millis});
            })
        .SetParallelism(1)
        .Rebalance()
        .SinkTo("sink", [&results] { return std::make_unique<CountingSink<Click>>(&results); });
    return BenchGraph(environment.Build());
  };
  sim::World world({.seed = 7});
  BootBenchCluster(world, load, {.slots = channels});
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
