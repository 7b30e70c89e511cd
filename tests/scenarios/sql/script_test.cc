#include "scenarios/sql/script.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::sql {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTables =
    "CREATE TABLE clicks (id BIGINT, usr STRING, url STRING, ts TIMESTAMP(3), "
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND);\n"
    "CREATE TABLE timeless (id BIGINT, usr STRING, ts TIMESTAMP(3));\n";

std::string MessageOf(std::string_view query) {
  const sim::Result<Script> script = Compile(std::string(kTables) + std::string(query));
  return script ? "nothing is wrong" : script.error().message;
}

struct Case {
  std::string_view name;
  std::string_view query;
  std::string_view message;
};

class MistakeTest : public ::testing::TestWithParam<Case> {};

TEST_P(MistakeTest, IsToldWithItsPlace) {
  EXPECT_THAT(MessageOf(GetParam().query), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Script, MistakeTest,
    ::testing::Values(
        Case{"Syntax", "SELECT id FORM clicks", "sql:3:16: Here stands \"clicks\""},
        Case{"Keyword", "SELEC id FROM clicks", "Did you mean \"SELECT\"?"},
        Case{"ReservedName", "SELECT id AS order FROM clicks", "backticks: `order`"},
        Case{"OpenText", "SELECT 'abc FROM clicks", "sql:3:8: Here stands \"'\""},
        Case{"Column", "SELECT ulr FROM clicks", "There is no column ulr"},
        Case{"ColumnNear", "SELECT curl FROM clicks", "Did you mean \"url\"?"},
        Case{"Table", "SELECT id FROM click", "Did you mean \"clicks\"?"},
        Case{"Function", "SELECT UPER(url) FROM clicks", "Did you mean \"UPPER\"?"},
        Case{"Types", "SELECT id + url AS x FROM clicks", "BIGINT + STRING means nothing"},
        Case{"Comparison", "SELECT id FROM clicks WHERE url > 3", "cannot be compared"},
        Case{"NoCondition", "SELECT id FROM clicks WHERE id", "WHERE needs a condition"},
        Case{"WindowWithoutWatermark",
             "SELECT COUNT(*) AS n FROM TABLE(TUMBLE(TABLE timeless, DESCRIPTOR(ts), INTERVAL '1' "
             "MINUTE)) GROUP BY window_start, window_end",
             "its table needs WATERMARK FOR ts"},
        Case{"GroupWindowWithoutWatermark",
             "SELECT COUNT(*) AS n FROM timeless GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)",
             "its table needs WATERMARK FOR ts"},
        Case{"JoinWithoutBound", "SELECT c.id FROM clicks c JOIN timeless t ON c.usr = t.usr",
             "A join needs a bound in time"},
        Case{"DivisionByZero", "SELECT id / 0 AS x FROM clicks", "divides by zero"},
        Case{"ProcessingTime", "SELECT PROCTIME() AS t FROM clicks", "differs from run to run"},
        Case{"NotGrouped", "SELECT usr, url, COUNT(*) AS n FROM clicks GROUP BY usr",
             "url is neither in GROUP BY nor in an aggregate"},
        Case{"RankWithoutBound",
             "SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY usr ORDER BY ts) AS place "
             "FROM clicks)",
             "ROW_NUMBER needs a bound"},
        Case{"LimitWithoutOrder", "SELECT id FROM clicks LIMIT 3", "LIMIT without ORDER BY"},
        Case{"WindowOfUpdates",
             "SELECT COUNT(*) AS n FROM (SELECT usr, MAX(ts) AS ts FROM clicks GROUP BY usr) GROUP "
             "BY TUMBLE(ts, INTERVAL '1' MINUTE)",
             "is no time that windows can be of"},
        Case{"UnionOfTypes", "SELECT id FROM clicks UNION ALL SELECT usr FROM timeless",
             "Column 1 is STRING here, and BIGINT"},
        Case{"Sink", "INSERT INTO nowhere SELECT id FROM clicks", "There is no table nowhere"},
        Case{"SinkColumns", "INSERT INTO timeless SELECT id FROM clicks",
             "timeless has 3 columns, and the query gives 1"},
        Case{"Nothing", "", "No statement makes a result"},
        Case{"Depth",
             "SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
             "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
             "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1",
             "brackets are open"}),
    [](const ::testing::TestParamInfo<Case>& each) { return std::string(each.param.name); });

TEST(ScriptTest, ShowsTheLineWithACaret) {
  EXPECT_EQ(MessageOf("SELECT\n  ulr\nFROM timeless"),
            "sql:4:3: There is no column ulr; there is id, usr, ts. Did you mean \"usr\"?\n"
            "    ulr\n"
            "    ^");
}

TEST(ScriptTest, NamesOutputsByTheirTables) {
  const sim::Result<Script> script =
      Compile(std::string(kTables) +
              "CREATE TABLE one (n BIGINT); EXECUTE STATEMENT SET BEGIN INSERT INTO one SELECT id "
              "FROM clicks; END; SELECT usr FROM timeless;");
  ASSERT_TRUE(script) << script.error().message;
  ASSERT_EQ(script->outputs.size(), 2U);
  EXPECT_EQ(script->outputs[0].name, "one");
  EXPECT_EQ(script->outputs[1].name, "output");
  EXPECT_THAT(script->sources, ::testing::ElementsAre("clicks", "timeless"));
}

TEST(ScriptTest, HasTheTypesOfFlink) {
  const sim::Result<Script> script = Compile(
      std::string(kTables) +
      "SELECT id / 7 AS a, AVG(id) AS b, CAST(id AS DECIMAL(10, 2)) / 3 AS c, 0.908 * id AS d, "
      "SUM(CAST(id AS INT)) AS e, COUNT(*) AS f FROM clicks GROUP BY id");
  ASSERT_TRUE(script) << script.error().message;
  std::vector<std::string> types;
  for (const Type type : TypesOf(script->outputs[0].plan)) {
    types.push_back(ShowType(type));
  }
  EXPECT_THAT(types, ::testing::ElementsAre("BIGINT", "BIGINT", "DECIMAL(21, 13)", "DECIMAL(23, 3)",
                                            "INT", "BIGINT"));
}

}  // namespace
}  // namespace flinch::sql
