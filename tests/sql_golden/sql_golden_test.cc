// What Flink made of queries over small tables (tests/golden/sql_queries.sql, nexmark_queries.sql),
// row by row: computed by the interpreter and by SQLite from the same plan.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/sql/interpreter.h"
#include "scenarios/sql/script.h"
#include "scenarios/sql/sqlite_run.h"
#include "tests/paths.h"

namespace flinch::sql {
namespace {

// Another folder with files of the same names, if the environment names one.
std::string Folder() {
  const char* const other = std::getenv("FLINCH_GOLDEN");
  return other != nullptr ? other : FLINCH_SOURCE_DIR "/tests/golden";
}

std::string FileOf(const std::string& name) {
  std::ifstream in(Folder() + "/" + name, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char each : line) {
    if (each == ',') {
      cells.emplace_back();
    } else {
      cells.back() += each;
    }
  }
  return cells;
}

struct Input {
  std::string table;
  std::string file;
  std::string columns;               // as CREATE TABLE has them
  std::vector<std::string> of_file;  // the file's columns, in the order of the table's
};

const std::vector<Input>& Inputs() {
  const std::string minutes = ", WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE";
  static const std::vector<Input> kInputs = {
      {"clicks",
       "clicks.csv",
       "id BIGINT, usr STRING, url STRING, ts TIMESTAMP(3)" + minutes,
       {"id", "user", "url", "time_ms"}},
      {"locations",
       "locations.csv",
       "id BIGINT, usr STRING, city STRING, ts TIMESTAMP(3)" + minutes,
       {"id", "user", "city", "time_ms"}},
      {"people", "people.csv", "name STRING, age INT", {"name", "age"}},
      {"person",
       "nexmark_person.csv",
       "id BIGINT, name STRING, city STRING, state STRING, ts TIMESTAMP(3)" + minutes,
       {"id", "name", "city", "state", "ts"}},
      {"auction",
       "nexmark_auction.csv",
       "id BIGINT, itemName STRING, category BIGINT, seller BIGINT, ts TIMESTAMP(3), "
       "expires TIMESTAMP(3)" +
           minutes,
       {"id", "itemName", "category", "seller", "ts", "expires"}},
      {"bid",
       "nexmark_bid.csv",
       "auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, ts TIMESTAMP(3)" + minutes,
       {"auction", "bidder", "price", "channel", "ts"}}};
  return kInputs;
}

std::string Declarations() {
  std::string text;
  for (const Input& input : Inputs()) {
    text += fmt::format("CREATE TABLE {} ({});\n", input.table, input.columns);
  }
  return text;
}

std::vector<Row> RowsOf(const Input& input, const Table& table) {
  const std::vector<std::string> lines = LinesOf(FileOf(input.file));
  const std::vector<std::string> header = CellsOf(lines.at(0));
  std::vector<Row> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = CellsOf(lines[i]);
    Row& row = rows.emplace_back();
    for (size_t c = 0; c < input.of_file.size(); ++c) {
      const auto at = std::ranges::find(header, input.of_file[c]) - header.begin();
      const std::string& cell = cells.at(static_cast<size_t>(at));
      const Type type = table.columns.at(c).type;
      if (type.kind == TypeKind::kTimestamp) {
        row.emplace_back(std::stoll(cell) * kNanosPerMilli);
      } else {
        row.push_back(ParseValue(cell, type).value());
      }
    }
  }
  return rows;
}

// A decimal as BigDecimal.toString has it: "0E-13" where plain digits would be many zeros.
std::string JavaDecimal(Decimal value, int scale) {
  const int digits = CountDigits(value.units);
  if (scale - (digits - 1) <= 6) {
    return ShowDecimal(value, scale);
  }
  std::string text = ShowDecimal(value, 0);
  if (digits > 1) {
    text.insert(text.starts_with('-') ? 2 : 1, ".");
  }
  return fmt::format("{}E{}", text, digits - 1 - scale);
}

std::string Shown(const Value& value, Type type) {
  if (IsNull(value)) {
    return "null";
  }
  if (type.kind == TypeKind::kTimestamp) {
    return std::to_string(std::get<int64_t>(value) / kNanosPerMilli);
  }
  if (type.kind == TypeKind::kBoolean) {
    return std::get<bool>(value) ? "true" : "false";
  }
  return type.kind == TypeKind::kDecimal ? JavaDecimal(std::get<Decimal>(value), type.scale)
                                         : ShowValue(value, type);
}

std::vector<std::string> Sorted(const std::vector<Row>& rows, const std::vector<Type>& types) {
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += (i == 0 ? "" : ",") + Shown(row[i], types.at(i));
    }
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

struct Query {
  std::string file;  // "sql_hop.csv"
  std::string text;
};

// "-- name (…)", then a statement.
std::vector<Query> QueriesOf(const std::string& file, const std::string& prefix) {
  std::vector<Query> queries;
  for (const std::string& line : LinesOf(FileOf(file))) {
    if (line.starts_with("-- ")) {
      const std::string name = line.substr(3, line.find(' ', 3) - 3);
      queries.push_back({.file = prefix + name + ".csv", .text = ""});
    } else if (!queries.empty()) {
      queries.back().text += line + "\n";
    }
  }
  return queries;
}

size_t CompareAll(const std::vector<Query>& queries) {
  size_t compared = 0;
  for (const Query& query : queries) {
    if (!std::filesystem::exists(Folder() + "/" + query.file)) {
      continue;
    }
    SCOPED_TRACE(query.file);
    const sim::Result<Script> script =
        Compile(Declarations() + query.text, {.joins_for_ever = true});
    EXPECT_TRUE(script) << script.error().message;
    if (!script) {
      continue;
    }
    Tables tables;
    for (const Input& input : Inputs()) {
      tables[input.table] = RowsOf(input, script->catalog.tables.at(input.table));
    }
    const Plan& plan = script->outputs.at(0).plan;
    std::vector<std::string> expected = LinesOf(FileOf(query.file));
    std::ranges::sort(expected);
    const auto interpreted = Interpret(plan, tables, script->text);
    EXPECT_TRUE(interpreted) << interpreted.error().message;
    const auto computed = ComputeWithSqlite(plan, tables);
    EXPECT_TRUE(computed) << computed.error().message;
    if (interpreted && computed) {
      EXPECT_EQ(Sorted(*interpreted, TypesOf(plan)), expected) << ShowPlan(plan);
      EXPECT_EQ(Sorted(*computed, TypesOf(plan)), expected) << ShowPlan(plan);
      ++compared;
    }
  }
  return compared;
}

TEST(SqlGoldenTest, QueriesOfPeopleAreAsInFlink) {
  EXPECT_GE(CompareAll(QueriesOf("sql_queries.sql", "sql_")), 12U);
}

// A job of the DataStream API in batch mode, whose header names its columns.
TEST(SqlGoldenTest, AveragesInBatchModeAreAsInFlink) {
  const sim::Result<Script> script = Compile(
      Declarations() +
      "SELECT name, COUNT(*), SUM(age), AVG(CAST(age AS DOUBLE)) FROM people GROUP BY name;");
  ASSERT_TRUE(script) << script.error().message;
  Tables tables;
  for (const Input& input : Inputs()) {
    tables[input.table] = RowsOf(input, script->catalog.tables.at(input.table));
  }
  const Plan& plan = script->outputs.at(0).plan;
  std::vector<std::string> expected = LinesOf(FileOf("average_age_batch.csv"));
  ASSERT_GT(expected.size(), 1U);
  expected.erase(expected.begin());
  std::ranges::sort(expected);
  EXPECT_EQ(Sorted(Interpret(plan, tables, script->text).value(), TypesOf(plan)), expected);
  EXPECT_EQ(Sorted(ComputeWithSqlite(plan, tables).value(), TypesOf(plan)), expected);
}

TEST(SqlGoldenTest, NexmarkIsAsInFlink) {
  EXPECT_GE(CompareAll(QueriesOf("nexmark_queries.sql", "nexmark_")), 5U);
}

}  // namespace
}  // namespace flinch::sql
