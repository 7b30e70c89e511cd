// What stands in FROM.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/analyze.h"
#include "scenarios/sql/query_binder.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

constexpr int kViewsMax = 50;

void Qualify(Plan& plan, const std::string& alias) {
  for (Column& column : plan.columns) {
    column.qualifier = alias;
  }
}

struct WindowFunction {
  std::string_view name;
  WindowKind kind;
  std::vector<std::string_view> intervals;  // their names, in order; those from `optional` on may
  size_t optional;                          // be left out
};

const std::vector<WindowFunction>& WindowFunctions() {
  static const std::vector<WindowFunction> kFunctions = {
      {"TUMBLE", WindowKind::kTumble, {"SIZE", "OFFSET"}, 1},
      {"HOP", WindowKind::kHop, {"SLIDE", "SIZE", "OFFSET"}, 2},
      {"CUMULATE", WindowKind::kCumulate, {"STEP", "SIZE", "OFFSET"}, 2},
      {"SESSION", WindowKind::kSession, {"GAP"}, 1}};
  return kFunctions;
}

Checked<void> CheckSizes(const WindowSpec& spec, Place place) {
  if (spec.size <= 0 ||
      (spec.kind != WindowKind::kTumble && spec.kind != WindowKind::kSession && spec.step <= 0)) {
    return Wrong(place, "The sizes of windows are longer than nothing.");
  }
  if (spec.kind == WindowKind::kCumulate && spec.size % spec.step != 0) {
    return Wrong(place, "The size of CUMULATE is a multiple of its step.");
  }
  if (spec.kind == WindowKind::kHop && spec.size % spec.step != 0) {
    return Wrong(place, "The size of HOP is a multiple of its slide.");
  }
  return {};
}

}  // namespace

Checked<Plan> WindowOver(Plan input, const WindowSpec& spec, Place place) {
  if (const Checked<void> checked = CheckSizes(spec, place); !checked) {
    return Wrong(checked);
  }
  const Type time = input.columns[spec.time].type;
  Plan window{.kind = PlanKind::kWindow, .place = place, .columns = input.columns, .window = spec};
  window.columns[spec.time].role = Role::kPlain;
  const std::string qualifier = window.columns[spec.time].qualifier;
  window.columns.push_back(
      {.name = "window_start", .qualifier = qualifier, .type = time, .role = Role::kWindowStart});
  window.columns.push_back(
      {.name = "window_end", .qualifier = qualifier, .type = time, .role = Role::kWindowEnd});
  window.columns.push_back(
      {.name = "window_time", .qualifier = qualifier, .type = time, .role = Role::kRowtime});
  window.inputs.push_back(std::move(input));
  const Checked<void> finished = FinishWindow(window);
  return finished ? Checked<Plan>(std::move(window)) : Wrong(finished);
}

Checked<Plan> QueryBinder::BindTable(const TableRef& table) {
  Checked<Plan> plan = [&]() -> Checked<Plan> {
    switch (table.kind) {
      case TableRef::Kind::kNamed:
        return BindNamed(table.name, table.place);
      case TableRef::Kind::kQuery:
        return Bind(table.query.front());
      case TableRef::Kind::kFunction:
        return BindFunction(table);
      case TableRef::Kind::kJoin:
        return BindJoin(table);
      case TableRef::Kind::kValues:
        return BindValues(table);
    }
    return Wrong(table.place, "This is no table.");
  }();
  if (!plan || table.kind == TableRef::Kind::kJoin) {
    return plan;
  }
  Qualify(*plan,
          table.alias.empty() && table.kind == TableRef::Kind::kNamed ? table.name : table.alias);
  if (table.columns.size() > plan->columns.size()) {
    return Wrong(table.place, fmt::format("{} has {} columns, and not {}.", table.alias,
                                          plan->columns.size(), table.columns.size()));
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    plan->columns[i].name = table.columns[i];
  }
  return plan;
}

Checked<Plan> QueryBinder::BindNamed(const std::string& name, Place place) {
  const auto with = std::ranges::find(with_.rbegin(), with_.rend(), name, &Named::name);
  const auto view = catalog_.views.find(name);
  if (with != with_.rend() || view != catalog_.views.end()) {
    if (++depth_ > kViewsMax) {
      return Wrong(place, fmt::format("{} is made of itself.", name));
    }
    Checked<Plan> plan = Bind(with != with_.rend() ? *with->query : view->second.query);
    --depth_;
    if (plan && with == with_.rend()) {
      for (size_t i = 0; i < std::min(view->second.names.size(), plan->columns.size()); ++i) {
        plan->columns[i].name = view->second.names[i];
      }
    }
    return plan;
  }
  const auto known = catalog_.tables.find(name);
  if (known == catalog_.tables.end()) {
    std::vector<std::string> names;
    for (const auto& [each, table] : catalog_.tables) {
      names.push_back(each);
    }
    for (const auto& [each, table] : catalog_.views) {
      names.push_back(each);
    }
    return Wrong(place,
                 fmt::format("There is no table {}; there is {}.{}", name,
                             names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                             text::DidYouMean(name, std::span<const std::string>(names))));
  }
  return Plan{
      .kind = PlanKind::kScan, .place = place, .columns = known->second.columns, .table = name};
}

Checked<Plan> QueryBinder::BindJoin(const TableRef& table) {
  Checked<Plan> left = BindTable(table.sides[0]);
  Checked<Plan> right = left ? BindTable(table.sides[1]) : std::move(left);
  if (!right) {
    return right;
  }
  const size_t left_columns = left->columns.size();
  Plan join = Join(*std::move(left), *std::move(right), table.join, table.place);
  for (const Expr& on : table.on) {
    Checked<Typed> condition = ExprBinder(join.columns).BindCondition(on, "ON");
    if (!condition) {
      return Wrong(condition);
    }
    join.join.conditions.push_back(*std::move(condition));
  }
  for (const std::string& name : table.shared_columns) {
    const auto sides = std::span<const Column>(join.columns);
    const Checked<size_t> one = FindColumn(sides.first(left_columns), {name}, table.place);
    const Checked<size_t> other = FindColumn(sides.subspan(left_columns), {name}, table.place);
    if (!one || !other) {
      return Wrong(one ? other : one);
    }
    Checked<Typed> equal =
        Comparison(Op::kEqual, ColumnAt(*one, sides[*one].type, table.place),
                   ColumnAt(left_columns + *other, sides[left_columns + *other].type, table.place),
                   table.place);
    if (!equal) {
      return Wrong(equal);
    }
    join.join.conditions.push_back(*std::move(equal));
  }
  return join;  // WHERE may say more of it
}

Checked<Plan> QueryBinder::BindValues(const TableRef& table) {
  Plan plan{.kind = PlanKind::kValues, .place = table.place};
  std::vector<std::vector<Typed>> columns;
  for (const std::vector<Expr>& row : table.rows) {
    if (!columns.empty() && row.size() != columns.size()) {
      return Wrong(table.place, "The rows of VALUES have equally many columns.");
    }
    columns.resize(row.size());
    for (size_t i = 0; i < row.size(); ++i) {
      Checked<Typed> value = ExprBinder({}).Bind(row[i]);
      if (!value) {
        return Wrong(value);
      }
      columns[i].push_back(*std::move(value));
    }
  }
  plan.rows.resize(table.rows.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const Checked<Type> type = CommonType(columns[i], table.place);
    if (!type) {
      return Wrong(type);
    }
    plan.columns.push_back({.name = fmt::format("EXPR${}", i), .type = *type});
    for (size_t row = 0; row < columns[i].size(); ++row) {
      const Typed value = CastTo(std::move(columns[i][row]), *type);
      if (value.op != Op::kLiteral) {
        return Wrong(value.place, "VALUES takes what is written out only.");
      }
      plan.rows[row].push_back(value.value);
    }
  }
  return plan;
}

// TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL …) and its like.
Checked<Plan> QueryBinder::BindFunction(const TableRef& table) {
  const auto& functions = WindowFunctions();
  const auto function = std::ranges::find(functions, table.name, &WindowFunction::name);
  if (function == functions.end()) {
    return Wrong(table.place, fmt::format("There is no table function {}: TUMBLE, HOP, CUMULATE "
                                          "and SESSION are here.",
                                          table.name));
  }
  const Expr* source = nullptr;
  const Expr* time = nullptr;
  std::vector<int64_t> intervals(function->intervals.size(), 0);
  size_t next = 0;
  for (const Expr& arg : table.args) {
    if (arg.kind == ExprKind::kTable || (arg.kind == ExprKind::kColumn && source == nullptr)) {
      source = &arg;
      continue;
    }
    if (arg.kind == ExprKind::kDescriptor) {
      time = &arg;
      continue;
    }
    const Checked<int64_t> interval = ConstantInterval(arg);
    const auto named = std::ranges::find(function->intervals, arg.parameter);
    const size_t index = named == function->intervals.end()
                             ? next++
                             : static_cast<size_t>(named - function->intervals.begin());
    if (!interval || index >= intervals.size()) {
      return interval ? Checked<Plan>(Wrong(arg.place, "This interval is one too many."))
                      : Wrong(interval);
    }
    intervals[index] = *interval;
    next = std::max(next, index + 1);
  }
  if (source == nullptr || time == nullptr || next < function->optional) {
    return Wrong(table.place, fmt::format("Write {}(TABLE name, DESCRIPTOR(time){}).", table.name,
                                          function->kind == WindowKind::kTumble ||
                                                  function->kind == WindowKind::kSession
                                              ? ", INTERVAL '1' MINUTE"
                                              : ", INTERVAL '10' SECOND, INTERVAL '1' MINUTE"));
  }
  Checked<Plan> input = BindNamed(source->name.back(), source->place);
  if (!input) {
    return input;
  }
  Qualify(*input, source->name.back());
  const Checked<size_t> column = FindColumn(input->columns, time->name, time->place);
  if (!column) {
    return Wrong(column);
  }
  WindowSpec spec{.kind = function->kind, .time = *column};
  const bool has_step =
      function->kind == WindowKind::kHop || function->kind == WindowKind::kCumulate;
  spec.step = has_step ? intervals[0] : 0;
  spec.size = intervals[has_step ? 1 : 0];
  spec.offset = function->kind == WindowKind::kSession ? 0 : intervals.back();
  for (const Expr& key : source->partition) {
    const Checked<size_t> index = FindColumn(input->columns, key.name, key.place);
    if (key.kind != ExprKind::kColumn || !index) {
      return key.kind == ExprKind::kColumn ? Checked<Plan>(Wrong(index))
                                           : Wrong(key.place, "PARTITION BY takes columns here.");
    }
    spec.partition.push_back(*index);
  }
  return WindowOver(*std::move(input), spec, time->place);
}

}  // namespace flinch::sql
