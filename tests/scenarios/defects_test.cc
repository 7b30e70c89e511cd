// The test of the testers: every planted defect is caught by an oracle.
#include "engine/defects.h"

#include <string>

#include <gtest/gtest.h>

#include "scenarios/registry.h"
#include "scenarios/run.h"

namespace flinch::scenarios {

namespace {

RunResult RunClicks(uint64_t seed, engine::Defects defects) {
  const Scenario* scenario = FindLibraryScenario("url_clicks");
  const sim::Result<Workload> workload = LoadWorkload(*scenario, seed, std::nullopt);
  return Run({.scenario = *scenario, .workload = *workload, .seed = seed, .defects = defects});
}

class DefectsTest : public testing::TestWithParam<engine::DefectInfo> {};

TEST_P(DefectsTest, IsCaughtWithinTwoHundredSeeds) {
  engine::Defects defects;
  defects.Plant(GetParam().defect);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const RunResult result = RunClicks(seed, defects);
    if (result.summary.verdict == reports::Verdict::kFailed) {
      ASSERT_FALSE(result.summary.findings.empty());
      RecordProperty("first_seed", static_cast<int>(seed));
      RecordProperty("oracle", result.summary.findings.front().oracle);
      return;
    }
  }
  FAIL() << GetParam().name << " was not caught";
}

INSTANTIATE_TEST_SUITE_P(Planted, DefectsTest, testing::ValuesIn(engine::kDefects),
                         [](const testing::TestParamInfo<engine::DefectInfo>& tested) {
                           return std::string(tested.param.name);
                         });

// A promise about what comes out, not only about order: each defect that loses or doubles records
// is also seen by the oracle of the output.
TEST(DefectWitnessTest, TheOutputOracleSeesWhatIsLostOrDoubled) {
  for (const engine::Defect defect :
       {engine::Defect::kSinkCommitsAtSnapshot, engine::Defect::kSinkCommitsOnlyMatchingId,
        engine::Defect::kKeyGroupRangeEndExclusive, engine::Defect::kSourceAdvancesBeforeEmit}) {
    engine::Defects defects;
    defects.Plant(defect);
    bool seen = false;
    for (uint64_t seed = 1; seed <= 200 && !seen; ++seed) {
      for (const reports::Finding& finding : RunClicks(seed, defects).summary.findings) {
        seen = seen || finding.oracle == "exactly_once";
      }
    }
    EXPECT_TRUE(seen) << engine::kDefects.at(static_cast<size_t>(defect)).name;
  }
}

// README.md shows just this run.
TEST(DefectWitnessTest, SeedSevenDoublesRecordsWhenTheSinkCommitsAtItsSnapshot) {
  engine::Defects defects;
  defects.Plant(engine::Defect::kSinkCommitsAtSnapshot);
  const RunResult result = RunClicks(7, defects);
  ASSERT_EQ(result.summary.verdict, reports::Verdict::kFailed);
  EXPECT_EQ(result.summary.findings.front().oracle, "exactly_once");
  EXPECT_NE(result.summary.findings.front().witness.find("checkpoint"), std::string::npos)
      << result.summary.findings.front().witness;
}

}  // namespace

}  // namespace flinch::scenarios
