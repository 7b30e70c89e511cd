#include "scenarios/input/row_reader.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<TextRow> ReadAll(RowReader&& reader) {
  std::vector<TextRow> rows;
  while (std::optional<TextRow> row = reader.Next()) {
    rows.push_back(*std::move(row));
  }
  return rows;
}

TEST(LineReaderTest, TakesBothLineEndsAndAMissingLastOne) {
  const std::vector<TextRow> rows = ReadAll(LineReader("a\r\nb\n\nc"));
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_EQ(rows[0].raw, "a");
  EXPECT_EQ(rows[1].raw, "b");
  EXPECT_EQ(rows[2].raw, "");
  EXPECT_EQ(rows[3].raw, "c");
  EXPECT_EQ(rows[3].line, 4U);
}

TEST(BlankReaderTest, SplitsAtRunsOfBlanksAndTabs) {
  const std::vector<TextRow> rows = ReadAll(BlankReader("  a \t b\n \nc\n"));
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_THAT(rows[0].columns, ElementsAre("a", "b"));
  EXPECT_EQ(rows[0].raw, "  a \t b");
  EXPECT_EQ(rows[1].problem, "is empty");
  EXPECT_THAT(rows[2].columns, ElementsAre("c"));
}

TEST(CsvReaderTest, ReadsQuotesDelimitersAndLineBreaksInside) {
  const std::vector<TextRow> rows =
      ReadAll(CsvReader("a,\"b,\"\"c\"\"\",\r\n\"two\nlines\",,x\n", ','));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0].columns, ElementsAre("a", "b,\"c\"", ""));
  EXPECT_THAT(rows[0].problem, IsEmpty());
  EXPECT_THAT(rows[1].columns, ElementsAre("two\nlines", "", "x"));
  EXPECT_EQ(rows[1].line, 2U);
}

TEST(CsvReaderTest, CountsLinesInsideQuotes) {
  const std::vector<TextRow> rows = ReadAll(CsvReader("\"1\n2\n3\"\nlast\n", ','));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].line, 4U);
}

// A key must not depend on whether the last line has its end.
TEST(CsvReaderTest, EndsTheLastLineAtACarriageReturn) {
  for (const std::string_view text : {"a,b\r\n", "a,b\r", "a,b\n", "a,b", "\"a\",\"b\"\r"}) {
    const std::vector<TextRow> rows = ReadAll(CsvReader(text, ','));
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_THAT(rows[0].columns, ElementsAre("a", "b"));
    EXPECT_EQ(rows[0].problem, "");
  }
}

TEST(CsvReaderTest, TakesAnotherDelimiter) {
  const std::vector<TextRow> rows = ReadAll(CsvReader("a;b,c\n", ';'));
  EXPECT_THAT(rows.at(0).columns, ElementsAre("a", "b,c"));
}

TEST(CsvReaderTest, ReportsBadQuotesAndGoesOnWithTheNextLine) {
  const std::vector<TextRow> rows = ReadAll(CsvReader("a\"b,c\n\"a\"b,c\n\n\"open,c\nlast,d", ','));
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_THAT(rows[0].problem, HasSubstr("a quote in the middle of column 1"));
  EXPECT_THAT(rows[1].problem, HasSubstr("text behind the closing quote of column 1"));
  EXPECT_THAT(rows[2].problem, HasSubstr("is empty"));
  EXPECT_THAT(rows[3].problem, HasSubstr("never closed"));
  EXPECT_EQ(rows[3].line, 4U);
  EXPECT_THAT(rows[4].columns, ElementsAre("last", "d"));
  EXPECT_EQ(rows[4].line, 5U);
}

}  // namespace

}  // namespace flinch::scenarios
