#include "scenarios/jobs/sql_operators.h"

#include <algorithm>
#include <utility>

#include "scenarios/sql/evaluate.h"
#include "scenarios/sql/rows.h"

namespace flinch::scenarios {

namespace {

using sql::JoinKind;
using sql::Row;

int64_t TimeAt(const Row& row, size_t column) { return std::get<int64_t>(row.at(column)); }

void Emit(const SqlContext& context, Row row, bool is_delete = false) {
  context.out.Collect({.row = std::move(row), .is_delete = is_delete});
}

void AddTo(const sql::Plan& plan, const SqlRecord& record, bool retracts, SqlGroup& group) {
  const sql::Change change = record.is_delete ? sql::Change::kRetract : sql::Change::kAdd;
  group.sums.resize(plan.aggregates.size());
  for (size_t i = 0; i < plan.aggregates.size(); ++i) {
    sql::Accumulate(plan.aggregates[i], record.row, change, retracts, group.sums[i]);
  }
  group.rows += record.is_delete ? -1 : 1;
}

// The engine's time of a window's last nanosecond.
engine::EventTime LastOf(int64_t end) { return engine::EventTime(end - 1); }

}  // namespace

std::string SqlKey(const Row& values) {
  std::string key;
  for (const sql::Value& value : values) {
    if (sql::IsNull(value)) {
      key += "~,";
      continue;
    }
    for (const char each : sql::ShowValue(value, {})) {
      key += each == ',' || each == '\\' || each == '~' ? "\\" : "";
      key += each;
    }
    key += ',';
  }
  return key;
}

Row ResultOf(const sql::Plan& aggregate, const SqlGroup& group) {
  Row row = group.key;
  for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
    row.push_back(sql::ResultOf(aggregate.aggregates[i], group.sums.at(i)));
  }
  return row;
}

// ---- GROUP BY

void SqlGroupBy::Open(engine::RuntimeContext& context) {
  group_ = context.GetState<SqlGroup>({"group"});
}

void SqlGroupBy::ProcessElement(const SqlRecord& record, const SqlContext& context) {
  const bool retracts = plan_->inputs[0].updates;
  SqlGroup group = group_.Value().value_or(SqlGroup());
  const bool is_new = group.rows == 0;
  Row before;
  if (is_new) {
    group.key = sql::ValuesOf(plan_->exprs, record.row);
  } else {
    before = ResultOf(*plan_, group);
  }
  AddTo(*plan_, record, retracts, group);
  if (group.rows == 0) {
    group_.Clear();
    Emit(context, std::move(before), true);
    return;
  }
  Row after = ResultOf(*plan_, group);
  group_.Update(std::move(group));
  if (is_new || sql::CompareRows(before, after) != 0) {
    if (!is_new) {
      Emit(context, std::move(before), true);
    }
    Emit(context, std::move(after));
  }
}

void SqlWindowGroupBy::Open(engine::RuntimeContext& context) {
  group_ = context.GetState<SqlGroup>({"group"});
}

void SqlWindowGroupBy::ProcessElement(const SqlRecord& record, const SqlContext& context) {
  SqlGroup group = group_.Value().value_or(SqlGroup());
  if (group.rows == 0) {
    group.key = sql::ValuesOf(plan_->exprs, record.row);
    context.RegisterTimer(LastOf(TimeAt(group.key, *plan_->window_end)));
  }
  AddTo(*plan_, record, false, group);
  group_.Update(std::move(group));
}

void SqlWindowGroupBy::OnTimer(engine::EventTime, const SqlContext& context) {
  if (const SqlGroup* const group = group_.Find(); group != nullptr) {
    Emit(context, ResultOf(*plan_, *group));
    group_.Clear();
  }
}

SqlGroup SqlWindowFold::Create() const { return {}; }

void SqlWindowFold::Add(const SqlRecord& record, SqlGroup& group) const {
  if (group.rows == 0) {
    // The window's own columns are known when it fires.
    Row row = record.row;
    row.resize(plan->inputs[0].columns.size());
    group.key = sql::ValuesOf(plan->exprs, row);
  }
  AddTo(*plan, record, false, group);
}

void SqlWindowFold::Merge(SqlGroup& into, const SqlGroup& from) const {
  for (size_t i = 0; i < plan->aggregates.size(); ++i) {
    sql::Merge(plan->aggregates[i], into.sums.at(i), from.sums.at(i));
  }
  into.rows += from.rows;
}

SqlRecord WindowRow(const sql::Plan& aggregate, const engine::TimeWindow& window,
                    const SqlGroup& group) {
  SqlGroup whole = group;
  const size_t first = aggregate.inputs[0].columns.size() - 3;
  const int64_t times[] = {window.start.nanos(), window.end.nanos(),
                           window.end.nanos() - sql::kNanosPerMilli};
  for (size_t i = 0; i < aggregate.exprs.size(); ++i) {
    const sql::Typed& key = aggregate.exprs[i];
    if (key.op == sql::Op::kColumn && key.number >= first) {
      whole.key.at(i) = times[key.number - first];
    }
  }
  return {.row = ResultOf(aggregate, whole)};
}

// ---- ROW_NUMBER

void SqlRank::Open(engine::RuntimeContext& context) {
  rows_ = context.GetState<std::vector<Row>>({"rows"});
}

void SqlRank::ProcessElement(const SqlRecord& record, const SqlContext& context) {
  const auto limit = static_cast<size_t>(std::max<int64_t>(plan_->rank.limit.value_or(0), 0));
  std::vector<Row> rows = rows_.Value().value_or(std::vector<Row>());
  if (plan_->window_end && rows.empty()) {
    context.RegisterTimer(LastOf(TimeAt(record.row, *plan_->window_end)));
  }
  std::vector<Row> before(rows.begin(),
                          rows.begin() + static_cast<std::ptrdiff_t>(std::min(limit, rows.size())));
  const auto place =
      std::ranges::lower_bound(rows, record.row, [this](const Row& first, const Row& second) {
        return sql::ComesBefore(plan_->rank, first, second);
      });
  if (!record.is_delete) {
    rows.insert(place, record.row);
  } else if (place != rows.end() && sql::CompareRows(*place, record.row) == 0) {
    rows.erase(place);
  }
  // What is never taken back needs no more than the first places.
  if (!plan_->inputs[0].updates && rows.size() > limit) {
    rows.resize(limit);
  }
  for (size_t i = 0; !plan_->window_end && i < limit; ++i) {
    const bool was = i < before.size();
    const bool is = i < rows.size();
    if (was == is && (!is || sql::CompareRows(before[i], rows[i]) == 0)) {
      continue;
    }
    const auto with_place = [i](Row row) {
      row.emplace_back(static_cast<int64_t>(i) + 1);
      return row;
    };
    if (was) {
      Emit(context, with_place(before[i]), true);
    }
    if (is) {
      Emit(context, with_place(rows[i]));
    }
  }
  if (rows.empty()) {
    rows_.Clear();
  } else {
    rows_.Update(std::move(rows));
  }
}

void SqlRank::OnTimer(engine::EventTime, const SqlContext& context) {
  int64_t place = 0;
  for (Row& row : rows_.Value().value_or(std::vector<Row>())) {
    row.emplace_back(++place);
    Emit(context, std::move(row));
  }
  rows_.Clear();
}

// ---- Joins

namespace {

bool PadsLeft(JoinKind kind) { return kind == JoinKind::kLeft || kind == JoinKind::kFull; }

bool PadsRight(JoinKind kind) { return kind == JoinKind::kRight || kind == JoinKind::kFull; }

bool GivesLeft(JoinKind kind) { return kind == JoinKind::kSemi || kind == JoinKind::kAnti; }

bool Match(const sql::Plan& plan, const Row& left, const Row& right) {
  return sql::AllTrue(plan.join.conditions, sql::Joined(left, right));
}

bool MatchSides(const sql::Plan& plan, uint8_t side, const Row& mine, const Row& other) {
  return side == 0 ? Match(plan, mine, other) : Match(plan, other, mine);
}

Row JoinedSides(uint8_t side, const Row& mine, const Row& other) {
  return side == 0 ? sql::Joined(mine, other) : sql::Joined(other, mine);
}

// The row beside nulls.
Row Padded(const sql::Plan& plan, uint8_t side, const Row& row) {
  return JoinedSides(side, row, Row(plan.inputs[side == 0 ? 1 : 0].columns.size()));
}

bool PadsSide(JoinKind kind, uint8_t side) { return side == 0 ? PadsLeft(kind) : PadsRight(kind); }

}  // namespace

void SqlJoin::Open(engine::RuntimeContext& context) {
  sides_ = context.GetState<SqlSides>({"sides"});
}

void SqlJoin::ProcessElement(const SqlRecord& record, const SqlContext& context) {
  switch (plan_->join.time) {
    case sql::JoinTime::kWindow:
      return Collect(record, context);
    case sql::JoinTime::kInterval:
      return JoinOnce(record, context);
    case sql::JoinTime::kForever:
      return Change(record, context);
  }
}

void SqlJoin::OnTimer(engine::EventTime time, const SqlContext& context) {
  if (plan_->join.time == sql::JoinTime::kInterval) {
    return Expire(time, context);
  }
  const SqlSides sides = sides_.Value().value_or(SqlSides());
  std::vector<bool> met(sides.right.size(), false);
  const JoinKind kind = plan_->join.kind;
  for (const SqlWaiting& left : sides.left) {
    bool is_met = false;
    for (size_t i = 0; i < sides.right.size(); ++i) {
      if (Match(*plan_, left.row, sides.right[i].row)) {
        is_met = true;
        met[i] = true;
        if (!GivesLeft(kind)) {
          Emit(context, sql::Joined(left.row, sides.right[i].row));
        }
      }
    }
    if (GivesLeft(kind) && is_met == (kind == JoinKind::kSemi)) {
      Emit(context, left.row);
    } else if (PadsLeft(kind) && !is_met) {
      Emit(context, Padded(*plan_, 0, left.row));
    }
  }
  for (size_t i = 0; PadsRight(kind) && i < sides.right.size(); ++i) {
    if (!met[i]) {
      Emit(context, Padded(*plan_, 1, sides.right[i].row));
    }
  }
  sides_.Clear();
}

// Of a window: until it ends.
void SqlJoin::Collect(const SqlRecord& record, const SqlContext& context) {
  SqlSides sides = sides_.Value().value_or(SqlSides());
  if (sides.left.empty() && sides.right.empty()) {
    const size_t column = record.side == 0 ? plan_->join.left_time : plan_->join.right_time;
    context.RegisterTimer(LastOf(TimeAt(record.row, column)));
  }
  (record.side == 0 ? sides.left : sides.right).push_back({.row = record.row});
  sides_.Update(std::move(sides));
}

// Of an interval: a pair when its second row comes; who waits in vain when no partner can come.
void SqlJoin::JoinOnce(const SqlRecord& record, const SqlContext& context) {
  const sql::JoinSpec& join = plan_->join;
  SqlSides sides = sides_.Value().value_or(SqlSides());
  SqlWaiting mine{.row = record.row};
  for (SqlWaiting& other : record.side == 0 ? sides.right : sides.left) {
    if (MatchSides(*plan_, record.side, mine.row, other.row)) {
      const bool left_was_met = record.side == 0 ? mine.is_met : other.is_met;
      mine.is_met = other.is_met = true;
      if (join.kind == JoinKind::kSemi && !left_was_met) {
        Emit(context, record.side == 0 ? mine.row : other.row);
      } else if (!GivesLeft(join.kind)) {
        Emit(context, JoinedSides(record.side, mine.row, other.row));
      }
    }
  }
  const int64_t time = TimeAt(mine.row, record.side == 0 ? join.left_time : join.right_time);
  const int64_t over = record.side == 0 ? time + join.upper : time - join.lower;
  context.RegisterTimer(engine::EventTime(std::max(over, time) + sql::kNanosPerMilli));
  (record.side == 0 ? sides.left : sides.right).push_back(std::move(mine));
  sides_.Update(std::move(sides));
}

void SqlJoin::Expire(engine::EventTime time, const SqlContext& context) {
  const sql::JoinSpec& join = plan_->join;
  SqlSides sides = sides_.Value().value_or(SqlSides());
  const auto expire = [&](uint8_t side, std::vector<SqlWaiting>& waiting) {
    std::erase_if(waiting, [&](const SqlWaiting& each) {
      const int64_t own = TimeAt(each.row, side == 0 ? join.left_time : join.right_time);
      const int64_t over = std::max(own, side == 0 ? own + join.upper : own - join.lower);
      if (over + sql::kNanosPerMilli > time.nanos()) {
        return false;
      }
      if (!each.is_met && PadsSide(join.kind, side)) {
        Emit(context, Padded(*plan_, side, each.row));
      } else if (!each.is_met && join.kind == JoinKind::kAnti && side == 0) {
        Emit(context, each.row);
      }
      return true;
    });
  };
  expire(0, sides.left);
  expire(1, sides.right);
  if (sides.left.empty() && sides.right.empty()) {
    sides_.Clear();
  } else {
    sides_.Update(std::move(sides));
  }
}

// For ever: each change says which results come and go.
void SqlJoin::Change(const SqlRecord& record, const SqlContext& context) {
  const JoinKind kind = plan_->join.kind;
  const uint8_t side = record.side;
  const uint8_t other_side = side == 0 ? 1 : 0;
  SqlSides sides = sides_.Value().value_or(SqlSides());
  std::vector<SqlWaiting>& mine = side == 0 ? sides.left : sides.right;
  const std::vector<SqlWaiting>& others = side == 0 ? sides.right : sides.left;
  if (record.is_delete) {
    const auto gone = std::ranges::find_if(
        mine, [&](const SqlWaiting& each) { return sql::CompareRows(each.row, record.row) == 0; });
    if (gone != mine.end()) {
      mine.erase(gone);
    }
  }
  bool is_met = false;
  for (const SqlWaiting& other : others) {
    if (!MatchSides(*plan_, side, record.row, other.row)) {
      continue;
    }
    is_met = true;
    const bool has_another = std::ranges::any_of(mine, [&](const SqlWaiting& each) {
      return MatchSides(*plan_, side, each.row, other.row);
    });
    if (GivesLeft(kind)) {
      if (side == 1 && !has_another) {
        Emit(context, other.row, record.is_delete == (kind == JoinKind::kSemi));
      }
      continue;
    }
    // The partner stands beside nulls while it has none.
    const bool turns = PadsSide(kind, other_side) && !has_another;
    if (turns && !record.is_delete) {
      Emit(context, Padded(*plan_, other_side, other.row), true);
    }
    Emit(context, JoinedSides(side, record.row, other.row), record.is_delete);
    if (turns && record.is_delete) {
      Emit(context, Padded(*plan_, other_side, other.row));
    }
  }
  if (GivesLeft(kind)) {
    if (side == 0 && is_met == (kind == JoinKind::kSemi)) {
      Emit(context, record.row, record.is_delete);
    }
  } else if (!is_met && PadsSide(kind, side)) {
    Emit(context, Padded(*plan_, side, record.row), record.is_delete);
  }
  if (!record.is_delete) {
    mine.push_back({.row = record.row});
  }
  sides_.Update(std::move(sides));
}

}  // namespace flinch::scenarios
