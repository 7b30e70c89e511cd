#include "scenarios/sql/bind_group.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/analyze.h"
#include "scenarios/sql/query_binder.h"

namespace flinch::sql {

namespace {

constexpr auto kGroupWindows =
    std::to_array<std::pair<std::string_view, WindowKind>>({{"TUMBLE", WindowKind::kTumble},
                                                            {"HOP", WindowKind::kHop},
                                                            {"SESSION", WindowKind::kSession}});

std::optional<WindowKind> GroupWindowOf(const Expr& expr) {
  for (const auto& [name, kind] : kGroupWindows) {
    if (expr.kind == ExprKind::kCall && expr.word == name) {
      return kind;
    }
  }
  return std::nullopt;
}

// TUMBLE_START and its like: which column of the window is meant, from 0.
std::optional<size_t> AuxiliaryOf(const Expr& expr, WindowKind kind) {
  if (expr.kind != ExprKind::kCall) {
    return std::nullopt;
  }
  for (const auto& [name, each] : kGroupWindows) {
    const std::string prefix = std::string(name) + "_";
    if (each == kind && expr.word.starts_with(prefix)) {
      const std::string_view rest = std::string_view(expr.word).substr(prefix.size());
      return rest == "START"     ? std::optional<size_t>(0)
             : rest == "END"     ? std::optional<size_t>(1)
             : rest == "ROWTIME" ? std::optional<size_t>(2)
                                 : std::nullopt;
    }
  }
  return std::nullopt;
}

bool HasAggregate(const Expr& expr) {
  if (expr.kind == ExprKind::kCall && IsAggregateName(expr.word) && expr.over.empty()) {
    return true;
  }
  return std::ranges::any_of(expr.args, HasAggregate);
}

AggregateKind KindOf(std::string_view word) {
  return word == "COUNT" ? AggregateKind::kCount
         : word == "SUM" ? AggregateKind::kSum
         : word == "AVG" ? AggregateKind::kAverage
         : word == "MIN" ? AggregateKind::kMin
                         : AggregateKind::kMax;
}

bool AreSameCalls(const AggregateCall& left, const AggregateCall& right) {
  return left.kind == right.kind && left.is_distinct == right.is_distinct &&
         std::ranges::equal(left.arg, right.arg, AreSame) &&
         std::ranges::equal(left.filter, right.filter, AreSame);
}

// A GROUP BY on its way to a plan.
class Grouping {
 public:
  explicit Grouping(Plan input) : scope_(input.columns), input_(std::move(input)) {}

  Checked<void> BindKeys(const Query& query) {
    for (const Expr& expr : query.group) {
      if (GroupWindowOf(expr)) {
        if (window_ != nullptr) {
          return Wrong(expr.place, "A GROUP BY has one window.");
        }
        window_ = &expr;
        continue;
      }
      Checked<Typed> key = ExprBinder(scope_).Bind(expr);
      if (!key) {
        return Wrong(key);
      }
      keys_.push_back(*std::move(key));
    }
    return window_ == nullptr ? Checked<void>() : BindWindow();
  }

  // What may stand behind the GROUP BY: keys, aggregates, and what is made of them.
  ExprBinder::Resolve Resolver() {
    return [this](const Expr& expr) { return ResolveOne(expr); };
  }

  Checked<Plan> Finish(Place place) {
    Plan plan{
        .kind = PlanKind::kAggregate, .place = place, .exprs = keys_, .aggregates = aggregates_};
    for (const Typed& key : keys_) {
      plan.columns.push_back(key.op == Op::kColumn ? input_.columns[key.number]
                                                   : Column{.name = "", .type = key.type});
    }
    for (size_t i = 0; i < aggregates_.size(); ++i) {
      plan.columns.push_back({.name = fmt::format("aggregate{}", i), .type = aggregates_[i].type});
    }
    plan.inputs.push_back(std::move(input_));
    const Checked<void> finished = FinishAggregate(plan);
    return finished ? Checked<Plan>(std::move(plan)) : Wrong(finished);
  }

 private:
  Checked<WindowSpec> SpecOf(const Expr& call) const {
    const WindowKind kind = *GroupWindowOf(call);
    const size_t intervals = kind == WindowKind::kHop ? 2 : 1;
    if (call.args.size() < intervals + 1 || call.args[0].kind != ExprKind::kColumn) {
      return Wrong(call.place, fmt::format("Write {}(time, {}INTERVAL '1' MINUTE).", call.word,
                                           intervals == 2 ? "INTERVAL '10' SECOND, " : ""));
    }
    const Checked<size_t> time = FindColumn(scope_, call.args[0].name, call.args[0].place);
    if (!time) {
      return Wrong(time);
    }
    WindowSpec spec{.kind = kind, .time = *time};
    for (size_t i = 1; i <= intervals; ++i) {
      const Checked<int64_t> interval = ConstantInterval(call.args[i]);
      if (!interval) {
        return Wrong(interval);
      }
      (i < intervals ? spec.step : spec.size) = *interval;
    }
    return spec;
  }

  Checked<void> BindWindow() {
    Checked<WindowSpec> spec = SpecOf(*window_);
    if (!spec) {
      return Wrong(spec);
    }
    if (spec->kind == WindowKind::kSession) {
      for (const Typed& key : keys_) {
        if (key.op != Op::kColumn) {
          return Wrong(key.place, "Sessions are by columns: name this one in a query below.");
        }
        spec->partition.push_back(key.number);
      }
    }
    spec_ = *spec;
    const size_t columns = input_.columns.size();
    Checked<Plan> windows = WindowOver(std::move(input_), *spec, window_->args[0].place);
    if (!windows) {
      return Wrong(windows);
    }
    input_ = *std::move(windows);
    first_window_key_ = keys_.size();
    for (size_t i = 0; i < 3; ++i) {
      keys_.push_back(ColumnAt(columns + i, input_.columns[columns + i].type, window_->place));
    }
    return {};
  }

  Checked<std::optional<Typed>> ResolveOne(const Expr& expr) {
    if (expr.kind == ExprKind::kCall && IsAggregateName(expr.word) && expr.over.empty()) {
      return AddAggregate(expr);
    }
    if (window_ != nullptr) {
      if (const std::optional<size_t> index = AuxiliaryOf(expr, spec_.kind)) {
        return WindowColumn(expr, *index);
      }
    }
    if (HasAggregate(expr) || expr.kind == ExprKind::kLiteral) {
      return std::optional<Typed>();
    }
    const Checked<Typed> bound = ExprBinder(scope_).Bind(expr);
    if (!bound) {
      // It may hold what only stands behind a GROUP BY; its parts will say so.
      return expr.kind == ExprKind::kColumn ? Checked<std::optional<Typed>>(Wrong(bound))
                                            : std::optional<Typed>();
    }
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (AreSame(keys_[i], *bound)) {
        return ColumnAt(i, keys_[i].type, expr.place);
      }
    }
    if (expr.kind == ExprKind::kColumn) {
      return Wrong(expr.place,
                   fmt::format("{} is neither in GROUP BY nor in an aggregate: which of the values "
                               "of a group is meant?",
                               fmt::join(expr.name, ".")));
    }
    return std::optional<Typed>();
  }

  Checked<std::optional<Typed>> WindowColumn(const Expr& expr, size_t index) const {
    Expr call = expr;
    call.word = window_->word;
    const Checked<WindowSpec> spec = SpecOf(call);
    if (!spec) {
      return Wrong(spec);
    }
    if (spec->time != spec_.time || spec->size != spec_.size || spec->step != spec_.step) {
      return Wrong(expr.place, fmt::format("{} has other arguments than the {} of GROUP BY.",
                                           expr.word, window_->word));
    }
    const size_t key = first_window_key_ + index;
    return ColumnAt(key, keys_[key].type, expr.place);
  }

  Checked<std::optional<Typed>> AddAggregate(const Expr& expr) {
    AggregateCall call{
        .kind = KindOf(expr.word), .is_distinct = expr.is_distinct, .place = expr.place};
    const bool counts_rows = expr.args.size() == 1 && expr.args[0].kind == ExprKind::kStar;
    if (expr.args.size() != 1 || (counts_rows && call.kind != AggregateKind::kCount)) {
      return Wrong(expr.place, fmt::format("{} takes one column.", expr.word));
    }
    if (!counts_rows) {
      Checked<Typed> arg = ExprBinder(scope_).Bind(expr.args[0]);
      if (!arg) {
        return Wrong(arg);
      }
      call.arg.push_back(*std::move(arg));
    }
    for (const Expr& filter : expr.filter) {
      Checked<Typed> condition = ExprBinder(scope_).BindCondition(filter, "FILTER");
      if (!condition) {
        return Wrong(condition);
      }
      call.filter.push_back(*std::move(condition));
    }
    const bool sums = call.kind == AggregateKind::kSum || call.kind == AggregateKind::kAverage;
    if (sums && !IsNumeric(call.arg[0].type)) {
      return Wrong(expr.place, fmt::format("{} takes a number, and this is {}.", expr.word,
                                           ShowType(call.arg[0].type)));
    }
    call.type = call.kind == AggregateKind::kCount     ? kBigint
                : call.kind == AggregateKind::kSum     ? SumType(call.arg[0].type)
                : call.kind == AggregateKind::kAverage ? AverageType(call.arg[0].type)
                                                       : call.arg[0].type;
    const auto known = std::ranges::find_if(
        aggregates_, [&call](const AggregateCall& each) { return AreSameCalls(each, call); });
    const auto index = static_cast<size_t>(known - aggregates_.begin());
    if (known == aggregates_.end()) {
      aggregates_.push_back(call);
    }
    return ColumnAt(keys_.size() + index, call.type, expr.place);
  }

  std::vector<Column> scope_;  // of the input, before any window
  Plan input_;
  std::vector<Typed> keys_;
  std::vector<AggregateCall> aggregates_;
  const Expr* window_ = nullptr;
  WindowSpec spec_;
  size_t first_window_key_ = 0;
};

}  // namespace

std::string ItemList::NameFor(const SelectItem& item) const {
  if (!item.alias.empty()) {
    return item.alias;
  }
  return item.expr.kind == ExprKind::kColumn ? item.expr.name.back()
                                             : fmt::format("EXPR${}", exprs.size());
}

Checked<void> ItemList::AddStar(const SelectItem& item) {
  bool any = false;
  for (size_t i = 0; i < visible_; ++i) {
    if (item.expr.name.empty() || item.expr.name.front() == of_[i].qualifier) {
      exprs.push_back(ColumnAt(i, of_[i].type, item.expr.place));
      columns.push_back(of_[i]);
      columns.back().qualifier.clear();
      any = true;
    }
  }
  if (!any) {
    return Wrong(item.expr.place, item.expr.name.empty() ? "There is nothing that * could mean."
                                                         : fmt::format("There is no table {} here.",
                                                                       item.expr.name.front()));
  }
  return {};
}

Checked<void> ItemList::AddColumn(size_t index, const SelectItem& item) {
  columns.push_back({.name = NameFor(item), .type = of_[index].type, .role = of_[index].role});
  exprs.push_back(ColumnAt(index, of_[index].type, item.expr.place));
  return {};
}

Checked<void> ItemList::AddExpr(const SelectItem& item, ExprBinder::Resolve resolve) {
  Checked<Typed> expr = ExprBinder(of_, std::move(resolve)).Bind(item.expr);
  if (!expr) {
    return Wrong(expr);
  }
  if (expr->type.kind == TypeKind::kNull) {
    expr = CastTo(*std::move(expr), kText);
  }
  if (expr->type.kind == TypeKind::kInterval || expr->type.kind == TypeKind::kMonths) {
    return Wrong(item.expr.place, "A result cannot be an interval.");
  }
  const Role role = expr->op == Op::kColumn ? of_[expr->number].role : Role::kPlain;
  columns.push_back({.name = NameFor(item), .type = expr->type, .role = role});
  exprs.push_back(*std::move(expr));
  return {};
}

bool ItemList::IsIdentity() const {
  bool is_same = exprs.size() == of_.size();
  for (size_t i = 0; is_same && i < exprs.size(); ++i) {
    is_same = exprs[i].op == Op::kColumn && exprs[i].number == i && columns[i].name == of_[i].name;
  }
  return is_same;
}

bool IsGrouped(const Query& query) {
  return query.is_grouped || !query.having.empty() ||
         std::ranges::any_of(query.items,
                             [](const SelectItem& item) { return HasAggregate(item.expr); });
}

Checked<Plan> QueryBinder::BindGroup(Plan plan, const Query& query) {
  Grouping grouping(std::move(plan));
  if (const Checked<void> keys = grouping.BindKeys(query); !keys) {
    return Wrong(keys);
  }
  const ExprBinder::Resolve resolve = grouping.Resolver();
  std::optional<Typed> having;
  for (const Expr& expr : query.having) {
    Checked<Typed> condition = ExprBinder({}, resolve).BindCondition(expr, "HAVING");
    if (!condition) {
      return Wrong(condition);
    }
    having = *std::move(condition);
  }
  // Binding finds the aggregates, and only then is known which columns there are.
  std::vector<Typed> bound;
  for (const SelectItem& item : query.items) {
    if (item.expr.kind == ExprKind::kStar) {
      return Wrong(item.expr.place, "* cannot stand beside GROUP BY: name the columns.");
    }
    if (!item.expr.over.empty()) {
      return Wrong(item.expr.place, "ROW_NUMBER stands in a query around the GROUP BY.");
    }
    Checked<Typed> expr = ExprBinder({}, resolve).Bind(item.expr);
    if (!expr) {
      return Wrong(expr);
    }
    bound.push_back(*std::move(expr));
  }
  Checked<Plan> grouped = grouping.Finish(query.place);
  if (!grouped) {
    return grouped;
  }
  if (having) {
    Plan filter{.kind = PlanKind::kFilter,
                .place = having->place,
                .columns = grouped->columns,
                .updates = grouped->updates};
    filter.exprs.push_back(*std::move(having));
    filter.inputs.push_back(*std::move(grouped));
    grouped = std::move(filter);
  }
  ItemList items(grouped->columns, 0);
  for (size_t i = 0; i < bound.size(); ++i) {
    const auto as_bound = [&bound, i](const Expr&) -> Checked<std::optional<Typed>> {
      return std::optional(bound[i]);
    };
    if (const Checked<void> added = items.AddExpr(query.items[i], as_bound); !added) {
      return Wrong(added);
    }
  }
  return ProjectOf(*std::move(grouped), std::move(items.exprs), std::move(items.columns),
                   query.place);
}

}  // namespace flinch::sql
