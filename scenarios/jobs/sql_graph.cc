#include "scenarios/jobs/sql_graph.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/data_stream.h"
#include "engine/joins.h"
#include "scenarios/input/table_rows.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/jobs/sql_operators.h"
#include "scenarios/sql/evaluate.h"
#include "scenarios/sql/rows.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

using SqlRecords = engine::DataStream<SqlRecord>;
using sql::Plan;
using sql::PlanKind;

// Gives records the time of one of their columns, and keeps watermarks so far behind.
class Retime final : public engine::StreamOperator {
 public:
  Retime(size_t column, sim::Duration behind) : column_(column), behind_(behind) {}

  sim::Result<void> Open(engine::OperatorRuntime& runtime, const engine::OperatorState*) override {
    output_ = &runtime.main_output();
    return {};
  }

  sim::Result<void> ProcessElement(const engine::StreamRecord& record) override {
    const auto& row = static_cast<const SqlRecord*>(record.value)->row;
    const auto* const time = std::get_if<int64_t>(&row.at(column_));
    return output_->Emit(
        {.value = record.value,
         .timestamp = time == nullptr ? record.timestamp : engine::EventTime(*time)});
  }

  sim::Result<void> ProcessWatermark(engine::EventTime watermark) override {
    return output_->EmitWatermark(
        watermark == engine::kMaxEventTime ? watermark : engine::Shifted(watermark, -behind_));
  }

 private:
  size_t column_;
  sim::Duration behind_;
  engine::Output* output_ = nullptr;
};

struct JoinPair {
  const Plan* plan;

  void Process(const SqlRecord& left, const SqlRecord& right,
               engine::Collector<SqlRecord>& out) const {
    sql::Row row = sql::Joined(left.row, right.row);
    if (sql::AllTrue(plan->join.conditions, row)) {
      out.Collect({.row = std::move(row)});
    }
  }
};

auto KeyOf(const std::vector<sql::Typed>& exprs) {
  return [&exprs](const SqlRecord& record) { return SqlKey(sql::ValuesOf(exprs, record.row)); };
}

// Whether the engine's windows can fold the groups: their keys need the window's columns only as
// they are, and nothing else does.
bool FoldsInWindows(const Plan& aggregate) {
  const Plan& window = aggregate.inputs[0];
  if (window.kind != PlanKind::kWindow || !aggregate.window_end ||
      window.window.kind == sql::WindowKind::kCumulate) {
    return false;
  }
  const size_t first = window.inputs[0].columns.size();
  bool fits = true;
  const auto needs_none = [&](const sql::Typed& expr) {
    sql::VisitColumns(expr, [&](size_t column) { fits = fits && column < first; });
  };
  for (const sql::Typed& key : aggregate.exprs) {
    if (key.op != sql::Op::kColumn) {
      needs_none(key);
    }
  }
  for (const sql::AggregateCall& call : aggregate.aggregates) {
    std::ranges::for_each(call.arg, needs_none);
    std::ranges::for_each(call.filter, needs_none);
  }
  return fits;
}

engine::WindowAssigner AssignerOf(const sql::WindowSpec& spec) {
  if (spec.kind == sql::WindowKind::kTumble) {
    return engine::TumblingWindows{.size = sim::Duration(spec.size),
                                   .offset = sim::Duration(spec.offset % spec.size)};
  }
  if (spec.kind == sql::WindowKind::kSession) {
    return engine::SessionWindows{.gap = sim::Duration(spec.size)};
  }
  return engine::SlidingWindows{.size = sim::Duration(spec.size),
                                .slide = sim::Duration(spec.step),
                                .offset = sim::Duration(spec.offset % spec.step)};
}

// Windows fold what the rows of a window share; the result knows the window.
struct WindowResultRow {
  const Plan* plan;

  void Process(const std::string&, const engine::TimeWindow& window, const SqlGroup& group,
               engine::Collector<SqlRecord>& out) {
    out.Collect(WindowRow(*plan, window, group));
  }
};

class GraphBuilder {
 public:
  GraphBuilder(engine::StreamExecutionEnvironment& environment, const sql::Script& script,
               const Scenario& scenario, const Workload& workload)
      : environment_(environment), script_(script), scenario_(scenario), workload_(workload) {}

  SqlRecords Build(const Plan& plan) {
    switch (plan.kind) {
      case PlanKind::kScan:
        return Scan(plan);
      case PlanKind::kValues:
        sim::Unreachable("VALUES as a stream");
      case PlanKind::kProject:
        return Build(plan.inputs[0]).Map(Name("project"), [&plan](const SqlRecord& record) {
          return SqlRecord{.row = sql::ValuesOf(plan.exprs, record.row),
                           .is_delete = record.is_delete};
        });
      case PlanKind::kFilter:
        return Build(plan.inputs[0]).Filter(Name("filter"), [&plan](const SqlRecord& record) {
          return sql::IsTrue(plan.exprs[0], record.row);
        });
      case PlanKind::kWindow:
        return Window(plan);
      case PlanKind::kAggregate:
        return Aggregate(plan);
      case PlanKind::kJoin:
        return Join(plan);
      case PlanKind::kRank:
        return Build(plan.inputs[0])
            .KeyBy(KeyOf(plan.rank.partition))
            .Process<SqlRecord>(Name("rank"), SqlRank(plan));
      case PlanKind::kUnionAll:
        return Build(plan.inputs[0]).Union(Build(plan.inputs[1]));
    }
    sim::Unreachable("a plan of a kind that nobody knows");
  }

 private:
  // Unique, and the same for the same script.
  std::string Name(const std::string& what) { return fmt::format("{}-{}", what, ++names_); }

  SqlRecords Scan(const Plan& plan) {
    const auto known = scans_.find(plan.table);
    if (known != scans_.end()) {
      return known->second;
    }
    const sql::Table& table = script_.catalog.tables.find(plan.table)->second;
    Scenario scenario = scenario_;
    scenario.job.out_of_orderness =
        scenario_.job.out_of_orderness.value_or(sim::Duration(table.delay));
    const bool is_only = script_.sources.size() == 1;
    SqlRecords records =
        ReadInput(environment_, scenario, workload_, SqlTopic(plan.table),
                  is_only ? "source" : plan.table)
            .Map(is_only ? "parse" : plan.table + "-parse",
                 [types = sql::TypesOf(plan)](const LogRow& row) {
                   sim::Result<sql::Row> read = RowOfText(row.value, types);
                   sim::Check(read.has_value(), "a row of a table is not what was published");
                   return SqlRecord{.row = *std::move(read)};
                 });
    scans_.emplace(plan.table, records);
    return records;
  }

  SqlRecords Window(const Plan& plan) {
    return Build(plan.inputs[0])
        .FlatMap<SqlRecord>(
            Name("window"), [&plan](const SqlRecord& record, engine::Collector<SqlRecord>& out) {
              const auto* const time = std::get_if<int64_t>(&record.row.at(plan.window.time));
              if (time == nullptr) {
                return;
              }
              for (const auto& [start, end] : sql::WindowsOf(plan.window, *time)) {
                SqlRecord windowed = record;
                windowed.row.emplace_back(start);
                windowed.row.emplace_back(end);
                windowed.row.emplace_back(end - sql::kNanosPerMilli);
                out.Collect(windowed);
              }
            });
  }

  SqlRecords Aggregate(const Plan& plan) {
    if (FoldsInWindows(plan)) {
      const Plan& window = plan.inputs[0];
      const size_t first = window.inputs[0].columns.size();
      const size_t time = window.window.time;
      return TimedBy(window.inputs[0], time)
          .Filter(Name("timed"),
                  [time](const SqlRecord& record) { return !sql::IsNull(record.row.at(time)); })
          .KeyBy([&plan, first](const SqlRecord& record) {
            sql::Row row = record.row;
            row.resize(first + 3);
            return SqlKey(sql::ValuesOf(plan.exprs, row));
          })
          .Window(AssignerOf(window.window))
          .Aggregate<SqlRecord>(Name("window"), SqlWindowFold{&plan}, WindowResultRow{&plan});
    }
    const engine::KeyedStream<std::string, SqlRecord> keyed =
        Build(plan.inputs[0]).KeyBy(KeyOf(plan.exprs));
    return plan.window_end ? keyed.Process<SqlRecord>(Name("window-group"), SqlWindowGroupBy(plan))
                           : keyed.Process<SqlRecord>(Name("group"), SqlGroupBy(plan));
  }

  SqlRecords Join(const Plan& plan) {
    const bool is_engines =
        plan.join.time == sql::JoinTime::kInterval && plan.join.kind == sql::JoinKind::kInner;
    return is_engines ? IntervalJoin(plan) : UnitedJoin(plan);
  }

  // A plan whose records have the time of this column. Those of tables have it; behind a join they
  // have the time of one side.
  SqlRecords TimedBy(const Plan& plan, size_t column) {
    const Plan* below = &plan;
    while (below->kind == PlanKind::kFilter || below->kind == PlanKind::kProject) {
      below = &below->inputs[0];
    }
    SqlRecords records = Build(plan);
    return below->kind == PlanKind::kScan
               ? records
               : Retimed(records, column, sim::Duration(sql::kNanosPerMilli));
  }

  SqlRecords Retimed(const SqlRecords& records, size_t column, sim::Duration behind) {
    const engine::ElementType type = engine::TypeOf<SqlRecord>();
    const size_t node = environment_.AddOperator(
        {.name = Name("time"),
         .uid = {},
         .make = [column, behind] { return std::make_unique<Retime>(column, behind); },
         .inputs = {{.type = type, .key = {}}},
         .outputs = {{.tag = engine::kMainOutput, .name = {}, .type = type}},
         .decorate = {}});
    environment_.Connect(records.ends(), node, 0);
    return {environment_, {{.node = node, .tag = engine::kMainOutput}}};
  }

  // How far a result's times may be behind the watermark when it comes out.
  static sim::Duration Behind(const sql::JoinSpec& join) {
    return sim::Duration(std::max({join.upper, -join.lower, int64_t{0}}) + sql::kNanosPerSecond);
  }

  SqlRecords IntervalJoin(const Plan& plan) {
    const sql::JoinSpec& join = plan.join;
    const SqlRecords joined = engine::IntervalJoin<SqlRecord>(
        Name("interval-join"), TimedBy(plan.inputs[0], join.left_time).KeyBy(KeyOf(join.left_keys)),
        TimedBy(plan.inputs[1], join.right_time).KeyBy(KeyOf(join.right_keys)),
        {.lower = sim::Duration(join.lower), .upper = sim::Duration(join.upper)}, JoinPair{&plan});
    return Retimed(joined, join.left_time, Behind(join));
  }

  SqlRecords UnitedJoin(const Plan& plan) {
    const auto marked = [this](const SqlRecords& records, uint8_t side) {
      return records.Map(Name(side == 0 ? "left" : "right"), [side](const SqlRecord& record) {
        SqlRecord mine = record;
        mine.side = side;
        return mine;
      });
    };
    const SqlRecords left = Build(plan.inputs[0]);
    const SqlRecords right = Build(plan.inputs[1]);
    const SqlRecords joined =
        marked(left, 0)
            .Union(marked(right, 1))
            .KeyBy([&join = plan.join](const SqlRecord& record) {
              return SqlKey(
                  sql::ValuesOf(record.side == 0 ? join.left_keys : join.right_keys, record.row));
            })
            .Process<SqlRecord>(Name("join"), SqlJoin(plan));
    return plan.join.time == sql::JoinTime::kInterval
               ? Retimed(joined, plan.join.left_time, Behind(plan.join))
               : joined;
  }

  engine::StreamExecutionEnvironment& environment_;
  const sql::Script& script_;
  const Scenario& scenario_;
  const Workload& workload_;
  std::map<std::string, SqlRecords> scans_;
  uint64_t names_ = 0;
};

}  // namespace

std::string SqlTopic(const std::string& table) { return table; }

engine::StreamGraph BuildSql(const sql::Script& script, const Scenario& scenario,
                             const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  GraphBuilder builder(environment, script, scenario, workload);
  for (const sql::ScriptOutput& output : script.outputs) {
    const auto encode = [names = sql::NamesOf(output.plan),
                         types = sql::TypesOf(output.plan)](const SqlRecord& record) {
      return OutputOfRow(names, types, record.row, record.is_delete);
    };
    WriteOutput(builder.Build(output.plan), scenario, encode, output.name,
                script.outputs.size() == 1 ? "sink" : output.name + "-sink");
  }
  return environment.Build();
}

}  // namespace flinch::scenarios
