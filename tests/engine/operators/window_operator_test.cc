#include "engine/operators/window_operator.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/graph/key_codec.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using tests::OperatorHarness;
using tests::OperatorHarnessOptions;
using tests::OperatorSnapshot;

struct Count {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const std::string&, int64_t& count) const { ++count; }

  int64_t Result(const int64_t& count) const { return count; }
};

using Counted = WindowResult<std::string, int64_t>;

OperatorHarnessOptions Options(sim::Duration size = sim::Duration(10)) {
  return {.make =
              [size] {
                return std::make_unique<WindowOperator<std::string, std::string, Count>>(size,
                                                                                         Count());
              },
          .key = MakeKeyCodec<std::string>([](const std::string& text) { return text; }),
          .output = TypeOf<Counted>()};
}

// "a [0,10) 2 @9": key, window, value, timestamp.
std::vector<std::string> Results(OperatorHarness& harness) {
  std::vector<std::string> results;
  for (const auto& [counted, timestamp] : harness.Take<Counted>()) {
    results.push_back(fmt::format("{} [{},{}) {} @{}", counted.key, counted.window.start.nanos(),
                                  counted.window.end.nanos(), counted.value, timestamp.nanos()));
  }
  return results;
}

void Feed(OperatorHarness& harness, const std::string& key, int64_t time) {
  ASSERT_TRUE(harness.Process(key, EventTime(time)));
}

void Advance(OperatorHarness& harness, int64_t watermark) {
  ASSERT_TRUE(harness.Watermark(EventTime(watermark)));
}

TEST(TumblingWindowTest, HasAnInclusiveStartAndAnExclusiveEndOnBothSidesOfTheEpoch) {
  const auto start_of = [](int64_t time) {
    const TimeWindow window = TumblingWindowOf(EventTime(time), sim::Duration(10));
    EXPECT_EQ(window.end.nanos() - window.start.nanos(), 10);
    return window.start.nanos();
  };
  EXPECT_EQ(start_of(0), 0);
  EXPECT_EQ(start_of(9), 0);
  EXPECT_EQ(start_of(10), 10);
  EXPECT_EQ(start_of(-1), -10);
  EXPECT_EQ(start_of(-10), -10);
  EXPECT_EQ(start_of(-11), -20);
}

TEST(TumblingWindowTest, IsCutAtTheEndsOfTime) {
  const TimeWindow last = TumblingWindowOf(EventTime(kMaxEventTime.nanos() - 1), sim::Duration(10));
  EXPECT_EQ(last.end, kMaxEventTime);
  const TimeWindow first =
      TumblingWindowOf(EventTime(kMinEventTime.nanos() + 1), sim::Duration(10));
  EXPECT_EQ(first.start, kMinEventTime);
}

TEST(WindowOperatorTest, FiresWhenTheWatermarkReachesTheLastNanosecond) {
  OperatorHarness harness(Options());
  Feed(harness, "a", 0);
  Feed(harness, "a", 9);
  Feed(harness, "a", 10);
  Advance(harness, 8);
  EXPECT_THAT(Results(harness), IsEmpty());
  Advance(harness, 9);
  EXPECT_THAT(Results(harness), ElementsAre("a [0,10) 2 @9"));
  Advance(harness, 19);
  EXPECT_THAT(Results(harness), ElementsAre("a [10,20) 1 @19"));
  EXPECT_EQ(harness.keyed_state().entries(), 0U);
  EXPECT_THAT(harness.watermarks(), ElementsAre(EventTime(8), EventTime(9), EventTime(19)));
}

TEST(WindowOperatorTest, OneWatermarkFiresSeveralWindowsByTimeThenByTheirFirstRecords) {
  OperatorHarness harness(Options());
  Feed(harness, "b", 11);
  Feed(harness, "b", -1);
  Feed(harness, "a", 12);
  Advance(harness, 100);
  EXPECT_THAT(Results(harness),
              ElementsAre("b [-10,0) 1 @-1", "b [10,20) 1 @19", "a [10,20) 1 @19"));
}

TEST(WindowOperatorTest, ARecordBehindTheWatermarkStillCountsWhileItsWindowIsOpen) {
  OperatorHarness harness(Options());
  Advance(harness, 8);
  Feed(harness, "a", 3);
  Advance(harness, 9);
  EXPECT_THAT(Results(harness), ElementsAre("a [0,10) 1 @9"));
  EXPECT_THAT(harness.events(), IsEmpty());
}

TEST(WindowOperatorTest, ARecordWhoseWindowHasFiredIsDroppedAndTold) {
  OperatorHarness harness(Options());
  Advance(harness, 9);
  Feed(harness, "a", 9);
  Advance(harness, kMaxEventTime.nanos());
  EXPECT_THAT(Results(harness), IsEmpty());
  EXPECT_THAT(harness.events(),
              ElementsAre("window.late_record subtask=operator[0] timestamp=9 watermark=9"));
  EXPECT_EQ(harness.keyed_state().entries(), 0U);
}

TEST(WindowOperatorTest, OpenWindowsSurviveARestart) {
  OperatorHarness before(Options());
  Feed(before, "a", 1);
  Feed(before, "b", 2);
  const OperatorSnapshot snapshot = before.Snapshot();
  Feed(before, "a", 3);
  OperatorHarness after(Options(), &snapshot);
  ASSERT_TRUE(after.opened());
  Feed(after, "a", 4);
  Advance(after, 9);
  EXPECT_THAT(Results(after), UnorderedElementsAre("a [0,10) 2 @9", "b [0,10) 1 @9"));
}

TEST(WindowOperatorTest, ARecordWithoutATimestampIsAnError) {
  OperatorHarness harness(Options());
  const sim::Result<void> processed = harness.Process(std::string("a"), kMinEventTime);
  ASSERT_FALSE(processed);
  EXPECT_EQ(processed.error().code, sim::ErrorCode::kInvalidArgument);
}

TEST(WindowOperatorTest, AWindowWithoutASizeIsAnErrorAtOpen) {
  for (const int64_t size : {0, -1}) {
    const OperatorHarness harness(Options(sim::Duration(size)));
    ASSERT_FALSE(harness.opened());
    EXPECT_EQ(harness.opened().error().code, sim::ErrorCode::kInvalidArgument);
  }
}

TEST(WindowOperatorTest, ARestoredTimerWithoutContentsIsCorruptNotACrash) {
  OperatorHarness source(Options());
  Feed(source, "a", 1);
  (*source.keyed_state().Register<TimeWindow, int64_t>(StateKind::kAggregating, "window"))
      ->Remove({EventTime(0), EventTime(10)});
  const OperatorSnapshot snapshot = source.Snapshot();
  OperatorHarness harness(Options(), &snapshot);
  ASSERT_TRUE(harness.opened());
  const sim::Result<void> fired = harness.Watermark(EventTime(9));
  ASSERT_FALSE(fired);
  EXPECT_EQ(fired.error().code, sim::ErrorCode::kCorruption);
}

}  // namespace
}  // namespace flinch::engine
