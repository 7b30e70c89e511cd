#include "scenarios/files/scenario_problems.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"

namespace flinch::scenarios {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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
  EXPECT_THAT(valid.error().message, HasSubstr("options.execution.checkpointing.interval: "));
}

TEST(ScenarioTest, TellsAllMistakesOfTheOptionsWithTheirNames) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.options.checkpoint.interval = sim::Duration(0);
  scenario.options.checkpoint.retained = 0;
  scenario.options.heartbeat.timeout = scenario.options.heartbeat.interval = std::chrono::hours(1);
  scenario.options.max_parallelism = 40'000;
  std::vector<std::string> paths;
  for (const ScenarioProblem& problem : FindProblems(scenario)) {
    paths.push_back(problem.path);
  }
  EXPECT_THAT(paths,
              ElementsAre("options.execution.checkpointing.interval", "options.heartbeat.timeout",
                          "options.execution.checkpointing.num-retained",
                          "options.pipeline.max-parallelism"));
}

TEST(ScenarioTest, RefusesMoreChannelsThanAProcessCanHold) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.cluster = {.task_managers = 500, .slots_each = 10};
  scenario.job.parallelism = 1'024;
  ASSERT_THAT(FindProblems(scenario), SizeIs(1));
  EXPECT_THAT(FindProblems(scenario)[0].sentence, HasSubstr("1024 times 1024 channels"));
  scenario.job.parallelism = 100;
  EXPECT_THAT(FindProblems(scenario), IsEmpty());
}

TEST(ScenarioTest, HasANameOfOneLineAndOneParagraphOfWhy) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  scenario.why = "One line,\nand another.";
  scenario.name = std::string(200, 'x');
  EXPECT_THAT(FindProblems(scenario), IsEmpty());
  for (const std::string& name :
       {std::string("a\nb"), std::string("\x1b[2J"), std::string(3'000'000, 'x')}) {
    scenario.name = name;
    ASSERT_THAT(FindProblems(scenario), SizeIs(1));
    EXPECT_EQ(FindProblems(scenario)[0].path, "name");
    EXPECT_LT(FindProblems(scenario)[0].sentence.size(), 300U);
  }
  scenario.name = "x";
  for (const std::string& why : {std::string("a\n\nb"), std::string("\x1b[2J")}) {
    scenario.why = why;
    ASSERT_THAT(FindProblems(scenario), SizeIs(1));
    EXPECT_EQ(FindProblems(scenario)[0].path, "why");
  }
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
