#include "scenarios/model/vary.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Pair;

Scenario Varying(std::string_view name) {
  Scenario scenario = *FindLibraryScenario(name);
  scenario.vary = {.cluster = true, .options = true, .knobs = true};
  return scenario;
}

RC_GTEST_PROP(VaryPropertyTest, AValidScenarioStaysValid, ()) {
  Scenario scenario = Varying(*rc::gen::elementOf(LibraryNames()));
  scenario.workload.partitions = *rc::gen::inRange<uint32_t>(1, 9);
  scenario.options.max_parallelism = *rc::gen::element<uint32_t>(0, 4, 128);
  const Scenario varied = Vary(scenario, *rc::gen::arbitrary<uint64_t>());
  const sim::Result<void> valid = Validate(varied);
  if (!valid) {
    RC_FAIL(valid.error().message);
  }
  RC_ASSERT(varied.vary == VarySpec{});
}

RC_GTEST_PROP(VaryPropertyTest, EveryProcessOfAPlanIsStillThere, ()) {
  Scenario scenario = Varying("url_clicks");
  scenario.faults.source = FaultSource::kPlan;
  scenario.faults.plan.faults = {
      {.when = faults::AtTime{}, .what = faults::Crash{.process = "tm-3"}}};
  RC_ASSERT(Validate(Vary(scenario, *rc::gen::arbitrary<uint64_t>())).has_value());
}

RC_GTEST_PROP(VaryPropertyTest, NoClusterIsWiderThanTheWidest, ()) {
  Scenario scenario = Varying("url_clicks");
  scenario.vary.knobs = false;
  scenario.workload.partitions = *rc::gen::inRange<uint32_t>(1, 9);
  scenario.options.max_parallelism = *rc::gen::element<uint32_t>(0, 4, 128);
  const uint32_t widest = VariedParallelismMax(scenario);
  RC_ASSERT(Vary(scenario, *rc::gen::arbitrary<uint64_t>()).job.parallelism <= widest);
}

TEST(VaryTest, TheSeedDecidesAndNothingElse) {
  const Scenario scenario = Varying("url_clicks");
  EXPECT_EQ(ShowToml(Vary(scenario, 7)), ShowToml(Vary(scenario, 7)));
  std::set<std::string> different;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    different.insert(ShowToml(Vary(scenario, seed)));
  }
  EXPECT_GT(different.size(), 45U);
}

TEST(VaryTest, OnlyWhatIsAskedForVaries) {
  const Scenario& base = *FindLibraryScenario("url_clicks");
  Scenario fixed = base;
  fixed.vary = {};
  EXPECT_EQ(ShowToml(Vary(fixed, 7)), ShowToml(fixed));
  Scenario scenario = fixed;
  scenario.vary.cluster = true;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    for (const auto& [field, value] : Differences(base, Vary(scenario, seed))) {
      EXPECT_TRUE(field.starts_with("cluster.") || field == "job.parallelism") << field;
    }
  }
}

// Else the end of the input, the final checkpoint and the finish would be nearly free of faults.
TEST(VaryTest, HalfOfTheSeedsHealBehindTheEndOfTheInput) {
  const Scenario& base = *FindLibraryScenario("small_job");
  size_t late = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    late += Vary(base, seed).limits.heal_after > std::chrono::seconds(5) ? 1U : 0U;
  }
  EXPECT_GE(late, 70U);
  EXPECT_LE(late, 130U);
}

TEST(VaryTest, DifferencesAreFieldsWithWhatStandsInThemNow) {
  Scenario scenario = *FindLibraryScenario("url_clicks");
  const Scenario base = scenario;
  EXPECT_THAT(Differences(base, scenario), IsEmpty());
  scenario.cluster.task_managers = 5;
  scenario.options.checkpoint.interval = std::chrono::milliseconds(150);
  scenario.vary.knobs = true;
  EXPECT_THAT(Differences(base, scenario),
              ::testing::ElementsAre(Pair("cluster.task_managers", "5"),
                                     Pair("execution.checkpointing.interval", "\"150ms\"")));
}

// All that varies is a dimension, or a hunt could not tell which of them it left out.
TEST(VaryTest, WhatVariesIsADimension) {
  Scenario base = *FindLibraryScenario("small_job");
  base.vary = {.cluster = true, .options = true, .knobs = true, .healing = true};
  const std::vector<std::string> dimensions = Dimensions(base);
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    for (const auto& [field, value] : Differences(base, Vary(base, seed))) {
      EXPECT_THAT(dimensions, Contains(field));
    }
  }
  EXPECT_THAT(dimensions, IsSupersetOf({"job.window", "workload.records", "sink.batch-records"}));
  for (const char* const none : {"name", "vary.options", "faults.aim", "workload.file.format"}) {
    EXPECT_THAT(dimensions, Not(Contains(none)));
  }
  base.workload.source = WorkloadSource::kFile;
  EXPECT_THAT(Dimensions(base), Not(Contains("workload.records")));
  base.options.restart.type = engine::RestartStrategyType::kFailureRate;
  EXPECT_THAT(Dimensions(base), Contains("restart-strategy.failure-rate.delay"));
  EXPECT_THAT(Dimensions(base), Contains("restart-strategy.type"));
  EXPECT_THAT(Dimensions(base), Not(Contains("restart-strategy.fixed-delay.delay")));
}

TEST(VaryTest, ARunVariesItsScenarioAndPasses) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Scenario scenario = Varying("small_job");
    const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
    const RunResult as_asked =
        scenarios::Run({.scenario = scenario, .workload = *workload, .seed = seed});
    const RunResult varied =
        scenarios::Run({.scenario = Vary(scenario, seed), .workload = *workload, .seed = seed});
    EXPECT_EQ(as_asked.summary.digest, varied.summary.digest);
    EXPECT_EQ(varied.summary.verdict, reports::Verdict::kPassed)
        << reports::ShowText(varied.summary);
  }
}

}  // namespace

}  // namespace flinch::scenarios
