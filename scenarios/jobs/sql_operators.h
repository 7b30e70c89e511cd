// What a plan of SQL does with records of a stream: functions for the engine's operators.
//
// Shape:   a record is a change: a row that comes or one that goes. A function keeps its state
//          under the key of its group, as rows and accumulators, and refers to the plan that it is
//          of, which outlives it.
// Windows: what is by window collects and fires once, with a timer at the window's last nanosecond.
//          All else says of each change what it changes.
// Errors:  what a row makes impossible is thrown (sql/evaluate.h); a scenario is refused for it
//          before it runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/functions.h"
#include "engine/windows.h"
#include "scenarios/sql/aggregate.h"
#include "scenarios/sql/plan.h"

namespace flinch::scenarios {

struct SqlRecord {
  sql::Row row{};
  bool is_delete = false;
  uint8_t side = 0;  // of a join: 0 left, 1 right

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.row);
    visit(self.is_delete);
    visit(self.side);
  }
};

using SqlContext = engine::KeyedContext<std::string, SqlRecord>;

// Values as text that tells them apart.
std::string SqlKey(const sql::Row& values);

// A group and what its aggregates have seen.
struct SqlGroup {
  sql::Row key{};
  std::vector<sql::Accumulator> sums{};
  int64_t rows = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.sums);
    visit(self.rows);
  }
};

sql::Row ResultOf(const sql::Plan& aggregate, const SqlGroup& group);

// GROUP BY over what never ends: each change takes the old result back and gives the new one.
class SqlGroupBy {
 public:
  explicit SqlGroupBy(const sql::Plan& plan) : plan_(&plan) {}

  void Open(engine::RuntimeContext& context);
  void ProcessElement(const SqlRecord& record, const SqlContext& context);

  void OnTimer(engine::EventTime, const SqlContext&) {}

 private:
  const sql::Plan* plan_;
  engine::ValueState<SqlGroup> group_{};
};

// GROUP BY with the start and end of a window.
class SqlWindowGroupBy {
 public:
  explicit SqlWindowGroupBy(const sql::Plan& plan) : plan_(&plan) {}

  void Open(engine::RuntimeContext& context);
  void ProcessElement(const SqlRecord& record, const SqlContext& context);
  void OnTimer(engine::EventTime time, const SqlContext& context);

 private:
  const sql::Plan* plan_;
  engine::ValueState<SqlGroup> group_{};
};

// The same right over TUMBLE, HOP or SESSION: what the engine's windows fold.
struct SqlWindowFold {
  using Accumulator = SqlGroup;
  using Output = SqlGroup;

  const sql::Plan* plan;

  SqlGroup Create() const;
  void Add(const SqlRecord& record, SqlGroup& group) const;
  void Merge(SqlGroup& into, const SqlGroup& from) const;

  SqlGroup Result(const SqlGroup& group) const { return group; }
};

// The row that a window gives.
SqlRecord WindowRow(const sql::Plan& aggregate, const engine::TimeWindow& window,
                    const SqlGroup& group);

// ROW_NUMBER with a bound.
class SqlRank {
 public:
  explicit SqlRank(const sql::Plan& plan) : plan_(&plan) {}

  void Open(engine::RuntimeContext& context);
  void ProcessElement(const SqlRecord& record, const SqlContext& context);
  void OnTimer(engine::EventTime time, const SqlContext& context);

 private:
  const sql::Plan* plan_;
  engine::ValueState<std::vector<sql::Row>> rows_{};  // in their order
};

// A row of an interval join, and whether it has had a partner.
struct SqlWaiting {
  sql::Row row{};
  bool is_met = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.row);
    visit(self.is_met);
  }
};

struct SqlSides {
  std::vector<SqlWaiting> left{};
  std::vector<SqlWaiting> right{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.left);
    visit(self.right);
  }
};

// Joins of every kind and time: both sides in one stream, by the keys of the join.
class SqlJoin {
 public:
  explicit SqlJoin(const sql::Plan& plan) : plan_(&plan) {}

  void Open(engine::RuntimeContext& context);
  void ProcessElement(const SqlRecord& record, const SqlContext& context);
  void OnTimer(engine::EventTime time, const SqlContext& context);

 private:
  void Collect(const SqlRecord& record, const SqlContext& context);
  void JoinOnce(const SqlRecord& record, const SqlContext& context);
  void Change(const SqlRecord& record, const SqlContext& context);
  void Expire(engine::EventTime time, const SqlContext& context);

  const sql::Plan* plan_;
  engine::ValueState<SqlSides> sides_{};
};

}  // namespace flinch::scenarios
