#include "scenarios/jobs/visits.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/data_stream.h"
#include "engine/state.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_parts.h"

namespace flinch::scenarios {

namespace {

using engine::EventTime;

struct FirstRecord {
  int64_t count = 0;
  int64_t last = 0;  // event time, nanoseconds

  void Add(int64_t time) {
    ++count;
    last = std::max(last, time);
  }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.count);
    visit(self.last);
  }
};

// Nothing but its version tells its bytes from those of the first.
struct SecondRecord {
  static constexpr uint32_t kStateVersion = 1;
  using Before = FirstRecord;

  int64_t last = 0;
  int64_t count = 0;

  static SecondRecord From(const FirstRecord& before) {
    return {.last = before.last, .count = before.count};
  }

  void Add(int64_t time) {
    ++count;
    last = std::max(last, time);
  }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.last);
    visit(self.count);
  }
};

struct ThirdRecord {
  static constexpr uint32_t kStateVersion = 2;
  using Before = SecondRecord;

  int64_t last = 0;
  int64_t longest_gap = 0;  // since there is this version
  int64_t count = 0;

  static ThirdRecord From(const SecondRecord& before) {
    return {.last = before.last, .count = before.count};
  }

  void Add(int64_t time) {
    longest_gap = count == 0 ? 0 : std::max(longest_gap, time - last);
    ++count;
    last = std::max(last, time);
  }

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.last);
    visit(self.longest_gap);
    visit(self.count);
  }
};

template <typename Record>
struct CountVisits {
  using Context = engine::KeyedContext<std::string, CountedKey>;

  engine::ValueState<Record> visits{};
  engine::ValueState<int64_t> seen{};  // the same in all versions: for who compares states

  void Open(engine::RuntimeContext& context) {
    visits = context.GetState<Record>({"visits"});
    seen = context.GetState<int64_t>({"seen"});
  }

  void ProcessElement(const std::string& key, const Context& context) {
    Record record = visits.Value().value_or(Record{});
    record.Add(context.timestamp.nanos());
    context.out.Collect({.key = key, .count = record.count});
    visits.Update(std::move(record));
    seen.Update(seen.Value().value_or(0) + 1);
  }

  void OnTimer(EventTime, const Context&) const {}
};

template <typename Record>
engine::StreamGraph Build(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<CountedKey> counts =
      ReadInput(environment, scenario, workload)
          .Map("parse", [](const LogRow& row) { return row.key; })
          .KeyBy([](const std::string& key) { return key; })
          .template Process<CountedKey>("count", CountVisits<Record>());
  WriteOutput(counts, scenario, [](const CountedKey& counted) {
    return std::pair(counted.key, engine::Encode(RunningCount{.count = counted.count}));
  });
  return environment.Build();
}

std::vector<ExpectedRecord> ExpectVisits(const Scenario&, const Workload& workload) {
  std::map<std::string, int64_t> counts;
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    const RunningCount count{.count = ++counts[row.key]};
    expected.push_back({.key = row.key, .value = engine::Encode(count)});
  }
  return expected;
}

CountedState Seen(const Scenario&) {
  return {.operator_name = "count",
          .state = "seen",
          .add = [](const InputRow& row, SubjectRows& rows) { rows.Add(row.key, 0); }};
}

template <typename Record>
JobCase Case(std::string name, std::string what) {
  return {.name = std::move(name),
          .what = std::move(what),
          .build = Build<Record>,
          .outputs = {{.expect = ExpectVisits,
                       .show_json = ShowRunningCountJson,
                       .show_value = ShowRunningCount}},
          .counted = Seen,
          .where = {}};
}

}  // namespace

JobCase Visits() {
  return Case<FirstRecord>("visits", "a running count per key, kept with the time of the last row");
}

JobCase VisitsReordered() {
  return Case<SecondRecord>("visits_reordered",
                            "as visits, whose record has its fields the other way round");
}

JobCase VisitsWithGaps() {
  return Case<ThirdRecord>("visits_with_gaps",
                           "as visits_reordered, whose record has one field more");
}

}  // namespace flinch::scenarios
