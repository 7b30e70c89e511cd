// The library's scenarios keep their promises, seed after seed, and are worth running.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "scenarios/registry.h"
#include "scenarios/run.h"

namespace flinch::scenarios {

namespace {

RunResult RunSeed(std::string_view name, uint64_t seed, sim::Keep keep = sim::Keep::kNothing) {
  const Scenario* scenario = FindLibraryScenario(name);
  const sim::Result<Workload> workload = LoadWorkload(*scenario, seed, std::nullopt);
  EXPECT_TRUE(workload.has_value()) << workload.error().message;
  return Run({.scenario = *scenario, .workload = *workload, .seed = seed, .keep = keep});
}

class LibraryTest : public testing::TestWithParam<std::string_view> {};

TEST_P(LibraryTest, AHundredSeedsPass) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const RunResult result = RunSeed(GetParam(), seed);
    ASSERT_EQ(result.summary.verdict, reports::Verdict::kPassed)
        << "seed " << seed << ": " << reports::ShowText(result.summary);
  }
}

TEST_P(LibraryTest, EverySeedCrashesATaskManagerInMidStream) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const RunResult result = RunSeed(GetParam(), seed);
    bool crashed = false;
    for (const reports::FiredFault& fault : result.summary.faults) {
      crashed = crashed || (fault.kind == "crash" && fault.target.starts_with("tm-"));
    }
    EXPECT_TRUE(crashed) << "seed " << seed;
    EXPECT_GT(result.summary.checkpoints_completed, 0U) << "seed " << seed;
  }
}

TEST_P(LibraryTest, SeedsDifferAndRepeat) {
  std::set<std::string> digests;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    digests.insert(sim::Show(RunSeed(GetParam(), seed).summary.digest));
  }
  EXPECT_EQ(digests.size(), 10U);
  const RunResult first = RunSeed(GetParam(), 7, sim::Keep::kEverything);
  const RunResult second = RunSeed(GetParam(), 7, sim::Keep::kEverything);
  EXPECT_FALSE(sim::FirstDifference(first.recording, second.recording));
  EXPECT_EQ(first.summary.digest, RunSeed(GetParam(), 7).summary.digest);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, LibraryTest,
                         testing::Values("url_clicks", "word_count", "small_job"),
                         [](const testing::TestParamInfo<std::string_view>& tested) {
                           return std::string(tested.param);
                         });

}  // namespace

}  // namespace flinch::scenarios
