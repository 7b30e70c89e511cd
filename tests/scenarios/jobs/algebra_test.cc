#include "scenarios/jobs/algebra.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/job_graph.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/algebra_reference.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(std::vector<std::string> steps) {
  const sim::Result<std::vector<Step>> parsed = ParseSteps(steps);
  return parsed ? "" : parsed.error().message;
}

TEST(AlgebraTest, EveryStepReadsAsItIsShown) {
  for (const StepInfo& info : AlgebraSteps()) {
    for (const int64_t n : {info.min, info.max}) {
      const Step step{.kind = info.kind, .n = n};
      EXPECT_EQ(ParseStep(Show(step)), step) << Show(step);
    }
  }
}

TEST(AlgebraTest, WrongStepsAreMetWithASentence) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("There are 0 steps"));
  EXPECT_THAT(ErrorOf(std::vector<std::string>(13, "count")), HasSubstr("There are 13 steps"));
  EXPECT_THAT(ErrorOf({"cuont"}), HasSubstr("Did you mean \"count\"?"));
  EXPECT_THAT(ErrorOf({"map"}), HasSubstr("needs a whole number from 1 to 1000"));
  EXPECT_THAT(ErrorOf({"map 0", "count"}), HasSubstr("needs a whole number"));
  EXPECT_THAT(ErrorOf({"map 3x", "count"}), HasSubstr("needs a whole number"));
  EXPECT_THAT(ErrorOf({"count 3"}), HasSubstr("takes no number"));
}

TEST(AlgebraTest, StepsWhoseResultDependsOnChanceAreRefused) {
  EXPECT_THAT(ErrorOf({"count", "window_sum"}), HasSubstr("depend on the order of arrival"));
  EXPECT_THAT(ErrorOf({"distinct", "window_max"}), HasSubstr("depend on the order of arrival"));
  EXPECT_THAT(ErrorOf({"map 3", "filter 2"}), HasSubstr("No step is keyed"));
  EXPECT_THAT(ErrorOf({"count", "key 3"}), HasSubstr("behind the last keyed step"));
  EXPECT_THAT(ErrorOf({"count", "rebalance"}), HasSubstr("behind the last keyed step"));
  EXPECT_EQ(ErrorOf({"window_sum", "key 3", "window_count", "rebalance", "count", "map 2"}), "");
}

TEST(AlgebraTest, ReferenceFollowsTheSteps) {
  Scenario scenario;
  scenario.job = {.name = "algebra", .window = 10s, .steps = {"window_count", "map 10", "count"}};
  Workload workload;
  for (const auto& [key, second] : {std::pair("a", 1), {"a", 2}, {"a", 11}, {"b", 12}}) {
    workload.rows.push_back(
        {.key = key, .value = "v", .timestamp = engine::EventTime(second * 1'000'000'000LL)});
  }
  std::vector<std::string> shown;
  for (const ExpectedRecord& record : ReferenceAlgebra(scenario, workload)) {
    shown.push_back(record.key + " " + ShowAlgebra(record.value));
  }
  EXPECT_THAT(shown, ElementsAre("a 1", "a 2", "b 1"));
}

TEST(AlgebraTest, WindowsFoldAndTheirResultsStandAtTheirLastNanosecond) {
  std::vector<InputRow> rows;
  for (const int64_t second : {-1, 3, 4}) {
    rows.push_back(
        {.key = "a", .value = "", .timestamp = engine::EventTime(second * 1'000'000'000)});
  }
  const std::vector<Step> steps = {{.kind = StepKind::kWindowMax}};
  const std::vector<TimedRecord> results = Evaluate(steps, rows, 10s);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].timestamp.nanos(), -1);
  EXPECT_EQ(results[1].timestamp.nanos(), 9'999'999'999);
  EXPECT_EQ(results[1].record.number, 4000);
}

// Of every checkpoint the judge knows what its state should be.
TEST(AlgebraTest, StateIsComparedAtEveryCheckpoint) {
  for (const std::string keyed :
       {"count", "distinct", "window_count", "window_sum", "window_max"}) {
    Scenario scenario = *FindLibraryScenario("small_job");
    scenario.job = {.name = "algebra",
                    .parallelism = 2,
                    .window = 200ms,
                    .steps = {"flat_map 2", "filter 3", "key 5", keyed, "count"}};
    scenario.workload.records = 300;
    scenario.oracles = {"consistent_cut"};
    const RunResult result = scenarios::Run(scenario, 3);
    EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed)
        << keyed << reports::ShowText(result.summary);
    ASSERT_EQ(result.summary.judged.size(), 1U);
    EXPECT_GT(result.summary.judged.front().events, 2U) << keyed;
  }
}

TEST(AlgebraTest, StateThatIsNotThatOfThePositionsIsNoConsistentCut) {
  for (const std::string keyed : {"count", "distinct", "window_sum", "window_max"}) {
    Scenario scenario = *FindLibraryScenario("small_job");
    scenario.job = {
        .name = "algebra", .parallelism = 2, .window = 200ms, .steps = {"map 7", keyed, "count"}};
    scenario.oracles = {"consistent_cut"};
    reports::RunSummary summary;
    for (uint64_t seed = 1; summary.findings.empty() && seed <= 50; ++seed) {
      RunRequest request{.scenario = scenario,
                         .workload = *LoadWorkload(scenario, seed, std::nullopt),
                         .seed = seed};
      request.defects.Plant(engine::Defect::kSourceAdvancesBeforeEmit);
      summary = scenarios::Run(request).summary;
    }
    ASSERT_FALSE(summary.findings.empty()) << keyed;
    EXPECT_EQ(summary.findings.front().oracle, "consistent_cut");
    EXPECT_EQ(summary.findings.front().breach, "lost");
  }
}

TEST(AlgebraTest, TheGraphHasATaskPerKeyedStep) {
  Scenario scenario;
  scenario.job = {.name = "algebra",
                  .parallelism = 2,
                  .steps = {"map 3", "filter 2", "window_sum", "key 4", "rebalance", "count"}};
  const sim::Result<engine::JobGraph> graph =
      engine::BuildJobGraph(BuildAlgebra(scenario, Workload()));
  ASSERT_TRUE(graph.has_value()) << graph.error().message;
  std::vector<std::string> names;
  for (const engine::JobVertex& vertex : graph->vertices) {
    names.push_back(vertex.name);
  }
  EXPECT_THAT(names, ElementsAre("source->parse->map-1->filter-2",
                                 "window_sum-3->window_sum-3-result->key-4", "count-6", "sink"));
}

}  // namespace
}  // namespace flinch::scenarios
