#include "scenarios/lab/health.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

UnitResult Healthy(uint64_t unit) {
  return {.unit = unit,
          .scenario = "a",
          .digest = std::to_string(unit),
          .checkpoints = 1,
          .faults = {{"crash", 1}}};
}

std::vector<std::string> NamesAfter(const std::function<void(UnitResult&)>& harm) {
  Tally tally;
  for (uint64_t unit = 0; unit < 20; ++unit) {
    UnitResult result = Healthy(unit);
    harm(result);
    tally.Add(result);
  }
  std::vector<std::string> names;
  for (const HealthWarning& warning : CheckHealth(tally, {.with_faults = {"a"}})) {
    names.emplace_back(warning.name);
    EXPECT_TRUE(warning.sentence.ends_with('.')) << warning.sentence;
  }
  return names;
}

TEST(HealthTest, AHealthyHuntHasNoWarnings) {
  EXPECT_THAT(NamesAfter([](UnitResult&) {}), IsEmpty());
}

TEST(HealthTest, EachAilmentHasItsName) {
  EXPECT_THAT(NamesAfter([](UnitResult& result) { result.faults.clear(); }),
              ElementsAre("faults_never_fired"));
  EXPECT_THAT(NamesAfter([](UnitResult& result) { result.checkpoints = result.unit % 5; }),
              ElementsAre("no_checkpoint"));
  EXPECT_THAT(NamesAfter([](UnitResult& result) { result.blind = {"alignment"}; }),
              ElementsAre("oracle_saw_nothing"));
  EXPECT_THAT(NamesAfter([](UnitResult& result) { result.digest = "same"; }),
              ElementsAre("same_digest"));
  EXPECT_THAT(NamesAfter([](UnitResult& result) {
                result.verdict = UnitVerdict::kInconclusive;
                result.witness = "It was not published completely.";
              }),
              ElementsAre("mostly_inconclusive"));
}

TEST(HealthTest, AFewSuchRunsAreNoAilment) {
  EXPECT_THAT(NamesAfter([](UnitResult& result) {
                if (result.unit == 7) {
                  result.faults.clear();
                  result.checkpoints = 0;
                  result.blind = {"alignment"};
                  result.verdict = UnitVerdict::kInconclusive;
                }
              }),
              IsEmpty());
}

// Of a plan of two faults the second one fires in unit 3 alone, or never.
Tally AfterPlan(bool once) {
  Tally tally;
  for (uint64_t unit = 0; unit < 20; ++unit) {
    UnitResult result = Healthy(unit);
    result.faults_planned = 2;
    result.planned_fired = {0};
    if (once && unit == 3) {
      result.planned_fired = {0, 1};
    }
    tally.Add(result);
  }
  return tally;
}

TEST(HealthTest, EachFaultOfAPlanFiresSomewhere) {
  const Expected expected = {.with_faults = {"a"},
                             .plans = {{"a", {"plan[0] crash tm-1", "plan[1] cut jm/tm-2"}}}};
  const std::vector<HealthWarning> warnings = CheckHealth(AfterPlan(false), expected);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].name, "fault_never_fired");
  EXPECT_EQ(warnings[0].sentence, "a: plan[1] cut jm/tm-2 did not fire in any of 20 runs.");
  EXPECT_THAT(CheckHealth(AfterPlan(true), expected), IsEmpty());
}

TEST(HealthTest, EachCrashOfAnExhaustiveHuntFires) {
  const std::vector<HealthWarning> warnings =
      CheckHealth(AfterPlan(true), {.with_faults = {"a"}, .is_exhaustive = true});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].name, "crash_points_missed");
  EXPECT_TRUE(warnings[0].sentence.starts_with("a: 19 of 20 runs ")) << warnings[0].sentence;
}

TEST(HealthTest, AScenarioWithoutFaultsNeedsNone) {
  Tally tally;
  for (uint64_t unit = 0; unit < 20; ++unit) {
    UnitResult result = Healthy(unit);
    result.faults.clear();
    tally.Add(result);
  }
  EXPECT_THAT(CheckHealth(tally, {}), IsEmpty());
}

}  // namespace

}  // namespace flinch::scenarios
