#include "scenarios/sql/sqlite_text.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/sql/sqlite_expr.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

std::string Columns(size_t count, std::string_view prefix = "", size_t from = 0) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) {
    names.push_back(prefix.empty() ? fmt::format("c{}", i)
                                   : fmt::format("{}.c{} AS c{}", prefix, i, from + i));
  }
  return names.empty() ? "1" : fmt::format("{}", fmt::join(names, ", "));
}

std::string Input(const Plan& plan) { return "(" + SqliteText(plan.inputs.front()) + ")"; }

std::string Values(const Plan& plan) {
  std::vector<std::string> rows;
  for (const Row& row : plan.rows) {
    std::vector<std::string> values;
    for (size_t i = 0; i < row.size(); ++i) {
      values.push_back(
          fmt::format("{} AS c{}", SqliteExpr(Constant(row[i], plan.columns[i].type, 0)), i));
    }
    rows.push_back(fmt::format("SELECT {}",
                               values.empty() ? "1" : fmt::format("{}", fmt::join(values, ", "))));
  }
  return fmt::format("{}", fmt::join(rows, " UNION ALL "));
}

std::string Project(const Plan& plan) {
  std::vector<std::string> items;
  for (size_t i = 0; i < plan.exprs.size(); ++i) {
    items.push_back(fmt::format("{} AS c{}", SqliteExpr(plan.exprs[i]), i));
  }
  return fmt::format("SELECT {} FROM {}", fmt::join(items, ", "), Input(plan));
}

// Rounded down to a multiple, of times before 1970, too.
std::string Floored(const std::string& number, int64_t by) {
  return fmt::format("({0} - (({0} % {1} + {1}) % {1}))", number, by);
}

// Each row once per window that holds it: a table of numbers says which of them.
std::string SizedWindow(const Plan& plan) {
  const WindowSpec& spec = plan.window;
  const size_t count = plan.inputs[0].columns.size();
  const std::string time = fmt::format("(r.c{} - ({}))", spec.time, spec.offset);
  std::string start = fmt::format("({} + ({}))", Floored(time, spec.size), spec.offset);
  std::string end = fmt::format("({} + {})", start, spec.size);
  std::string where = fmt::format("r.c{} IS NOT NULL", spec.time);
  int64_t windows = 1;
  if (spec.kind == WindowKind::kHop) {
    windows = spec.size / spec.step;
    start = fmt::format("({} + ({}) - n.k * {})", Floored(time, spec.step), spec.offset, spec.step);
    end = fmt::format("({} + {})", start, spec.size);
    where += fmt::format(" AND r.c{} < {}", spec.time, end);
  } else if (spec.kind == WindowKind::kCumulate) {
    windows = spec.size / spec.step;
    end = fmt::format("({} + (n.k + 1) * {})", start, spec.step);
    where += fmt::format(" AND r.c{} < {}", spec.time, end);
  }
  return fmt::format(
      "WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < {}) "
      "SELECT {}, {} AS c{}, {} AS c{}, {} - 1000000 AS c{} FROM {} AS r JOIN n WHERE {}",
      windows, Columns(count, "r"), start, count, end, count + 1, end, count + 2, Input(plan),
      where);
}

// Where the gap to the row before is too long a session begins; counting those numbers them.
std::string Session(const Plan& plan) {
  const WindowSpec& spec = plan.window;
  const size_t count = plan.inputs[0].columns.size();
  std::vector<std::string> keys;
  for (const size_t column : spec.partition) {
    keys.push_back(fmt::format("c{}", column));
  }
  const std::string by = keys.empty() ? "" : fmt::format("PARTITION BY {} ", fmt::join(keys, ", "));
  keys.emplace_back("s");
  const std::string within = fmt::format("PARTITION BY {}", fmt::join(keys, ", "));
  const std::string time = fmt::format("c{}", spec.time);
  const std::string begins = fmt::format(
      "SELECT *, CASE WHEN {0} - LAG({0}) OVER ({1}ORDER BY {0}) <= {2} THEN 0 ELSE 1 END AS b "
      "FROM {3} WHERE {0} IS NOT NULL",
      time, by, spec.size, Input(plan));
  const std::string numbered =
      fmt::format("SELECT *, SUM(b) OVER ({}ORDER BY {} ROWS UNBOUNDED PRECEDING) AS s FROM ({})",
                  by, time, begins);
  return fmt::format(
      "SELECT {0}, MIN({1}) OVER ({2}) AS c{3}, MAX({1}) OVER ({2}) + {4} AS c{5}, "
      "MAX({1}) OVER ({2}) + {4} - 1000000 AS c{6} FROM ({7})",
      Columns(count), time, within, count, spec.size, count + 1, count + 2, numbered);
}

std::string Aggregate(const Plan& plan) {
  std::vector<std::string> items;
  std::vector<std::string> keys;
  for (const Typed& key : plan.exprs) {
    keys.push_back(SqliteExpr(key));
    items.push_back(fmt::format("{} AS g{}", keys.back(), items.size()));
  }
  for (const AggregateCall& call : plan.aggregates) {
    items.push_back(fmt::format("{} AS g{}", SqliteAggregate(call), items.size()));
  }
  // A whole number here would be the index of a column; nothing else begins so.
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i] = plan.exprs[i].op == Op::kLiteral ? keys[i] + " || ''" : keys[i];
  }
  // In GROUP BY the name of a result would hide that of a column: they have other names.
  std::vector<std::string> renamed;
  for (size_t i = 0; i < items.size(); ++i) {
    renamed.push_back(fmt::format("g{0} AS c{0}", i));
  }
  return fmt::format("SELECT {} FROM (SELECT {} FROM {}{} HAVING count(*) > 0)",
                     fmt::join(renamed, ", "), fmt::join(items, ", "), Input(plan),
                     keys.empty() ? "" : fmt::format(" GROUP BY {}", fmt::join(keys, ", ")));
}

std::string Condition(const Plan& plan) {
  std::vector<std::string> conditions;
  for (const Typed& condition : plan.join.conditions) {
    conditions.push_back(SqliteExpr(condition));
  }
  return conditions.empty() ? "1" : fmt::format("{}", fmt::join(conditions, " AND "));
}

std::string Join(const Plan& plan) {
  const size_t left = plan.inputs[0].columns.size();
  const size_t right = plan.inputs[1].columns.size();
  std::vector<std::string> renamed;
  for (size_t i = 0; i < right; ++i) {
    renamed.push_back(fmt::format("c{} AS c{}", i, left + i));
  }
  const std::string sides[] = {
      Input(plan),
      fmt::format("(SELECT {} FROM ({}))", fmt::join(renamed, ", "), SqliteText(plan.inputs[1]))};
  if (plan.join.kind == JoinKind::kSemi || plan.join.kind == JoinKind::kAnti) {
    return fmt::format("SELECT {} FROM {} AS l WHERE {}EXISTS (SELECT 1 FROM {} AS r WHERE {})",
                       Columns(left), sides[0], plan.join.kind == JoinKind::kAnti ? "NOT " : "",
                       sides[1], Condition(plan));
  }
  constexpr std::string_view kWords[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
  return fmt::format("SELECT {} FROM {} AS l {} {} AS r ON {}", Columns(left + right), sides[0],
                     kWords[static_cast<size_t>(plan.join.kind)], sides[1], Condition(plan));
}

std::string Rank(const Plan& plan) {
  const size_t count = plan.inputs[0].columns.size();
  std::vector<std::string> order;
  for (const SortKey& key : plan.rank.order) {
    order.push_back(fmt::format("{} {} NULLS {}", SqliteOrder(key.expr),
                                key.is_descending ? "DESC" : "ASC",
                                key.nulls_last ? "LAST" : "FIRST"));
  }
  for (size_t i = 0; i < count; ++i) {
    order.push_back(
        fmt::format("{} {}", SqliteOrder(ColumnAt(i, plan.inputs[0].columns[i].type, plan.place)),
                    plan.rank.ties_descend ? "DESC" : "ASC"));
  }
  std::vector<std::string> keys;
  for (const Typed& key : plan.rank.partition) {
    keys.push_back(SqliteExpr(key));
  }
  const std::string ranked =
      fmt::format("SELECT {}, ROW_NUMBER() OVER ({}{} ORDER BY {}) AS c{} FROM {}", Columns(count),
                  keys.empty() ? "" : "PARTITION BY ", fmt::join(keys, ", "),
                  fmt::join(order, ", "), count, Input(plan));
  return plan.rank.limit
             ? fmt::format("SELECT * FROM ({}) WHERE c{} <= {}", ranked, count, *plan.rank.limit)
             : ranked;
}

}  // namespace

std::string SqliteTable(const std::string& name) {
  std::string quoted = "\"t_";
  for (const char each : name) {
    quoted += each == '"' ? '_' : each;
  }
  return quoted + "\"";
}

std::string SqliteText(const Plan& plan) {
  switch (plan.kind) {
    case PlanKind::kScan:
      return fmt::format("SELECT {} FROM {}", Columns(plan.columns.size()),
                         SqliteTable(plan.table));
    case PlanKind::kValues:
      return Values(plan);
    case PlanKind::kProject:
      return Project(plan);
    case PlanKind::kFilter:
      return fmt::format("SELECT * FROM {} WHERE {}", Input(plan), SqliteExpr(plan.exprs[0]));
    case PlanKind::kWindow:
      return plan.window.kind == WindowKind::kSession ? Session(plan) : SizedWindow(plan);
    case PlanKind::kAggregate:
      return Aggregate(plan);
    case PlanKind::kJoin:
      return Join(plan);
    case PlanKind::kRank:
      return Rank(plan);
    case PlanKind::kUnionAll:
      return fmt::format("SELECT * FROM ({}) UNION ALL SELECT * FROM ({})",
                         SqliteText(plan.inputs[0]), SqliteText(plan.inputs[1]));
  }
  sim::Unreachable("a plan of a kind that nobody knows");
}

}  // namespace flinch::sql
