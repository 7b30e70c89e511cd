#include "scenarios/lab/crash_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;

sim::RecordedEvent Event(std::string process, std::string kind) {
  return {.process = std::move(process), .kind = std::move(kind)};
}

TEST(CrashPointsTest, AreTheEventsOfProcesses) {
  const sim::Recording recording = {
      .events = {Event("jm", "job.status"), Event("tm-1", "task.started"),
                 Event("world", "fault.crash"), Event("jm", "sim.run"), Event("jm", "job.status"),
                 Event("tm-2", "task.started")}};
  EXPECT_THAT(
      CrashPointsOf(recording),
      ElementsAre(CrashPoint{"jm", "job.status", 1}, CrashPoint{"tm-1", "task.started", 1},
                  CrashPoint{"jm", "job.status", 2}, CrashPoint{"tm-2", "task.started", 1}));
}

TEST(CrashPointsTest, PairsAreOfDifferentMomentsAndPure) {
  std::vector<CrashPoint> points;
  for (uint64_t nth = 1; nth <= 5; ++nth) {
    points.push_back({"jm", "job.status", nth});
  }
  const std::vector<std::vector<CrashPoint>> pairs = DrawCrashPairs(points, 200, 7);
  ASSERT_EQ(pairs.size(), 200U);
  for (const std::vector<CrashPoint>& pair : pairs) {
    ASSERT_EQ(pair.size(), 2U);
    EXPECT_LT(pair[0].nth, pair[1].nth);
  }
  EXPECT_EQ(DrawCrashPairs(points, 200, 7), pairs);
  EXPECT_NE(DrawCrashPairs(points, 200, 8), pairs);
  EXPECT_TRUE(DrawCrashPairs({points[0]}, 200, 7).empty());
}

TEST(CrashPointsTest, APlanWaitsForTheProcessItCrashes) {
  const faults::FaultPlan plan = PlanOfCrashes({{"tm-1", "task.started", 3}});
  ASSERT_EQ(plan.faults.size(), 1U);
  EXPECT_EQ(std::get<faults::AtEvent>(plan.faults[0].when),
            (faults::AtEvent{.kind = "task.started", .nth = 3, .process = "tm-1"}));
  EXPECT_EQ(std::get<faults::Crash>(plan.faults[0].what).process, "tm-1");
}

}  // namespace

}  // namespace flinch::scenarios
