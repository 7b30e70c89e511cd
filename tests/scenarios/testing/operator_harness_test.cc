#include "scenarios/testing/operator_harness.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/committing_sink.h"
#include "engine/data_stream.h"
#include "sim/check.h"
#include "tests/support/number_job.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using engine::EventTime;
using engine::NumberSource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const engine::SideOutput<std::string> kOdd("odd");

// Counts per last digit; an hour of event time after the first it tells the count.
struct CountDigits {
  using Context = engine::KeyedContext<int64_t, int64_t>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& task) { count = task.GetState<int64_t>({"count"}); }

  void ProcessElement(const int64_t&, const Context& context) {
    count.Update(count.Value().value_or(0) + 1);
    context.RegisterTimer(EventTime(60));
  }

  void OnTimer(EventTime, const Context& context) {
    context.out.Collect(count.Value().value_or(0));
  }
};

struct Split {
  sim::Environment* environment = nullptr;

  auto SideOutputs() const { return std::tuple(kOdd); }

  void Open(engine::OperatorRuntime& runtime) { environment = &runtime.environment(); }

  void ProcessElement(const int64_t& number, const engine::ProcessContext<int64_t>& context) const {
    if (number == 13) {
      throw 7;
    }
    if (number == 14) {
      environment->Park(sim::kForever, "the end of days");
    }
    sim::Check(number != 15, "nobody expects {}", number);
    if (number % 2 == 1) {
      context.Emit(kOdd, std::to_string(number));
    } else {
      context.Collect(sim::Nanos(environment->Now()));
    }
  }
};

struct FileSink final : engine::CommittingSink<int64_t> {
  sim::Result<void> Commit(sim::Environment& env, const std::string& name,
                           const std::vector<int64_t>& numbers) final {
    const sim::Result<bool> put = env.shared().PutIfAbsent("/out/" + name, sim::Encode(numbers));
    return put ? sim::Result<void>() : sim::Fail(put);
  }
};

engine::StreamGraph Job() {
  engine::StreamExecutionEnvironment job("digits", {.parallelism = 2});
  const auto numbers = job.FromSource<int64_t>("source", NumberSource::Make(100));
  numbers.Process<int64_t>("split", Split());
  numbers.KeyBy([](const int64_t& number) { return number % 10; })
      .Process<int64_t>("count", CountDigits())
      .SinkTo("files", [] { return std::make_unique<FileSink>(); });
  return job.Build();
}

std::string Refusal(const sim::Result<void>& result) {
  return result ? "" : result.error().message;
}

TEST(OperatorHarnessTest, FeedsRecordsAndWatermarksAndKeepsResults) {
  OperatorHarness count(Job(), "count");
  ASSERT_EQ(Refusal(count.opened()), "");
  EXPECT_TRUE(count.Process(int64_t{11}, EventTime(5)));
  EXPECT_TRUE(count.Process(int64_t{21}, EventTime(7)));
  EXPECT_TRUE(count.Watermark(EventTime(59)));
  EXPECT_THAT(*count.Take<int64_t>(), IsEmpty());
  EXPECT_TRUE(count.Watermark(EventTime(60)));
  EXPECT_THAT(*count.Take<int64_t>(), ElementsAre(Emitted<int64_t>{2, EventTime(60)}));
  EXPECT_THAT(*count.Take<int64_t>(), IsEmpty());
  EXPECT_THAT(count.watermarks(), ElementsAre(EventTime(59), EventTime(60)));
  EXPECT_TRUE(count.Finish());
}

TEST(OperatorHarnessTest, ProcessingTimeMovesWhenItIsTold) {
  OperatorHarness split(Job(), "split");
  EXPECT_TRUE(split.Process(int64_t{2}, EventTime(0)));
  EXPECT_TRUE(split.AdvanceTime(50ms));
  EXPECT_TRUE(split.Process(int64_t{4}, EventTime(0)));
  EXPECT_THAT(*split.Take<int64_t>(),
              ElementsAre(Emitted<int64_t>{0}, Emitted<int64_t>{50'000'000}));
  EXPECT_EQ(Refusal(split.AdvanceTime(-1ms)), "Time does not go back.");
}

// Tells every number, a second of processing time after it came.
struct Echo {
  using Context = engine::KeyedContext<int64_t, int64_t>;

  void ProcessElement(const int64_t& number, const Context& context) const {
    context.RegisterProcessingTimer(EventTime(context.processing_time().nanos() + 1'000'000'000));
    if (number == 7) {
      context.DeleteProcessingTimer(EventTime(1'000'000'000));
    }
  }

  void OnTimer(EventTime, const Context& context) const {
    if (context.key == 9) {
      throw 7;
    }
    context.out.Collect(context.domain == engine::TimeDomain::kProcessingTime ? context.key : -1);
  }
};

engine::StreamGraph EchoJob() {
  engine::StreamExecutionEnvironment job("echo", {});
  job.FromSource<int64_t>("source", NumberSource::Make(100))
      .KeyBy([](const int64_t& number) { return number; })
      .Process<int64_t>("echo", Echo());
  return job.Build();
}

TEST(OperatorHarnessTest, TimersOfProcessingTimeFireAsItPasses) {
  OperatorHarness echo(EchoJob(), "echo");
  EXPECT_TRUE(echo.Process(int64_t{5}, EventTime(0)));
  EXPECT_TRUE(echo.Process(int64_t{7}, EventTime(0)));
  EXPECT_TRUE(echo.AdvanceTime(1s));
  EXPECT_THAT(*echo.Take<int64_t>(), IsEmpty());
  EXPECT_TRUE(echo.Process(int64_t{6}, EventTime(0)));
  EXPECT_TRUE(echo.AdvanceTime(1ns));
  EXPECT_THAT(*echo.Take<int64_t>(), ElementsAre(Emitted<int64_t>{5, EventTime(1'000'000'000)}));
  const sim::Result<HarnessSnapshot> snapshot = echo.Snapshot();
  OperatorHarness after(EchoJob(), "echo", {.attempt = 2}, {*snapshot});
  EXPECT_TRUE(after.AdvanceTime(5s));
  EXPECT_THAT(*after.Take<int64_t>(), ElementsAre(Emitted<int64_t>{6, EventTime(2'000'000'000)}));
}

TEST(OperatorHarnessTest, ATimerThatThrowsFailsTheOperator) {
  OperatorHarness echo(EchoJob(), "echo");
  EXPECT_TRUE(echo.Process(int64_t{9}, EventTime(0)));
  EXPECT_THAT(Refusal(echo.AdvanceTime(2s)), HasSubstr("threw"));
}

TEST(OperatorHarnessTest, SideOutputsAreTakenByName) {
  OperatorHarness split(Job(), "split");
  EXPECT_TRUE(split.Process(int64_t{3}, EventTime(9)));
  EXPECT_THAT(*split.Take(kOdd), ElementsAre(Emitted<std::string>{"3", EventTime(9)}));
  EXPECT_THAT(*split.Take<int64_t>(), IsEmpty());
  EXPECT_FALSE(split.Take<std::string>());
}

TEST(OperatorHarnessTest, ASnapshotGoesOnAsOtherSubtasks) {
  OperatorHarness before(Job(), "count");
  for (int64_t number = 0; number < 10; ++number) {
    ASSERT_TRUE(before.Process(number, EventTime(1)));
  }
  const sim::Result<HarnessSnapshot> snapshot = before.Snapshot();
  ASSERT_TRUE(snapshot.has_value());
  size_t results = 0;
  for (uint32_t subtask = 0; subtask < 3; ++subtask) {
    OperatorHarness after(Job(), "count", {.subtask = subtask, .parallelism = 3}, {*snapshot});
    ASSERT_EQ(Refusal(after.opened()), "");
    for (int64_t number = 0; number < 10; ++number) {
      const sim::Result<void> given = after.Process(number, EventTime(1));
      EXPECT_TRUE(given || given.error().message.contains("belongs to subtask"));
    }
    ASSERT_TRUE(after.Watermark(EventTime(60)));
    const auto taken = after.Take<int64_t>();
    ASSERT_TRUE(taken.has_value());
    for (const Emitted<int64_t>& result : *taken) {
      EXPECT_EQ(result.value, 2);
      ++results;
    }
  }
  EXPECT_EQ(results, 10U);
  const OperatorHarness twice(Job(), "count", {}, {*snapshot, *snapshot});
  EXPECT_NE(Refusal(twice.opened()), "");
}

TEST(OperatorHarnessTest, ASinkCommitsToTheSharedVolume) {
  OperatorHarness files(Job(), "files");
  ASSERT_TRUE(files.Process(int64_t{1}, EventTime(0)));
  const sim::Result<HarnessSnapshot> snapshot = files.Snapshot();
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_THAT(files.world().ListShared("/out"), IsEmpty());
  EXPECT_TRUE(files.NotifyComplete(snapshot->checkpoint));
  EXPECT_THAT(files.world().ListShared("/out"), SizeIs(1));
}

TEST(OperatorHarnessTest, WhatIsWrongIsAResult) {
  const auto refusal = [](const std::string& name, const HarnessOptions& options = {}) {
    return Refusal(OperatorHarness(Job(), name, options).opened());
  };
  EXPECT_THAT(refusal("cout"), HasSubstr("has no operator \"cout\". Did you mean \"count\"?"));
  EXPECT_THAT(refusal("source"), HasSubstr("is a source, which nobody can feed"));
  EXPECT_THAT(refusal("count", {.subtask = 2, .parallelism = 2}), HasSubstr("no subtask 2 of 2"));
  OperatorHarness nobody(Job(), "nobody");
  EXPECT_FALSE(nobody.Process(int64_t{1}, EventTime(0)));
  EXPECT_FALSE(nobody.Watermark(EventTime(0)));
  EXPECT_FALSE(nobody.AdvanceTime(1ms));
  EXPECT_FALSE(nobody.Snapshot());
  EXPECT_FALSE(nobody.Take<int64_t>());
  OperatorHarness count(Job(), "count");
  EXPECT_THAT(Refusal(count.Process(std::string("1"), EventTime(0))),
              HasSubstr("takes no such record"));
  EXPECT_THAT(Refusal(count.Process(int64_t{1}, EventTime(0), 1)), HasSubstr("it has 1 input"));
  EXPECT_FALSE(count.Watermark(EventTime(0), 1));
}

TEST(OperatorHarnessTest, AnOperatorThatFailsStaysFailed) {
  OperatorHarness throws(Job(), "split");
  EXPECT_THAT(Refusal(throws.Process(int64_t{13}, EventTime(0))),
              HasSubstr("something that is no std::exception"));
  EXPECT_THAT(Refusal(throws.Process(int64_t{2}, EventTime(0))),
              HasSubstr("something that is no std::exception"));
  OperatorHarness waits(Job(), "split");
  EXPECT_THAT(Refusal(waits.Process(int64_t{14}, EventTime(0))),
              HasSubstr("waits for what never comes"));
  OperatorHarness breaks(Job(), "split");
  EXPECT_THAT(Refusal(breaks.Process(int64_t{15}, EventTime(0))),
              HasSubstr("An invariant broke: nobody expects 15"));
}

}  // namespace

}  // namespace flinch::scenarios
