// What windows make of records: lateness, sessions, counts, evictors.
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contracts/contract.h"
#include "tests/contracts/window_stage.h"

namespace flinch::tests {
namespace {

using engine::CountEvictor;
using engine::CountTrigger;
using engine::EventTimeTrigger;
using engine::EvictionTime;
using engine::GlobalWindows;
using engine::PurgingTrigger;
using engine::SessionWindows;
using engine::SlidingWindows;
using engine::TimeEvictor;
using engine::TumblingWindows;
using engine::WindowOptions;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr int64_t kSecond = 1'000;  // times are in milliseconds, as in Flink's tests
constexpr sim::Duration kThreeSeconds(3 * kSecond);

WindowOptions Tumbling(int64_t size, int64_t lateness = 0) {
  return {.assigner = TumblingWindows{.size = sim::Duration(size)},
          .allowed_lateness = sim::Duration(lateness),
          .late = WindowStage::kLate.tag()};
}

WindowOptions Sessions(int64_t lateness = 0) {
  return {.assigner = SessionWindows{.gap = kThreeSeconds},
          .allowed_lateness = sim::Duration(lateness),
          .late = WindowStage::kLate.tag()};
}

// Windows of three seconds each second.
WindowOptions Sliding() {
  return {.assigner = SlidingWindows{.size = kThreeSeconds, .slide = sim::Duration(kSecond)},
          .late = WindowStage::kLate.tag()};
}

WindowOptions Global() { return {.assigner = GlobalWindows(), .late = WindowStage::kLate.tag()}; }

WindowStage Summed(const WindowOptions& options) {
  return {options, SummedContents{}, EventTimeTrigger()};
}

FLINK_CONTRACT(WindowOperatorTest, testSlidingEventTimeWindowsReduce) {
  WindowStage before = Summed(Sliding());
  before.Add("b", 1, 3'999).Add("b", 1, 3'000).Add("a", 1, 20).Add("a", 1, 0).Add("a", 1, 999);
  before.Add("b", 1, 1'998).Add("b", 1, 1'999).Add("b", 1, 1'000).Watermark(999);
  EXPECT_THAT(before.Take(), ElementsAre("a [-2000,1000) 3 @999"));
  before.Watermark(1'999);
  EXPECT_THAT(before.Take(),
              UnorderedElementsAre("a [-1000,2000) 3 @1999", "b [-1000,2000) 3 @1999"));
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  WindowStage after(Sliding(), SummedContents{}, EventTimeTrigger(), &snapshot);
  after.Watermark(2'999);
  EXPECT_THAT(after.Take(), UnorderedElementsAre("a [0,3000) 3 @2999", "b [0,3000) 3 @2999"));
  after.Watermark(6'000);
  EXPECT_THAT(after.Take(), ElementsAre("b [1000,4000) 5 @3999", "b [2000,5000) 2 @4999",
                                        "b [3000,6000) 2 @5999"));
  EXPECT_EQ(after.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorTest, testSlidingEventTimeWindowsApply) {
  WindowStage stage(Sliding());
  stage.Add("a", 1, 0).Add("a", 2, 1'500).Watermark(10'000);
  EXPECT_THAT(stage.Take(), ElementsAre("a [-2000,1000) 1 @999", "a [-1000,2000) 1+2 @1999",
                                        "a [0,3000) 1+2 @2999", "a [1000,4000) 2 @3999"));
}

FLINK_CONTRACT(WindowOperatorTest, testTumblingEventTimeWindowsReduce) {
  WindowStage before = Summed(Tumbling(3'000));
  before.Add("b", 1, 3'999).Add("b", 1, 3'000).Add("a", 1, 20).Add("a", 1, 0).Watermark(1'999);
  EXPECT_THAT(before.Take(), IsEmpty());
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  WindowStage after(Tumbling(3'000), SummedContents{}, EventTimeTrigger(), &snapshot);
  after.Watermark(2'999);
  EXPECT_THAT(after.Take(), ElementsAre("a [0,3000) 2 @2999"));
  after.Watermark(5'999);
  EXPECT_THAT(after.Take(), ElementsAre("b [3000,6000) 2 @5999"));
}

FLINK_CONTRACT(WindowOperatorTest, testTumblingEventTimeWindowsApply) {
  WindowStage stage(Tumbling(3'000));
  stage.Add("a", 2, 20).Add("a", 1, 0).Watermark(2'999);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,3000) 2+1 @2999"));
}

FLINK_CONTRACT(WindowOperatorTest, testSessionWindows) {
  WindowStage before(Sessions());
  before.Add("b", 1, 0).Add("b", 2, 1'000).Add("b", 3, 2'500).Add("a", 1, 10).Add("a", 2, 1'000);
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  WindowStage after(Sessions(), EventTimeTrigger(), &snapshot);
  after.Add("a", 3, 2'500).Add("b", 4, 5'501).Add("b", 5, 6'000).Add("b", 5, 6'000);
  after.Add("b", 6, 6'050).Watermark(12'000);
  EXPECT_THAT(after.Take(),
              UnorderedElementsAre("a [10,5500) 1+2+3 @5499", "b [0,5500) 1+2+3 @5499",
                                   "b [5501,9050) 4+5+5+6 @9049"));
  after.Add("b", 10, 15'000).Add("b", 20, 15'000).Watermark(17'999);
  EXPECT_THAT(after.Take(), ElementsAre("b [15000,18000) 10+20 @17999"));
}

FLINK_CONTRACT(WindowOperatorTest, testReduceSessionWindows) {
  WindowStage stage = Summed(Sessions());
  stage.Add("b", 1, 0).Add("b", 4, 5'000).Add("b", 2, 2'500).Watermark(12'000);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,8000) 7 @7999"));
}

FLINK_CONTRACT(WindowOperatorTest, testSessionWindowsWithCountTrigger) {
  WindowStage stage(Sessions(), PurgingTrigger(CountTrigger{.count = 4}));
  stage.Add("b", 1, 0).Add("b", 2, 1'000).Add("b", 3, 2'500).Add("b", 4, 3'500).Add("a", 1, 10);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,6500) 1+2+3+4 @6499"));
  stage.Add("a", 2, 1'000).Add("a", 3, 10'000).Add("a", 4, 6'500);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Add("a", 5, 3'500);
  EXPECT_THAT(stage.Take(), ElementsAre("a [10,9500) 1+2+4+5 @9499"));
  stage.Add("a", 6, 7'500).Watermark(20'000);
  EXPECT_THAT(stage.Take(), IsEmpty()) << "an end by itself fires nothing";
}

FLINK_CONTRACT(WindowOperatorTest, testPointSessions) {
  WindowStage stage({.assigner = SessionWindows{.gap = sim::Duration(1)}});
  stage.Add("a", 1, 7).Add("a", 2, 7).Add("a", 3, 9).Watermark(20);
  EXPECT_THAT(stage.Take(), ElementsAre("a [7,8) 1+2 @7", "a [9,10) 3 @9"));
}

FLINK_CONTRACT(WindowOperatorTest, testContinuousWatermarkTrigger) {
  WindowStage stage(Global(), engine::ContinuousEventTimeTrigger{{.interval = kThreeSeconds}});
  stage.Add("b", 1, 3'000).Add("b", 2, 3'999).Add("a", 1, 20).Add("a", 2, 0).Add("a", 3, 999);
  stage.Watermark(1'000).Watermark(2'000);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Watermark(3'000);
  EXPECT_THAT(stage.Take(), ElementsAre("a 1+2+3"));
  stage.Watermark(6'000);
  EXPECT_THAT(stage.Take(), UnorderedElementsAre("a 1+2+3", "b 1+2"));
}

FLINK_CONTRACT(WindowOperatorTest, testCountTrigger) {
  const PurgingTrigger trigger(CountTrigger{.count = 4});
  WindowStage before(Global(), trigger);
  before.Add("b", 1, 3'000).Add("b", 2, 3'999).Add("a", 1, 20).Add("a", 2, 0).Add("a", 3, 999);
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  WindowStage after(Global(), trigger, &snapshot);
  after.Add("b", 3, 1'998).Add("b", 4, 1'999).Add("b", 5, 1'000);
  EXPECT_THAT(after.Take(), ElementsAre("b 1+2+3+4"));
  after.Add("a", 4, 10'999).Add("b", 6, 1'000).Add("b", 7, 1'000).Add("b", 8, 1'000);
  EXPECT_THAT(after.Take(), ElementsAre("a 1+2+3+4", "b 5+6+7+8"));
}

FLINK_CONTRACT(WindowOperatorTest, testProcessingTimeTumblingWindows) {
  WindowOptions options = Tumbling(3'000);
  options.domain = engine::TimeDomain::kProcessingTime;
  WindowStage stage(options, engine::ProcessingTimeTrigger());
  stage.Clock(3).Add("b", 1, engine::kMaxEventTime.nanos()).Add("b", 2, 7'000).Add("a", 1, 7'000);
  stage.Clock(5'000);
  EXPECT_THAT(stage.Take(), UnorderedElementsAre("b [0,3000) 1+2 @2999", "a [0,3000) 1 @2999"));
  stage.Add("a", 2, 7'000).Clock(7'000);
  EXPECT_THAT(stage.Take(), ElementsAre("a [3000,6000) 2 @5999"));
}

FLINK_CONTRACT(WindowOperatorTest, testLateness) {
  WindowStage stage(Tumbling(2'000, 500), PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 500).Watermark(1'500).Add("b", 2, 1'300).Watermark(2'300);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,2000) 1+2 @1999"));
  stage.Add("b", 3, 1'997).Watermark(6'000);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,2000) 3 @1999"));
  stage.Add("b", 4, 1'998).Watermark(7'000);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_THAT(stage.TakeLate(), ElementsAre("b 4 @1998"));
}

FLINK_CONTRACT(WindowOperatorTest, testCleanupTimeOverflow) {
  const int64_t last = engine::kMaxEventTime.nanos();
  WindowStage stage(Tumbling(1'000, 2'000));
  const int64_t time = last - 1'750;
  stage.Add("b", 1, time);
  EXPECT_EQ(stage.EventTimers(), 1U);
  stage.Watermark(last - 500);
  EXPECT_EQ(stage.Take().size(), 1U);
  stage.Add("b", 2, time);
  EXPECT_EQ(stage.Take().size(), 1U) << "it still counts";
}

FLINK_CONTRACT(WindowOperatorTest, testSideOutputDueToLatenessSessionZeroLatenessPurgingTrigger) {
  WindowStage stage(Sessions(), PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 1'000).Watermark(1'999).Add("b", 2, 2'000).Watermark(4'998);
  stage.Add("b", 3, 4'500).Watermark(8'500);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,7500) 1+2+3 @7499"));
  stage.Add("a", 1, 7'000).Watermark(11'000);
  EXPECT_THAT(stage.Take(), ElementsAre("a [7000,10000) 1 @9999"));
  stage.Add("a", 2, 7'800).Add("a", 3, 10'000);
  EXPECT_THAT(stage.TakeLate(), ElementsAre("a 2 @7800"));
  stage.Watermark(14'600);
  EXPECT_THAT(stage.Take(), ElementsAre("a [10000,13000) 3 @12999"));
}

FLINK_CONTRACT(WindowOperatorTest, testDropDueToLatenessSessionWithLatenessPurgingTrigger) {
  WindowStage stage(Sessions(10), PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 1'000).Add("b", 2, 2'000).Watermark(4'999);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,5000) 1+2 @4999"));
  stage.Add("b", 3, 4'500);
  EXPECT_THAT(stage.Take(), IsEmpty()) << "it has become longer than the watermark";
  stage.Watermark(7'500);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,7500) 3 @7499"));
}

FLINK_CONTRACT(WindowOperatorTest, testNotSideOutputDueToLatenessSessionWithLateness) {
  WindowStage stage(Sessions(10));
  stage.Add("b", 1, 1'000).Add("b", 2, 2'000).Watermark(4'999).Add("b", 3, 4'500);
  stage.Watermark(7'500).Add("b", 4, 4'400);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,5000) 1+2 @4999", "b [1000,7500) 1+2+3 @7499",
                                        "b [1000,7500) 1+2+3+4 @7499"));
}

FLINK_CONTRACT(WindowOperatorTest, testNotSideOutputDueToLatenessSessionWithHugeLateness) {
  WindowStage stage(Sessions(10'000));
  stage.Add("b", 1, 1'000).Watermark(5'000).Add("b", 2, 7'000).Watermark(10'500);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,4000) 1 @3999", "b [7000,10000) 2 @9999"));
  stage.Add("b", 3, 4'000);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,10000) 1+2+3 @9999"));
  EXPECT_THAT(stage.TakeLate(), IsEmpty());
}

FLINK_CONTRACT(WindowOperatorTest, testSideOutputDueToLatenessTumbling) {
  {
    WindowStage first(Tumbling(2'000));
    first.Add("b", 1, 0).Watermark(1'985).Add("b", 2, 1'980).Watermark(1'999);
    EXPECT_THAT(first.Take(), ElementsAre("b [0,2000) 1+2 @1999"));
    first.Add("b", 3, 1'998).Add("b", 4, 2'001).Watermark(2'999);
    EXPECT_THAT(first.TakeLate(), ElementsAre("b 3 @1998"));
    first.Watermark(3'999);
    EXPECT_THAT(first.Take(), ElementsAre("b [2000,4000) 4 @3999"));
  }
  WindowStage stage(Tumbling(2'000), PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 500).Watermark(1'985).Add("b", 2, 1'980).Watermark(1'999);
  stage.Add("b", 3, 1'998).Add("b", 4, 1'000).Add("b", 5, 2'001).Watermark(2'999);
  EXPECT_THAT(stage.TakeLate(), ElementsAre("b 3 @1998", "b 4 @1000"));
}

FLINK_CONTRACT(WindowOperatorTest, testSideOutputDueToLatenessSliding) {
  {
    WindowStage first(Sliding());
    first.Add("b", 1, 1'000).Watermark(1'999);
    EXPECT_THAT(first.Take(), ElementsAre("b [-1000,2000) 1 @1999"));
    first.Add("b", 2, 2'000).Watermark(3'000);
    EXPECT_THAT(first.Take(), ElementsAre("b [0,3000) 1+2 @2999"));
    first.Add("b", 3, 3'001);
    first.Add("b", 4, 2'400);
    EXPECT_THAT(first.TakeLate(), IsEmpty());
    first.Watermark(6'000);
    EXPECT_THAT(first.Take(), ElementsAre("b [1000,4000) 1+2+3+4 @3999",
                                          "b [2000,5000) 2+3+4 @4999", "b [3000,6000) 3 @5999"));
  }
  WindowStage stage(Sliding());
  stage.Watermark(4'999).Add("b", 1, 3'000).Add("b", 2, 2'999).Add("b", 3, 2'000);
  EXPECT_THAT(stage.TakeLate(), ElementsAre("b 2 @2999", "b 3 @2000"));
}

FLINK_CONTRACT(WindowOperatorTest, testSideOutputDueToLatenessSessionZeroLateness) {
  {
    WindowStage first(Sessions());
    first.Add("a", 1, 7'000).Watermark(11'000).Add("a", 2, 7'800).Watermark(20'000);
    EXPECT_THAT(first.Take(), ElementsAre("a [7000,10000) 1 @9999"));
    EXPECT_THAT(first.TakeLate(), ElementsAre("a 2 @7800"));
  }
  WindowStage stage(Sessions());
  stage.Add("b", 1, 1'000).Watermark(3'998).Add("b", 2, 1'500).Watermark(20'000);
  EXPECT_THAT(stage.TakeLate(), IsEmpty());
  stage.Add("b", 3, 16'999);
  EXPECT_THAT(stage.TakeLate(), ElementsAre("b 3 @16999"));
}

FLINK_CONTRACT(WindowOperatorTest, testCleanupTimerWithEmptyListStateForTumblingWindows) {
  WindowStage stage(Tumbling(2'000, 1), PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 1'000).Watermark(1'599).Watermark(1'999);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,2000) 1 @1999"));
  stage.Watermark(2'000).Watermark(5'000);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept() + stage.EventTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorTest, testCleanupTimerWithEmptyReduceStateForTumblingWindows) {
  WindowStage stage(Tumbling(2'000, 1), SummedContents{}, PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 1'000).Watermark(1'999);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,2000) 1 @1999"));
  stage.Watermark(5'000);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept() + stage.EventTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorTest, testCleanupTimerWithEmptyListStateForSessionWindows) {
  WindowStage stage(Sessions(10), PurgingTrigger(EventTimeTrigger()));
  stage.Add("b", 1, 1'000).Watermark(4'998).Watermark(14'600);
  EXPECT_THAT(stage.Take(), ElementsAre("b [1000,4000) 1 @3999"));
  EXPECT_EQ(stage.Kept() + stage.EventTimers(), 0U);
}

// ---- Evictors

template <typename Evictor>
engine::EvictedContents<Item, SummedContents, Evictor> Evicting(Evictor evictor) {
  return {.inner = {}, .evictor = evictor};
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testCountEvictorEvictAfter) {
  WindowStage stage(Global(), Evicting(CountEvictor{.max_count = 4, .when = EvictionTime::kAfter}),
                    CountTrigger{.count = 2});
  stage.Add("b", 1, 3'000).Add("b", 1, 3'999).Add("a", 1, 20).Add("a", 1, 0).Add("a", 1, 999);
  stage.Add("b", 1, 1'998).Add("b", 1, 1'999).Add("b", 1, 1'000);
  EXPECT_THAT(stage.Take(), ElementsAre("b 2", "a 2", "b 4"));
  stage.Add("a", 1, 10'999).Add("b", 1, 1'000);
  EXPECT_THAT(stage.Take(), ElementsAre("a 4", "b 6"));
  stage.Add("b", 1, 1'000).Add("b", 1, 1'000);
  EXPECT_THAT(stage.Take(), ElementsAre("b 6"));
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testCountTrigger) {
  WindowStage stage(Global(), Evicting(CountEvictor{.max_count = 4}), CountTrigger{.count = 2});
  for (const int64_t value : {1, 2, 3, 4, 5, 6}) {
    stage.Add("b", value, 10'000 - value);
  }
  EXPECT_THAT(stage.Take(), ElementsAre("b 3", "b 10", "b 18"));
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testTimeEvictorEvictAfter) {
  WindowStage stage(
      Global(), Evicting(TimeEvictor{.span = sim::Duration(2'000), .when = EvictionTime::kAfter}),
      CountTrigger{.count = 2});
  stage.Add("b", 1, 1'000).Add("b", 1, 4'000).Add("a", 1, 20).Add("a", 1, 0).Add("a", 1, 999);
  stage.Add("b", 1, 3'500).Add("b", 1, 2'001).Add("b", 1, 1'001);
  EXPECT_THAT(stage.Take(), ElementsAre("b 2", "a 2", "b 3"));
  stage.Add("a", 1, 10'999).Add("b", 1, 1'002);
  EXPECT_THAT(stage.Take(), ElementsAre("a 4", "b 5"));
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testTimeEvictorEvictBefore) {
  WindowStage stage(Tumbling(4'000), Evicting(TimeEvictor{.span = sim::Duration(2'000)}),
                    CountTrigger{.count = 2});
  stage.Add("b", 1, 1'000).Add("b", 1, 3'999).Add("a", 1, 20).Add("a", 1, 0).Add("a", 1, 999);
  stage.Add("a", 1, 5'999).Add("b", 1, 3'500).Add("b", 1, 2'001).Add("b", 1, 1'001);
  EXPECT_THAT(stage.Take(),
              ElementsAre("b [0,4000) 1 @3999", "a [0,4000) 2 @3999", "b [0,4000) 3 @3999"));
  stage.Add("a", 1, 6'500).Add("b", 1, 1'002);
  EXPECT_THAT(stage.Take(), ElementsAre("a [4000,8000) 2 @7999", "b [0,4000) 3 @3999"));
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testTimeEvictorNoTimestamp) {
  WindowStage stage(Global(), Evicting(TimeEvictor{.span = sim::Duration(2'000)}),
                    CountTrigger{.count = 2});
  const int64_t none = engine::kMinEventTime.nanos();
  stage.Add("b", 1, none).Add("b", 1, none).Add("b", 1, none).Add("b", 1, none);
  EXPECT_THAT(stage.Take(), ElementsAre("b 2", "b 4"));
}

int64_t Distance(const Item& record, const Item& last) { return last.value - record.value; }

FLINK_CONTRACT(EvictingWindowOperatorTest, testDeltaEvictorEvictBefore) {
  WindowStage stage(Global(), Evicting(engine::DeltaEvictor<decltype(&Distance)>{2, &Distance}),
                    CountTrigger{.count = 2});
  stage.Add("b", 1, 3'000).Add("b", 4, 3'999).Add("a", 1, 20).Add("a", 1, 0).Add("a", 5, 999);
  stage.Add("b", 5, 1'998).Add("b", 6, 1'999).Add("b", 1, 1'000);
  EXPECT_THAT(stage.Take(), ElementsAre("b 4", "a 2", "b 11"));
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testDeltaEvictorEvictAfter) {
  WindowStage stage(
      Global(),
      Evicting(engine::DeltaEvictor<decltype(&Distance)>{2, &Distance, EvictionTime::kAfter}),
      CountTrigger{.count = 2});
  stage.Add("b", 1, 3'000).Add("b", 4, 3'999).Add("b", 9, 1'998).Add("b", 10, 1'999);
  EXPECT_THAT(stage.Take(), ElementsAre("b 5", "b 23"));
  stage.Add("b", 10, 0).Add("b", 10, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("b 39"));
}

FLINK_CONTRACT(EvictingWindowOperatorTest, testTumblingWindowWithApply) {
  WindowStage stage(Tumbling(4'000), Evicting(CountEvictor{.max_count = 2}), EventTimeTrigger());
  stage.Add("b", 1, 1'000).Add("b", 2, 1'500).Add("b", 4, 100).Watermark(3'999);
  EXPECT_THAT(stage.Take(), ElementsAre("b [0,4000) 6 @3999"));
  EXPECT_EQ(stage.Kept() + stage.EventTimers(), 0U);
}

}  // namespace
}  // namespace flinch::tests
