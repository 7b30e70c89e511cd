#include "scenarios/jobs/sql_job.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/input/sql_input.h"
#include "scenarios/input/table_rows.h"
#include "scenarios/jobs/sql_graph.h"
#include "scenarios/jobs/sql_programs.h"
#include "scenarios/sql/sqlite_run.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

std::vector<ExpectedRecord> ExpectOutput(const sql::Script& script, const sql::Plan& plan,
                                         const Workload& workload) {
  sim::Result<std::vector<sql::Row>> rows =
      sql::ComputeWithSqlite(plan, TablesOf(script, workload));
  if (!rows) {
    throw std::runtime_error(rows.error().message);  // which makes the run inconclusive
  }
  std::vector<ExpectedRecord> expected;
  for (const sql::Row& row : *rows) {
    auto [key, value] = OutputOfRow(sql::NamesOf(plan), sql::TypesOf(plan), row, false);
    expected.push_back({.key = std::move(key), .value = std::move(value)});
  }
  return expected;
}

// As many rows may have been dropped or not, as all ways of that can be tried.
constexpr size_t kDroppedMax = 10;

// Rows that are older than one before them in their partition, and of a time that was dropped.
std::vector<size_t> MaybeDropped(const OutputView& view) {
  std::vector<size_t> rows;
  std::map<uint32_t, int64_t> newest;  // by source
  for (size_t i = 0; i < view.rows.size(); ++i) {
    const ReadRow& row = view.rows[i];
    int64_t& before = newest.try_emplace(row.source, row.timestamp).first->second;
    if (row.timestamp < before && view.dropped.contains(row.timestamp)) {
      rows.push_back(i);
    }
    before = std::max(before, row.timestamp);
  }
  return rows;
}

// All rows but those of the set, which is one of bits.
Workload Without(const std::vector<ReadRow>& rows, const std::vector<size_t>& some, uint64_t set) {
  Workload workload;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto place = static_cast<size_t>(std::ranges::find(some, i) - some.begin());
    if (place == some.size() || ((set >> place) & 1) == 0) {
      workload.rows.push_back({.key = sim::Bytes(rows[i].key), .value = sim::Bytes(rows[i].value)});
    }
  }
  return workload;
}

// Where rows may be late: windows tell of those that they drop, but a failure may take that back.
Law LessDropped(const sql::Script& script, const sql::ScriptOutput& output, const Law& exact) {
  Law law{.name = "same_less_dropped",
          .promise = "The output is that of all rows, but for some that were dropped as late.",
          .judge = {},
          .needs_rows = true,
          .where = {}};
  law.judge = [&script, &output, exact,
               expected = std::vector<ExpectedRecord>()](const OutputView& view) mutable {
    const std::vector<size_t> maybe = MaybeDropped(view);
    if (maybe.size() > kDroppedMax) {
      throw std::runtime_error(
          "More rows were dropped as late than all ways of that can be tried; "
          "let the WATERMARK wait for longer.");
    }
    std::vector<OutputBreach> breaches;
    for (uint64_t dropped = uint64_t{1} << maybe.size(); dropped-- > 0;) {
      expected = ExpectOutput(script, output.plan, Without(view.rows, maybe, dropped));
      OutputView tried = view;
      tried.expected.clear();
      for (const ExpectedRecord& record : expected) {
        tried.expected.push_back(&record);
      }
      breaches = exact.judge(tried);
      if (breaches.empty()) {
        break;
      }
    }
    return breaches;  // where all are: of the way that drops none; `expected` has what it speaks of
  };
  return law;
}

std::string ShowRow(std::string_view value) {
  return (value.starts_with('-') ? "taken back: " : "") +
         std::string(value.substr(std::min<size_t>(1, value.size())));
}

// A row as it is; of a change what it does to the row, too.
std::string ShowRowJson(std::string_view value, bool updates) {
  const std::string row(value.substr(std::min<size_t>(1, value.size())));
  if (!updates) {
    return row;
  }
  return std::string(R"({"op":")") + (value.starts_with('-') ? "-" : "+") + R"(","row":)" + row +
         "}";
}

OutputSpec SpecOf(const sql::Script& script, const sql::ScriptOutput& output) {
  const bool updates = output.plan.updates;
  OutputSpec spec{
      .name = output.name,
      .law = updates ? SameContent() : SameMultiset(std::source_location()),
      .expect =
          [&script, &output](const Scenario&, const Workload& workload) {
            return ExpectOutput(script, output.plan, workload);
          },
      .expected_by = "SQLite",
      .show_json = [updates](std::string_view,
                             std::string_view value) { return ShowRowJson(value, updates); },
      .show_value = ShowRow};
  spec.late = [&script, &output, exact = spec.law](const Scenario&) {
    return LessDropped(script, output, exact);
  };
  if (!updates) {
    spec.at_least_once = Contains(std::source_location());
  }
  return spec;
}

JobCase CaseOf(const sql::Script& script) {
  JobCase made{.name = std::string(kSqlJob),
               .what = "queries",
               .build =
                   [&script](const Scenario& scenario, const Workload& workload) {
                     return scenario.job.program.empty()
                                ? BuildSql(script, scenario, workload)
                                : BuildSqlProgram(scenario.job.program, script, scenario, workload);
                   },
               .where = {}};
  made.inputs.clear();
  for (const std::string& table : script.sources) {
    made.inputs.push_back({.name = SqlTopic(table),
                           .takes = [table](const InputRow& row) { return row.key == table; }});
  }
  made.outputs.clear();
  for (const sql::ScriptOutput& output : script.outputs) {
    made.outputs.push_back(SpecOf(script, output));
  }
  return made;
}

struct TableCopies {
  int64_t net = 0;
  uint64_t expected = 0;
  std::string_view key{};
  std::string_view value{};
  std::vector<const OutputRecord*> found{};
};

std::vector<OutputBreach> JudgeContent(const OutputView& output) {
  std::map<std::string_view, TableCopies> rows;
  for (const ExpectedRecord* record : output.expected) {
    TableCopies& copies = rows[std::string_view(record->value).substr(1)];
    copies.key = record->key;
    copies.value = record->value;
    ++copies.expected;
  }
  for (const OutputRecord* record : output.found) {
    const std::string_view value = record->value;
    if (value.empty()) {
      return {{.kind = "foreign", .key = record->key, .copies = {record}}};
    }
    TableCopies& copies = rows[value.substr(1)];
    copies.net += value.starts_with('-') ? -1 : 1;
    if (copies.value.empty()) {
      copies.key = record->key;
      copies.value = record->value;
    }
    copies.found.push_back(record);
  }
  std::vector<OutputBreach> breaches;
  for (const auto& [row, copies] : rows) {
    const auto expected = static_cast<int64_t>(copies.expected);
    if (!output.complete || copies.net == expected) {
      continue;
    }
    OutputBreach breach{.kind = copies.net < expected ? "lost"
                                : expected == 0       ? "foreign"
                                                      : "doubled",
                        .key = copies.key,
                        .value = copies.value,
                        .expected = copies.expected,
                        .copies = copies.found};
    breach.sentence = "The row " + std::string(row) + " is left " + std::to_string(copies.net) +
                      " times by what came and what was taken back, and should be " +
                      std::to_string(expected) + " times.";
    breaches.push_back(std::move(breach));
  }
  return breaches;
}

}  // namespace

Law SameContent() {
  return {.name = "same_content",
          .promise = "What comes and what is taken back leaves exactly the expected rows.",
          .judge = JudgeContent,
          .where = {}};
}

const JobCase* SqlJobOf(const Scenario& scenario) {
  static std::map<std::string, JobCase> cases;
  const auto known = cases.find(scenario.job.sql);
  if (known != cases.end()) {
    return &known->second;
  }
  const sim::Result<const sql::Script*> script = ScriptOf(scenario);
  return script ? &cases.emplace(scenario.job.sql, CaseOf(**script)).first->second : nullptr;
}

engine::StreamGraph BuildSqlJob(const Scenario& scenario, const Workload& workload) {
  const sim::Result<const sql::Script*> script = ScriptOf(scenario);
  sim::Check(script.has_value(), "the script of a valid scenario is wrong");
  return SqlJobOf(scenario)->build(scenario, workload);
}

}  // namespace flinch::scenarios
