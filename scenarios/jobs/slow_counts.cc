#include "scenarios/jobs/slow_counts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/data_stream.h"
#include "engine/state.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_parts.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

using engine::EventTime;
using engine::OperatorRuntime;
using engine::Output;
using engine::StreamRecord;

constexpr std::string_view kSlowOperator = "count";

// Takes its time before a record.
class Slowness final : public Output {
 public:
  Slowness(OperatorRuntime& runtime, Output& inner) : runtime_(runtime), inner_(inner) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    if (!runtime_.is_cancelled()) {
      runtime_.environment().Sleep(kSlowness);
    }
    return inner_.Emit(record);
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    return inner_.EmitWatermark(watermark);
  }

 private:
  OperatorRuntime& runtime_;
  Output& inner_;
};

struct CountKey {
  using Context = engine::KeyedContext<std::string, CountedKey>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const std::string& key, const Context& context) {
    const int64_t so_far = count.Value().value_or(0) + 1;
    count.Update(so_far);
    context.out.Collect({.key = key, .count = so_far});
  }

  void OnTimer(EventTime, const Context&) const {}
};

engine::StreamGraph Build(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<CountedKey> counts =
      ReadInput(environment, scenario, workload)
          .Rebalance()
          .Map("parse", [](const LogRow& row) { return row.key; })
          .KeyBy([](const std::string& key) { return key; })
          .Process<CountedKey>(std::string(kSlowOperator), CountKey());
  WriteOutput(counts, scenario, [](const CountedKey& counted) {
    return std::pair(counted.key, engine::Encode(RunningCount{.count = counted.count}));
  });
  engine::StreamGraph graph = environment.Build();
  const auto slow = std::ranges::find(graph.nodes, kSlowOperator, &engine::OperatorSpec::name);
  sim::Check(slow != graph.nodes.end(), "the slow operator is not there");
  slow->decorate = [](OperatorRuntime& runtime, Output& inner) {
    return std::make_unique<Slowness>(runtime, inner);
  };
  return graph;
}

std::vector<ExpectedRecord> Expect(const Scenario&, const Workload& workload) {
  std::map<std::string, int64_t> counts;
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    const RunningCount count{.count = ++counts[row.key]};
    expected.push_back({.key = row.key, .value = engine::Encode(count)});
  }
  return expected;
}

}  // namespace

JobCase SlowCounts() {
  return {.name = "slow_counts",
          .what = "a running count per key, whose operator takes 5 ms for each record",
          .build = Build,
          .outputs = {{.expect = Expect,
                       .show_json = ShowRunningCountJson,
                       .show_value = ShowRunningCount}},
          .where = {}};
}

}  // namespace flinch::scenarios
