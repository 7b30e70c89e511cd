// What the parts of a window operator owe each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contracts/contract.h"
#include "tests/contracts/window_stage.h"

namespace flinch::tests {
namespace {

using engine::EventTime;
using engine::GlobalWindows;
using engine::SessionWindows;
using engine::SlidingWindows;
using engine::TriggerResult;
using engine::TumblingWindows;
using engine::WindowOptions;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr sim::Duration kTwo(2);
constexpr sim::Duration kTen(10);

WindowOptions Tumbling(int64_t lateness = 0) {
  return {.assigner = TumblingWindows{.size = kTwo},
          .allowed_lateness = sim::Duration(lateness),
          .late = WindowStage::kLate.tag()};
}

WindowOptions Sessions(int64_t lateness = 0) {
  return {.assigner = SessionWindows{.gap = kTwo},
          .allowed_lateness = sim::Duration(lateness),
          .late = WindowStage::kLate.tag()};
}

WindowOptions Global() { return {.assigner = GlobalWindows(), .late = WindowStage::kLate.tag()}; }

WindowOptions ByClock() {
  return {.assigner = TumblingWindows{.size = kTwo},
          .domain = engine::TimeDomain::kProcessingTime,
          .late = WindowStage::kLate.tag()};
}

FLINK_CONTRACT(WindowOperatorContractTest, testNoLateSideOutputForSkippedWindows) {
  WindowStage stage({.assigner = SlidingWindows{.size = kTwo, .slide = kTen},
                     .allowed_lateness = sim::Duration(5),
                     .late = WindowStage::kLate.tag()});
  stage.Watermark(3).Add("a", 1, 4);
  EXPECT_THAT(stage.TakeLate(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testLateSideOutput) {
  WindowStage stage(Tumbling());
  stage.Watermark(20).Add("a", 1, 0);
  EXPECT_THAT(stage.TakeLate(), ElementsAre("a 1 @0"));
  EXPECT_THAT(stage.harness().events(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testAssignerWithMultipleWindows) {
  Script script;
  WindowStage stage({.assigner = SlidingWindows{.size = sim::Duration(4), .slide = kTwo}},
                    Scripted{&script});
  stage.Add("a", 1, 5);
  EXPECT_THAT(script.calls, ElementsAre("element a 1 @5 of  [4,8)", "element a 1 @5 of  [2,6)"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testWindowsDontInterfere) {
  WindowStage stage(Tumbling());
  stage.Add("a", 1, 0).Add("b", 2, 0);
  EXPECT_EQ(stage.EventTimers(), 2U);
  stage.Watermark(1);
  EXPECT_THAT(stage.Take(), UnorderedElementsAre("a [0,2) 1 @1", "b [0,2) 2 @1"));
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnElementCalledPerWindow) {
  Script script;
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Add("a", 2, 3);
  EXPECT_THAT(script.calls, ElementsAre("element a 1 @0 of  [0,2)", "element a 2 @3 of  [2,4)"));
}

FLINK_CONTRACT(RegularWindowOperatorContractTest, testReducingWindow) {
  Script script{.on_element = TriggerResult::kFire};
  WindowStage stage(Tumbling(), SummedContents{}, Scripted{&script});
  stage.Add("a", 1, 0).Add("a", 2, 1).Add("a", 7, 2);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1", "a [0,2) 3 @1", "a [2,4) 7 @3"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testEmittingFromWindowFunction) {
  Script script{.on_element = TriggerResult::kFire};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnElementContinue) {
  Script script{.keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_EQ(stage.EventTimers(), 1U);
  EXPECT_THAT(stage.Take(), IsEmpty());
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnElementFire) {
  Script script{.on_element = TriggerResult::kFire, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Add("a", 2, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1", "a [0,2) 1+2 @1"));
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnElementFireAndPurge) {
  Script script{.on_element = TriggerResult::kFireAndPurge, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Add("a", 2, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1", "a [0,2) 2 @1"));
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnElementPurge) {
  Script script{.on_element = TriggerResult::kPurge, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnEventTimeContinue) {
  Script script{.event_timer = 0, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnEventTimeFire) {
  Script script{.on_event_time = TriggerResult::kFire, .event_timer = 0, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.Kept(), 2U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnEventTimeFireAndPurge) {
  Script script{
      .on_event_time = TriggerResult::kFireAndPurge, .event_timer = 0, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.Kept(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnEventTimePurge) {
  Script script{.on_event_time = TriggerResult::kPurge, .event_timer = 0, .keeps_state = true};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnProcessingTimeContinue) {
  Script script{.processing_timer = 0, .keeps_state = true};
  WindowStage stage(ByClock(), Scripted{&script});
  stage.Add("a", 1, 0).Clock(1);
  EXPECT_THAT(script.calls, ElementsAre("element a 1 @0 of  [0,2)", "processing time 0"));
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 2U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnProcessingTimeFire) {
  Script script{.on_processing_time = TriggerResult::kFire, .processing_timer = 0};
  WindowStage stage(ByClock(), Scripted{&script});
  stage.Add("a", 1, 0).Clock(1);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_EQ(stage.ProcessingTimers(), 1U);
  EXPECT_EQ(stage.EventTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnProcessingTimePurge) {
  Script script{.on_processing_time = TriggerResult::kPurge, .processing_timer = 0};
  WindowStage stage(ByClock(), Scripted{&script});
  stage.Add("a", 1, 0).Clock(1);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testNoEventTimeFiringForPurgedWindow) {
  Script script{
      .on_element = TriggerResult::kPurge, .on_event_time = TriggerResult::kFire, .event_timer = 0};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_THAT(stage.Take(), IsEmpty());
}

FLINK_CONTRACT(WindowOperatorContractTest, testNoProcessingTimeFiringForPurgedWindow) {
  Script script{.on_element = TriggerResult::kPurge,
                .on_processing_time = TriggerResult::kFire,
                .processing_timer = 0};
  WindowStage stage(ByClock(), Scripted{&script});
  stage.Add("a", 1, 0).Clock(1);
  EXPECT_THAT(stage.Take(), IsEmpty());
}

FLINK_CONTRACT(WindowOperatorContractTest, testNoEventTimeFiringForGarbageCollectedMergingWindow) {
  Script script{.on_event_time = TriggerResult::kFire, .event_timer = 9};
  WindowStage stage(Sessions(), Scripted{&script});
  stage.Add("a", 1, 0);
  script.event_timer.reset();  // it forgets to take it back
  stage.Watermark(1);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.EventTimers(), 1U);
  script.calls.clear();
  stage.Watermark(9);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_THAT(script.calls, IsEmpty());
}

FLINK_CONTRACT(WindowOperatorContractTest, testEventTimeTimerCreationAndDeletion) {
  Script script{.event_timer = 17};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.EventTimers(), 2U);
  script.event_timer.reset();
  script.deleted_timer = 17;
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testEventTimeTimerFiring) {
  Script script{.event_timer = 1};
  WindowStage stage({.assigner = TumblingWindows{.size = kTen}}, Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_THAT(script.calls, ElementsAre("element a 1 @0 of  [0,10)"));
  stage.Watermark(5);
  EXPECT_THAT(script.calls, ElementsAre("element a 1 @0 of  [0,10)", "event time 1"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testEventTimeDeletedTimerDoesNotFire) {
  Script script{.event_timer = 1};
  WindowStage stage({.assigner = TumblingWindows{.size = kTen}}, Scripted{&script});
  stage.Add("a", 1, 0);
  script.event_timer = 2;
  script.deleted_timer = 1;
  stage.Add("a", 2, 0);
  script.calls.clear();
  stage.Watermark(8);
  EXPECT_THAT(script.calls, ElementsAre("event time 2"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testProcessingTimeTimerFiring) {
  Script script{.processing_timer = 5};
  WindowStage stage({.assigner = TumblingWindows{.size = kTen}}, Scripted{&script});
  stage.Add("a", 1, 0);
  script.calls.clear();
  stage.Clock(5);
  EXPECT_THAT(script.calls, IsEmpty());
  stage.Clock(6).Clock(100);
  EXPECT_THAT(script.calls, ElementsAre("processing time 5"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testMergeWindowsIsCalled) {
  Script script{.keeps_state = true};
  WindowStage stage(Sessions(), Scripted{&script});
  stage.Add("a", 1, 0).Add("a", 2, 1);
  EXPECT_THAT(script.calls, ElementsAre("element a 1 @0 of  [0,2)", "clear 1 of  [0,2)",
                                        "merged 1 into  [0,3)", "element a 2 @1 of  [0,3)"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testEventTimeWindowsAreMergedEagerly) {
  Script script{.keeps_state = true};
  WindowStage stage(Sessions(), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.EventTimers(), 1U);
  stage.Add("a", 2, 1);
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testMergingOfExistingEventTimeWindows) {
  WindowStage stage(Sessions());
  stage.Add("a", 1, 0).Add("a", 2, 4);
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_EQ(stage.EventTimers(), 2U);
  stage.Add("a", 3, 2);
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_EQ(stage.EventTimers(), 1U);
  stage.Watermark(5);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,6) 1+2+3 @5"));
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testProcessingTimeWindowsAreMergedEagerly) {
  WindowStage stage(
      {.assigner = SessionWindows{.gap = kTen}, .domain = engine::TimeDomain::kProcessingTime},
      engine::ProcessingTimeTrigger());
  stage.Add("a", 1, 777).Clock(8).Add("a", 2, 5).Clock(18);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,18) 1+2 @17"));
  EXPECT_EQ(stage.ProcessingTimers(), 0U);
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnElementPurgeDoesNotCleanupMergingSet) {
  Script script{.on_element = TriggerResult::kPurge};
  WindowStage stage(Sessions(), Scripted{&script});
  stage.Add("a", 1, 0);
  script = {};
  stage.Add("a", 2, 1);
  EXPECT_THAT(script.calls,
              ElementsAre("clear 0 of  [0,2)", "merged 0 into  [0,3)", "element a 2 @1 of  [0,3)"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testOnEventTimePurgeDoesNotCleanupMergingSet) {
  Script script{.on_event_time = TriggerResult::kPurge, .event_timer = 0};
  WindowStage stage(Sessions(), Scripted{&script});
  stage.Add("a", 1, 0).Watermark(0);
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_EQ(stage.EventTimers(), 1U);
  EXPECT_THAT(stage.Take(), IsEmpty());
}

FLINK_CONTRACT(WindowOperatorContractTest, testNoEventTimeGarbageCollectionTimerForGlobalWindow) {
  WindowStage stage(Global(), engine::NeverTrigger());
  stage.Add("a", 1, 0).Watermark(1'000).Add("a", 2, 3);
  EXPECT_EQ(stage.EventTimers(), 0U);
  EXPECT_EQ(stage.ProcessingTimers(), 0U);
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_THAT(stage.TakeLate(), IsEmpty());
}

FLINK_CONTRACT(WindowOperatorContractTest, testNoEventTimeGarbageCollectionTimerForLongMax) {
  WindowStage stage(Tumbling(engine::kMaxEventTime.nanos()), engine::NeverTrigger());
  stage.Add("a", 1, 4);
  EXPECT_EQ(stage.EventTimers(), 0U);
  EXPECT_EQ(stage.Kept(), 1U);
}

FLINK_CONTRACT(WindowOperatorContractTest,
               testProcessingTimeGarbageCollectionTimerIsAlwaysWindowMaxTimestamp) {
  WindowOptions options = ByClock();
  options.allowed_lateness = sim::Duration(100);
  WindowStage stage(options, engine::NeverTrigger());
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.ProcessingTimers(), 1U);
  stage.Clock(1);
  EXPECT_EQ(stage.Kept(), 1U);
  stage.Clock(2);
  EXPECT_EQ(stage.Kept(), 0U);
  EXPECT_EQ(stage.ProcessingTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testEventTimeGarbageCollectionTimer) {
  WindowStage stage(Tumbling(20), engine::NeverTrigger());
  stage.Add("a", 1, 0).Watermark(20);
  EXPECT_EQ(stage.Kept(), 1U);
  stage.Watermark(21);
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest,
               testEventTimeTriggerTimerAndGarbageCollectionTimerCoincide) {
  Script script{.on_event_time = TriggerResult::kFire, .event_timer = 1};
  WindowStage stage(Tumbling(), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.EventTimers(), 1U);
  stage.Watermark(1);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.Kept(), 0U);
  EXPECT_EQ(stage.EventTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testStateAndTimerCleanupAtEventTimeGarbageCollection) {
  Script script{.event_timer = 777, .keeps_state = true};
  WindowStage stage(Tumbling(20), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_EQ(stage.EventTimers(), 2U);
  stage.Watermark(21);
  EXPECT_EQ(script.calls.back(), "clear 1 of  [0,2)");
  EXPECT_EQ(stage.Kept(), 0U);
  EXPECT_EQ(stage.EventTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest,
               testStateAndTimerCleanupAtEventTimeGarbageCollectionWithPurgingTrigger) {
  Script script{
      .on_element = TriggerResult::kFireAndPurge, .event_timer = 777, .keeps_state = true};
  WindowStage stage(Tumbling(20), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.Kept(), 1U);
  stage.Watermark(21);
  EXPECT_EQ(stage.Kept(), 0U);
  EXPECT_EQ(stage.EventTimers(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest,
               testMergingWindowSetClearedAtEventTimeGarbageCollection) {
  Script script{.on_element = TriggerResult::kPurge};
  WindowStage stage(Sessions(20), Scripted{&script});
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.Kept(), 1U);
  stage.Watermark(21);
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testProcessingElementsWithinAllowedLateness) {
  Script script{.on_element = TriggerResult::kFire};
  WindowStage stage(Tumbling(20), Scripted{&script});
  stage.Watermark(20).Add("a", 1, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.Kept(), 1U);
  stage.Watermark(21);
  EXPECT_EQ(stage.Kept(), 0U);
}

FLINK_CONTRACT(WindowOperatorContractTest, testLateWindowDropping) {
  Script script{.on_element = TriggerResult::kFire};
  WindowStage stage(Tumbling(20), Scripted{&script});
  stage.Watermark(21).Add("a", 1, 0);
  EXPECT_THAT(stage.Take(), IsEmpty());
  EXPECT_THAT(script.calls, IsEmpty());
  EXPECT_THAT(stage.TakeLate(), ElementsAre("a 1 @0"));
}

FLINK_CONTRACT(WindowOperatorContractTest, testStateSnapshotAndRestore) {
  Script script{.event_timer = 8, .processing_timer = 8, .keeps_state = true};
  const WindowOptions options = {.assigner = TumblingWindows{.size = kTen}};
  WindowStage before(options, Scripted{&script});
  before.Add("a", 1, 0).Add("b", 2, 0);
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  before.Add("a", 3, 0);
  script.calls.clear();
  script.on_event_time = TriggerResult::kFire;
  WindowStage after(options, Scripted{&script}, &snapshot);
  ASSERT_TRUE(after.harness().opened());
  EXPECT_EQ(after.Kept(), 4U);
  EXPECT_EQ(after.EventTimers(), 4U);
  EXPECT_EQ(after.ProcessingTimers(), 2U);
  after.Watermark(8);
  EXPECT_THAT(after.Take(), UnorderedElementsAre("a [0,10) 1 @9", "b [0,10) 2 @9"));
}

}  // namespace
}  // namespace flinch::tests
