#include "scenarios/testing/mini_cluster.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data_stream.h"
#include "scenarios/jobs/job_parts.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using engine::EventTime;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

JobCase Copies() {
  return {.name = "copies",
          .what = "Copies rows.",
          .build = [](const Scenario& scenario, const Workload& workload) {
            engine::StreamExecutionEnvironment job("copies", OptionsOf(scenario));
            WriteOutput<LogRow>(ReadInput(job, scenario, workload), scenario,
                                [](const LogRow& row) { return std::pair(row.key, row.value); });
            return job.Build();
          }};
}

std::vector<InputRow> Rows(int64_t count) {
  std::vector<InputRow> rows;
  for (int64_t row = 0; row < count; ++row) {
    rows.push_back({.key = "a", .value = std::to_string(row), .timestamp = EventTime(row)});
  }
  return rows;
}

std::string Refusal(const sim::Result<void>& result) {
  return result ? "" : result.error().message;
}

TEST(MiniClusterTest, RunsAJobToItsEndThroughACrash) {
  MiniCluster cluster(Copies(), {.rows = Rows(300)});
  ASSERT_EQ(Refusal(cluster.RunUntil("checkpoint.stored", 2)), "");
  EXPECT_EQ(cluster.job_status(), "RUNNING");
  EXPECT_THAT(*cluster.Output(), SizeIs(::testing::Lt(300)));
  cluster.world().Crash(cluster.process("tm-1"));
  ASSERT_EQ(Refusal(cluster.RunFor(300ms)), "");
  cluster.world().Restart(cluster.process("tm-1"));
  ASSERT_EQ(Refusal(cluster.RunToEnd()), "");
  EXPECT_THAT(*cluster.Output(), SizeIs(300));
  EXPECT_EQ(cluster.CountOf("job.restored"), 2U);
}

TEST(MiniClusterTest, TheSameIsTheSameRun) {
  const auto digest = [] {
    MiniCluster cluster(Copies(), {.rows = Rows(20), .seed = 3});
    EXPECT_TRUE(cluster.RunToEnd());
    return cluster.world().digest();
  };
  EXPECT_EQ(digest(), digest());
}

TEST(MiniClusterTest, WhatDoesNotComeIsToldInASentence) {
  MiniCluster cluster(Copies(), {.rows = Rows(20), .task_managers = 1, .slots_each = 2});
  cluster.world().Crash(cluster.process("tm-1"));
  EXPECT_THAT(Refusal(cluster.RunToEnd(3s)), HasSubstr("The end of the job did not come within 3"));
  EXPECT_THAT(*cluster.Output(), IsEmpty());
}

TEST(MiniClusterTest, WhatMakesNoSenseIsRefused) {
  EXPECT_THAT(Refusal(MiniCluster({.name = "nothing"}, {}).booted()),
              HasSubstr("nothing that builds it"));
  EXPECT_THAT(Refusal(MiniCluster(Copies(), {.parallelism = 9}).RunToEnd()),
              HasSubstr("The job needs 9 slots, and the cluster has 2."));
  std::vector<InputRow> rows = Rows(1);
  rows[0].partition = 7;
  MiniCluster lost(Copies(), {.rows = rows});
  EXPECT_THAT(Refusal(lost.booted()), HasSubstr("A row goes to a partition that is not there"));
  EXPECT_FALSE(lost.Output());
}

}  // namespace

}  // namespace flinch::scenarios
