// Random queries as jobs, under swarms of faults and whatever options: SQLite says what they give.
#include "scenarios/jobs/sql_job.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "scenarios/files/scenario_toml.h"
#include "scenarios/stage/run.h"
#include "tests/support/random_queries.h"

namespace flinch::scenarios {
namespace {

constexpr std::string_view kTables = R"(SET 'table.exec.state.ttl' = '0';
CREATE TABLE a (id BIGINT, k STRING, n INT, d DECIMAL(8, 2), x DOUBLE, b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
WITH ('connector' = 'datagen', 'number-of-rows' = '60', 'fields.id.kind' = 'sequence',
  'fields.k.choices' = 'p,q,r,s', 'fields.n.min' = '-5', 'fields.n.max' = '9',
  'fields.d.choices' = '0,1.5,-2.25,7', 'fields.x.choices' = '0.25,-1.5,3',
  'fields.ts.step' = '400ms', 'fields.ts.max-past' = '8s');
CREATE TABLE c (id BIGINT, k STRING, m INT, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND)
WITH ('connector' = 'datagen', 'number-of-rows' = '30', 'fields.id.kind' = 'sequence',
  'fields.k.choices' = 'p,q,t', 'fields.m.min' = '-5', 'fields.m.max' = '9',
  'fields.ts.step' = '800ms', 'fields.ts.max-past' = '8s');
)";

// Parallelism, chains, checkpoints and partitions may not show in what comes out, nor whether the
// job runs in batch.
std::string Options() {
  const auto up = [](int from, int below) { return *rc::gen::inRange(from, below); };
  return fmt::format(R"([workload]
partitions = {}
rows_per_second = 300
[faults]
source = "swarm"
[options]
execution.runtime-mode = "{}"
execution.sorted-inputs.memory = {}
execution.checkpointing.interval = "{}ms"
restart-strategy.fixed-delay.delay = "100ms"
restart-strategy.fixed-delay.attempts = 100
heartbeat.interval = "200ms"
heartbeat.timeout = "1s"
)",
                     up(1, 4), up(0, 2) == 0 ? "STREAMING" : "BATCH", up(0, 2) == 0 ? 1 : 100000,
                     up(50, 400));
}

RC_GTEST_PROP(SqlJobPropertyTest, GivesWhatSqliteGives, ()) {
  const std::string query = tests::RandomQuery().Text();
  const int parallelism = *rc::gen::inRange(1, 4);
  const bool chaining = *rc::gen::inRange(0, 2) == 0;
  const std::string toml = fmt::format(
      "version = 1\nname = \"random\"\nwhy = \"A random query.\"\n[job]\nparallelism = {}\n"
      "chaining = {}\nsql = '''\n{}{};\n'''\n{}",
      parallelism, chaining, kTables, query, Options());
  const sim::Result<Scenario> scenario = ParseScenario("random.toml", toml);
  if (!scenario) {
    RC_FAIL(scenario.error().message);
  }
  const uint64_t seed = *rc::gen::inRange<uint64_t>(1, 1000);
  if (!LoadWorkload(*scenario, seed, std::nullopt)) {
    return;  // a row makes the query impossible
  }
  const RunResult result = Run(*scenario, seed);
  RC_LOG() << toml << "\nseed " << seed << "\n" << result.summary.reason;
  RC_ASSERT(result.summary.verdict != reports::Verdict::kFailed);
}

}  // namespace
}  // namespace flinch::scenarios
