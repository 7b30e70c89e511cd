#include "engine/windowed_stream.h"

#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data_stream.h"
#include "engine/graph/job_graph.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct NoOrigin : SourceOperator {
  using Out = std::string;
};

struct NoEnd : StreamOperator {
  using In = WindowResult<NoKey, int64_t>;
};

struct Count {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const std::string&, int64_t& count) const { ++count; }

  void Merge(int64_t& into, const int64_t& from) const { into += from; }

  int64_t Result(const int64_t& count) const { return count; }
};

std::string Longer(const std::string& left, const std::string& right) {
  return left.size() < right.size() ? right : left;
}

SingleOutputStream<std::string> Words(StreamExecutionEnvironment& env) {
  return env.FromSource<std::string>("words", [] { return std::unique_ptr<NoOrigin>(); });
}

std::string Whole(const std::string& word) { return word; }

// The last operator of a job, by hand; its results are of type Out.
template <typename Out>
tests::OperatorHarness Last(const StreamExecutionEnvironment& env) {
  const OperatorSpec spec = env.Build().nodes.back();
  return tests::OperatorHarness(
      {.make = spec.make, .key = spec.inputs.front().key, .output = TypeOf<Out>()});
}

TEST(WindowedStreamTest, ACountWindowFiresWithEverySoManyRecords) {
  StreamExecutionEnvironment env("count", {});
  Words(env).KeyBy(Whole).CountWindow(2).Aggregate("pairs", Count());
  auto harness = Last<WindowResult<std::string, int64_t>>(env);
  for (const int64_t time : {5, 3, 1}) {
    ASSERT_TRUE(harness.Process(std::string("a"), EventTime(time)));
  }
  const auto pairs = harness.Take<WindowResult<std::string, int64_t>>();
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].first.window, kGlobalWindow);
  EXPECT_EQ(pairs[0].first.value, 2);
}

TEST(WindowedStreamTest, ACountWindowMaySlide) {
  StreamExecutionEnvironment env("count", {});
  Words(env).KeyBy(Whole).CountWindow(3, 2).Reduce("longest", Longer);
  auto harness = Last<WindowResult<std::string, std::string>>(env);
  for (int64_t time = 1; time <= 4; ++time) {
    ASSERT_TRUE(harness.Process(std::string("a"), EventTime(time)));
  }
  EXPECT_EQ((harness.Take<WindowResult<std::string, std::string>>().size()), 2U);
}

TEST(WindowedStreamTest, WindowsOfAllRecordsAreInOneSubtask) {
  StreamExecutionEnvironment env("all", {.parallelism = 4});
  Words(env)
      .WindowAll(TumblingWindows{.size = 1min})
      .Aggregate("all", Count())
      .Rebalance()
      .SinkTo("sink", [] { return std::unique_ptr<NoEnd>(); });
  const sim::Result<JobGraph> graph = BuildJobGraph(env.Build());
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(env.Build().nodes.at(1).parallelism, 1U);
  auto harness = tests::OperatorHarness({.make = env.Build().nodes.at(1).make,
                                         .key = env.Build().nodes.at(1).inputs.front().key,
                                         .output = TypeOf<WindowResult<NoKey, int64_t>>()});
  ASSERT_TRUE(harness.Process(std::string("a"), EventTime(1)));
  ASSERT_TRUE(harness.Process(std::string("b"), EventTime(2)));
  ASSERT_TRUE(harness.Watermark(kMaxEventTime));
  EXPECT_EQ((harness.Take<WindowResult<NoKey, int64_t>>().at(0).first.value), 2);
}

TEST(WindowedStreamTest, ATriggerWithoutAnIntervalIsRefusedWhenItsTaskOpens) {
  StreamExecutionEnvironment env("wrong", {});
  Words(env)
      .KeyBy(Whole)
      .Window(TumblingWindows{.size = 1min})
      .Trigger(PurgingTrigger(ContinuousEventTimeTrigger{}))
      .Aggregate("wrong", Count());
  const auto harness = Last<WindowResult<std::string, int64_t>>(env);
  ASSERT_FALSE(harness.opened());
  EXPECT_EQ(harness.opened().error().message,
            "The interval of a trigger is 0 ns; it must be positive.");
}

TEST(WindowedStreamTest, ATriggerThatCannotMergeIsRefusedForSessions) {
  StreamExecutionEnvironment env("wrong", {});
  const auto distance = [](const std::string& left, const std::string& right) {
    return std::ssize(right) - std::ssize(left);
  };
  Words(env)
      .KeyBy(Whole)
      .Window(SessionWindows{.gap = 1min})
      .Trigger(DeltaTrigger<std::string, decltype(distance)>{2, distance})
      .Aggregate("wrong", Count());
  const auto harness = Last<WindowResult<std::string, int64_t>>(env);
  ASSERT_FALSE(harness.opened());
  EXPECT_THAT(harness.opened().error().message, testing::StartsWith("Operator 'operator': Sess"));
}

TEST(WindowedStreamTest, ADeltaTriggerFiresWithWhatIsFarFromTheLastFiring) {
  StreamExecutionEnvironment env("delta", {});
  const auto distance = [](const std::string& left, const std::string& right) {
    return std::ssize(right) - std::ssize(left);
  };
  Words(env)
      .KeyBy([](const std::string&) { return NoKey(); })
      .Window(GlobalWindows())
      .Trigger(DeltaTrigger<std::string, decltype(distance)>{2, distance})
      .Aggregate("delta", Count());
  auto harness = Last<WindowResult<NoKey, int64_t>>(env);
  for (const std::string word : {"a", "aaa", "aaaa", "aaaaaa", "aaaaaaa"}) {
    ASSERT_TRUE(harness.Process(word, EventTime(1)));
  }
  const auto fired = harness.Take<WindowResult<NoKey, int64_t>>();
  ASSERT_EQ(fired.size(), 2U);
  EXPECT_EQ(fired[0].first.value, 3);
  EXPECT_EQ(fired[1].first.value, 5);
}

}  // namespace
}  // namespace flinch::engine
