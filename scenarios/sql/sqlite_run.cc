#include "scenarios/sql/sqlite_run.h"

#include <memory>
#include <sqlite3.h>
#include <utility>

#include <fmt/format.h>

#include "scenarios/sql/sqlite_functions.h"
#include "scenarios/sql/sqlite_text.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }

  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using Database = std::unique_ptr<sqlite3, Close>;
using Prepared = std::unique_ptr<sqlite3_stmt, Close>;

std::unexpected<sim::Error> Says(sqlite3* database, const std::string& text) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("SQLite says of the expectation: {}. It was asked: {}",
                               sqlite3_errmsg(database), text));
}

sim::Result<Prepared> Prepare(sqlite3* database, const std::string& text) {
  sqlite3_stmt* statement = nullptr;
  const int rc =
      sqlite3_prepare_v2(database, text.data(), static_cast<int>(text.size()), &statement, nullptr);
  Prepared prepared(statement);
  return rc == SQLITE_OK ? sim::Result<Prepared>(std::move(prepared)) : Says(database, text);
}

void Bind(sqlite3_stmt* statement, int index, const Value& value, Type type) {
  switch (value.index()) {
    case 0:
      sqlite3_bind_null(statement, index);
      break;
    case 1:
      sqlite3_bind_int(statement, index, std::get<bool>(value) ? 1 : 0);
      break;
    case 2:
      sqlite3_bind_int64(statement, index, std::get<int64_t>(value));
      break;
    case 4:
      sqlite3_bind_double(statement, index, std::get<double>(value));
      break;
    default: {
      const std::string text = ShowValue(value, type);
      sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8);
    }
  }
}

Value ColumnOf(sqlite3_stmt* statement, int index, Type type) {
  const auto text = [&] {
    const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, index));
    return std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement, index)));
  };
  if (sqlite3_column_type(statement, index) == SQLITE_NULL) {
    return {};
  }
  switch (type.kind) {
    case TypeKind::kBoolean:
      return sqlite3_column_int(statement, index) != 0;
    case TypeKind::kDouble:
      return sqlite3_column_double(statement, index);
    case TypeKind::kText:
      return text();
    case TypeKind::kDecimal:
      return ParseDecimal(text(), type.scale).value_or(Decimal{});
    default:
      return int64_t{sqlite3_column_int64(statement, index)};
  }
}

// Which types the columns of the tables of a plan have.
void CollectTypes(const Plan& plan, std::map<std::string, std::vector<Type>>& types) {
  if (plan.kind == PlanKind::kScan) {
    types[plan.table] = TypesOf(plan);
  }
  for (const Plan& input : plan.inputs) {
    CollectTypes(input, types);
  }
}

sim::Result<void> Fill(sqlite3* database, const std::string& name, const std::vector<Type>& types,
                       const std::vector<Row>& rows) {
  std::string columns;
  std::string places;
  for (size_t i = 0; i < types.size(); ++i) {
    columns += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
    places += i == 0 ? "?" : ", ?";
  }
  const std::string create = fmt::format("CREATE TABLE {} ({})", SqliteTable(name), columns);
  if (sqlite3_exec(database, create.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Says(database, create);
  }
  const std::string insert = fmt::format("INSERT INTO {} VALUES ({})", SqliteTable(name), places);
  const sim::Result<Prepared> statement = Prepare(database, insert);
  if (!statement) {
    return sim::Fail(statement);
  }
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      Bind(statement->get(), static_cast<int>(i) + 1, row[i], types.at(i));
    }
    if (sqlite3_step(statement->get()) != SQLITE_DONE) {
      return Says(database, insert);
    }
    sqlite3_reset(statement->get());
  }
  return {};
}

}  // namespace

sim::Result<std::vector<Row>> ComputeWithSqlite(const Plan& plan, const Tables& tables) {
  sqlite3* opened = nullptr;
  const int rc =
      sqlite3_open_v2(":memory:", &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  const Database database(opened);
  sim::Check(rc == SQLITE_OK, "SQLite does not open a database in memory");
  sqlite3_exec(opened, "PRAGMA case_sensitive_like = ON; BEGIN", nullptr, nullptr, nullptr);
  LendFunctions(opened);
  std::map<std::string, std::vector<Type>> types;
  CollectTypes(plan, types);
  for (const auto& [name, columns] : types) {
    const auto rows = tables.find(name);
    sim::Check(rows != tables.end(), "the table {} has no rows", name);
    if (sim::Result<void> filled = Fill(opened, name, columns, rows->second); !filled) {
      return sim::Fail(filled);
    }
  }
  const std::string text = SqliteText(plan);
  const sim::Result<Prepared> query = Prepare(opened, text);
  if (!query) {
    return sim::Fail(query);
  }
  std::vector<Row> results;
  int step = sqlite3_step(query->get());
  for (; step == SQLITE_ROW; step = sqlite3_step(query->get())) {
    Row& row = results.emplace_back();
    for (size_t i = 0; i < plan.columns.size(); ++i) {
      row.push_back(ColumnOf(query->get(), static_cast<int>(i), plan.columns[i].type));
    }
  }
  return step == SQLITE_DONE ? sim::Result<std::vector<Row>>(std::move(results))
                             : Says(opened, text);
}

}  // namespace flinch::sql
