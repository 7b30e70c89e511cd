#include "engine/operators/keyed_process.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data_stream.h"
#include "engine/graph/key_codec.h"
#include "tests/support/number_job.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using tests::OperatorHarness;
using tests::OperatorHarnessOptions;
using tests::OperatorSnapshot;

// Counts per key; ten nanoseconds after a key's first record it says how many there were.
struct CountForTen {
  ValueState<int64_t> count{};

  void Open(RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const std::string&, const KeyedContext<std::string, std::string>& context) {
    if (!count.Value()) {
      context.RegisterTimer(EventTime(context.timestamp.nanos() + 10));
    }
    count.Update(count.Value().value_or(0) + 1);
  }

  void OnTimer(EventTime, const KeyedContext<std::string, std::string>& context) {
    context.out.Collect(context.key + "=" + std::to_string(*count.Value()));
    count.Clear();
  }
};

using CountOperator = KeyedProcessOperator<std::string, std::string, std::string, CountForTen>;

OperatorHarnessOptions CountOptions() {
  return {.make = [] { return std::make_unique<CountOperator>(CountForTen()); },
          .key = MakeKeyCodec<std::string>([](const std::string& text) { return text; }),
          .output = TypeOf<std::string>()};
}

TEST(KeyedProcessTest, StateAndTimersBelongToTheKey) {
  OperatorHarness harness(CountOptions());
  for (const auto& [key, time] : {std::pair{"a", 0}, {"b", 3}, {"a", 5}}) {
    ASSERT_TRUE(harness.Process(std::string(key), EventTime(time)));
  }
  ASSERT_TRUE(harness.Watermark(EventTime(9)));
  EXPECT_THAT(harness.Take<std::string>(), IsEmpty());
  ASSERT_TRUE(harness.Watermark(EventTime(13)));
  EXPECT_THAT(harness.Take<std::string>(),
              ElementsAre(Pair("a=2", EventTime(10)), Pair("b=1", EventTime(13))));
  EXPECT_THAT(harness.watermarks(), ElementsAre(EventTime(9), EventTime(13)));
  EXPECT_EQ(harness.keyed_state().entries(), 0U);
}

TEST(KeyedProcessTest, GoesOnAfterARestart) {
  OperatorHarness before(CountOptions());
  ASSERT_TRUE(before.Process(std::string("a"), EventTime(0)));
  const OperatorSnapshot snapshot = before.Snapshot();
  OperatorHarness after(CountOptions(), &snapshot);
  ASSERT_TRUE(after.opened());
  ASSERT_TRUE(after.Process(std::string("a"), EventTime(4)));
  ASSERT_TRUE(after.Watermark(kMaxEventTime));
  EXPECT_THAT(after.Take<std::string>(), ElementsAre(Pair("a=2", EventTime(10))));
}

// What CountForTen was before its count became a list.
struct ListForTen {
  void Open(RuntimeContext& context) { (void)context.GetListState<std::string>({"count"}); }

  void ProcessElement(const std::string&, const KeyedContext<std::string, std::string>&) {}

  void OnTimer(EventTime, const KeyedContext<std::string, std::string>&) {}
};

TEST(KeyedProcessTest, AnotherTypeUnderAnOldNameIsRefusedByOperatorSubtaskAndState) {
  OperatorHarness before(CountOptions());
  ASSERT_TRUE(before.Process(std::string("a"), EventTime(0)));
  const OperatorSnapshot snapshot = before.Snapshot();
  OperatorHarnessOptions options = CountOptions();
  options.make = [] {
    return std::make_unique<
        KeyedProcessOperator<std::string, std::string, std::string, ListForTen>>(ListForTen());
  };
  const OperatorHarness after(options, &snapshot);
  ASSERT_FALSE(after.opened());
  EXPECT_EQ(
      after.opened().error().message,
      "Operator 'operator', subtask 0: The state \"count\" is a list of [text] in this job and "
      "was in the restored checkpoint a value of i64. Give the new state a name of its own.");
}

TEST(KeyedProcessTest, ReduceEmitsTheValueSoFarOfEachKey) {
  StreamExecutionEnvironment env("reduce", {});
  env.FromSource<int64_t>("source", NumberSource::Make(0))
      .KeyBy([](const int64_t& number) { return number % 2; })
      .Reduce("sum", [](const int64_t& sum, const int64_t& number) { return sum + number; });
  const StreamGraph graph = env.Build();
  OperatorHarness harness({.make = graph.nodes[1].make,
                           .key = graph.nodes[1].inputs[0].key,
                           .output = TypeOf<int64_t>()});
  for (const int64_t number : {1, 2, 3, 4}) {
    ASSERT_TRUE(harness.Process(number, EventTime(number)));
  }
  EXPECT_THAT(harness.Take<int64_t>(), ElementsAre(Pair(1, EventTime(1)), Pair(2, EventTime(2)),
                                                   Pair(4, EventTime(3)), Pair(6, EventTime(4))));
}

}  // namespace
}  // namespace flinch::engine
