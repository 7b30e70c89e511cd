#include "scenarios/bench/engine_workloads.h"

#include <gtest/gtest.h>

#include "scenarios/bench/state_workloads.h"

namespace flinch::scenarios {
namespace {

TEST(EngineWorkloadsTest, AreTheSameEachTimeEventByEvent) {
  for (const BenchJob job : {BenchJob::kWindow, BenchJob::kValueState}) {
    const Work first = RunGenerated(job, 3'000, 20);
    EXPECT_EQ(first.units, 3'000U);
    EXPECT_GT(first.events, 0U);
    EXPECT_EQ(RunGenerated(job, 3'000, 20), first);
  }
  EXPECT_EQ(RunLogToLog(2'000, 20), RunLogToLog(2'000, 20));
  EXPECT_EQ(RunJudged(1'000, 20), RunJudged(1'000, 20));
}

TEST(EngineWorkloadsTest, HaveAMustAtAThousandKeys) {
  for (const std::string_view name : {"window/1000", "state/1000", "log/1000", "run/1000"}) {
    const BenchWorkload* const workload = FindWorkload(EngineWorkloads(), name);
    ASSERT_NE(workload, nullptr) << name;
    EXPECT_TRUE(workload->must && workload->goal) << name;
  }
}

TEST(StateWorkloadsTest, ReadAndRestoreWhatWasWrittenInEachPlace) {
  for (const std::string_view name :
       {"get/map/1000", "get/hashmap/1000", "get/alone/1000", "get/leveldb/1000"}) {
    const BenchWorkload* const workload = FindWorkload(StateWorkloads(), name);
    ASSERT_NE(workload, nullptr) << name;
    EXPECT_EQ(workload->run().units, 10'000U) << name;
  }
}

}  // namespace
}  // namespace flinch::scenarios
