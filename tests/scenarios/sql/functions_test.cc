#include "scenarios/sql/functions.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/sql/interpreter.h"
#include "scenarios/sql/script.h"

namespace flinch::sql {
namespace {

// Of one row without columns that matter.
std::string ValueOf(const std::string& expression) {
  const auto script = Compile("CREATE TABLE t (x INT);\nSELECT " + expression + " FROM t;");
  if (!script) {
    return script.error().message;
  }
  const Plan& plan = script->outputs.at(0).plan;
  const auto rows = Interpret(plan, {{"t", {{Value(int64_t{1})}}}}, script->text);
  return rows ? ShowValue(rows->at(0).at(0), TypesOf(plan).at(0)) : rows.error().message;
}

TEST(FunctionsTest, OfTextCountCharactersAndNotBytes) {
  EXPECT_EQ(ValueOf("UPPER('zoë ß')"), "ZOË SS");
  EXPECT_EQ(ValueOf("LOWER('ÅSA')"), "åsa");
  EXPECT_EQ(ValueOf("INITCAP('ab cd')"), "Ab Cd");
  EXPECT_EQ(ValueOf("CHAR_LENGTH('zoë')"), "3");
  EXPECT_EQ(ValueOf("OCTET_LENGTH('zoë')"), "4");
  EXPECT_EQ(ValueOf("SUBSTRING('zoë!' FROM 3 FOR 1)"), "ë");
  EXPECT_EQ(ValueOf("REVERSE('zoë')"), "ëoz");
  EXPECT_EQ(ValueOf("LPAD('ë', 3, 'ab')"), "abë");
  EXPECT_EQ(ValueOf("RIGHT('zoë', 2)"), "oë");
  EXPECT_EQ(ValueOf("POSITION('ë' IN 'zoë')"), "3");
  EXPECT_EQ(ValueOf("SPLIT_INDEX('a/b/c', '/', 1)"), "b");
}

TEST(FunctionsTest, GiveNullForNullButForTheFew) {
  EXPECT_EQ(ValueOf("UPPER(CAST(NULL AS STRING))"), "NULL");
  EXPECT_EQ(ValueOf("CONCAT('a', CAST(NULL AS STRING))"), "NULL");
  EXPECT_EQ(ValueOf("CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b')"), "a-b");
  EXPECT_EQ(ValueOf("SPLIT_INDEX('a', '/', 5)"), "NULL");
}

TEST(FunctionsTest, OfTimesAreInUtc) {
  EXPECT_EQ(ValueOf("DATE_FORMAT(TIMESTAMP '2024-02-29 23:59:58', 'yyyy/MM/dd HH:mm:ss')"),
            "2024/02/29 23:59:58");
  EXPECT_EQ(ValueOf("TO_TIMESTAMP_LTZ(1, 3)"), "1970-01-01 00:00:00.001Z");
  EXPECT_EQ(ValueOf("EXTRACT(DOY FROM DATE '2024-12-31')"), "366");
}

TEST(FunctionsTest, IntegersDivideTowardsZeroAndOverflowIsAnError) {
  EXPECT_EQ(ValueOf("-7 / 2"), "-3");
  EXPECT_EQ(ValueOf("MOD(-7, 2)"), "-1");
  EXPECT_THAT(ValueOf("2147483647 + x"), testing::HasSubstr("INT"));
  EXPECT_THAT(ValueOf("1 / (x - x)"), testing::HasSubstr("zero"));
}

TEST(FunctionsTest, AreFoundByTheirNames) {
  EXPECT_NE(FindFunction("UPPER"), nullptr);
  EXPECT_EQ(FindFunction("UPER"), nullptr);
}

}  // namespace
}  // namespace flinch::sql
