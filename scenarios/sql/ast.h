// SQL as it was written: what the parser makes, and the binder reads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/sql/value.h"
#include "sim/result.h"

namespace flinch::sql {

// Where something stands in the text: an offset in bytes.
using Place = size_t;

// The message of a mistake: "sql:3:14: There is no column …", the line, and a caret below the
// place.
std::string At(std::string_view text, Place place, std::string_view sentence);

// A mistake that a user made, on its way to At.
struct Mistake {
  Place place = 0;
  std::string sentence{};
};

template <typename T>
using Checked = std::expected<T, Mistake>;

inline std::unexpected<Mistake> Wrong(Place place, std::string sentence) {
  return std::unexpected(Mistake{.place = place, .sentence = std::move(sentence)});
}

template <typename T>
std::unexpected<Mistake> Wrong(const Checked<T>& failed) {
  return std::unexpected(failed.error());
}

struct TypeName {
  std::string word{};  // "VARCHAR", in upper case
  std::vector<int64_t> numbers{};
  bool with_local_time_zone = false;
  Place place = 0;
};

enum class ExprKind : uint8_t {
  kLiteral,
  kColumn,      // name: "c", "ts"
  kStar,        // of COUNT(*), or of a select list
  kOperator,    // word: "+", "AND", "NOT", "IS NULL", "BETWEEN", "IN", "LIKE", "CASE", …
  kCall,        // word: the function
  kCast,        // args[0] to `type`; word: "CAST" or "TRY_CAST"
  kDescriptor,  // DESCRIPTOR(name)
  kTable,       // TABLE name, of a table function
  kInQuery,     // args[0] IN query
  kExists,
};

struct Query;
struct Expr;

struct OrderItem;

// OVER (PARTITION BY … ORDER BY …)
struct Over {
  std::vector<Expr> partition;
  std::vector<OrderItem> order;
  bool has_frame = false;
};

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  Place place = 0;
  std::string word{};
  std::vector<std::string> name{};
  Value value{};
  Type type{};
  TypeName type_name{};
  std::vector<Expr> args{};
  bool is_distinct = false;
  bool is_negated = false;
  std::vector<Expr> filter{};     // none or one
  std::vector<Over> over{};       // none or one
  std::vector<Query> query;       // none or one
  std::vector<Expr> partition{};  // of TABLE name PARTITION BY
  std::string parameter{};        // name => value
};

struct OrderItem {
  Expr expr;
  bool is_descending = false;
  std::optional<bool> nulls_last{};
};

struct SelectItem {
  Expr expr;  // kStar with a name: "c.*"
  std::string alias{};
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kSemi, kAnti };

struct TableRef {
  enum class Kind : uint8_t { kNamed, kQuery, kFunction, kJoin, kValues };

  Kind kind = Kind::kNamed;
  Place place = 0;
  std::string name{};  // of a table, or of a table function
  std::string alias{};
  std::vector<std::string> columns{};  // of the alias
  std::vector<Query> query;
  std::vector<Expr> args{};       // of a function
  std::vector<TableRef> sides{};  // of a join: two
  JoinKind join = JoinKind::kInner;
  std::vector<Expr> on{};                     // none or one
  std::vector<std::string> shared_columns{};  // USING
  std::vector<std::vector<Expr>> rows{};      // of VALUES
};

enum class SetKind : uint8_t { kUnionAll, kUnion, kIntersect, kExcept };

struct Query {
  struct Part {
    SetKind kind;
    std::vector<Query> query;  // one
  };

  struct Named {
    std::string name;
    std::vector<Query> query;  // one
  };

  Place place = 0;
  std::vector<Named> with{};
  bool is_distinct = false;
  std::vector<SelectItem> items{};
  std::vector<TableRef> from{};
  std::vector<Expr> where{};  // none or one
  std::vector<Expr> group{};
  bool is_grouped = false;
  std::vector<Expr> having{};  // none or one
  std::vector<Part> parts{};   // what is united with the rest before it
  std::vector<OrderItem> order{};
  std::optional<int64_t> limit{};
  std::optional<int64_t> offset{};
};

struct ColumnSpec {
  std::string name;
  TypeName type{};
  std::vector<Expr> computed{};  // none or one
  bool is_metadata = false;
  bool not_null = false;
  bool is_key = false;
  Place place = 0;
};

struct WatermarkSpec {
  std::string column;
  Expr expr;
  Place place = 0;
};

using Options = std::vector<std::pair<std::string, std::string>>;

struct Statement {
  enum class Kind : uint8_t { kCreateTable, kCreateView, kInsert, kQuery, kSet };

  Kind kind = Kind::kQuery;
  Place place = 0;
  std::string name{};  // of the table or view, or the option that is set
  std::string value{};
  std::vector<ColumnSpec> columns{};
  std::vector<std::string> names{};  // columns of a view or of INSERT INTO t (a, b)
  std::vector<std::string> key{};
  std::optional<WatermarkSpec> watermark{};
  Options options{};
  std::vector<Query> query;
};

// The statements of a script. A Mistake names the furthest place that could be read, and what could
// have stood there.
Checked<std::vector<Statement>> Parse(std::string_view text);

}  // namespace flinch::sql
