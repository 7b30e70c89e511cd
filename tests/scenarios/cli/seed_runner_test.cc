#include "scenarios/cli/seed_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

SeedRunner SmallRunner(std::vector<std::string> defects = {}) {
  sim::Result<HuntTarget> target =
      LoadTarget({.scenario = "url_clicks",
                  .settings = {{.key = "workload.records", .value = "60"}},
                  .defects = std::move(defects)});
  EXPECT_TRUE(target.has_value()) << target.error().message;
  return SeedRunner({*std::move(target)});
}

TEST(SeedRunnerTest, AUnitIsPure) {
  const SeedRunner runner = SmallRunner();
  EXPECT_TRUE(runner.targets()[0].has_faults);
  for (const bool twice : {false, true}) {
    const Unit unit{.number = 3, .seed = 4, .strategy = "pct:3", .twice = twice};
    const UnitResult first = runner.Perform(unit);
    EXPECT_EQ(first.verdict, UnitVerdict::kPassed) << first.witness;
    EXPECT_EQ(first.seed, 4U);
    EXPECT_EQ(first.twice, twice);
    EXPECT_GT(first.events, 0U);
    EXPECT_EQ(ShowLine(runner.Perform(unit)), ShowLine(first));
  }
}

TEST(SeedRunnerTest, AStrategyMakesAnotherRun) {
  const SeedRunner runner = SmallRunner();
  EXPECT_NE(runner.Perform({.seed = 4}).digest,
            runner.Perform({.seed = 4, .strategy = "pos"}).digest);
}

TEST(SeedRunnerTest, AFailureIsTold) {
  const SeedRunner runner = SmallRunner({"sink_commits_at_snapshot"});
  const UnitResult result = runner.Perform({.seed = 1, .strategy = "pos"});
  EXPECT_EQ(result.verdict, UnitVerdict::kFailed);
  EXPECT_NE(result.signature, "");
  EXPECT_NE(result.witness, "");
  EXPECT_THAT(result.replay, HasSubstr("replay fl1~url_clicks~s1~strategy:pos~"));
}

TEST(SeedRunnerTest, AUnitCanBeRunByHand) {
  EXPECT_EQ(SmallRunner({"notifies_before_stored"}).RunWords({.seed = 9, .strategy = "pos"}),
            "run url_clicks --seed 9 --strategy pos --set 'workload.records=60' "
            "--defect notifies_before_stored");
}

TEST(SeedRunnerTest, CrashPointsAreMet) {
  const SeedRunner runner = SmallRunner();
  const sim::Result<std::vector<CrashTrace>> traces = TraceCrashPoints(runner.targets(), 7);
  ASSERT_TRUE(traces.has_value());
  const CrashTrace& trace = traces->front();
  ASSERT_GT(trace.points.size(), 20U);
  const UnitResult result =
      runner.Perform({.seed = 7, .settings = trace.settings, .crashes = {trace.points[20]}});
  EXPECT_EQ(result.faults.at("crash"), 1U);
  EXPECT_EQ(result.search, "crash");
  EXPECT_EQ(result.faults_planned, 1U);
  EXPECT_THAT(result.planned_fired, ::testing::ElementsAre(0U));
  EXPECT_EQ(result.verdict, UnitVerdict::kPassed) << result.witness;
}

// The world heals behind the last point, though the scenario says otherwise.
TEST(SeedRunnerTest, TheLastCrashPointIsMetToo) {
  const sim::Result<HuntTarget> target = LoadTarget({.scenario = "url_clicks"});
  ASSERT_TRUE(target.has_value());
  const SeedRunner runner({*target});
  const sim::Result<std::vector<CrashTrace>> traces = TraceCrashPoints(runner.targets(), 7);
  ASSERT_TRUE(traces.has_value());
  const CrashTrace& trace = traces->front();
  const UnitResult result =
      runner.Perform({.seed = 7, .settings = trace.settings, .crashes = {trace.points.back()}});
  EXPECT_THAT(result.planned_fired, ::testing::ElementsAre(0U));
  EXPECT_EQ(result.verdict, UnitVerdict::kPassed) << result.witness;
}

TEST(SeedRunnerTest, TellsWhichFaultsOfAPlanFired) {
  const sim::Result<HuntTarget> target = LoadTarget(
      {.scenario = "small_job",
       .faults = {
           "{ when = { event = \"checkpoint.stored\", nth = 1000 }, do = { crash = \"jm\" } }",
           "{ when = { every = \"300ms\" }, do = { crash = \"tm-1\", restart_after = \"50ms\" } "
           "}"}});
  ASSERT_TRUE(target.has_value()) << target.error().message;
  EXPECT_TRUE(target->has_faults);
  EXPECT_TRUE(target->aims.empty());
  const UnitResult result = SeedRunner({*target}).Perform({.seed = 1});
  EXPECT_EQ(result.faults_planned, 2U);
  EXPECT_THAT(result.planned_fired, ::testing::ElementsAre(1U));
  EXPECT_GT(result.faults_fired(), 1U);
}

TEST(SeedRunnerTest, WhatIsDrawnCanBeAimed) {
  const sim::Result<HuntTarget> target = LoadTarget({.scenario = "small_job"});
  ASSERT_TRUE(target.has_value());
  EXPECT_TRUE(target->has_faults);
  EXPECT_GT(target->aims.size(), 100U);
  EXPECT_FALSE(target->plan.has_value());
}

TEST(SeedRunnerTest, WhatDoesNotExistIsRefused) {
  EXPECT_FALSE(LoadTarget({.scenario = "url_click"}).has_value());
}

}  // namespace

}  // namespace flinch::scenarios
