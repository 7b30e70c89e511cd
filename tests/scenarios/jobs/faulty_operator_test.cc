#include "scenarios/jobs/faulty_operator.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/aim/cells.h"
#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RunResult RunWith(const std::vector<std::string>& faults, std::string_view name = "url_clicks") {
  const Scenario& scenario = *FindLibraryScenario(name);
  const sim::Result<faults::FaultPlan> plan = faults::ParseInlineFaults(faults, CastOf(scenario));
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return Run({.scenario = scenario,
              .workload = *LoadWorkload(scenario, 7, std::nullopt),
              .seed = 7,
              .defects = {},
              .plan = *plan,
              .keep = sim::Keep::kTrace});
}

// What the tasks that failed said.
std::string FailuresOf(const RunResult& result) {
  std::string failures;
  for (const sim::RecordedEvent& event : result.recording.events) {
    failures += event.kind == "task.failed" ? ShowFields(event) + "\n" : "";
  }
  return failures;
}

class AnyOperatorTest : public ::testing::TestWithParam<std::string> {};

TEST_P(AnyOperatorTest, ThatThrowsFailsItsTaskAndTheJobRecoversExactly) {
  const RunResult result =
      RunWith({R"({ when = { event = "checkpoint.stored", nth = 3 }, do = { operator_error = ")" +
               GetParam() + R"(", nth = 5 } })"});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  EXPECT_EQ(result.summary.restarts, 1U);
  ASSERT_EQ(result.summary.faults.size(), 1U);
  EXPECT_EQ(result.summary.faults[0].kind, "operator_error");
  EXPECT_THAT(FailuresOf(result), HasSubstr(GetParam() + " cannot process a record"));
}

TEST_P(AnyOperatorTest, ThatIsSlowChangesTheRunAndNotItsResult) {
  const RunResult quick = RunWith({});
  const RunResult slow = RunWith({R"({ when = { at = "1s" }, do = { operator_slow = ")" +
                                  GetParam() + R"(", by = "100ms", for = "3s" } })"});
  EXPECT_EQ(slow.summary.verdict, reports::Verdict::kPassed);
  EXPECT_EQ(slow.summary.records_out, quick.summary.records_out);
  EXPECT_NE(slow.summary.digest, quick.summary.digest);
}

INSTANTIATE_TEST_SUITE_P(UrlClicks, AnyOperatorTest,
                         ::testing::Values("source", "parse", "window", "sink"));

// A poisonous record: each attempt meets it anew, until whoever owns the job mends it.
TEST(AilingCodeTest, AFunctionThatThrowsAgainAndAgainHoldsTheJobUpUntilItIsHealed) {
  const RunResult result =
      RunWith({R"({ when = { at = "1s" }, do = { operator_error = "window", for = "2s" } })"});
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  EXPECT_GT(result.summary.restarts, 3U);
}

TEST(AilingCodeTest, StrikesInCellsOfTheTasksThatRunTheOperator) {
  const RunResult result =
      RunWith({R"({ when = { cell = "upload/operator/before", nth = 4 }, )"
               R"(do = { operator_slow = "window", by = "10ms", for = "1s" } })"});
  std::vector<std::string> hit;
  for (const uint32_t cell : result.cells) {
    hit.push_back(CellName(cell));
  }
  EXPECT_THAT(hit, Contains("upload/operator/code/before"));
}

TEST(AilingCodeTest, ARunWithoutSuchFaultsIsTheSameAsBefore) {
  EXPECT_THAT(AilingOperators({}), ElementsAre());
  EXPECT_THAT(
      AilingOperators(
          {.faults = {{.when = {}, .what = faults::Crash{.process = "jm"}},
                      {.when = {}, .what = faults::OperatorFault{.operator_name = "map"}}}}),
      ElementsAre("map"));
}

TEST(AilingCodeTest, WorksInAJobOfManyOperators) {
  const RunResult result = RunWith(
      {R"({ when = { event = "checkpoint.stored", nth = 2 }, do = { operator_error = "count" } })"},
      "word_count");
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kPassed);
  EXPECT_EQ(result.summary.restarts, 1U);
}

}  // namespace

}  // namespace flinch::scenarios
