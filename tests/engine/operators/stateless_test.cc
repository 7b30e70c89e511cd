#include "engine/operators/stateless.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using tests::OperatorHarness;

// A harness around one copy of `code`.
template <typename Out, typename Operator>
OperatorHarness HarnessFor(Operator code) {
  return OperatorHarness(
      {.make = [code] { return std::make_unique<Operator>(code); }, .output = TypeOf<Out>()});
}

TEST(StatelessTest, AMapKeepsTheTimestamp) {
  const auto show = [](const int64_t& number) { return std::to_string(number); };
  auto harness = HarnessFor<std::string>(MapOperator<int64_t, decltype(show)>(show));
  ASSERT_TRUE(harness.Process(int64_t{7}, EventTime(3)));
  EXPECT_THAT(harness.Take<std::string>(), ElementsAre(Pair("7", EventTime(3))));
}

TEST(StatelessTest, AFilterPassesWhatFulfilsItsPredicate) {
  const auto even = [](const int64_t& number) { return number % 2 == 0; };
  auto harness = HarnessFor<int64_t>(FilterOperator<int64_t, decltype(even)>(even));
  for (const int64_t number : {1, 2, 3, 4}) {
    ASSERT_TRUE(harness.Process(number, EventTime(number)));
  }
  EXPECT_THAT(harness.Take<int64_t>(), ElementsAre(Pair(2, EventTime(2)), Pair(4, EventTime(4))));
}

TEST(StatelessTest, AFlatMapEmitsAnyNumberInOrder) {
  const auto letters = [](const std::string& word, Collector<std::string>& out) {
    for (const char letter : word) {
      out.Collect(std::string(1, letter));
    }
  };
  auto harness = HarnessFor<std::string>(
      FlatMapOperator<std::string, std::string, decltype(letters)>(letters));
  ASSERT_TRUE(harness.Process(std::string(), EventTime(1)));
  EXPECT_THAT(harness.Take<std::string>(), IsEmpty());
  ASSERT_TRUE(harness.Process(std::string("ab"), EventTime(2)));
  EXPECT_THAT(harness.Take<std::string>(),
              ElementsAre(Pair("a", EventTime(2)), Pair("b", EventTime(2))));
}

// A function that listens to checkpoints.
struct Listening {
  std::vector<std::string>* heard;

  int64_t operator()(const int64_t& number) const { return number; }

  void NotifyCheckpointComplete(CheckpointId id) const {
    heard->push_back("complete " + std::to_string(id.value()));
  }

  void NotifyCheckpointAborted(CheckpointId id) const {
    heard->push_back("aborted " + std::to_string(id.value()));
  }
};

TEST(StatelessTest, AFunctionMayListenToCheckpoints) {
  std::vector<std::string> heard;
  MapOperator<int64_t, Listening> map(Listening{&heard});
  ASSERT_TRUE(map.NotifyCheckpointComplete(CheckpointId(3)));
  ASSERT_TRUE(map.NotifyCheckpointAborted(CheckpointId(4)));
  EXPECT_THAT(heard, ElementsAre("complete 3", "aborted 4"));
  const auto deaf = [](const int64_t& number) { return number % 2 == 0; };
  FilterOperator<int64_t, decltype(deaf)> filter(deaf);
  EXPECT_TRUE(filter.NotifyCheckpointComplete(CheckpointId(3)));
  EXPECT_TRUE(filter.NotifyCheckpointAborted(CheckpointId(4)));
}

TEST(StatelessTest, WatermarksPassThrough) {
  const auto same = [](const int64_t& number) { return number; };
  auto harness = HarnessFor<int64_t>(MapOperator<int64_t, decltype(same)>(same));
  ASSERT_TRUE(harness.Watermark(EventTime(5)));
  ASSERT_TRUE(harness.Watermark(kMaxEventTime));
  EXPECT_THAT(harness.watermarks(), ElementsAre(EventTime(5), kMaxEventTime));
}

class BrokenOutput final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord&) override {
    ++emits;
    return sim::Fail(sim::ErrorCode::kIo, "The next operator failed.");
  }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }

  int emits = 0;
};

TEST(StatelessTest, ACollectorStopsAtTheFirstFailureAndKeepsIt) {
  BrokenOutput output;
  Collector<int64_t> collector(output, EventTime(1));
  collector.Collect(1);
  collector.Collect(2);
  EXPECT_EQ(output.emits, 1);
  ASSERT_FALSE(collector.result());
  EXPECT_EQ(collector.result().error().code, sim::ErrorCode::kIo);
}

}  // namespace
}  // namespace flinch::engine
