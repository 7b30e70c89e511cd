#include "scenarios/jobs/database_rows.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/connectors/database_sink.h"
#include "engine/data_stream.h"
#include "engine/outside/database_service.h"
#include "engine/outside/database_state.h"
#include "engine/state.h"
#include "scenarios/jobs/job_parts.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kTotals = "totals";
constexpr std::string_view kEntries = "entries";

using engine::DatabaseRow;

struct CountForTable {
  using Context = engine::KeyedContext<std::string, DatabaseRow>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const DatabaseRow& row, const Context& context) {
    const int64_t so_far = count.Value().value_or(0) + 1;
    count.Update(so_far);
    context.out.Collect({.key = row.key, .value = std::to_string(so_far)});
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

void WriteTable(const engine::DataStream<DatabaseRow>& rows, std::string_view table,
                engine::DatabaseWrites writes) {
  const engine::DatabaseSinkOptions options{.table = std::string(table), .writes = writes};
  rows.SinkTo(std::string(table),
              [options] {
                return std::make_unique<engine::DatabaseSink<DatabaseRow>>(
                    options, [](const DatabaseRow& row) { return row; });
              })
      .DisableChaining();
}

engine::StreamGraph BuildDatabaseRows(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  const engine::DataStream<DatabaseRow> rows =
      ReadInput(environment, scenario, workload).Map("rows", [](const LogRow& row) {
        return DatabaseRow{.key = row.key, .value = row.value};
      });
  WriteTable(rows.KeyBy([](const DatabaseRow& row) { return row.key; })
                 .Process<DatabaseRow>("count", CountForTable()),
             kTotals, engine::DatabaseWrites::kUpserts);
  WriteTable(rows, kEntries, engine::DatabaseWrites::kTwoPhases);
  return environment.Build();
}

std::vector<ExpectedRecord> ExpectTotals(const Scenario&, const Workload& workload) {
  std::map<std::string, int64_t> counts;
  for (const InputRow& row : workload.rows) {
    ++counts[row.key];
  }
  std::vector<ExpectedRecord> expected;
  for (const auto& [key, count] : counts) {
    expected.push_back({.key = key, .value = std::to_string(count)});
  }
  return expected;
}

std::vector<ExpectedRecord> ExpectInserted(const Scenario&, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    expected.push_back({.key = row.key, .value = row.value});
  }
  return expected;
}

engine::DatabaseTable TableIn(const sim::World& world, std::string_view table) {
  const std::optional<sim::ProcessId> database = world.FindProcess(engine::kDatabaseHost);
  const sim::Bytes journal =
      world.ReadFile(world.HostOf(*database), engine::DatabaseOptions().journal).value_or("");
  const sim::Result<engine::DatabaseState> state = engine::ReadDatabaseJournal(journal);
  if (!state || !state->tables().contains(std::string(table))) {
    return {};
  }
  return state->tables().at(std::string(table));
}

std::vector<OutputRecord> ReadTotals(const sim::World& world) {
  std::vector<OutputRecord> records;
  for (const auto& [key, value] : TableIn(world, kTotals).upserted) {
    records.push_back({.key = key, .value = value, .transaction = std::string(kTotals)});
  }
  return records;
}

std::vector<OutputRecord> ReadInserted(const sim::World& world) {
  std::vector<OutputRecord> records;
  const engine::DatabaseTable table = TableIn(world, kEntries);
  for (const DatabaseRow& row : table.inserted) {
    records.push_back({.key = row.key,
                       .value = row.value,
                       .transaction = std::string(kEntries),
                       .offset = records.size()});
  }
  return records;
}

}  // namespace

JobCase DatabaseRows() {
  return {.name = "database_rows",
          .what = "rows in one table of a database, their numbers per key in another",
          .build = BuildDatabaseRows,
          .outputs = {{.name = std::string(kTotals),
                       .law = LastPerKey(std::source_location()),
                       .expect = ExpectTotals,
                       .read = ReadTotals},
                      {.name = std::string(kEntries),
                       .law = SameMultiset(std::source_location()),
                       .expect = ExpectInserted,
                       .read = ReadInserted}},
          .outside = {{.name = std::string(engine::kDatabaseHost),
                       .main =
                           [](sim::Environment& environment) {
                             engine::RunDatabase(environment, {});
                           }}},
          .where = {}};
}

}  // namespace flinch::scenarios
