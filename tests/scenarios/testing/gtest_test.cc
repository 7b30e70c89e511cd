#include "scenarios/testing/gtest.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest-spi.h>

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
  scenario.job.parallelism = 5000;
  const RunResult result = scenarios::Run(scenario, 7);
  EXPECT_EQ(result.summary.verdict, reports::Verdict::kInconclusive);
  EXPECT_THAT(result.summary.reason, ::testing::HasSubstr("job.parallelism: "));
  EXPECT_THAT(result, ::testing::Not(HoldsAllProperties()));
}

FLINCH_SEEDS(FlinchSeedsTest, ASmallJobSurvives, Small(), 3, 5)

TEST(FlinchSeedsTest, EachSeedIsATestOfItsOwn) {
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  std::vector<std::string> names;
  for (int index = 0; index < all.total_test_suite_count(); ++index) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(index);
    for (int test = 0; test < suite.total_test_count(); ++test) {
      if (std::string_view(suite.name()) == "FlinchSeedsTestASmallJobSurvives") {
        names.emplace_back(suite.GetTestInfo(test)->name());
      }
    }
  }
  EXPECT_THAT(names,
              ::testing::ElementsAre("HoldsAllProperties/seed_3", "HoldsAllProperties/seed_4",
                                     "HoldsAllProperties/seed_5"));
}

// A gate must not fail today and pass tomorrow.
TEST(FlinchPropTest, HasTheSameCasesUnlessFreshOnesAreAskedFor) {
  const char* const former = std::getenv("RC_PARAMS");
  const std::string kept = former == nullptr ? "" : former;
  unsetenv("RC_PARAMS");
  EXPECT_EQ(ParamsOf("A/B").seed, ParamsOf("A/B").seed);
  EXPECT_EQ(ParamsOf("A/B").seed, sim::Random(0).Split("A/B").seed());
  EXPECT_NE(ParamsOf("A/B").seed, ParamsOf("A/C").seed);
  setenv("FLINCH_FRESH_SEEDS", "1", 1);
  EXPECT_EQ(ParamsOf("A/B").seed, ::rc::detail::configuration().testParams.seed);
  unsetenv("FLINCH_FRESH_SEEDS");
  setenv("RC_PARAMS", "seed=7", 1);
  EXPECT_EQ(ParamsOf("A/B").seed, ::rc::detail::configuration().testParams.seed);
  former == nullptr ? unsetenv("RC_PARAMS") : setenv("RC_PARAMS", kept.c_str(), 1);
}

TEST(FlinchPropTest, APropertyThatDoesNotHoldFails) {
  EXPECT_FATAL_FAILURE(CheckProperty([] { RC_ASSERT(*rc::gen::arbitrary<int>() < 0); }),
                       "Falsifiable");
}

FLINCH_PROP(FlinchPropTest, ASmallJobSurvivesAnySeed, Small())

}  // namespace
}  // namespace flinch::scenarios
