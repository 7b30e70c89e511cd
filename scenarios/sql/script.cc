#include "scenarios/sql/script.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/bind_expr.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

// WATERMARK FOR ts AS ts, ts - INTERVAL '5' SECOND.
Checked<int64_t> DelayOf(const WatermarkSpec& watermark, const Table& table, size_t column) {
  const Checked<Typed> expr = ExprBinder(table.columns).Bind(watermark.expr);
  if (!expr) {
    return Wrong(expr);
  }
  const auto is_column = [&](const Typed& each) {
    return each.op == Op::kColumn && each.number == column;
  };
  if (is_column(*expr)) {
    return 0;
  }
  const auto* delay =
      expr->op == Op::kSubtract ? std::get_if<int64_t>(&expr->args[1].value) : nullptr;
  if (delay == nullptr || *delay < 0 || !is_column(expr->args[0])) {
    return Wrong(watermark.expr.place,
                 fmt::format("A watermark is {} itself, or {} - INTERVAL '5' SECOND.",
                             watermark.column, watermark.column));
  }
  return *delay;
}

Checked<void> AddColumn(const ColumnSpec& spec, Table& table) {
  const auto same = std::ranges::find(table.columns, spec.name, &Column::name);
  if (same != table.columns.end()) {
    return Wrong(spec.place, fmt::format("{} has two columns {}.", table.name, spec.name));
  }
  if (spec.is_metadata) {
    return Wrong(spec.place, "METADATA columns are not here: let the rows have the column.");
  }
  if (!spec.computed.empty()) {
    Checked<Typed> expr = ExprBinder(table.columns).Bind(spec.computed.front());
    if (!expr) {
      return Wrong(expr);
    }
    table.columns.push_back({.name = spec.name, .type = expr->type});
    table.computed.emplace_back(*std::move(expr));
    return {};
  }
  const Checked<Type> type = TypeFrom(spec.type);
  if (!type) {
    return Wrong(type);
  }
  table.columns.push_back({.name = spec.name, .type = *type});
  table.computed.emplace_back();
  return {};
}

void CollectSources(const Plan& plan, std::set<std::string>& sources) {
  if (plan.kind == PlanKind::kScan) {
    sources.insert(plan.table);
  }
  for (const Plan& input : plan.inputs) {
    CollectSources(input, sources);
  }
}

class ScriptBinder {
 public:
  explicit ScriptBinder(const CompileOptions& options) : options_(options) {}

  Checked<void> Add(const Statement& statement) {
    switch (statement.kind) {
      case Statement::Kind::kCreateTable:
        return AddTable(statement);
      case Statement::Kind::kCreateView:
        return AddView(statement);
      case Statement::Kind::kInsert:
      case Statement::Kind::kQuery:
        return AddOutput(statement);
      case Statement::Kind::kSet:
        // Of what a session of Flink's can set, this alone changes what a query means.
        if (statement.name == "table.exec.state.ttl") {
          const std::string_view digits = std::string_view(statement.value).substr(0, 1);
          if (digits != "0") {
            return Wrong(statement.place,
                         "State that expires makes results a matter of chance: "
                         "'0' keeps it for ever.");
          }
          options_.joins_for_ever = true;
        }
        return {};
    }
    return {};
  }

  Script Take() { return std::move(script_); }

 private:
  bool IsKnown(const std::string& name) const {
    return script_.catalog.tables.contains(name) || script_.catalog.views.contains(name);
  }

  Checked<void> AddTable(const Statement& statement) {
    Checked<Table> table = BindTable(statement);
    if (!table || IsKnown(table->name)) {
      return table ? Checked<void>(Wrong(statement.place,
                                         fmt::format("There is a table {} already.", table->name)))
                   : Wrong(table);
    }
    const std::string name = table->name;
    script_.catalog.tables.emplace(name, *std::move(table));
    return {};
  }

  Checked<void> AddView(const Statement& statement) {
    if (IsKnown(statement.name)) {
      return Wrong(statement.place, fmt::format("There is a table {} already.", statement.name));
    }
    const Checked<Plan> plan = sql::BindQuery(statement.query.front(), script_.catalog, options_);
    if (!plan) {
      return Wrong(plan);
    }
    script_.catalog.views.emplace(
        statement.name,
        View{.query = statement.query.front(), .names = statement.names, .place = statement.place});
    return {};
  }

  Checked<void> AddOutput(const Statement& statement) {
    Checked<Plan> plan = sql::BindQuery(statement.query.front(), script_.catalog, options_);
    if (!plan) {
      return Wrong(plan);
    }
    std::string name = "output";
    if (statement.kind == Statement::Kind::kInsert) {
      name = statement.name;
      if (Checked<void> fits = FitSink(statement, *plan); !fits) {
        return fits;
      }
    }
    if (std::ranges::find(script_.outputs, name, &ScriptOutput::name) != script_.outputs.end()) {
      return Wrong(statement.place, fmt::format("There are two results called {}: write INSERT "
                                                "INTO of another table, or UNION ALL.",
                                                name));
    }
    std::set<std::string> sources(script_.sources.begin(), script_.sources.end());
    CollectSources(*plan, sources);
    script_.sources.assign(sources.begin(), sources.end());
    script_.outputs.push_back({.name = std::move(name), .plan = *std::move(plan)});
    return {};
  }

  // Names and types of the table that is written.
  Checked<void> FitSink(const Statement& statement, Plan& plan) {
    const auto sink = script_.catalog.tables.find(statement.name);
    if (sink == script_.catalog.tables.end()) {
      std::vector<std::string> names;
      for (const auto& [each, table] : script_.catalog.tables) {
        names.push_back(each);
      }
      return Wrong(
          statement.place,
          fmt::format("There is no table {} to insert into: CREATE TABLE comes first.{}",
                      statement.name,
                      text::DidYouMean(statement.name, std::span<const std::string>(names))));
    }
    std::vector<Column> columns = sink->second.columns;
    if (!statement.names.empty()) {
      columns.clear();
      for (const std::string& name : statement.names) {
        const Checked<size_t> index = FindColumn(sink->second.columns, {name}, statement.place);
        if (!index) {
          return Wrong(index);
        }
        columns.push_back(sink->second.columns[*index]);
      }
    }
    if (columns.size() != plan.columns.size()) {
      return Wrong(statement.place,
                   fmt::format("{} has {} columns, and the query gives {}.", statement.name,
                               columns.size(), plan.columns.size()));
    }
    return CastColumns(statement, columns, plan);
  }

  static Checked<void> CastColumns(const Statement& statement, const std::vector<Column>& columns,
                                   Plan& plan) {
    Plan project{.kind = PlanKind::kProject, .place = statement.place, .updates = plan.updates};
    for (size_t i = 0; i < columns.size(); ++i) {
      const Type from = plan.columns[i].type;
      const Type to = columns[i].type;
      const bool fits = CommonType(from, to).has_value();
      if (!fits) {
        return Wrong(statement.place,
                     fmt::format("The column {} of {} is {}, and the query gives {}: write a CAST.",
                                 columns[i].name, statement.name, ShowType(to), ShowType(from)));
      }
      project.columns.push_back({.name = columns[i].name, .type = to});
      project.exprs.push_back(CastTo(ColumnAt(i, from, statement.place), to));
    }
    project.inputs.push_back(std::move(plan));
    plan = std::move(project);
    return {};
  }

  CompileOptions options_;
  Script script_;
};

}  // namespace

std::string Table::Option(std::string_view key) const {
  const auto found = std::ranges::find(options, key, &std::pair<std::string, std::string>::first);
  return found == options.end() ? "" : found->second;
}

Checked<Table> BindTable(const Statement& statement) {
  Table table{.name = statement.name, .options = statement.options, .place = statement.place};
  for (const ColumnSpec& column : statement.columns) {
    if (const Checked<void> added = AddColumn(column, table); !added) {
      return Wrong(added);
    }
  }
  if (table.columns.empty()) {
    return Wrong(statement.place, fmt::format("{} has no columns.", table.name));
  }
  if (!statement.watermark) {
    return table;
  }
  const WatermarkSpec& watermark = *statement.watermark;
  const Checked<size_t> column = FindColumn(table.columns, {watermark.column}, watermark.place);
  if (!column) {
    return Wrong(column);
  }
  if (table.columns[*column].type.kind != TypeKind::kTimestamp) {
    return Wrong(watermark.place,
                 fmt::format("The time of a table is a TIMESTAMP, and {} is {}.", watermark.column,
                             ShowType(table.columns[*column].type)));
  }
  const Checked<int64_t> delay = DelayOf(watermark, table, *column);
  if (!delay) {
    return Wrong(delay);
  }
  table.columns[*column].role = Role::kRowtime;
  table.rowtime = *column;
  table.delay = *delay;
  return table;
}

sim::Result<Script> Compile(std::string_view text, const CompileOptions& options) {
  const auto refuse = [&text](const Mistake& mistake) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, At(text, mistake.place, mistake.sentence));
  };
  const Checked<std::vector<Statement>> statements = Parse(text);
  if (!statements) {
    return refuse(statements.error());
  }
  ScriptBinder binder(options);
  for (const Statement& statement : *statements) {
    if (const Checked<void> added = binder.Add(statement); !added) {
      return refuse(added.error());
    }
  }
  Script script = binder.Take();
  script.text = text;
  if (script.outputs.empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     "sql: No statement makes a result: end with SELECT or INSERT INTO.");
  }
  return script;
}

}  // namespace flinch::sql
