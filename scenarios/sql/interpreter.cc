#include "scenarios/sql/interpreter.h"

#include <algorithm>
#include <map>
#include <utility>

#include "scenarios/sql/aggregate.h"
#include "scenarios/sql/evaluate.h"
#include "scenarios/sql/rows.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

using Rows = std::vector<Row>;
using Groups = std::map<Row, Rows, RowLess>;

Row WithWindow(const Row& row, int64_t start, int64_t end) {
  Row whole = row;
  whole.emplace_back(start);
  whole.emplace_back(end);
  whole.emplace_back(end - kNanosPerMilli);
  return whole;
}

Row AtColumns(const std::vector<size_t>& columns, const Row& row) {
  Row values;
  for (const size_t column : columns) {
    values.push_back(row.at(column));
  }
  return values;
}

Rows Sessions(const WindowSpec& spec, const Rows& rows) {
  Groups groups;
  for (const Row& row : rows) {
    groups[AtColumns(spec.partition, row)].push_back(row);
  }
  Rows results;
  const auto time = [&spec](const Row& row) { return std::get<int64_t>(row.at(spec.time)); };
  for (auto& [key, group] : groups) {
    // Those of one time stay in their order.
    std::multimap<int64_t, Row> in_time;
    for (Row& row : group) {
      const int64_t at = time(row);
      in_time.emplace(at, std::move(row));
    }
    group.clear();
    for (auto& [at, row] : in_time) {
      group.push_back(std::move(row));
    }
    for (size_t first = 0; first < group.size();) {
      size_t next = first + 1;
      while (next < group.size() && time(group[next]) - time(group[next - 1]) <= spec.size) {
        ++next;
      }
      for (size_t i = first; i < next; ++i) {
        results.push_back(
            WithWindow(group[i], time(group[first]), time(group[next - 1]) + spec.size));
      }
      first = next;
    }
  }
  return results;
}

Rows Windows(const Plan& plan, const Rows& input) {
  Rows timed;
  std::ranges::copy_if(input, std::back_inserter(timed),
                       [&](const Row& row) { return !IsNull(row.at(plan.window.time)); });
  if (plan.window.kind == WindowKind::kSession) {
    return Sessions(plan.window, timed);
  }
  Rows results;
  for (const Row& row : timed) {
    for (const auto& [start, end] :
         WindowsOf(plan.window, std::get<int64_t>(row.at(plan.window.time)))) {
      results.push_back(WithWindow(row, start, end));
    }
  }
  return results;
}

Rows Aggregates(const Plan& plan, const Rows& input) {
  std::map<Row, std::vector<Accumulator>, RowLess> groups;
  for (const Row& row : input) {
    std::vector<Accumulator>& group = groups[ValuesOf(plan.exprs, row)];
    group.resize(plan.aggregates.size());
    for (size_t i = 0; i < plan.aggregates.size(); ++i) {
      Accumulate(plan.aggregates[i], row, Change::kAdd, false, group[i]);
    }
  }
  Rows results;
  for (const auto& [key, group] : groups) {
    Row row = key;
    for (size_t i = 0; i < plan.aggregates.size(); ++i) {
      row.push_back(ResultOf(plan.aggregates[i], group[i]));
    }
    results.push_back(std::move(row));
  }
  return results;
}

Rows Joins(const Plan& plan, const Rows& left, const Rows& right) {
  const JoinSpec& join = plan.join;
  std::map<Row, std::vector<size_t>, RowLess> partners;
  for (size_t i = 0; i < right.size(); ++i) {
    partners[ValuesOf(join.right_keys, right[i])].push_back(i);
  }
  const bool keeps_left = join.kind == JoinKind::kLeft || join.kind == JoinKind::kFull;
  const bool keeps_right = join.kind == JoinKind::kRight || join.kind == JoinKind::kFull;
  std::vector<bool> met(right.size(), false);
  Rows results;
  for (const Row& row : left) {
    bool is_met = false;
    const Row key = ValuesOf(join.left_keys, row);
    const auto found = HasNull(key) ? partners.end() : partners.find(key);
    for (const size_t i : found == partners.end() ? std::vector<size_t>() : found->second) {
      Row both = Joined(row, right[i]);
      if (AllTrue(join.conditions, both)) {
        is_met = true;
        met[i] = true;
        if (join.kind != JoinKind::kSemi && join.kind != JoinKind::kAnti) {
          results.push_back(std::move(both));
        }
      }
    }
    if ((join.kind == JoinKind::kSemi && is_met) || (join.kind == JoinKind::kAnti && !is_met)) {
      results.push_back(row);
    } else if (keeps_left && !is_met) {
      results.push_back(Joined(row, Row(plan.inputs[1].columns.size())));
    }
  }
  for (size_t i = 0; keeps_right && i < right.size(); ++i) {
    if (!met[i]) {
      results.push_back(Joined(Row(plan.inputs[0].columns.size()), right[i]));
    }
  }
  return results;
}

Rows Ranks(const Plan& plan, const Rows& input) {
  Groups groups;
  for (const Row& row : input) {
    groups[ValuesOf(plan.rank.partition, row)].push_back(row);
  }
  Rows results;
  for (auto& [key, group] : groups) {
    std::ranges::sort(group, [&plan](const Row& first, const Row& second) {
      return ComesBefore(plan.rank, first, second);
    });
    const auto limit = plan.rank.limit.value_or(static_cast<int64_t>(group.size()));
    for (size_t i = 0; i < group.size() && static_cast<int64_t>(i) < limit; ++i) {
      group[i].emplace_back(static_cast<int64_t>(i) + 1);
      results.push_back(std::move(group[i]));
    }
  }
  return results;
}

Rows Run(const Plan& plan, const Tables& tables) {
  std::vector<Rows> inputs;
  for (const Plan& input : plan.inputs) {
    inputs.push_back(Run(input, tables));
  }
  switch (plan.kind) {
    case PlanKind::kScan: {
      const auto table = tables.find(plan.table);
      sim::Check(table != tables.end(), "the table {} has no rows", plan.table);
      return table->second;
    }
    case PlanKind::kValues:
      return plan.rows;
    case PlanKind::kProject:
      for (Row& row : inputs[0]) {
        row = ValuesOf(plan.exprs, row);
      }
      return std::move(inputs[0]);
    case PlanKind::kFilter:
      std::erase_if(inputs[0], [&plan](const Row& row) { return !IsTrue(plan.exprs[0], row); });
      return std::move(inputs[0]);
    case PlanKind::kWindow:
      return Windows(plan, inputs[0]);
    case PlanKind::kAggregate:
      return Aggregates(plan, inputs[0]);
    case PlanKind::kJoin:
      return Joins(plan, inputs[0], inputs[1]);
    case PlanKind::kRank:
      return Ranks(plan, inputs[0]);
    case PlanKind::kUnionAll:
      std::ranges::move(inputs[1], std::back_inserter(inputs[0]));
      return std::move(inputs[0]);
  }
  sim::Unreachable("a plan of a kind that nobody knows");
}

}  // namespace

sim::Result<std::vector<Row>> Interpret(const Plan& plan, const Tables& tables,
                                        std::string_view text) {
  try {
    return Run(plan, tables);
  } catch (const EvaluationError& error) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, At(text, error.place(), error.what()));
  }
}

}  // namespace flinch::sql
