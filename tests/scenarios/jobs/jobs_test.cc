#include "scenarios/jobs/jobs.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/job_graph.h"
#include "scenarios/files/registry.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;

std::vector<std::string> VertexNames(std::string_view scenario_name) {
  const Scenario& scenario = *FindLibraryScenario(scenario_name);
  const JobCase* const job = FindJob(scenario.job.name);
  const sim::Result<engine::JobGraph> graph =
      engine::BuildJobGraph(job->build(scenario, Workload()));
  EXPECT_TRUE(graph.has_value());
  std::vector<std::string> names;
  for (const engine::JobVertex& vertex : graph->vertices) {
    EXPECT_EQ(vertex.parallelism, scenario.job.parallelism);
    names.push_back(vertex.name);
  }
  return names;
}

TEST(JobsTest, KeepTheNamesThatPlansAndReportsUse) {
  EXPECT_THAT(VertexNames("url_clicks"), ElementsAre("source->parse", "window", "sink"));
  EXPECT_THAT(VertexNames("package_log"), ElementsAre("source->parse", "window", "sink"));
  EXPECT_THAT(VertexNames("word_count"), ElementsAre("source->parse", "count", "sink"));
}

TEST(JobsTest, AreScheduledAsTheScenarioSays) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  EXPECT_EQ(BuildGraph(scenario).vertices.size(), 3U);
  EXPECT_EQ(BuildGraph(scenario).vertices[0].name, "source->parse");
  EXPECT_EQ(BuildGraph(scenario).vertices[0].parallelism, scenario.job.parallelism);
  scenario.job.chaining = false;
  EXPECT_GT(BuildGraph(scenario).vertices.size(), 3U);
}

TEST(JobsTest, AreFoundByName) {
  for (const JobCase* const job : JobCases()) {
    EXPECT_EQ(FindJob(job->name), job);
  }
  EXPECT_EQ(FindJob("wordcount"), nullptr);
}

}  // namespace

}  // namespace flinch::scenarios
