#include "scenarios/input/sql_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Scenario OfScript(const std::string& sql) {
  Scenario scenario;
  scenario.workload.source = WorkloadSource::kTables;
  scenario.job.name = "sql";
  scenario.job.sql = sql;
  return scenario;
}

const std::string kTwoFiles =
    "CREATE TABLE a (x INT) WITH ('connector' = 'filesystem', 'path' = 'file:///tmp/a.csv', "
    "'format' = 'csv');\n"
    "CREATE TABLE b (x INT) WITH ('connector' = 'filesystem', 'path' = 'b.csv', 'format' = "
    "'csv');\n"
    "CREATE TABLE c (x INT) WITH ('connector' = 'datagen');\n"
    "SELECT x FROM a UNION ALL SELECT x FROM b UNION ALL SELECT x FROM c;";

TEST(SqlInputTest, KnowsTheFilesThatItsTablesName) {
  Scenario scenario = OfScript(kTwoFiles);
  EXPECT_THAT(FilesOfTables(scenario), ElementsAre("/tmp/a.csv", "b.csv"));
  scenario.job.tables = {"b=other.csv", "c=c.csv"};
  EXPECT_THAT(FilesOfTables(scenario), ElementsAre("/tmp/a.csv", "other.csv", "c.csv"));
}

TEST(SqlInputTest, AJobWithoutAScriptReadsNoTables) {
  EXPECT_THAT(FilesOfTables(Scenario()), IsEmpty());
  EXPECT_THAT(FilesOfTables(OfScript("SELECT nothing")), IsEmpty());
}

}  // namespace
}  // namespace flinch::scenarios
