#include "scenarios/stage/wait_circle.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/waits.h"

namespace flinch::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Tasks and what they say: "full EDGE/SUBPARTITION; reads EDGE/SUBPARTITION PRODUCER; blocks …".
sim::StuckReport ReportOf(const std::vector<std::pair<std::string, std::string>>& tasks) {
  sim::StuckReport report;
  for (const auto& [task, detail] : tasks) {
    sim::StuckReport::Waiter waiter;
    waiter.process = "tm-1";
    waiter.fiber = "task " + task;
    waiter.kind = sim::WaitKind::kPark;
    waiter.detail = detail;
    report.waiters.push_back(waiter);
  }
  return report;
}

TEST(WaitCircleTest, LostCreditMakesProducerAndConsumerWaitForOneAnother) {
  const sim::StuckReport report =
      ReportOf({{"source[0]", "full 1/0"}, {"sink[0]", "reads 1/0 source[0]"}});
  EXPECT_THAT(FindWaitCircle(report), ElementsAre(WaitLink{"sink[0]", false, "source[0]"},
                                                  WaitLink{"source[0]", true, "sink[0]"}));
  EXPECT_EQ(ShowWaitCircle(report),
            "tasks wait for one another: sink[0] waits for input from source[0], which waits for "
            "room in its output to sink[0]\n");
}

TEST(WaitCircleTest, BackPressureIsNone) {
  EXPECT_THAT(FindWaitCircle(ReportOf({{"source[0]", "full 1/0"}})), IsEmpty())
      << "the sink is at work";
  EXPECT_THAT(FindWaitCircle(ReportOf({{"source[0]", ""}, {"sink[0]", "reads 1/0 source[0]"}})),
              IsEmpty())
      << "the source waits for something else";
  EXPECT_EQ(ShowWaitCircle(ReportOf({})), "");
}

TEST(WaitCircleTest, WhoWaitsForInputGoesOnWithAnyThatIsNotBlocked) {
  const std::string full = "full 1/0";
  EXPECT_THAT(
      FindWaitCircle(ReportOf({{"a[0]", full}, {"c[0]", "reads 1/0 a[0]; reads 2/0 b[0]"}})),
      IsEmpty())
      << "b may bring some";
  EXPECT_EQ(Show(FindWaitCircle(ReportOf({{"a[0]", full},
                                          {"b[0]", "reads 3/0 a[0]"},
                                          {"c[0]", "blocks 1/0 a[0]; reads 2/0 b[0]"}}))),
            "a[0] waits for room in its output to c[0], which waits for input from b[0], which "
            "waits for input from a[0]");
}

TEST(WaitCircleTest, WhoWaitsForRoomNeedsItEverywhere) {
  EXPECT_EQ(Show(FindWaitCircle(ReportOf({{"head[0]", "full 1/0; full 1/1; reads 2/0 body[1]"},
                                          {"body[1]", "full 2/0; reads 1/1 head[0]"}}))),
            "body[1] waits for room in its output to head[0], which waits for room in its output "
            "to body[1]")
      << "body[0] is at work, and that does not help";
}

TEST(TaskWaitTest, IsReadAsItWasShown) {
  const engine::TaskWait wait{
      .full = {{.edge = 3, .subpartition = 1}},
      .inputs = {
          {.place = {.edge = 2, .subpartition = 0}, .producer = "my map->sink[0]"},
          {.place = {.edge = 2, .subpartition = 1}, .is_blocked = true, .producer = "b[1]"}}};
  EXPECT_EQ(engine::Show(wait), "full 3/1; reads 2/0 my map->sink[0]; blocks 2/1 b[1]");
  EXPECT_EQ(engine::ParseTaskWait(engine::Show(wait)), wait);
  EXPECT_EQ(engine::ParseTaskWait("full 3"), std::nullopt);
  EXPECT_EQ(engine::ParseTaskWait("waits 3/1"), std::nullopt);
  EXPECT_EQ(engine::ParseTaskWait(""), engine::TaskWait());
}

}  // namespace
}  // namespace flinch::scenarios
