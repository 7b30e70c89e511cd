#include "scenarios/jobs/cycle.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/checksum.h"
#include "engine/data_stream.h"
#include "engine/state.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_parts.h"

namespace flinch::scenarios {

namespace {

constexpr int64_t kCycleNumbers = 30;

// Where a row's number stands, and how many steps it has taken.
struct Walk {
  std::string key;
  int64_t start = 0;
  int64_t number = 0;
  int64_t steps = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.start);
    visit(self.number);
    visit(self.steps);
  }
};

struct Arrival {
  int64_t start = 0;
  int64_t steps = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.start);
    visit(self.steps);
  }
};

// From 1 on: any number of steps, and none.
int64_t StartOf(std::string_view key, engine::EventTime timestamp) {
  const uint32_t any = engine::Checksum(key, static_cast<uint64_t>(timestamp.nanos()));
  return 1 + any % kCycleNumbers;
}

int64_t NextOf(int64_t number) { return number % 2 == 0 ? number / 2 : 3 * number + 1; }

// A step, and a count of the key's steps, so that there is state to be restored.
struct WalkStep {
  using Context = engine::KeyedContext<std::string, Walk>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const Walk& walk, const Context& context) {
    Walk next = walk;
    if (walk.number != 1) {
      count.Update(count.Value().value_or(0) + 1);
      next.number = NextOf(walk.number);
      ++next.steps;
    }
    context.out.Collect(next);
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

engine::StreamGraph BuildCycle(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  const engine::IterativeStream<Walk> walks =
      ReadInput(environment, scenario, workload)
          .Map("start",
               [](const LogRow& row) {
                 const int64_t start = StartOf(row.key, row.timestamp);
                 return Walk{.key = row.key, .start = start, .number = start};
               })
          .Rebalance()
          .Iterate("loop");
  const engine::DataStream<Walk> stepped =
      walks.KeyBy([](const Walk& walk) { return walk.key; }).Process<Walk>("step", WalkStep());
  walks.CloseWith(
      stepped.Filter("again", [](const Walk& walk) { return walk.number != 1; }).Rebalance());
  WriteOutput(stepped.Filter("done", [](const Walk& walk) { return walk.number == 1; }), scenario,
              [](const Walk& walk) {
                const Arrival arrival{.start = walk.start, .steps = walk.steps};
                return std::pair(walk.key, engine::Encode(arrival));
              });
  return environment.Build();
}

std::vector<ExpectedRecord> ExpectCycle(const Scenario&, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    Arrival arrival{.start = StartOf(row.key, row.timestamp)};
    for (int64_t number = arrival.start; number != 1; number = NextOf(number)) {
      ++arrival.steps;
    }
    expected.push_back({.key = row.key, .value = engine::Encode(arrival)});
  }
  return expected;
}

std::string ShowArrival(std::string_view value) {
  const sim::Result<Arrival> arrival = engine::Decode<Arrival>(value);
  return arrival ? fmt::format("{} takes {} steps", arrival->start, arrival->steps)
                 : std::string("undecodable");
}

std::string ShowArrivalJson(std::string_view key, std::string_view value) {
  const sim::Result<Arrival> arrival = engine::Decode<Arrival>(value);
  if (!arrival) {
    return ShowBytesJson(key, value);
  }
  return nlohmann::ordered_json(
             {{"key", key}, {"start", arrival->start}, {"steps", arrival->steps}})
      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

JobCase Cycle() {
  return {.name = "cycle",
          .what = "a number per row that goes round, halved or tripled, until it is 1",
          .build = BuildCycle,
          .outputs = {{.law = SameMultiset(std::source_location()),
                       .expect = ExpectCycle,
                       .show_json = ShowArrivalJson,
                       .show_value = ShowArrival}},
          .where = {}};
}

}  // namespace flinch::scenarios
