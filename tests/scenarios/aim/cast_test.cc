#include "scenarios/aim/cast.h"

#include <set>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Scenario& UrlClicks() { return *FindLibraryScenario("url_clicks"); }

Workload TenSeconds() { return {.rows = {{.publish_after = std::chrono::seconds(10)}}}; }

TEST(CastTest, NamesProcessesAndEvents) {
  const faults::Cast cast = CastOf(UrlClicks());
  EXPECT_THAT(cast.processes, ElementsAre("tm-1", "tm-2", "tm-3", "jm", "broker", "publisher"));
  EXPECT_THAT(cast.events.at("checkpoint.acknowledged"), ElementsAre("id", "subtask"));
  EXPECT_THAT(cast.events.at("fault.crash"), ElementsAre("process", "incarnation", "style"));
}

TEST(CastTest, NamesTheOperatorsOfTheJob) {
  EXPECT_EQ(CastOf(UrlClicks()).operators,
            std::vector<std::string>({"source", "parse", "window", "sink"}));
  EXPECT_EQ(CastOfAnyScenario().operators, std::nullopt);
  Scenario wrong = UrlClicks();
  wrong.job = {.name = "algebra", .steps = {"no such step"}};
  EXPECT_EQ(CastOf(wrong).operators, std::nullopt);
}

TEST(PlanOfTest, AimsAtUserCodeOfTheTasksThatTheCellIsAbout) {
  Scenario scenario = UrlClicks();
  scenario.faults.swarm.aim = "upload/source/code/during";
  std::set<std::string> struck;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const faults::Fault aimed = PlanOf(scenario, TenSeconds(), seed).faults.front();
    ASSERT_EQ(faults::FamilyOf(aimed.what), "code");
    struck.insert(faults::TargetOf(aimed.what));
  }
  EXPECT_THAT(struck, ElementsAre("parse", "source"));
}

// Nobody else has connections.
TEST(PlanOfTest, AimsResetsAtTwoTaskManagers) {
  Scenario scenario = UrlClicks();
  for (const std::string aim : {"alignment/operator/reset/during", "trigger/tm/reset/after"}) {
    scenario.faults.swarm.aim = aim;
    ASSERT_TRUE(Validate(scenario).has_value());
    for (uint64_t seed = 1; seed <= 50; ++seed) {
      const faults::FaultPlan plan = PlanOf(scenario, TenSeconds(), seed);
      const auto& reset = std::get<faults::ResetLink>(plan.faults.front().what);
      EXPECT_THAT((std::vector{reset.from, reset.to}),
                  ::testing::Each(::testing::StartsWith("tm-")));
      EXPECT_NE(reset.from, reset.to);
    }
  }
}

TEST(PlanOfTest, CrashesATaskManagerInEverySeedAndStaysInTheCast) {
  size_t anchored = 0;
  size_t others = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const faults::FaultPlan plan = PlanOf(UrlClicks(), TenSeconds(), seed);
    const std::vector<faults::PlanProblem> problems =
        faults::CheckAgainst(plan, CastOf(UrlClicks()));
    ASSERT_TRUE(problems.empty()) << Show(problems.front());
    size_t crashes = 0;
    size_t worker_crashes = 0;
    for (const faults::Fault& fault : plan.faults) {
      const auto* const crash = std::get_if<faults::Crash>(&fault.what);
      crashes += crash != nullptr ? 1U : 0U;
      worker_crashes += crash != nullptr && crash->process.starts_with("tm-") ? 1U : 0U;
      ++(std::holds_alternative<faults::AtTime>(fault.when) ? others : anchored);
    }
    EXPECT_GE(worker_crashes, 1U) << seed;
    EXPECT_LE(crashes, 3U) << seed;
  }
  EXPECT_GT(anchored, 2 * others);
}

TEST(PlanOfTest, IsAFunctionOfTheSeed) {
  EXPECT_EQ(PlanOf(UrlClicks(), TenSeconds(), 7), PlanOf(UrlClicks(), TenSeconds(), 7));
  EXPECT_NE(PlanOf(UrlClicks(), TenSeconds(), 7), PlanOf(UrlClicks(), TenSeconds(), 8));
}

TEST(PlanOfTest, GivesTheScenariosOwnPlanOrNone) {
  Scenario scenario = UrlClicks();
  scenario.faults.plan.faults = {
      {.when = faults::AtTime{}, .what = faults::Crash{.process = "tm-1"}}};
  scenario.faults.source = FaultSource::kPlan;
  EXPECT_EQ(PlanOf(scenario, TenSeconds(), 1), scenario.faults.plan);
  scenario.faults.source = FaultSource::kNone;
  EXPECT_TRUE(PlanOf(scenario, TenSeconds(), 1).faults.empty());
}

TEST(DrawableFaultsTest, AreThoseOfAllSwarmsAndOfAims) {
  Scenario scenario = UrlClicks();
  scenario.faults.swarm.others_max = 0;
  scenario.faults.swarm.link_faults_max = 0;
  EXPECT_THAT(DrawableFaults(scenario, Aims::kNowhere), ElementsAre("crash", "restart"));
  const std::vector<std::string> aimed = DrawableFaults(scenario, Aims::kAtCells);
  EXPECT_THAT(aimed, ::testing::IsSupersetOf({"crash", "pause", "operator_error"}));
  scenario.faults.swarm.aim = "upload/source/code/during";
  EXPECT_EQ(DrawableFaults(scenario, Aims::kNowhere), aimed);
  scenario.faults.source = FaultSource::kNone;
  EXPECT_THAT(DrawableFaults(scenario, Aims::kAtCells), ElementsAre());
}

TEST(CheckSwarmTest, SaysWhatDoesNotFit) {
  Scenario scenario = UrlClicks();
  EXPECT_TRUE(CheckSwarm(scenario).has_value());
  scenario.faults.swarm.crashes_min = 9;
  const sim::Result<void> valid = CheckSwarm(scenario);
  ASSERT_FALSE(valid.has_value());
  EXPECT_THAT(valid.error().message, HasSubstr("crashes_min is 9"));
}

}  // namespace

}  // namespace flinch::scenarios
