#include "scenarios/jobs/sql_programs.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/data_stream.h"
#include "engine/joins.h"
#include "scenarios/input/table_rows.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/jobs/sql_graph.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

constexpr auto kMinute = std::chrono::minutes(1);

struct Click {
  std::string user;
  std::string url;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.user);
    visit(self.url);
  }
};

struct Location {
  std::string user;
  std::string city;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.user);
    visit(self.city);
  }
};

// A click where its user was.
struct Located {
  std::string url;
  std::string city;

  [[maybe_unused]] friend auto operator<=>(const Located&, const Located&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.url);
    visit(self.city);
  }
};

struct Person {
  std::string name;
  int64_t age = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.age);
  }
};

struct Ages {
  int64_t count = 0;
  int64_t sum = 0;
  int64_t youngest = 0;
  int64_t oldest = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.count);
    visit(self.sum);
    visit(self.youngest);
    visit(self.oldest);
  }
};

// One line of a changing result.
struct AgesOf {
  std::string name;
  Ages ages;
  bool is_delete = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.ages);
    visit(self.is_delete);
  }
};

template <typename T>
struct Count {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const T&, int64_t& sum) const { ++sum; }

  int64_t Result(const int64_t& sum) const { return sum; }
};

struct Locate {
  void Process(const Click& click, const Location& location,
               engine::Collector<Located>& out) const {
    out.Collect({.url = click.url, .city = location.city});
  }
};

struct RunningAges {
  using Context = engine::KeyedContext<std::string, AgesOf>;

  engine::ValueState<Ages> state{};

  void Open(engine::RuntimeContext& context) { state = context.GetState<Ages>({"ages"}); }

  void ProcessElement(const Person& person, const Context& context) {
    const Ages* const before = state.Find();
    Ages ages{.count = 1, .sum = person.age, .youngest = person.age, .oldest = person.age};
    if (before != nullptr) {
      context.out.Collect({.name = person.name, .ages = *before, .is_delete = true});
      ages = {.count = before->count + 1,
              .sum = before->sum + person.age,
              .youngest = std::min(before->youngest, person.age),
              .oldest = std::max(before->oldest, person.age)};
    }
    state.Update(ages);
    context.out.Collect({.name = person.name, .ages = ages});
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

// ---- Both ends

// The columns of a table that a program reads.
class TextCells {
 public:
  explicit TextCells(const sql::Table& table) : table_(&table) {
    for (const sql::Column& column : table.columns) {
      types_.push_back(column.type);
    }
  }

  sql::Value At(const LogRow& row, std::string_view name) const {
    const sim::Result<sql::Row> read = RowOfText(row.value, types_);
    sim::Check(read.has_value(), "a row of a table is not what was published");
    const auto column = std::ranges::find(table_->columns, name, &sql::Column::name);
    return read->at(static_cast<size_t>(column - table_->columns.begin()));
  }

  std::string Text(const LogRow& row, std::string_view name) const {
    const sql::Value value = At(row, name);
    return sql::IsNull(value) ? "" : std::get<std::string>(value);
  }

  int64_t Whole(const LogRow& row, std::string_view name) const {
    const sql::Value value = At(row, name);
    return sql::IsNull(value) ? 0 : std::get<int64_t>(value);
  }

 private:
  const sql::Table* table_;  // of a script, which stays
  std::vector<sql::Type> types_;
};

struct Ends {
  engine::StreamExecutionEnvironment& environment;
  const sql::Script& script;
  const Scenario& scenario;
  const Workload& workload;

  const sql::Table& Table(const std::string& name) const {
    return script.catalog.tables.find(name)->second;
  }

  engine::DataStream<LogRow> Read(const std::string& table) const {
    Scenario timed = scenario;
    timed.job.out_of_orderness =
        scenario.job.out_of_orderness.value_or(sim::Duration(Table(table).delay));
    return ReadInput(environment, timed, workload, SqlTopic(table),
                     script.sources.size() == 1 ? "source" : table);
  }

  template <typename T, typename RowOf>
  void Write(const engine::DataStream<T>& results, RowOf row_of) const {
    const sql::Plan& plan = script.outputs.front().plan;
    WriteOutput(
        results, scenario,
        [names = sql::NamesOf(plan), types = sql::TypesOf(plan), row_of](const T& result) {
          const auto [row, is_delete] = row_of(result);
          return OutputOfRow(names, types, row, is_delete);
        },
        script.outputs.front().name);
  }
};

using ChangedRow = std::pair<sql::Row, bool>;

void ClicksPerUrl(const Ends& ends) {
  const auto counts = ends.Read("clicks")
                          .Map("parse", [cells = TextCells(ends.Table("clicks"))](
                                            const LogRow& row) { return cells.Text(row, "url"); })
                          .KeyBy([](const std::string& url) { return url; })
                          .Window(kMinute)
                          .Aggregate("window", Count<std::string>());
  ends.Write(counts, [](const engine::WindowResult<std::string, int64_t>& counted) {
    return ChangedRow(
        {counted.key, counted.window.start.nanos(), counted.window.end.nanos(), counted.value},
        false);
  });
}

void ClicksByLocation(const Ends& ends) {
  const auto clicks = ends.Read("clicks").Map(
      "parse-clicks", [cells = TextCells(ends.Table("clicks"))](const LogRow& row) {
        return Click{.user = cells.Text(row, "usr"), .url = cells.Text(row, "url")};
      });
  const auto locations =
      ends.Read("locations")
          .Map("parse-locations", [cells = TextCells(ends.Table("locations"))](const LogRow& row) {
            return Location{.user = cells.Text(row, "usr"), .city = cells.Text(row, "city")};
          });
  const auto counts =
      engine::WindowJoin<Located>("join", clicks, &Click::user, locations, &Location::user,
                                  engine::TumblingWindows{.size = kMinute}, Locate())
          .KeyBy([](const Located& located) { return located; })
          .Window(kMinute)
          .Aggregate("window", Count<Located>());
  ends.Write(counts, [](const engine::WindowResult<Located, int64_t>& counted) {
    return ChangedRow({counted.key.url, counted.key.city, counted.window.start.nanos(),
                       counted.window.end.nanos(), counted.value},
                      false);
  });
}

void AverageAge(const Ends& ends) {
  const auto ages =
      ends.Read("people")
          .Map("parse",
               [cells = TextCells(ends.Table("people"))](const LogRow& row) {
                 return Person{.name = cells.Text(row, "name"), .age = cells.Whole(row, "age")};
               })
          .KeyBy([](const Person& person) { return person.name; })
          .Process<AgesOf>("average", RunningAges());
  ends.Write(ages, [](const AgesOf& of) {
    const auto exact = static_cast<double>(of.ages.sum) / static_cast<double>(of.ages.count);
    return ChangedRow({of.name, of.ages.sum / of.ages.count, exact, of.ages.count, of.ages.youngest,
                       of.ages.oldest},
                      of.is_delete);
  });
}

struct ProgramInfo {
  std::string_view name;
  void (*build)(const Ends& ends);
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> tables;
  std::vector<std::string_view> results;
};

const std::vector<ProgramInfo>& Programs() {
  static const std::vector<ProgramInfo> kPrograms = {
      {"clicks_per_url",
       ClicksPerUrl,
       {{"clicks", {"url"}}},
       {"url", "window_start", "window_end", "n"}},
      {"clicks_by_location",
       ClicksByLocation,
       {{"clicks", {"usr", "url"}}, {"locations", {"usr", "city"}}},
       {"url", "city", "window_start", "window_end", "click_count"}},
      {"average_age",
       AverageAge,
       {{"people", {"name", "age"}}},
       {"name", "avg_age", "avg_age_double", "n", "youngest", "oldest"}}};
  return kPrograms;
}

}  // namespace

std::vector<std::string_view> SqlPrograms() {
  std::vector<std::string_view> names;
  for (const ProgramInfo& program : Programs()) {
    names.push_back(program.name);
  }
  return names;
}

std::string WhatIsWrongWithProgram(std::string_view program, const sql::Script& script) {
  const auto known = std::ranges::find(Programs(), program, &ProgramInfo::name);
  if (known == Programs().end()) {
    return fmt::format("There is no program {}; there is {}.", program,
                       fmt::join(SqlPrograms(), ", "));
  }
  for (const auto& [name, columns] : known->tables) {
    const auto table = script.catalog.tables.find(name);
    for (const std::string_view column : columns) {
      if (table == script.catalog.tables.end() ||
          std::ranges::find(table->second.columns, column, &sql::Column::name) ==
              table->second.columns.end()) {
        return fmt::format("The program {} reads {} of a table {}, and the script has none.",
                           program, column, name);
      }
    }
  }
  const std::vector<std::string> names = sql::NamesOf(script.outputs.front().plan);
  if (script.outputs.size() != 1 || script.sources.size() != known->tables.size() ||
      !std::ranges::equal(names, known->results)) {
    return fmt::format("The program {} gives {}, and the script something else.", program,
                       fmt::join(known->results, ", "));
  }
  return "";
}

engine::StreamGraph BuildSqlProgram(std::string_view program, const sql::Script& script,
                                    const Scenario& scenario, const Workload& workload) {
  const auto known = std::ranges::find(Programs(), program, &ProgramInfo::name);
  sim::Check(known != Programs().end(), "there is no program {}", program);
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  known->build({environment, script, scenario, workload});
  return environment.Build();
}

}  // namespace flinch::scenarios
