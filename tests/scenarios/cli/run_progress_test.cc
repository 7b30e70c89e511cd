#include "scenarios/cli/run_progress.h"

#include <sstream>

#include <gtest/gtest.h>

#include "scenarios/files/registry.h"

namespace flinch::scenarios {

namespace {

TEST(RunProgressTest, NobodyIsToldWhereNobodyLooks) {
  RunRequest request;
  std::ostringstream err;
  const RunProgress progress(request, err);
  EXPECT_FALSE(request.tell);
}

// Only the run itself, not those by which its judges measure it.
TEST(RunProgressTest, ARunTellsHowFarItIsAndIsNoOtherRun) {
  RunRequest request{.scenario = *FindLibraryScenario("small_job")};
  const sim::Digest silent = scenarios::Run(request).summary.digest;
  sim::SimTime last = sim::kEpoch;
  uint64_t told = 0;
  request.tell = [&](sim::SimTime now) {
    EXPECT_GE(now, last);
    last = now;
    ++told;
  };
  const reports::RunSummary summary = scenarios::Run(request).summary;
  EXPECT_EQ(summary.digest, silent);
  EXPECT_GT(told, 3U);
  EXPECT_LE(last, summary.sim_time);
}

}  // namespace
}  // namespace flinch::scenarios
