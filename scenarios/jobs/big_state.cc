#include "scenarios/jobs/big_state.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/data_stream.h"
#include "engine/state.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_parts.h"
#include "sim/random.h"

namespace flinch::scenarios {

namespace {

using engine::EventTime;

constexpr size_t kBytesBeside = 48;

// A key that is brought, or touched.
struct Touch {
  std::string key;
  bool brings = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.brings);
  }
};

struct Kept {
  int64_t touches = 0;
  std::string beside;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.touches);
    visit(self.beside);
  }
};

std::string KeyOf(uint64_t number) { return fmt::format("key-{:07}", number); }

// Calls it for each key of the row at this time.
template <typename Visit>
void ForEachKey(const WorkloadSpec& spec, EventTime time, Visit visit) {
  const uint64_t step = static_cast<uint64_t>(std::max<int64_t>(spec.event_step.count(), 1));
  const uint64_t place = static_cast<uint64_t>(time.nanos() - spec.start.nanos()) / step;
  const uint64_t keys = spec.keys * kKeysOfAKey;
  if (place < (keys + kKeysOfABlock - 1) / kKeysOfABlock) {
    const uint64_t first = place * kKeysOfABlock;
    for (uint64_t key = first; key < std::min(first + kKeysOfABlock, keys); ++key) {
      visit(Touch{.key = KeyOf(key), .brings = true});
    }
    return;
  }
  sim::Random random(place);
  for (uint64_t i = 0; i < kKeysOfATouch; ++i) {
    visit(Touch{.key = KeyOf(random.Below(keys)), .brings = false});
  }
}

struct CountTouches {
  using Context = engine::KeyedContext<std::string, CountedKey>;

  engine::ValueState<Kept> kept{};

  void Open(engine::RuntimeContext& context) { kept = context.GetState<Kept>({"kept"}); }

  void ProcessElement(const Touch& touch, const Context& context) {
    Kept now = kept.Value().value_or(Kept{.beside = std::string(kBytesBeside, '.')});
    now.touches += touch.brings ? 0 : 1;
    if (!touch.brings) {
      context.out.Collect({.key = touch.key, .count = now.touches});
    }
    kept.Update(std::move(now));
  }

  void OnTimer(EventTime, const Context&) const {}
};

engine::StreamGraph BuildBigState(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<CountedKey> counts =
      ReadInput(environment, scenario, workload)
          .FlatMap<Touch>(
              "touch",
              [spec = scenario.workload](const LogRow& row, engine::Collector<Touch>& out) {
                ForEachKey(spec, row.timestamp, [&out](const Touch& touch) { out.Collect(touch); });
              })
          .KeyBy([](const Touch& touch) { return touch.key; })
          .Process<CountedKey>("count", CountTouches());
  WriteOutput(counts, scenario, [](const CountedKey& counted) {
    return std::pair(counted.key, engine::Encode(RunningCount{.count = counted.count}));
  });
  return environment.Build();
}

std::vector<ExpectedRecord> ExpectBigState(const Scenario& scenario, const Workload& workload) {
  std::map<std::string, int64_t> counts;
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    ForEachKey(scenario.workload, row.timestamp, [&](const Touch& touch) {
      if (!touch.brings) {
        const RunningCount count{.count = ++counts[touch.key]};
        expected.push_back({.key = touch.key, .value = engine::Encode(count)});
      }
    });
  }
  return expected;
}

}  // namespace

JobCase BigState() {
  return {.name = "big_state",
          .what =
              "ten keys for each of workload.keys, which the first rows bring; later rows count "
              "ten each",
          .build = BuildBigState,
          .outputs = {{.expect = ExpectBigState,
                       .show_json = ShowRunningCountJson,
                       .show_value = ShowRunningCount}},
          .where = {}};
}

}  // namespace flinch::scenarios
