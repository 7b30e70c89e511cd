#include "scenarios/sql/analyze.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace flinch::sql {

namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 4;

enum class Side : uint8_t { kNone, kLeft, kRight, kBoth };

Side SideOf(const Typed& expr, size_t left_columns) {
  bool left = false;
  bool right = false;
  VisitColumns(expr, [&](size_t column) { (column < left_columns ? left : right) = true; });
  return left && right ? Side::kBoth : left ? Side::kLeft : right ? Side::kRight : Side::kNone;
}

// Conditions joined by AND, one by one.
void Split(Typed condition, std::vector<Typed>& parts) {
  if (condition.op != Op::kAnd) {
    parts.push_back(std::move(condition));
    return;
  }
  for (Typed& arg : condition.args) {
    Split(std::move(arg), parts);
  }
}

// A column and what is added to it.
struct Linear {
  size_t column = 0;
  int64_t offset = 0;
};

std::optional<Linear> LinearOf(const Typed& expr) {
  if (expr.op == Op::kColumn) {
    return Linear{.column = expr.number};
  }
  if (expr.op == Op::kCast && expr.type.kind == TypeKind::kTimestamp &&
      expr.args[0].type.kind == TypeKind::kTimestamp) {
    return LinearOf(expr.args[0]);
  }
  const bool moves = (expr.op == Op::kAdd || expr.op == Op::kSubtract) &&
                     expr.type.kind == TypeKind::kTimestamp && expr.args[1].op == Op::kLiteral;
  const auto* by = moves ? std::get_if<int64_t>(&expr.args[1].value) : nullptr;
  std::optional<Linear> inner = by != nullptr ? LinearOf(expr.args[0]) : std::nullopt;
  if (inner) {
    inner->offset += expr.op == Op::kAdd ? *by : -*by;
  }
  return inner;
}

// What the conditions say of right time - left time.
struct TimeBounds {
  std::optional<size_t> left{};
  std::optional<size_t> right{};
  int64_t lower = -kNever;
  int64_t upper = kNever;
};

void ReadBound(const Typed& condition, const Plan& join, TimeBounds& bounds) {
  const bool compares = condition.op == Op::kEqual || condition.op == Op::kLess ||
                        condition.op == Op::kLessEqual || condition.op == Op::kGreater ||
                        condition.op == Op::kGreaterEqual;
  const auto one = compares ? LinearOf(condition.args[0]) : std::nullopt;
  const auto other = compares ? LinearOf(condition.args[1]) : std::nullopt;
  const size_t left_columns = join.inputs[0].columns.size();
  const auto role = [&](size_t column) {
    return column < left_columns ? join.inputs[0].columns[column].role
                                 : join.inputs[1].columns[column - left_columns].role;
  };
  if (!one || !other || role(one->column) != Role::kRowtime ||
      role(other->column) != Role::kRowtime ||
      (one->column < left_columns) == (other->column < left_columns)) {
    return;
  }
  const bool left_first = one->column < left_columns;
  const Linear& left = left_first ? *one : *other;
  const Linear& right = left_first ? *other : *one;
  bounds.left = left.column;
  bounds.right = right.column - left_columns;
  // left + a OP right + b, so right - left OP' a - b.
  const int64_t distance = left.offset - right.offset;
  const bool is_equal = condition.op == Op::kEqual;
  const bool less = condition.op == Op::kLess || condition.op == Op::kLessEqual;
  if (is_equal || less == left_first) {
    bounds.lower =
        std::max(bounds.lower,
                 distance + (condition.op == Op::kLess || condition.op == Op::kGreater ? 1 : 0));
  }
  if (is_equal || less != left_first) {
    bounds.upper =
        std::min(bounds.upper,
                 distance - (condition.op == Op::kLess || condition.op == Op::kGreater ? 1 : 0));
  }
}

void FindKeys(Plan& join) {
  const size_t left_columns = join.inputs[0].columns.size();
  join.join.left_keys.clear();
  join.join.right_keys.clear();
  for (const Typed& condition : join.join.conditions) {
    if (condition.op != Op::kEqual) {
      continue;
    }
    const Side first = SideOf(condition.args[0], left_columns);
    const Side second = SideOf(condition.args[1], left_columns);
    if (first == Side::kLeft && second == Side::kRight) {
      join.join.left_keys.push_back(condition.args[0]);
      join.join.right_keys.push_back(
          Shifted(condition.args[1], -static_cast<int64_t>(left_columns)));
    } else if (first == Side::kRight && second == Side::kLeft) {
      join.join.left_keys.push_back(condition.args[1]);
      join.join.right_keys.push_back(
          Shifted(condition.args[0], -static_cast<int64_t>(left_columns)));
    }
  }
}

// What stands below a change of a time's precision.
const Typed& Uncast(const Typed& expr) {
  const bool is_cast = expr.op == Op::kCast && expr.type.kind == TypeKind::kTimestamp &&
                       expr.args[0].type.kind == TypeKind::kTimestamp;
  return is_cast ? expr.args[0] : expr;
}

// Whether the keys hold start and end of a window of both sides.
bool IsOfWindows(Plan& join) {
  bool starts = false;
  bool ends = false;
  for (size_t i = 0; i < join.join.left_keys.size(); ++i) {
    const Typed& left = Uncast(join.join.left_keys[i]);
    const Typed& right = Uncast(join.join.right_keys[i]);
    if (left.op != Op::kColumn || right.op != Op::kColumn) {
      continue;
    }
    const Role one = join.inputs[0].columns[left.number].role;
    const Role other = join.inputs[1].columns[right.number].role;
    starts = starts || (one == Role::kWindowStart && other == Role::kWindowStart);
    if (one == Role::kWindowEnd && other == Role::kWindowEnd) {
      ends = true;
      join.join.left_time = left.number;
      join.join.right_time = right.number;
    }
  }
  return starts && ends;
}

bool PadsLeft(JoinKind kind) { return kind == JoinKind::kRight || kind == JoinKind::kFull; }

bool PadsRight(JoinKind kind) { return kind == JoinKind::kLeft || kind == JoinKind::kFull; }

void KeepRoles(Plan& join, bool keep_windows, bool keep_times) {
  for (Column& column : join.columns) {
    const bool is_time = column.role == Role::kRowtime;
    if (is_time ? !keep_times : !keep_windows) {
      column.role = Role::kPlain;
    }
  }
}

Checked<void> RefuseForever(const Plan& join) {
  const std::string_view hint =
      "A join needs a bound in time, or it keeps all rows for ever: compare the times of both "
      "(b.ts BETWEEN a.ts AND a.ts + INTERVAL '1' HOUR), or join windows by window_start and "
      "window_end. If it shall keep them, say so: SET 'table.exec.state.ttl' = '0';";
  return Wrong(join.place, std::string(hint));
}

}  // namespace

Checked<void> FinishJoin(Plan& plan, const CompileOptions& options) {
  JoinSpec& join = plan.join;
  join.is_finished = true;
  std::vector<Typed> parts;
  for (Typed& condition : join.conditions) {
    Split(std::move(condition), parts);
  }
  join.conditions = std::move(parts);
  FindKeys(plan);
  const bool updates = plan.inputs[0].updates || plan.inputs[1].updates;
  TimeBounds bounds;
  for (const Typed& condition : join.conditions) {
    ReadBound(condition, plan, bounds);
  }
  if (!updates && IsOfWindows(plan)) {
    join.time = JoinTime::kWindow;
    KeepRoles(plan, true, true);
  } else if (!updates && bounds.left && bounds.lower > -kNever && bounds.upper < kNever) {
    join.time = JoinTime::kInterval;
    join.left_time = *bounds.left;
    join.right_time = *bounds.right;
    join.lower = bounds.lower;
    join.upper = bounds.upper;
    KeepRoles(plan, false, true);
  } else {
    join.time = JoinTime::kForever;
    KeepRoles(plan, false, false);
    if (!options.joins_for_ever) {
      return RefuseForever(plan);
    }
    plan.updates =
        updates || PadsLeft(join.kind) || PadsRight(join.kind) || join.kind == JoinKind::kAnti;
  }
  return {};
}

Checked<void> FinishWindow(Plan& window) {
  const Plan& input = window.inputs[0];
  const Column& time = input.columns[window.window.time];
  if (time.role != Role::kRowtime) {
    return Wrong(window.place,
                 fmt::format("{} is no time that windows can be of: its table needs WATERMARK FOR "
                             "{} AS {} - INTERVAL '5' SECOND, and nothing may have been computed "
                             "of it.",
                             time.name, time.name, time.name));
  }
  if (input.updates) {
    return Wrong(window.place,
                 "Windows are of rows that are never taken back, and these may be: they come out "
                 "of an aggregate, a rank or an outer join without windows.");
  }
  return {};
}

Checked<void> FinishAggregate(Plan& aggregate) {
  const Plan& input = aggregate.inputs[0];
  bool has_start = false;
  aggregate.window_end.reset();
  for (size_t i = 0; i < aggregate.exprs.size(); ++i) {
    const Typed& key = aggregate.exprs[i];
    const Role role = key.op == Op::kColumn ? input.columns[key.number].role : Role::kPlain;
    has_start = has_start || role == Role::kWindowStart;
    aggregate.window_end = role == Role::kWindowEnd ? std::optional(i) : aggregate.window_end;
  }
  if (!has_start || input.updates) {
    aggregate.window_end.reset();
  }
  const bool is_distinct = aggregate.aggregates.empty() && !input.updates;
  aggregate.updates = !aggregate.window_end && !is_distinct;
  if (!aggregate.window_end) {
    for (Column& column : aggregate.columns) {
      column.role = Role::kPlain;
    }
  }
  return {};
}

void FinishRank(Plan& rank) {
  const Plan& input = rank.inputs[0];
  bool has_start = false;
  rank.window_end.reset();
  for (const Typed& key : rank.rank.partition) {
    const Role role = key.op == Op::kColumn ? input.columns[key.number].role : Role::kPlain;
    has_start = has_start || role == Role::kWindowStart;
    rank.window_end = role == Role::kWindowEnd ? std::optional(key.number) : rank.window_end;
  }
  if (!has_start || input.updates) {
    rank.window_end.reset();
  }
  rank.updates = !rank.window_end;
  const auto& order = rank.rank.order;
  rank.rank.ties_descend = !order.empty() && order.front().is_descending &&
                           order.front().expr.op == Op::kColumn &&
                           input.columns[order.front().expr.number].role == Role::kRowtime;
  if (!rank.window_end) {
    for (Column& column : rank.columns) {
      column.role = column.role == Role::kRowtime ? Role::kPlain : column.role;
    }
  }
}

void LimitRank(Plan& plan, size_t column, int64_t limit) {
  if (plan.kind == PlanKind::kRank && column + 1 == plan.columns.size()) {
    plan.rank.limit = std::min(plan.rank.limit.value_or(limit), limit);
  } else if (plan.kind == PlanKind::kProject && plan.exprs[column].op == Op::kColumn) {
    LimitRank(plan.inputs[0], plan.exprs[column].number, limit);
  } else if (plan.kind == PlanKind::kFilter) {
    LimitRank(plan.inputs[0], column, limit);
  }
}

namespace {

bool IsSession(const Plan& plan) {
  return plan.kind == PlanKind::kWindow && plan.window.kind == WindowKind::kSession;
}

// Of GROUP BY over sessions: by the columns that they are by, and their start and end.
Checked<void> CheckSessions(const Plan& aggregate) {
  const Plan& session = aggregate.inputs[0];
  const size_t first = session.inputs[0].columns.size();
  for (const Typed& key : aggregate.exprs) {
    const auto& by = session.window.partition;
    const bool fits = key.op == Op::kColumn &&
                      (key.number >= first || std::ranges::find(by, key.number) != by.end());
    if (!fits) {
      return Wrong(aggregate.place,
                   "Sessions are grouped by window_start, window_end and the columns of their "
                   "PARTITION BY, and by nothing else.");
    }
  }
  return aggregate.window_end
             ? Checked<void>()
             : Wrong(aggregate.place, "Sessions are grouped by window_start and window_end.");
}

}  // namespace

Checked<void> CheckStream(const Plan& plan) {
  if (plan.kind == PlanKind::kValues) {
    return Wrong(plan.place, "Rows that stand in no table are no stream: give them a table.");
  }
  for (const Plan& input : plan.inputs) {
    if (IsSession(input) && plan.kind != PlanKind::kAggregate) {
      return Wrong(input.place, "Sessions need a GROUP BY right above them.");
    }
  }
  if (plan.kind == PlanKind::kAggregate && IsSession(plan.inputs[0])) {
    if (Checked<void> sessions = CheckSessions(plan); !sessions) {
      return sessions;
    }
  }
  if (plan.kind == PlanKind::kRank && !plan.rank.limit) {
    return Wrong(plan.place,
                 fmt::format("ROW_NUMBER needs a bound in a query around it: SELECT … FROM (…) "
                             "WHERE {} <= 3.",
                             plan.columns.back().name));
  }
  for (const Plan& input : plan.inputs) {
    if (Checked<void> checked = CheckStream(input); !checked) {
      return checked;
    }
  }
  return {};
}

}  // namespace flinch::sql
