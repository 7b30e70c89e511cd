// Tests of a job of one's own: the whole of it in a small cluster, one operator by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/added_jobs.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/testing/mini_cluster.h"
#include "scenarios/testing/operator_harness.h"

using namespace flinch;
using namespace flinch::scenarios;
using namespace std::chrono_literals;
using engine::EventTime;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// The job of seeds.cc.
JobCase Clicks(const std::string& name, bool caches);

TEST(ClicksTest, CountsThroughACrash) {
  std::vector<InputRow> rows;
  for (int64_t row = 0; row < 100; ++row) {
    rows.push_back({.key = row % 2 == 0 ? "a" : "b", .value = "", .timestamp = EventTime(row)});
  }
  MiniCluster cluster(Clicks("clicks", false), {.rows = rows});
  ASSERT_TRUE(cluster.RunUntil("checkpoint.stored", 2));
  cluster.world().Crash(cluster.process("tm-1"));
  ASSERT_TRUE(cluster.RunFor(300ms));
  cluster.world().Restart(cluster.process("tm-1"));
  ASSERT_TRUE(cluster.RunToEnd());
  EXPECT_THAT(*cluster.Output(), SizeIs(2));
}

TEST(ClicksTest, CountsByHandAndAsOtherSubtasks) {
  const engine::StreamGraph job =
      Clicks("clicks", false).build(*FindLibraryScenario("small_job"), {});
  OperatorHarness before(job, "count");
  ASSERT_TRUE(before.Process(LogRow{.key = "a", .value = ""}, EventTime(5)));
  const auto snapshot = before.Snapshot();
  ASSERT_TRUE(snapshot.has_value());
  std::vector<std::string> counts;
  for (uint32_t subtask = 0; subtask < 2; ++subtask) {
    OperatorHarness after(job, "count", {.subtask = subtask, .parallelism = 2}, {*snapshot});
    ASSERT_TRUE(after.AdvanceTime(1s));
    ASSERT_TRUE(after.Watermark(engine::kMaxEventTime));
    const auto taken = after.Take<LogRow>();
    ASSERT_TRUE(taken.has_value());
    for (const Emitted<LogRow>& result : *taken) {
      counts.push_back(result.value.value);
    }
  }
  EXPECT_THAT(counts, ElementsAre("1"));
}
