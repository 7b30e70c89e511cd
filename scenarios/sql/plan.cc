#include "scenarios/sql/plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/sql/functions.h"

namespace flinch::sql {

namespace {

std::string_view KindName(PlanKind kind) {
  switch (kind) {
    case PlanKind::kScan:
      return "scan";
    case PlanKind::kValues:
      return "values";
    case PlanKind::kProject:
      return "project";
    case PlanKind::kFilter:
      return "filter";
    case PlanKind::kWindow:
      return "window";
    case PlanKind::kAggregate:
      return "aggregate";
    case PlanKind::kJoin:
      return "join";
    case PlanKind::kRank:
      return "rank";
    case PlanKind::kUnionAll:
      return "union all";
  }
  return "";
}

std::string Details(const Plan& plan) {
  std::string text;
  if (plan.kind == PlanKind::kScan) {
    text += " " + plan.table;
  }
  if (plan.kind == PlanKind::kJoin) {
    constexpr std::string_view kTimes[] = {"kept for ever", "of windows", "of an interval"};
    text += fmt::format(" {}", kTimes[static_cast<size_t>(plan.join.time)]);
  }
  if (plan.window_end) {
    text += " per window";
  }
  if (plan.rank.limit) {
    text += fmt::format(" up to {}", *plan.rank.limit);
  }
  return text + (plan.updates ? ", updates" : "");
}

void Show(const Plan& plan, size_t depth, std::string& text) {
  text += fmt::format("{}{}{}: {}\n", std::string(2 * depth, ' '), KindName(plan.kind),
                      Details(plan), fmt::join(NamesOf(plan), ", "));
  for (const Plan& input : plan.inputs) {
    Show(input, depth + 1, text);
  }
}

}  // namespace

bool AreSame(const Typed& left, const Typed& right) {
  return left.op == right.op && left.type == right.type && left.number == right.number &&
         left.value == right.value && left.function == right.function &&
         std::ranges::equal(left.args, right.args, AreSame);
}

Typed ColumnAt(size_t index, Type type, Place place) {
  return {.op = Op::kColumn, .type = type, .number = index, .place = place};
}

Typed Constant(Value value, Type type, Place place) {
  return {.op = Op::kLiteral, .type = type, .value = std::move(value), .place = place};
}

Typed Shifted(Typed expr, int64_t by) {
  if (expr.op == Op::kColumn) {
    expr.number = static_cast<size_t>(static_cast<int64_t>(expr.number) + by);
  }
  for (Typed& arg : expr.args) {
    arg = Shifted(std::move(arg), by);
  }
  return expr;
}

std::vector<std::string> NamesOf(const Plan& plan) {
  std::vector<std::string> names;
  for (const Column& column : plan.columns) {
    names.push_back(column.name);
  }
  return names;
}

std::vector<Type> TypesOf(const Plan& plan) {
  std::vector<Type> types;
  for (const Column& column : plan.columns) {
    types.push_back(column.type);
  }
  return types;
}

std::string ShowPlan(const Plan& plan) {
  std::string text;
  Show(plan, 0, text);
  return text;
}

}  // namespace flinch::sql
