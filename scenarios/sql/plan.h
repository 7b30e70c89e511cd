// A query with types, of which three readers make something: the interpreter computes it,
// sqlite_text.h writes it for SQLite, scenarios/jobs/sql_graph.h makes operators of it.
//
// Shape:  a tree; each plan has columns, and expressions name columns of the inputs by their index
//         (of a join: those of the left, then those of the right).
// Time:   a column may be a time attribute, or the start or end of a window: what windows, joins in
//         time and the top of a window ask for. An expression makes a plain column of it.
// Update: `updates` says whether what has been emitted may be taken back later. Plans that fire
//         once per window never do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/sql/ast.h"
#include "scenarios/sql/value.h"

namespace flinch::sql {

struct Function;  // functions.h

enum class Op : uint8_t {
  kColumn,
  kLiteral,
  kAnd,
  kOr,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIsDistinct,
  kIsNull,
  kIsTrue,
  kIsFalse,
  kIn,
  kLike,  // text, pattern, escape
  kCase,  // when, then, …, else
  kCoalesce,
  kCast,
  kTryCast,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kNegate,
  kAddMonths,
  kAbs,
  kSign,
  kFloor,
  kCeil,
  kRound,
  kGreatest,
  kLeast,
  kExtract,  // of the unit in `number`
  kFloorTo,
  kCeilTo,
  kDifference,
  kCall,
};

// An expression. Operands have been cast to what the operator takes.
struct Typed {
  Op op = Op::kLiteral;
  Type type{};
  std::vector<Typed> args{};
  size_t number = 0;  // of a column; of a unit of time
  Value value{};
  const Function* function = nullptr;
  Place place = 0;
};

// Equal but for where they stand.
bool AreSame(const Typed& left, const Typed& right);

Typed ColumnAt(size_t index, Type type, Place place);
Typed Constant(Value value, Type type, Place place);

// Calls visit(index) for each column that the expression names.
template <typename Visitor>
void VisitColumns(const Typed& expr, const Visitor& visit) {
  if (expr.op == Op::kColumn) {
    visit(expr.number);
  }
  for (const Typed& arg : expr.args) {
    VisitColumns(arg, visit);
  }
}

// The same expression over columns that stand `by` further.
Typed Shifted(Typed expr, int64_t by);

enum class Role : uint8_t { kPlain, kRowtime, kWindowStart, kWindowEnd };

struct Column {
  std::string name;
  std::string qualifier{};
  Type type{};
  Role role = Role::kPlain;
};

enum class WindowKind : uint8_t { kTumble, kHop, kCumulate, kSession };

struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  size_t time = 0;   // the column
  int64_t size = 0;  // nanoseconds; of sessions the gap
  int64_t step = 0;  // of hops the slide, of cumulating windows the step
  int64_t offset = 0;
  std::vector<size_t> partition{};  // of sessions: which columns they are by
};

enum class AggregateKind : uint8_t { kCount, kSum, kAverage, kMin, kMax };

struct AggregateCall {
  AggregateKind kind = AggregateKind::kCount;
  bool is_distinct = false;
  std::vector<Typed> arg{};     // none of COUNT(*)
  std::vector<Typed> filter{};  // none or one
  Type type{};
  Place place = 0;
};

struct SortKey {
  Typed expr;
  bool is_descending = false;
  bool nulls_last = false;
};

struct RankSpec {
  std::vector<Typed> partition{};
  std::vector<SortKey> order{};
  std::optional<int64_t> limit{};  // from 1
  // Rows that are equal in `order` follow each other by all their columns, in this direction.
  bool ties_descend = false;
};

// What bounds the state of a join.
enum class JoinTime : uint8_t { kForever, kWindow, kInterval };

struct JoinSpec {
  JoinKind kind = JoinKind::kInner;
  std::vector<Typed> conditions{};  // all must hold, over the columns of both
  // Found in the conditions:
  std::vector<Typed> left_keys{};   // over the left alone
  std::vector<Typed> right_keys{};  // over the right alone
  bool is_finished = false;         // FinishJoin has seen it
  JoinTime time = JoinTime::kForever;
  size_t left_time = 0;   // column of the left: its time, or the window's end
  size_t right_time = 0;  // column of the right
  // right time - left time lies between these, both included.
  int64_t lower = 0;
  int64_t upper = 0;
};

enum class PlanKind : uint8_t {
  kScan,
  kValues,
  kProject,
  kFilter,
  kWindow,     // the input's columns, then start, end and time of the window
  kAggregate,  // `exprs`, which are the keys, then the aggregates
  kJoin,       // of kSemi and kAnti the left's columns
  kRank,       // the input's columns, then the place from 1
  kUnionAll,
};

struct Plan {
  PlanKind kind = PlanKind::kScan;
  Place place = 0;
  std::vector<Plan> inputs{};
  std::vector<Column> columns{};
  std::string table{};
  std::vector<Row> rows{};     // of kValues
  std::vector<Typed> exprs{};  // of kProject all, of kFilter one, of kAggregate the keys
  std::vector<AggregateCall> aggregates{};
  WindowSpec window{};
  JoinSpec join{};
  RankSpec rank{};
  bool updates = false;
  // Of kAggregate and kRank: it is by the window whose end this column of `columns` is, or of the
  // input, and fires once.
  std::optional<size_t> window_end{};
};

std::vector<std::string> NamesOf(const Plan& plan);
std::vector<Type> TypesOf(const Plan& plan);

// As an indented tree, a line each.
std::string ShowPlan(const Plan& plan);

}  // namespace flinch::sql
