#include "scenarios/scenario.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/registry.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ScenarioTest, HasNoProblemsInTheLibrary) {
  for (const Scenario& scenario : LibraryScenarios()) {
    EXPECT_THAT(FindProblems(scenario), IsEmpty()) << scenario.name;
  }
}

TEST(ScenarioTest, TellsAllProblemsWithTheirPaths) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.job.parallelism = 50;
  scenario.limits.heal_after = scenario.limits.simulated_time;
  scenario.oracles = {"luck"};
  const sim::Result<void> valid = Validate(scenario);
  ASSERT_FALSE(valid.has_value());
  EXPECT_THAT(valid.error().message, AllOf(HasSubstr("job.parallelism: A parallelism of 50"),
                                           HasSubstr("limits.heal_after: "),
                                           HasSubstr("oracles: There is no oracle \"luck\"")));
}

TEST(ScenarioTest, AsksTheEngineAboutItsOptions) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.options.checkpoint.interval = sim::Duration(0);
  const sim::Result<void> valid = Validate(scenario);
  ASSERT_FALSE(valid.has_value());
  EXPECT_THAT(valid.error().message, HasSubstr("options: "));
}

TEST(ScenarioTest, LooksAtFileFieldsOnlyWhenAFileIsRead) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.workload.file.delimiter = "too long";
  EXPECT_THAT(FindProblems(scenario), IsEmpty());
  scenario = *FindLibraryScenario("package_log");
  scenario.workload.file.delimiter = "too long";
  EXPECT_EQ(FindProblems(scenario).at(0).path, "workload.file.delimiter");
}

}  // namespace

}  // namespace flinch::scenarios
