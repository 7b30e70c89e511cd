// Assigners and triggers by themselves, and what an interval join makes of two streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/joins.h"
#include "tests/contracts/contract.h"
#include "tests/contracts/window_stage.h"

namespace flinch::tests {
namespace {

using engine::EventTime;
using engine::GlobalWindows;
using engine::kMinEventTime;
using engine::SessionWindows;
using engine::SlidingWindows;
using engine::TimeWindow;
using engine::TumblingWindows;
using engine::WindowOptions;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// "[0,10) [5,15)".
std::string WindowsOf(const engine::WindowAssigner& assigner, int64_t time) {
  std::string line;
  for (const TimeWindow& window : engine::WindowsOf(assigner, EventTime(time))) {
    line +=
        fmt::format("{}[{},{})", line.empty() ? "" : " ", window.start.nanos(), window.end.nanos());
  }
  return line;
}

std::string Refusal(const engine::WindowAssigner& assigner) {
  const sim::Result<void> valid = engine::Validate(assigner);
  return valid ? "" : valid.error().message;
}

TumblingWindows Tumbling(int64_t size, int64_t offset = 0) {
  return {.size = sim::Duration(size), .offset = sim::Duration(offset)};
}

SlidingWindows Sliding(int64_t size, int64_t slide, int64_t offset = 0) {
  return {
      .size = sim::Duration(size), .slide = sim::Duration(slide), .offset = sim::Duration(offset)};
}

FLINK_CONTRACT(TumblingEventTimeWindowsTest, testWindowAssignment) {
  EXPECT_EQ(WindowsOf(Tumbling(5'000), 0), "[0,5000)");
  EXPECT_EQ(WindowsOf(Tumbling(5'000), 4'999), "[0,5000)");
  EXPECT_EQ(WindowsOf(Tumbling(5'000), 5'000), "[5000,10000)");
}

FLINK_CONTRACT(TumblingEventTimeWindowsTest, testWindowAssignmentWithGlobalOffset) {
  EXPECT_EQ(WindowsOf(Tumbling(5'000, 100), 100), "[100,5100)");
  EXPECT_EQ(WindowsOf(Tumbling(5'000, 100), 5'099), "[100,5100)");
  EXPECT_EQ(WindowsOf(Tumbling(5'000, 100), 5'100), "[5100,10100)");
}

FLINK_CONTRACT(TumblingEventTimeWindowsTest, testWindowAssignmentWithNegativeGlobalOffset) {
  EXPECT_EQ(WindowsOf(Tumbling(5'000, -100), 0), "[-100,4900)");
  EXPECT_EQ(WindowsOf(Tumbling(5'000, -100), 4'899), "[-100,4900)");
  EXPECT_EQ(WindowsOf(Tumbling(5'000, -100), 4'900), "[4900,9900)");
}

FLINK_CONTRACT(TumblingEventTimeWindowsTest, testInvalidParameters) {
  EXPECT_EQ(Refusal(Tumbling(-1)), "The size of windows is -1 ns; it must be positive.");
  EXPECT_NE(Refusal(Tumbling(10, 20)), "");
  EXPECT_NE(Refusal(Tumbling(10, -11)), "");
  EXPECT_EQ(Refusal(Tumbling(10, -9)), "");
}

FLINK_CONTRACT(SlidingEventTimeWindowsTest, testWindowAssignment) {
  EXPECT_EQ(WindowsOf(Sliding(5'000, 1'000), 0),
            "[0,5000) [-1000,4000) [-2000,3000) [-3000,2000) [-4000,1000)");
  EXPECT_EQ(WindowsOf(Sliding(5'000, 1'000), 4'999),
            "[4000,9000) [3000,8000) [2000,7000) [1000,6000) [0,5000)");
}

FLINK_CONTRACT(SlidingEventTimeWindowsTest, testWindowAssignmentWithOffset) {
  EXPECT_EQ(WindowsOf(Sliding(5'000, 1'000, 100), 100),
            "[100,5100) [-900,4100) [-1900,3100) [-2900,2100) [-3900,1100)");
}

FLINK_CONTRACT(SlidingEventTimeWindowsTest, testWindowAssignmentWithNegativeOffset) {
  EXPECT_EQ(WindowsOf(Sliding(5'000, 1'000, -100), 0),
            "[-100,4900) [-1100,3900) [-2100,2900) [-3100,1900) [-4100,900)");
}

FLINK_CONTRACT(SlidingEventTimeWindowsTest, testInvalidParameters) {
  EXPECT_NE(Refusal(Sliding(-2, 1)), "");
  EXPECT_NE(Refusal(Sliding(2, -1)), "");
  EXPECT_NE(Refusal(Sliding(20, 10, -11)), "");
  EXPECT_NE(Refusal(Sliding(20, 10, 11)), "");
}

FLINK_CONTRACT(EventTimeSessionWindowsTest, testWindowAssignment) {
  const SessionWindows windows{.gap = sim::Duration(5'000)};
  EXPECT_EQ(WindowsOf(windows, 0), "[0,5000)");
  EXPECT_EQ(WindowsOf(windows, 4'999), "[4999,9999)");
}

TimeWindow Window(int64_t start, int64_t end) {
  return {.start = EventTime(start), .end = EventTime(end)};
}

FLINK_CONTRACT(EventTimeSessionWindowsTest, testMergeConsecutiveWindows) {
  EXPECT_TRUE(engine::Meet(Window(0, 1), Window(1, 2)));
  EXPECT_EQ(engine::Cover(Window(0, 1), Window(1, 2)), Window(0, 2));
  EXPECT_FALSE(engine::Meet(Window(0, 1), Window(2, 3)));
}

FLINK_CONTRACT(EventTimeSessionWindowsTest, testMergeCoveringWindow) {
  EXPECT_TRUE(engine::Meet(Window(0, 10), Window(4, 5)));
  EXPECT_EQ(engine::Cover(Window(4, 5), Window(0, 10)), Window(0, 10));
}

FLINK_CONTRACT(EventTimeSessionWindowsTest, testInvalidParameters) {
  EXPECT_NE(Refusal(SessionWindows{.gap = sim::Duration(-1)}), "");
  EXPECT_NE(Refusal(SessionWindows{}), "");
}

FLINK_CONTRACT(GlobalWindowsTest, testWindowAssignment) {
  for (const int64_t time : {int64_t{0}, int64_t{4'999}, kMinEventTime.nanos()}) {
    EXPECT_THAT(engine::WindowsOf(GlobalWindows(), EventTime(time)),
                ElementsAre(engine::kGlobalWindow));
  }
}

WindowOptions Of(engine::WindowAssigner assigner) { return {.assigner = std::move(assigner)}; }

WindowOptions Sessions(int64_t gap) { return Of(SessionWindows{.gap = sim::Duration(gap)}); }

WindowOptions Late(int64_t size) {
  return {.assigner = Tumbling(size), .allowed_lateness = sim::Duration(100)};
}

FLINK_CONTRACT(EventTimeTriggerTest, testWindowSeparationAndFiring) {
  WindowStage stage(Late(2));
  stage.Add("a", 1, 0).Add("a", 2, 2);
  EXPECT_EQ(stage.EventTimers(), 4U);
  stage.Watermark(1);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  stage.Watermark(3);
  EXPECT_THAT(stage.Take(), ElementsAre("a [2,4) 2 @3"));
}

FLINK_CONTRACT(EventTimeTriggerTest, testLateElementTriggersImmediately) {
  WindowStage stage(Late(2));
  stage.Watermark(2).Add("a", 1, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
}

FLINK_CONTRACT(EventTimeTriggerTest, testMergingWindows) {
  WindowStage stage(Sessions(2));
  stage.Add("a", 1, 0).Add("a", 2, 4);
  EXPECT_EQ(stage.EventTimers(), 2U);
  stage.Add("a", 3, 2);
  EXPECT_EQ(stage.EventTimers(), 1U);
  stage.Watermark(4);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Watermark(5);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,6) 1+2+3 @5"));
}

engine::ContinuousEventTimeTrigger Each(int64_t interval) {
  return {{.interval = sim::Duration(interval)}};
}

FLINK_CONTRACT(ContinuousEventTimeTriggerTest, testWindowSeparationAndFiring) {
  WindowStage stage(Of(Tumbling(10)), Each(4));
  stage.Add("a", 1, 1).Add("a", 2, 12).Watermark(3);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Watermark(4);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,10) 1 @9"));
  stage.Watermark(8);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,10) 1 @9"));
  stage.Watermark(9);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,10) 1 @9"));
  stage.Watermark(16);
  EXPECT_THAT(stage.Take(), ElementsAre("a [10,20) 2 @19"));
}

FLINK_CONTRACT(ContinuousEventTimeTriggerTest, testLateElementTriggersImmediately) {
  WindowStage stage(Late(2), Each(1));
  stage.Watermark(2).Add("a", 1, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
}

FLINK_CONTRACT(ContinuousEventTimeTriggerTest, testClear) {
  WindowStage stage(Of(Tumbling(10)), Each(4));
  stage.Add("a", 1, 1).Add("b", 2, 1);
  EXPECT_EQ(stage.Kept(), 4U);
  EXPECT_EQ(stage.EventTimers(), 4U);
  stage.Watermark(9);
  EXPECT_EQ(stage.Kept(), 0U);
  EXPECT_EQ(stage.EventTimers(), 0U);
}

FLINK_CONTRACT(ContinuousEventTimeTriggerTest, testMergingWindows) {
  WindowStage stage(Sessions(10), Each(5));
  stage.Add("a", 1, 1).Add("a", 2, 12);
  stage.Add("a", 3, 8).Watermark(5);
  EXPECT_THAT(stage.Take(), ElementsAre("a [1,22) 1+2+3 @21"));
  EXPECT_EQ(stage.EventTimers(), 2U) << "the next, and the end";
}

FLINK_CONTRACT(CountTriggerTest, testWindowSeparationAndFiring) {
  WindowStage stage(Of(Tumbling(2)), engine::CountTrigger{.count = 3});
  stage.Add("a", 1, 0).Add("a", 2, 2).Add("a", 3, 1).Add("a", 4, 3);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Add("a", 5, 0);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1+3+5 @1"));
  EXPECT_EQ(stage.Kept(), 3U) << "two windows, and the count of one: the other has begun anew";
}

FLINK_CONTRACT(CountTriggerTest, testClear) {
  WindowStage stage(Of(Tumbling(2)), engine::CountTrigger{.count = 3});
  stage.Add("a", 1, 0).Add("a", 2, 2);
  EXPECT_EQ(stage.Kept(), 4U);
  stage.Watermark(1);
  EXPECT_EQ(stage.Kept(), 2U);
  EXPECT_THAT(stage.Take(), IsEmpty()) << "an end by itself fires nothing";
}

FLINK_CONTRACT(CountTriggerTest, testMergingWindows) {
  WindowStage stage(Sessions(2), engine::CountTrigger{.count = 3});
  stage.Add("a", 1, 0).Add("a", 2, 4);
  EXPECT_EQ(stage.Kept(), 4U);
  stage.Add("a", 3, 2);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,6) 1+2+3 @5"));
  EXPECT_EQ(stage.Kept(), 1U);
}

FLINK_CONTRACT(ProcessingTimeTriggerTest, testWindowSeparationAndFiring) {
  WindowStage stage({.assigner = Tumbling(2), .domain = engine::TimeDomain::kProcessingTime},
                    engine::ProcessingTimeTrigger());
  stage.Add("a", 1, 0).Clock(1);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Clock(2);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1"));
  EXPECT_EQ(stage.ProcessingTimers(), 0U);
}

FLINK_CONTRACT(ContinuousProcessingTimeTriggerTest, testProcessingTimeWindowFiring) {
  WindowStage stage({.assigner = Tumbling(10), .domain = engine::TimeDomain::kProcessingTime},
                    engine::ContinuousProcessingTimeTrigger{{.interval = sim::Duration(4)}});
  stage.Add("a", 1, 0).Clock(5);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,10) 1 @9"));
  stage.Add("a", 2, 0).Clock(9);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,10) 1+2 @9"));
  stage.Clock(10);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,10) 1+2 @9"));
  EXPECT_EQ(stage.Kept() + stage.ProcessingTimers(), 0U);
}

FLINK_CONTRACT(PurgingTriggerTest, testForwarding) {
  Script script{.on_element = engine::TriggerResult::kFire};
  WindowStage stage(Of(Tumbling(2)), engine::PurgingTrigger(Scripted{&script}));
  stage.Add("a", 1, 0);
  EXPECT_EQ(stage.Kept(), 0U);
  script.on_element = engine::TriggerResult::kContinue;
  stage.Add("a", 2, 0);
  EXPECT_EQ(stage.Kept(), 1U);
  script.on_event_time = engine::TriggerResult::kFire;
  stage.Watermark(1);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,2) 1 @1", "a [0,2) 2 @1"));
}

FLINK_CONTRACT(MergingWindowSetTest, testIncrementalMerging) {
  WindowStage stage(Sessions(4));
  stage.Add("a", 1, 0).Add("a", 2, 3).Add("a", 3, 20).Add("a", 4, 17).Add("a", 5, 7);
  EXPECT_EQ(stage.Kept(), 2U);
  stage.Watermark(30);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,11) 1+2+5 @10", "a [17,24) 3+4 @23"));
}

FLINK_CONTRACT(MergingWindowSetTest, testLateMerging) {
  WindowStage stage(Sessions(3));
  stage.Add("a", 1, 0).Add("a", 2, 5).Add("a", 3, 10).Add("a", 4, 3).Add("a", 5, 8);
  EXPECT_EQ(stage.Kept(), 1U);
  stage.Watermark(30);
  EXPECT_THAT(stage.Take(), ElementsAre("a [0,13) 1+2+4+3+5 @12"));
}

FLINK_CONTRACT(MergingWindowSetTest, testAddingIdenticalWindows) {
  WindowStage stage(Sessions(3));
  stage.Add("a", 1, 0).Add("a", 2, 0);
  EXPECT_EQ(stage.Kept(), 1U);
  EXPECT_EQ(stage.EventTimers(), 1U);
}

FLINK_CONTRACT(MergingWindowSetTest, testRestoreFromState) {
  WindowStage before(Sessions(3));
  before.Add("a", 1, 0).Add("a", 2, 10);
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  WindowStage after(Sessions(3), engine::EventTimeTrigger(), &snapshot);
  after.Add("a", 3, 2).Watermark(30);
  EXPECT_THAT(after.Take(), ElementsAre("a [0,5) 1+3 @4", "a [10,13) 2 @12"));
}

// ---- Interval joins

struct Pair {
  void Process(const Item& left, const Item& right, engine::Collector<std::string>& out) const {
    out.Collect(fmt::format("{},{}", left.value, right.value));
  }
};

// Records whose value is their time, on both sides.
class Join {
 public:
  using Operator = engine::IntervalJoinOperator<Item, Item, std::string, Pair>;

  explicit Join(engine::IntervalBounds bounds, const OperatorSnapshot* restored = nullptr)
      : harness_({.make = [bounds] { return std::make_unique<Operator>(bounds, Pair()); },
                  .key = key_,
                  .output = engine::TypeOf<std::string>()},
                 restored) {}

  Join& Left(int64_t time) { return Add(0, time, time); }

  Join& Right(int64_t time) { return Add(1, time, time); }

  Join& Add(uint32_t side, int64_t value, int64_t time) {
    added_ = harness_.ProcessInput(side, key_, Item{.key = "k", .value = value}, EventTime(time));
    return *this;
  }

  Join& Watermark(int64_t time) {
    sim::Check(harness_.Watermark(EventTime(time)).has_value(), "a watermark is refused");
    return *this;
  }

  std::vector<std::string> Take() {
    std::vector<std::string> pairs;
    for (const auto& [pair, time] : harness_.Take<std::string>()) {
      pairs.push_back(fmt::format("{} @{}", pair, time.nanos()));
    }
    return pairs;
  }

  const sim::Result<void>& added() const { return added_; }

  OperatorHarness& harness() { return harness_; }

 private:
  engine::KeyCodec key_ = engine::MakeKeyCodec<Item>([](const Item& item) { return item.key; });
  sim::Result<void> added_;
  OperatorHarness harness_;
};

// Four records on each side, of times 1 to 4.
std::vector<std::string> PairsOf(const engine::IntervalBounds& bounds) {
  Join join(bounds);
  for (const int64_t time : {1, 2, 3, 4}) {
    join.Left(time).Right(time);
  }
  std::vector<std::string> pairs = join.Take();
  for (std::string& pair : pairs) {
    pair.resize(pair.find(' '));
  }
  return pairs;
}

engine::IntervalBounds Between(int64_t lower, int64_t upper, bool lower_inclusive = true,
                               bool upper_inclusive = true) {
  return {.lower = sim::Duration(lower),
          .upper = sim::Duration(upper),
          .lower_inclusive = lower_inclusive,
          .upper_inclusive = upper_inclusive};
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testNegativeInclusiveAndNegativeInclusive) {
  EXPECT_THAT(PairsOf(Between(-2, -1)), UnorderedElementsAre("2,1", "3,1", "3,2", "4,2", "4,3"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testNegativeInclusiveAndPositiveInclusive) {
  EXPECT_THAT(PairsOf(Between(-1, 1)), UnorderedElementsAre("1,1", "1,2", "2,1", "2,2", "2,3",
                                                            "3,2", "3,3", "3,4", "4,3", "4,4"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testPositiveInclusiveAndPositiveInclusive) {
  EXPECT_THAT(PairsOf(Between(1, 2)), UnorderedElementsAre("1,2", "1,3", "2,3", "2,4", "3,4"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testNegativeExclusiveAndNegativeExlusive) {
  EXPECT_THAT(PairsOf(Between(-3, -1, false, false)), UnorderedElementsAre("3,1", "4,2"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testNegativeExclusiveAndPositiveExlusive) {
  EXPECT_THAT(PairsOf(Between(-1, 1, false, false)),
              UnorderedElementsAre("1,1", "2,2", "3,3", "4,4"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testPositiveExclusiveAndPositiveExlusive) {
  EXPECT_THAT(PairsOf(Between(1, 3, false, false)), UnorderedElementsAre("1,3", "2,4"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testStateCleanupPositiveInclusivePositiveInclusive) {
  Join join(Between(1, 2));
  join.Left(1).Right(1).Watermark(1);
  const size_t with_left = join.harness().keyed_state().entries();
  EXPECT_GT(with_left, 0U);
  join.Watermark(2);
  EXPECT_GT(join.harness().keyed_state().entries(), 0U);
  join.Watermark(3);
  EXPECT_EQ(join.harness().keyed_state().entries(), 0U);
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testStateCleanupNegativeInclusiveNegativeInclusive) {
  Join join(Between(-2, -1));
  join.Left(5).Watermark(5);
  EXPECT_EQ(join.harness().keyed_state().entries(), 0U);
  join.Right(6).Watermark(7);
  EXPECT_GT(join.harness().keyed_state().entries(), 0U);
  join.Watermark(8);
  EXPECT_EQ(join.harness().keyed_state().entries(), 0U);
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testRestoreFromSnapshot) {
  Join before(Between(-1, 1));
  before.Left(1).Right(1).Left(2).Right(2);
  const OperatorSnapshot snapshot = before.harness().Snapshot();
  before.Left(3);
  Join after(Between(-1, 1), &snapshot);
  after.Left(3).Right(3);
  EXPECT_THAT(after.Take(), UnorderedElementsAre("3,2 @3", "2,3 @3", "3,3 @3"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testReturnsCorrectTimestamp) {
  Join join(Between(-1, 1));
  join.Left(1).Right(2).Right(0);
  EXPECT_THAT(join.Take(), ElementsAre("1,2 @2", "1,0 @1"));
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testFailsWithNoTimestampsLeft) {
  Join join(Between(-1, 1));
  join.Add(0, 1, kMinEventTime.nanos());
  ASSERT_FALSE(join.added());
  EXPECT_EQ(join.added().error().code, sim::ErrorCode::kInvalidArgument);
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testFailsWithNoTimestampsRight) {
  Join join(Between(-1, 1));
  join.Add(1, 1, kMinEventTime.nanos());
  EXPECT_FALSE(join.added());
}

FLINK_CONTRACT(IntervalJoinOperatorTest, testDiscardsLateData) {
  Join join(Between(-1, 1));
  join.Left(1).Right(1).Left(2).Right(2).Watermark(3).Left(1).Right(2);
  EXPECT_THAT(join.Take(), UnorderedElementsAre("1,1 @1", "2,1 @2", "1,2 @2", "2,2 @2"));
  EXPECT_EQ(join.harness().events().size(), 2U);
}

}  // namespace
}  // namespace flinch::tests
