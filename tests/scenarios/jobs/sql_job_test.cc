#include "scenarios/jobs/sql_job.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/scenario_toml.h"
#include "scenarios/input/workload.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTables = R"(
CREATE TABLE clicks (id BIGINT, usr STRING, url STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
WITH ('connector' = 'datagen', 'number-of-rows' = '200', 'fields.id.kind' = 'sequence',
  'fields.usr.choices' = 'ada,bob,cleo', 'fields.url.choices' = '/,/help,/item',
  'fields.ts.step' = '1s', 'fields.ts.max-past' = '15s');
CREATE TABLE places (usr STRING, city STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
WITH ('connector' = 'datagen', 'number-of-rows' = '90', 'fields.usr.choices' = 'ada,bob,dan',
  'fields.city.choices' = 'Lima,Oslo', 'fields.ts.step' = '2s', 'fields.ts.max-past' = '15s');
CREATE VIEW w AS SELECT url, window_time AS t, COUNT(*) AS n
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  GROUP BY url, window_start, window_end, window_time;
)";

sim::Result<Scenario> ScenarioOf(const std::string& sql) {
  return ParseScenario("my.toml", fmt::format(R"(version = 1
name = "my"
why = "A query under faults."
[job]
parallelism = 2
sql = '''
{}'''
[workload]
rows_per_second = 400
[faults]
source = "swarm"
[options]
execution.checkpointing.interval = "200ms"
restart-strategy.fixed-delay.delay = "100ms"
restart-strategy.fixed-delay.attempts = 100
heartbeat.interval = "200ms"
heartbeat.timeout = "1s"
)",
                                              sql));
}

struct Case {
  std::string_view name;
  std::string_view query;
};

class SqlJobTest : public ::testing::TestWithParam<Case> {};

TEST_P(SqlJobTest, GivesWhatSqliteGivesWhateverFails) {
  const std::string sql = fmt::format("{}{};\n", kTables, GetParam().query);
  const sim::Result<Scenario> scenario = ScenarioOf(sql);
  ASSERT_TRUE(scenario) << scenario.error().message;
  ASSERT_NE(SqlJobOf(*scenario), nullptr);
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const RunResult result = scenarios::Run(*scenario, seed);
    EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed)
        << "seed " << seed << ": " << result.summary.reason;
    EXPECT_GT(result.output.size(), 0U) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Queries, SqlJobTest,
    ::testing::Values(
        Case{"Filter", "SELECT id, UPPER(url) AS u FROM clicks WHERE MOD(id, 3) = 0"},
        Case{"Distinct", "SELECT DISTINCT usr, url FROM clicks"},
        Case{"RunningCount", "SELECT usr, COUNT(*) AS n, SUM(id) AS s FROM clicks GROUP BY usr"},
        Case{"CountOfCounts",
             "SELECT n, COUNT(*) AS m, MIN(s) AS least, MAX(s) AS most FROM (SELECT "
             "usr, url, COUNT(*) AS n, SUM(id) AS s FROM clicks GROUP BY usr, url) "
             "GROUP BY n"},
        Case{"Tumble",
             "SELECT url, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, COUNT(*) AS n FROM "
             "clicks GROUP BY url, TUMBLE(ts, INTERVAL '10' SECOND)"},
        Case{"Hop",
             "SELECT url, window_start, AVG(id) AS a FROM TABLE(HOP(TABLE clicks, "
             "DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)) GROUP BY url, "
             "window_start, window_end"},
        Case{"Cumulate",
             "SELECT window_start, window_end, COUNT(DISTINCT usr) AS n FROM "
             "TABLE(CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, "
             "INTERVAL '1' MINUTE)) GROUP BY window_start, window_end"},
        Case{"Session",
             "SELECT usr, SESSION_START(ts, INTERVAL '4' SECOND) AS s, "
             "SESSION_END(ts, INTERVAL '4' SECOND) AS e, COUNT(*) AS n, MAX(id) AS m FROM "
             "clicks GROUP BY usr, SESSION(ts, INTERVAL '4' SECOND)"},
        Case{"WindowOfWindows",
             "SELECT window_start, window_end, SUM(n) AS n FROM TABLE(TUMBLE(TABLE "
             "w, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY window_start, "
             "window_end"},
        Case{"WindowTop",
             "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, "
             "window_end ORDER BY n DESC) AS place FROM (SELECT url, window_start, "
             "window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), "
             "INTERVAL '30' SECOND)) GROUP BY url, window_start, window_end)) WHERE place "
             "<= 2"},
        Case{"Top",
             "SELECT usr, url, n, place FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY usr "
             "ORDER BY n DESC) AS place FROM (SELECT usr, url, COUNT(*) AS n FROM clicks GROUP "
             "BY usr, url)) WHERE place <= 2"},
        Case{"First",
             "SELECT id, usr FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY usr ORDER BY ts) "
             "AS place FROM clicks) WHERE place = 1"},
        Case{"Limit", "SELECT id, url FROM clicks ORDER BY ts DESC LIMIT 5"},
        Case{"WindowJoin",
             "SELECT l.id, r.city FROM (SELECT * FROM TABLE(TUMBLE(TABLE clicks, "
             "DESCRIPTOR(ts), INTERVAL '10' SECOND))) l FULL JOIN (SELECT * FROM "
             "TABLE(TUMBLE(TABLE places, DESCRIPTOR(ts), INTERVAL '10' SECOND))) r ON "
             "l.usr = r.usr AND l.window_start = r.window_start AND l.window_end = "
             "r.window_end"},
        Case{"IntervalJoin",
             "SELECT c.id, p.city FROM clicks c, places p WHERE c.usr = p.usr AND p.ts "
             "BETWEEN c.ts - INTERVAL '3' SECOND AND c.ts + INTERVAL '2' SECOND"},
        Case{"LeftIntervalJoin",
             "SELECT c.id, p.city FROM clicks c LEFT JOIN places p ON c.usr = p.usr "
             "AND p.ts > c.ts - INTERVAL '1' SECOND AND p.ts <= c.ts"},
        Case{"CountOfIntervalJoin",
             "SELECT city, TUMBLE_START(ts, INTERVAL '20' SECOND) AS s, COUNT(*) "
             "AS n FROM (SELECT p.city, c.ts FROM clicks c, places p WHERE c.usr "
             "= p.usr AND p.ts BETWEEN c.ts - INTERVAL '3' SECOND AND c.ts + "
             "INTERVAL '4' SECOND) GROUP BY city, TUMBLE(ts, INTERVAL '20' "
             "SECOND)"},
        Case{"UnionAll",
             "SELECT usr, COUNT(*) AS n FROM (SELECT usr FROM clicks UNION ALL SELECT usr "
             "FROM places) GROUP BY usr"}),
    [](const ::testing::TestParamInfo<Case>& each) { return std::string(each.param.name); });

TEST(SqlJobErrorsTest, AreToldAtTheDoor) {
  const auto message = [](const std::string& query) {
    const sim::Result<Scenario> scenario = ScenarioOf(fmt::format("{}{};\n", kTables, query));
    if (!scenario) {
      return scenario.error().message;
    }
    const sim::Result<Workload> workload = LoadWorkload(*scenario, 1, std::nullopt);
    return workload ? std::string("nothing is wrong") : workload.error().message;
  };
  EXPECT_THAT(message("SELECT ur FROM clicks"), HasSubstr("Did you mean \"usr\"?"));
  EXPECT_THAT(message("SELECT 100 / (id - 7) AS x FROM clicks"), HasSubstr("divides by zero"));
  EXPECT_THAT(message("SELECT SUM(id * 100000000000000000) AS s FROM clicks"),
              HasSubstr("does not fit"));
}

TEST(SameContentTest, CountsWhatIsLeft) {
  const ExpectedRecord expected{.key = "a", .value = R"(+{"n":2})"};
  const OutputRecord one{.key = "a", .value = R"(+{"n":1})"};
  const OutputRecord back{.key = "a", .value = R"(-{"n":1})"};
  const OutputRecord two{.key = "a", .value = R"(+{"n":2})"};
  const Law law = SameContent();
  EXPECT_TRUE(
      law.judge({.expected = {&expected}, .found = {&one, &back, &two}, .complete = true}).empty());
  const auto doubled =
      law.judge({.expected = {&expected}, .found = {&two, &two}, .complete = true});
  ASSERT_EQ(doubled.size(), 1U);
  EXPECT_EQ(doubled[0].kind, "doubled");
  const auto kept = law.judge({.expected = {&expected}, .found = {&one, &two}, .complete = true});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].kind, "foreign");
  EXPECT_EQ(law.judge({.expected = {&expected}, .found = {}, .complete = true})[0].kind, "lost");
}

}  // namespace
}  // namespace flinch::scenarios
