#include "scenarios/bench/kernel_workloads.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

TEST(KernelWorkloadsTest, DoWhatTheySay) {
  EXPECT_EQ(RunBare(50), (Work{.units = 50, .operations = 50, .events = 0}));
  EXPECT_EQ(RunTimers(3, 20).units, 60U);
  EXPECT_EQ(RunMessages(100).units, 100U);
  EXPECT_EQ(RunWorlds(4).units, 4U);
  EXPECT_EQ(RunWorlds(4).events, 4 * RunWorlds(1).events);

  const Work gossip = RunGossip(5, 2);
  EXPECT_EQ(gossip.units, 2U);
  EXPECT_GE(gossip.operations, 5U * 200);  // a message per process and 10 ms …
  EXPECT_LE(gossip.operations, 5U * 201);  // … and one more where both ends of the span are hit
  const Work heartbeats = RunHeartbeats(20);
  EXPECT_GE(heartbeats.operations, 10U * 20);
  EXPECT_LE(heartbeats.operations, 10U * 21);
}

TEST(KernelWorkloadsTest, HashAnEventForEachThingTheyDo) {
  for (const Work& work :
       {RunTimers(3, 20), RunMessages(100), RunGossip(5, 2), RunHeartbeats(20), RunWorlds(4)}) {
    EXPECT_GE(work.events, work.operations);
  }
}

TEST(KernelWorkloadsTest, DoTheSameEachTime) {
  EXPECT_EQ(RunTimers(3, 20), RunTimers(3, 20));
  EXPECT_EQ(RunGossip(5, 2), RunGossip(5, 2));
}

TEST(KernelWorkloadsTest, StandInATableWithNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const BenchWorkload& workload : KernelWorkloads()) {
    EXPECT_TRUE(names.insert(workload.name).second) << workload.name;
    EXPECT_EQ(FindWorkload(KernelWorkloads(), workload.name), &workload);
    EXPECT_NE(workload.run, nullptr) << workload.name;
    EXPECT_EQ(workload.must.has_value(), workload.goal.has_value()) << workload.name;
    EXPECT_TRUE(workload.at_most_thrice.empty() || names.contains(workload.at_most_thrice))
        << workload.name << " must stand behind what it is compared with";
  }
  EXPECT_EQ(KernelWorkloads().front().name, kBareWorkload);
  EXPECT_EQ(FindWorkload(KernelWorkloads(), "M6"), nullptr);
}

}  // namespace

}  // namespace flinch::scenarios
