#include "scenarios/hunt/health.h"

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
  for (const HealthWarning& warning : CheckHealth(tally, {"a"})) {
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
