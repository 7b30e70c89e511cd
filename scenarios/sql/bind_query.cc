#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/analyze.h"
#include "scenarios/sql/bind_group.h"
#include "scenarios/sql/query_binder.h"
#include "sim/text/text.h"

namespace flinch::sql {

namespace {

// A filter goes to the input of an inner join that it asks alone.
void PushFilter(Plan& plan, Typed condition) {
  if (condition.op == Op::kAnd) {
    for (Typed& arg : condition.args) {
      PushFilter(plan, std::move(arg));
    }
    return;
  }
  if (plan.kind == PlanKind::kJoin && plan.join.kind == JoinKind::kInner) {
    const size_t left_columns = plan.inputs[0].columns.size();
    bool left = false;
    bool right = false;
    VisitColumns(condition, [&](size_t column) { (column < left_columns ? left : right) = true; });
    if (left && right) {
      plan.join.conditions.push_back(std::move(condition));
    } else if (right) {
      PushFilter(plan.inputs[1],
                 Shifted(std::move(condition), -static_cast<int64_t>(left_columns)));
    } else {
      PushFilter(plan.inputs[0], std::move(condition));
    }
    return;
  }
  if (plan.kind == PlanKind::kFilter) {
    Typed both{.op = Op::kAnd, .type = kBoolean, .place = condition.place};
    both.args.push_back(std::move(plan.exprs[0]));
    both.args.push_back(std::move(condition));
    plan.exprs[0] = std::move(both);
    return;
  }
  Plan filter{.kind = PlanKind::kFilter,
              .place = condition.place,
              .columns = plan.columns,
              .updates = plan.updates};
  filter.exprs.push_back(std::move(condition));
  filter.inputs.push_back(std::move(plan));
  plan = std::move(filter);
}

// A bound on a place of ROW_NUMBER goes to it.
void TellRanks(Plan& plan, const Typed& condition) {
  if (condition.op == Op::kAnd) {
    for (const Typed& arg : condition.args) {
      TellRanks(plan, arg);
    }
    return;
  }
  const bool bounds =
      condition.op == Op::kLess || condition.op == Op::kLessEqual || condition.op == Op::kEqual;
  const bool turned = condition.op == Op::kGreater || condition.op == Op::kGreaterEqual;
  if (!bounds && !turned) {
    return;
  }
  const Typed& column = condition.args[bounds ? 0 : 1];
  const Typed& limit = condition.args[bounds ? 1 : 0];
  const auto* number = std::get_if<int64_t>(&limit.value);
  if (column.op == Op::kColumn && limit.op == Op::kLiteral && number != nullptr) {
    const bool is_strict = condition.op == Op::kLess || condition.op == Op::kGreater;
    LimitRank(plan, column.number, *number - (is_strict ? 1 : 0));
  }
}

// Time attributes may be none any more behind a join that has been finished.
void TakeRoles(Plan& plan) {
  size_t index = 0;
  for (const Plan& input : plan.inputs) {
    for (const Column& column : input.columns) {
      plan.columns[index++].role = column.role;
    }
  }
}

// The joins of one FROM, the inner ones first.
Checked<void> FinishJoins(Plan& plan, const CompileOptions& options) {
  const bool is_join = plan.kind == PlanKind::kJoin && !plan.join.is_finished;
  if (!is_join && plan.kind != PlanKind::kFilter) {
    return {};
  }
  for (Plan& input : plan.inputs) {
    if (Checked<void> finished = FinishJoins(input, options); !finished) {
      return finished;
    }
  }
  TakeRoles(plan);
  plan.updates = plan.inputs[0].updates;
  return is_join ? FinishJoin(plan, options) : Checked<void>();
}

bool IsInQuery(const Expr& expr) { return expr.kind == ExprKind::kInQuery && !expr.args.empty(); }

}  // namespace

Plan ProjectOf(Plan input, std::vector<Typed> exprs, std::vector<Column> columns, Place place) {
  Plan project{.kind = PlanKind::kProject,
               .place = place,
               .columns = std::move(columns),
               .exprs = std::move(exprs),
               .updates = input.updates};
  project.inputs.push_back(std::move(input));
  return project;
}

Checked<Plan> QueryBinder::Bind(const Query& query) {
  for (const Query::Named& named : query.with) {
    with_.push_back({named.name, &named.query.front()});
  }
  const bool is_plain = query.parts.empty() && !query.is_distinct && !IsGrouped(query);
  Checked<Plan> plan =
      (query.limit || query.offset) && is_plain ? BindOrdered(query) : BindWhole(query);
  with_.resize(with_.size() - query.with.size());
  return plan;
}

Checked<Plan> QueryBinder::BindWhole(const Query& query) {
  Checked<Plan> plan = BindSelect(query);
  for (const Query::Part& part : query.parts) {
    if (!plan) {
      return plan;
    }
    plan = BindPart(*std::move(plan), part);
  }
  return plan && (query.limit || query.offset) ? BindLimit(*std::move(plan), query)
                                               : std::move(plan);
}

// ORDER BY may name columns that are not selected: they are, until the order is known.
Checked<Plan> QueryBinder::BindOrdered(const Query& query) {
  const Checked<Plan> selected = BindSelect(query);
  if (!selected) {
    return selected;
  }
  Query wider = query;
  for (OrderItem& item : wider.order) {
    if (ExprBinder(selected->columns).Bind(item.expr)) {
      continue;
    }
    const std::string name = fmt::format("$order{}", wider.items.size());
    wider.items.push_back({.expr = item.expr, .alias = name});
    item.expr = {.kind = ExprKind::kColumn, .place = item.expr.place, .name = {name}};
  }
  Checked<Plan> plan = BindWhole(wider);
  if (!plan || wider.items.size() == query.items.size()) {
    return plan;
  }
  std::vector<Typed> exprs;
  std::vector<Column> columns(
      plan->columns.begin(),
      plan->columns.begin() + static_cast<std::ptrdiff_t>(selected->columns.size()));
  for (size_t i = 0; i < columns.size(); ++i) {
    exprs.push_back(ColumnAt(i, columns[i].type, query.place));
  }
  return ProjectOf(*std::move(plan), std::move(exprs), std::move(columns), query.place);
}

Checked<Plan> QueryBinder::BindPart(Plan left, const Query::Part& part) {
  if (part.kind == SetKind::kIntersect || part.kind == SetKind::kExcept) {
    return Wrong(part.query.front().place,
                 "INTERSECT and EXCEPT are not here: write a join of two SELECT DISTINCT.");
  }
  Checked<Plan> right = BindSelect(part.query.front());
  for (const Query::Part& more : part.query.front().parts) {
    if (!right) {
      return right;
    }
    right = BindPart(*std::move(right), more);
  }
  if (!right) {
    return right;
  }
  const Place place = part.query.front().place;
  if (left.columns.size() != right->columns.size()) {
    return Wrong(place, fmt::format("This has {} columns, and what it is united with has {}.",
                                    right->columns.size(), left.columns.size()));
  }
  Checked<Plan> united = UniteAll(std::move(left), *std::move(right), place);
  return !united || part.kind == SetKind::kUnionAll ? std::move(united)
                                                    : Distinct(*std::move(united), place);
}

Checked<Plan> QueryBinder::UniteAll(Plan left, Plan right, Place place) {
  std::vector<Column> columns;
  for (size_t i = 0; i < left.columns.size(); ++i) {
    const std::optional<Type> type = CommonType(left.columns[i].type, right.columns[i].type);
    if (!type) {
      return Wrong(place,
                   fmt::format("Column {} is {} here, and {} in what it is united with.", i + 1,
                               ShowType(right.columns[i].type), ShowType(left.columns[i].type)));
    }
    const bool same_role = left.columns[i].role == right.columns[i].role;
    columns.push_back({.name = left.columns[i].name,
                       .type = *type,
                       .role = same_role ? left.columns[i].role : Role::kPlain});
  }
  Plan united{.kind = PlanKind::kUnionAll,
              .place = place,
              .columns = columns,
              .updates = left.updates || right.updates};
  for (Plan* side : {&left, &right}) {
    std::vector<Typed> exprs;
    bool is_same = true;
    for (size_t i = 0; i < columns.size(); ++i) {
      is_same = is_same && side->columns[i].type == columns[i].type;
      exprs.push_back(CastTo(ColumnAt(i, side->columns[i].type, place), columns[i].type));
    }
    united.inputs.push_back(
        is_same ? std::move(*side) : ProjectOf(std::move(*side), std::move(exprs), columns, place));
  }
  return united;
}

Checked<Plan> QueryBinder::Distinct(Plan input, Place place) {
  Plan distinct{.kind = PlanKind::kAggregate, .place = place, .columns = input.columns};
  for (size_t i = 0; i < input.columns.size(); ++i) {
    distinct.exprs.push_back(ColumnAt(i, input.columns[i].type, place));
  }
  distinct.inputs.push_back(std::move(input));
  const Checked<void> finished = FinishAggregate(distinct);
  return finished ? Checked<Plan>(std::move(distinct)) : Wrong(finished);
}

Checked<std::vector<SortKey>> QueryBinder::BindOrder(const std::vector<OrderItem>& order,
                                                     const std::vector<Column>& columns) {
  std::vector<SortKey> keys;
  for (const OrderItem& item : order) {
    Checked<Typed> expr = ExprBinder(columns).Bind(item.expr);
    if (!expr) {
      return Wrong(expr);
    }
    keys.push_back({.expr = *std::move(expr),
                    .is_descending = item.is_descending,
                    .nulls_last = item.nulls_last.value_or(item.is_descending)});
  }
  return keys;
}

// The first rows in an order: those with the first places.
Checked<Plan> QueryBinder::BindLimit(Plan input, const Query& query) {
  if (query.order.empty()) {
    return Wrong(query.place, "LIMIT without ORDER BY takes any rows: say which come first.");
  }
  Checked<std::vector<SortKey>> order = BindOrder(query.order, input.columns);
  if (!order) {
    return Wrong(order);
  }
  const int64_t skipped = query.offset.value_or(0);
  constexpr int64_t kMost = 1'000'000;
  Plan rank{.kind = PlanKind::kRank, .place = query.place, .columns = input.columns};
  rank.columns.push_back({.name = "place", .type = kBigint});
  rank.rank = {.order = *std::move(order), .limit = skipped + query.limit.value_or(kMost)};
  std::vector<Column> columns = input.columns;
  rank.inputs.push_back(std::move(input));
  FinishRank(rank);
  if (skipped > 0) {
    std::vector<Typed> sides;
    sides.push_back(ColumnAt(columns.size(), kBigint, query.place));
    sides.push_back(Constant(skipped, kBigint, query.place));
    PushFilter(
        rank,
        {.op = Op::kGreater, .type = kBoolean, .args = std::move(sides), .place = query.place});
  }
  std::vector<Typed> exprs;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].role = rank.columns[i].role;
    exprs.push_back(ColumnAt(i, columns[i].type, query.place));
  }
  return ProjectOf(std::move(rank), std::move(exprs), std::move(columns), query.place);
}

Checked<Plan> QueryBinder::BindFrom(const Query& query) {
  if (query.from.empty()) {
    Plan one{.kind = PlanKind::kValues, .place = query.place};
    one.rows.emplace_back();
    return one;
  }
  Checked<Plan> plan = BindTable(query.from.front());
  for (size_t i = 1; plan && i < query.from.size(); ++i) {
    Checked<Plan> right = BindTable(query.from[i]);
    if (!right) {
      return right;
    }
    plan = Join(*std::move(plan), *std::move(right), JoinKind::kInner, query.from[i].place);
  }
  return plan;
}

Checked<Plan> QueryBinder::BindWhere(Plan plan, const Query& query) {
  std::vector<Expr> conditions = query.where;
  if (!conditions.empty() && conditions.front().word == "AND") {
    conditions = std::vector<Expr>(query.where.front().args);
  }
  for (const Expr& condition : conditions) {
    if (IsInQuery(condition)) {
      continue;
    }
    Checked<Typed> bound = ExprBinder(plan.columns).BindCondition(condition, "WHERE");
    if (!bound) {
      return Wrong(bound);
    }
    TellRanks(plan, *bound);
    PushFilter(plan, *std::move(bound));
  }
  if (const Checked<void> finished = FinishJoins(plan, options_); !finished) {
    return Wrong(finished);
  }
  for (const Expr& condition : conditions) {
    if (IsInQuery(condition)) {
      Checked<Plan> joined = BindInQuery(std::move(plan), condition);
      if (!joined) {
        return joined;
      }
      plan = *std::move(joined);
    }
  }
  return plan;
}

// WHERE a IN (SELECT b …): the rows that have a partner.
Checked<Plan> QueryBinder::BindInQuery(Plan plan, const Expr& condition) {
  if (condition.is_negated) {
    return Wrong(condition.place,
                 "NOT IN (SELECT …) is not here: write a LEFT JOIN … WHERE … IS "
                 "NULL.");
  }
  Checked<Plan> partners = Bind(condition.query.front());
  Checked<Typed> value = ExprBinder(plan.columns).Bind(condition.args.front());
  if (!partners || !value) {
    return partners ? Checked<Plan>(Wrong(value)) : std::move(partners);
  }
  if (partners->columns.size() != 1) {
    return Wrong(condition.place, fmt::format("The query of IN has one column, and not {}.",
                                              partners->columns.size()));
  }
  const size_t left_columns = plan.columns.size();
  Checked<Typed> equal = Comparison(
      Op::kEqual, *std::move(value),
      ColumnAt(left_columns, partners->columns[0].type, condition.place), condition.place);
  if (!equal) {
    return Wrong(equal);
  }
  const std::vector<Column> columns = plan.columns;
  Plan join = Join(std::move(plan), *std::move(partners), JoinKind::kSemi, condition.place);
  join.columns = columns;
  join.join.conditions.push_back(*std::move(equal));
  const Checked<void> finished = FinishJoin(join, options_);
  return finished ? Checked<Plan>(std::move(join)) : Wrong(finished);
}

Plan QueryBinder::Join(Plan left, Plan right, JoinKind kind, Place place) {
  Plan join{.kind = PlanKind::kJoin, .place = place, .columns = left.columns};
  join.columns.insert(join.columns.end(), right.columns.begin(), right.columns.end());
  join.join.kind = kind;
  join.inputs.push_back(std::move(left));
  join.inputs.push_back(std::move(right));
  return join;
}

Checked<Plan> QueryBinder::BindSelect(const Query& query) {
  Checked<Plan> plan = BindFrom(query);
  if (plan) {
    plan = BindWhere(*std::move(plan), query);
  }
  if (!plan) {
    return plan;
  }
  plan = IsGrouped(query) ? BindGroup(*std::move(plan), query) : BindItems(*std::move(plan), query);
  return plan && query.is_distinct ? Distinct(*std::move(plan), query.place) : std::move(plan);
}

Checked<Plan> QueryBinder::AddRank(Plan input, const Expr& call, const std::string& name) {
  const Over& over = call.over.front();
  if (!call.args.empty() || over.has_frame || over.order.empty()) {
    return Wrong(call.place, "Write ROW_NUMBER() OVER (PARTITION BY … ORDER BY …).");
  }
  Plan rank{.kind = PlanKind::kRank, .place = call.place, .columns = input.columns};
  for (const Expr& expr : over.partition) {
    Checked<Typed> key = ExprBinder(input.columns).Bind(expr);
    if (!key) {
      return Wrong(key);
    }
    rank.rank.partition.push_back(*std::move(key));
  }
  Checked<std::vector<SortKey>> order = BindOrder(over.order, input.columns);
  if (!order) {
    return Wrong(order);
  }
  rank.rank.order = *std::move(order);
  rank.columns.push_back({.name = name, .type = kBigint});
  rank.inputs.push_back(std::move(input));
  FinishRank(rank);
  return rank;
}

Checked<Plan> QueryBinder::BindItems(Plan plan, const Query& query) {
  std::optional<size_t> rank;
  const size_t visible = plan.columns.size();
  for (const SelectItem& item : query.items) {
    if (item.expr.kind == ExprKind::kCall && item.expr.word == "ROW_NUMBER" &&
        !item.expr.over.empty()) {
      if (rank) {
        return Wrong(item.expr.place, "A query has one ROW_NUMBER.");
      }
      Checked<Plan> ranked = AddRank(std::move(plan), item.expr, item.alias);
      if (!ranked) {
        return ranked;
      }
      plan = *std::move(ranked);
      rank = visible;
    }
  }
  ItemList items(plan.columns, visible);
  for (const SelectItem& item : query.items) {
    const bool is_rank = !item.expr.over.empty() && item.expr.word == "ROW_NUMBER";
    const Checked<void> added = is_rank                             ? items.AddColumn(*rank, item)
                                : item.expr.kind == ExprKind::kStar ? items.AddStar(item)
                                                                    : items.AddExpr(item, {});
    if (!added) {
      return Wrong(added);
    }
  }
  if (items.IsIdentity()) {
    for (Column& column : plan.columns) {
      column.qualifier.clear();
    }
    return plan;
  }
  return ProjectOf(std::move(plan), std::move(items.exprs), std::move(items.columns), query.place);
}

Checked<Plan> BindQuery(const Query& query, const Catalog& catalog, const CompileOptions& options) {
  Checked<Plan> plan = QueryBinder(catalog, options).Bind(query);
  if (plan) {
    if (const Checked<void> ranks = CheckStream(*plan); !ranks) {
      return Wrong(ranks);
    }
  }
  return plan;
}

}  // namespace flinch::sql
