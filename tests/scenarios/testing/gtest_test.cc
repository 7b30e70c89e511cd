#include "scenarios/testing/gtest.h"

#include "scenarios/files/registry.h"

namespace flinch::scenarios {
namespace {

Scenario Small() {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.workload.records = 120;
  return scenario;
}

TEST(HoldsAllPropertiesTest, MatchesARunThatPassed) {
  EXPECT_THAT(scenarios::Run(Small(), 7), HoldsAllProperties());
}

TEST(HoldsAllPropertiesTest, DoesNotMatchABrokenPromiseAndTellsHowToRunItAgain) {
  RunResult result = scenarios::Run(Small(), 7);
  result.summary.verdict = reports::Verdict::kFailed;
  result.summary.findings = {
      {.oracle = "exactly_once", .witness = "Record \"a\" came twice.", .details = {}}};
  EXPECT_THAT(result, ::testing::Not(HoldsAllProperties()));
  const std::string shown = ::testing::PrintToString(result);
  EXPECT_THAT(shown, ::testing::HasSubstr("Record \"a\" came twice."));
  EXPECT_THAT(shown, ::testing::HasSubstr("name = \"small_job\""));
  EXPECT_THAT(shown, ::testing::HasSubstr("flinch run failed.toml --seed 7"));
}

TEST(HoldsAllPropertiesTest, AScenarioThatIsWrongIsInconclusiveWithTheReason) {
  Scenario scenario = Small();
  scenario.job.parallelism = 1000;
  const RunResult result = scenarios::Run(scenario, 7);
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_THAT(result.summary.reason, ::testing::HasSubstr("job.parallelism: "));
  EXPECT_THAT(result, ::testing::Not(HoldsAllProperties()));
}

FLINCH_PROP(FlinchPropTest, ASmallJobSurvivesAnySeed, Small())

}  // namespace
}  // namespace flinch::scenarios
