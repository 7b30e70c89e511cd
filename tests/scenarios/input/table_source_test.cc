#include "scenarios/input/table_source.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/input/table_rows.h"

namespace flinch::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

sql::Table TableOf(const std::string& columns, const std::string& options) {
  const auto script = sql::Compile(
      fmt::format("CREATE TABLE t ({}) WITH ({});\nSELECT * FROM t;", columns, options));
  EXPECT_TRUE(script) << script.error().message;
  return script->catalog.tables.at("t");
}

const std::string kCsv = "'connector' = 'filesystem', 'path' = 't.csv', 'format' = 'csv'";

// Its rows, a line each, or what is wrong with them.
std::vector<std::string> Parsed(const sql::Table& table, const std::string& text,
                                const std::string& path = "t.csv") {
  const auto rows = ParseTableFile(table, path, text);
  if (!rows) {
    return {rows.error().message};
  }
  std::vector<std::string> lines;
  for (const TableRow& row : *rows) {
    std::string line = row.where;
    for (size_t i = 0; i < row.row.size(); ++i) {
      line += " " + sql::ShowValue(row.row[i], table.columns[i].type);
    }
    lines.push_back(line);
  }
  return lines;
}

TEST(TableSourceTest, AHeaderThatNamesAllColumnsSaysTheirOrder) {
  const sql::Table table = TableOf("id BIGINT, name STRING", kCsv);
  EXPECT_THAT(Parsed(table, "name,id\nada,1\nbob,2\n"),
              ElementsAre("t.csv:2 1 ada", "t.csv:3 2 bob"));
  EXPECT_THAT(Parsed(table, "1,ada\n2,bob"), ElementsAre("t.csv:1 1 ada", "t.csv:2 2 bob"));
}

TEST(TableSourceTest, AnEmptyCellIsNullUnlessItIsText) {
  EXPECT_THAT(Parsed(TableOf("id BIGINT, name STRING", kCsv), ",\n"), ElementsAre("t.csv:1 NULL "));
}

TEST(TableSourceTest, AnotherDelimiterAndQuotes) {
  const sql::Table table =
      TableOf("id BIGINT, name STRING", kCsv + ", 'csv.field-delimiter' = ';'");
  EXPECT_THAT(Parsed(table, "1;\"a;\"\"b\"\n"), ElementsAre("t.csv:1 1 a;\"b"));
}

TEST(TableSourceTest, WhatIsNoValueIsNamedWithItsLineAndColumn) {
  const auto told = Parsed(TableOf("id BIGINT, n INT", kCsv), "1,2\nx,3\n4,9999999999\n");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("t.csv:2: The row has a id that is no BIGINT: \"x\"."));
  EXPECT_THAT(told[0], HasSubstr("t.csv:3: The row has a n that does not fit an INT"));
}

TEST(TableSourceTest, ARowOfAnotherWidthAndAFileWithoutRowsAreNamed) {
  const sql::Table table = TableOf("id BIGINT, n INT", kCsv);
  EXPECT_THAT(Parsed(table, "1,2\n3\n").at(0), HasSubstr("t.csv:2: The row has 1 column, but"));
  EXPECT_THAT(Parsed(table, "").at(0), HasSubstr("t.csv has no rows for the table t."));
  EXPECT_THAT(Parsed(table, "1,\xff\n").at(0), HasSubstr("is not UTF-8"));
}

TEST(TableSourceTest, MembersOfJsonLinesMayBeAbsentOrNull) {
  const sql::Table table = TableOf("id BIGINT, name STRING, ok BOOLEAN",
                                   "'connector' = 'filesystem', 'path' = 't.jsonl'");
  EXPECT_THAT(Parsed(table, "{\"name\":\"ada\",\"id\":1,\"ok\":true,\"more\":[]}\n{\"id\":null}\n",
                     "t.jsonl"),
              ElementsAre("t.jsonl:1 1 ada TRUE", "t.jsonl:2 NULL NULL NULL"));
}

const std::string kGenerated =
    "'connector' = 'datagen', 'number-of-rows' = '200', 'fields.id.kind' = 'sequence', "
    "'fields.id.start' = '7', 'fields.n.min' = '-3', 'fields.n.max' = '3', "
    "'fields.name.choices' = 'a,b,c', 'fields.ts.step' = '1s', 'fields.ts.max-past' = '5s'";

TEST(DatagenTest, RowsDependOnSeedAndTableAlone) {
  const sql::Table table = TableOf("id BIGINT, n INT, name STRING, ts TIMESTAMP(3)", kGenerated);
  const auto rows = ReadTable(table, std::nullopt, 1);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 200U);
  const auto again = ReadTable(table, std::nullopt, 1);
  const auto other = ReadTable(table, std::nullopt, 2);
  EXPECT_TRUE(std::ranges::equal(*rows, *again, {}, &TableRow::row, &TableRow::row));
  EXPECT_FALSE(std::ranges::equal(*rows, *other, {}, &TableRow::row, &TableRow::row));
}

TEST(DatagenTest, FieldsAreAsTheirOptionsSay) {
  const sql::Table table = TableOf("id BIGINT, n INT, name STRING, ts TIMESTAMP(3)", kGenerated);
  const auto rows = ReadTable(table, std::nullopt, 1);
  ASSERT_TRUE(rows) << rows.error().message;
  std::set<std::string> names;
  for (size_t i = 0; i < rows->size(); ++i) {
    const sql::Row& row = (*rows)[i].row;
    EXPECT_EQ(std::get<int64_t>(row[0]), 7 + static_cast<int64_t>(i));
    EXPECT_LE(std::abs(std::get<int64_t>(row[1])), 3);
    names.insert(std::get<std::string>(row[2]));
    const int64_t on_time = kGeneratedFrom + static_cast<int64_t>(i) * sql::kNanosPerSecond;
    EXPECT_LE(std::get<int64_t>(row[3]), on_time);
    EXPECT_GE(std::get<int64_t>(row[3]), on_time - 5 * sql::kNanosPerSecond);
  }
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
}

TEST(DatagenTest, OptionsThatMakeNoSenseAreRefused) {
  const auto told = [](const std::string& option) {
    const auto rows =
        ReadTable(TableOf("n INT", "'connector' = 'datagen', " + option), std::nullopt, 1);
    return rows ? "" : rows.error().message;
  };
  EXPECT_THAT(told("'number-of-rows' = '0'"), HasSubstr("a whole number from 1 to 1000000"));
  EXPECT_THAT(told("'fields.n.min' = '5', 'fields.n.max' = '4'"),
              HasSubstr("The column n has a min above its max."));
  EXPECT_THAT(told("'fields.n.min' = 'x'"), HasSubstr("'fields.n.min' of the table t"));
}

}  // namespace
}  // namespace flinch::scenarios
