#include "scenarios/input/sql_input.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/input/table_rows.h"
#include "scenarios/input/table_source.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

std::vector<sql::Type> TypesOf(const sql::Table& table) {
  std::vector<sql::Type> types;
  for (const sql::Column& column : table.columns) {
    types.push_back(column.type);
  }
  return types;
}

sim::Result<void> CheckFiles(const Scenario& scenario, const sql::Script& script,
                             const std::optional<std::string>& input_file) {
  if (input_file && script.sources.size() != 1) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("--input is the file of one table, and the script reads {}: name the "
                            "files by --set job.tables={}=FILE,….",
                            fmt::join(script.sources, ", "),
                            script.sources.empty() ? "t" : script.sources.front()));
  }
  for (const std::string& entry : scenario.job.tables) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    if (equals == std::string::npos ||
        std::ranges::find(script.sources, name) == script.sources.end()) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("job.tables has {}, but should have table=file, of the tables that "
                      "are read: {}.{}",
                      text::Quote(entry), fmt::join(script.sources, ", "),
                      text::DidYouMean(name, std::span<const std::string>(script.sources))));
    }
  }
  return {};
}

struct Loaded {
  const sql::Table* table = nullptr;
  std::vector<TableRow> rows{};
};

// The 17 of "clicks.csv:17".
uint64_t LineOf(const TableRow& row) {
  uint64_t line = 0;
  const std::string_view text = std::string_view(row.where).substr(row.where.rfind(':') + 1);
  (void)std::from_chars(text.data(), text.data() + text.size(), line);  // else it has none
  return line;
}

// Row i of n has the place i / n, so that tables of different length end together.
std::vector<std::pair<size_t, size_t>> SideBySide(const std::vector<Loaded>& tables) {
  std::vector<std::pair<size_t, size_t>> order;
  for (size_t table = 0; table < tables.size(); ++table) {
    for (size_t row = 0; row < tables[table].rows.size(); ++row) {
      order.emplace_back(table, row);
    }
  }
  std::ranges::sort(order, [&tables](const auto& one, const auto& other) {
    const size_t left = one.second * tables[other.first].rows.size();
    const size_t right = other.second * tables[one.first].rows.size();
    return left != right ? left < right : one < other;
  });
  return order;
}

void Append(const std::vector<Loaded>& tables, const WorkloadSpec& spec, Workload& workload) {
  for (const auto& [table, row] : SideBySide(tables)) {
    const sql::Table& of = *tables[table].table;
    const sql::Row& values = tables[table].rows[row].row;
    const uint64_t index = workload.rows.size();
    const int64_t time = of.rowtime
                             ? std::get<int64_t>(values.at(*of.rowtime))
                             : kGeneratedFrom + static_cast<int64_t>(index) * sql::kNanosPerMilli;
    workload.rows.push_back({.partition = static_cast<uint32_t>(row % spec.partitions),
                             .key = of.name,
                             .value = TextOfRow(values, TypesOf(of)),
                             .timestamp = engine::EventTime(time),
                             .publish_after = PublishTime(index, spec.rows_per_second),
                             .line = LineOf(tables[table].rows[row])});
    workload.out_of_orderness = std::max(workload.out_of_orderness, sim::Duration(of.delay));
    if (of.rowtime) {
      workload.delays[of.name] = sim::Duration(of.delay);
    }
  }
}

}  // namespace

sim::Result<const sql::Script*> ScriptOf(const Scenario& scenario) {
  static std::map<std::string, sim::Result<sql::Script>> compiled;
  const auto known = compiled.find(scenario.job.sql);
  const auto place = known != compiled.end()
                         ? known
                         : compiled.emplace(scenario.job.sql, sql::Compile(scenario.job.sql)).first;
  return place->second ? sim::Result<const sql::Script*>(&*place->second) : Fail(place->second);
}

std::optional<std::string> FileOfTable(const Scenario& scenario, const std::string& table) {
  for (const std::string& entry : scenario.job.tables) {
    if (entry.starts_with(table + "=")) {
      return entry.substr(table.size() + 1);
    }
  }
  return std::nullopt;
}

std::vector<std::string> FilesOfTables(const Scenario& scenario) {
  std::vector<std::string> files;
  const sim::Result<const sql::Script*> script =
      scenario.workload.source == WorkloadSource::kTables
          ? ScriptOf(scenario)
          : Fail(ErrorCode::kNotFound, "This job has no script.");
  if (!script) {
    return files;
  }
  for (const std::string& name : (*script)->sources) {
    const sql::Table& table = (*script)->catalog.tables.find(name)->second;
    if (const std::optional<std::string> file = FileOfTable(scenario, name)) {
      files.push_back(*file);
    } else if (!IsGenerated(table)) {
      files.push_back(FileOf(table));
    }
  }
  return files;
}

sim::Result<Workload> LoadTables(const Scenario& scenario, uint64_t seed,
                                 const std::optional<std::string>& input_file) {
  const sim::Result<const sql::Script*> script = ScriptOf(scenario);
  if (!script) {
    return Fail(script);
  }
  if (const sim::Result<void> files = CheckFiles(scenario, **script, input_file); !files) {
    return Fail(files);
  }
  std::vector<Loaded> tables;
  for (const std::string& name : (*script)->sources) {
    Loaded& loaded = tables.emplace_back();
    loaded.table = &(*script)->catalog.tables.find(name)->second;
    const std::optional<std::string> file = input_file ? input_file : FileOfTable(scenario, name);
    sim::Result<std::vector<TableRow>> rows = ReadTable(*loaded.table, file, seed);
    if (!rows) {
      return Fail(rows);
    }
    loaded.rows = *std::move(rows);
  }
  Workload workload;
  workload.partitions = scenario.workload.partitions;
  Append(tables, scenario.workload, workload);
  const sql::Tables rows = TablesOf(**script, workload);
  for (const sql::ScriptOutput& output : (*script)->outputs) {
    const auto computed = sql::Interpret(output.plan, rows, (*script)->text);
    if (!computed) {
      return Fail(computed);
    }
  }
  return workload;
}

sql::Tables TablesOf(const sql::Script& script, const Workload& workload) {
  sql::Tables tables;
  std::map<std::string, std::vector<sql::Type>> types;
  for (const std::string& name : script.sources) {
    tables[name];
    types[name] = TypesOf(script.catalog.tables.find(name)->second);
  }
  for (const InputRow& row : workload.rows) {
    sim::Result<sql::Row> read = RowOfText(row.value, types[row.key]);
    sim::Check(read.has_value(), "a row of a table is not what was published");
    tables[row.key].push_back(*std::move(read));
  }
  return tables;
}

}  // namespace flinch::scenarios
