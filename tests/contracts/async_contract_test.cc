// Flink's tests of asynchronous operators and of their queues, of ours.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/async_data_stream.h"
#include "engine/operators/async_wait.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"
#include "tests/support/null_environment.h"
#include "tests/support/number_job.h"
#include "tests/support/plain_runtime.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Queue = AsyncQueue<int, int>;
using Future = ResultFuture<int>;

// ---- The queues.

class QueueStage {
 public:
  explicit QueueStage(AsyncOrder order) : queue_(order) {}

  uint64_t Put(int value, int64_t time) {
    return queue_.Put(Queue::Record{.value = value, .timestamp = EventTime(time)});
  }

  void PutWatermark(int64_t time) { queue_.Put(EventTime(time)); }

  void Answer(uint64_t number, int result) { queue_.Answer(*queue_.Find(number), {result}); }

  // All that may be emitted, as "43@1" and "w5".
  std::vector<std::string> Take() {
    std::vector<std::string> taken;
    while (const auto ready = queue_.TakeReady()) {
      if (const auto* watermark = std::get_if<EventTime>(&ready->second)) {
        taken.push_back(fmt::format("w{}", watermark->nanos()));
      } else {
        const auto& record = std::get<Queue::Record>(ready->second);
        taken.push_back(fmt::format("{}@{}", record.results->at(0), record.timestamp.nanos()));
      }
    }
    return taken;
  }

  const Queue& queue() const { return queue_; }

 private:
  Queue queue_;
};

constexpr AsyncOrder kOrders[] = {AsyncOrder::kOrdered, AsyncOrder::kUnordered};

FLINK_CONTRACT(StreamElementQueueTest, testPop) {
  for (const AsyncOrder order : kOrders) {
    QueueStage stage(order);
    stage.PutWatermark(0);
    const uint64_t record = stage.Put(42, 1);
    EXPECT_EQ(stage.queue().size(), 2);
    EXPECT_THAT(stage.Take(), ElementsAre("w0"));
    stage.Answer(record, 43);
    EXPECT_THAT(stage.Take(), ElementsAre("43@1"));
    EXPECT_TRUE(stage.queue().empty());
  }
}

FLINK_CONTRACT(StreamElementQueueTest, testWatermarkOnly) {
  for (const AsyncOrder order : kOrders) {
    QueueStage stage(order);
    stage.PutWatermark(2);
    stage.PutWatermark(5);
    EXPECT_EQ(stage.queue().size(), 2);
    EXPECT_THAT(stage.Take(), ElementsAre("w2", "w5"));
    EXPECT_THAT(stage.Take(), IsEmpty());
  }
}

FLINK_CONTRACT(OrderedStreamElementQueueTest, testCompletionOrder) {
  QueueStage stage(AsyncOrder::kOrdered);
  const uint64_t first = stage.Put(1, 0);
  const uint64_t second = stage.Put(2, 1);
  stage.PutWatermark(2);
  const uint64_t third = stage.Put(3, 3);
  stage.Answer(third, 13);
  stage.Answer(second, 12);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Answer(first, 11);
  EXPECT_THAT(stage.Take(), ElementsAre("11@0", "12@1", "w2", "13@3"));
}

FLINK_CONTRACT(UnorderedStreamElementQueueTest, testCompletionOrder) {
  QueueStage stage(AsyncOrder::kUnordered);
  const uint64_t r1 = stage.Put(1, 0);
  const uint64_t r2 = stage.Put(2, 1);
  stage.PutWatermark(2);
  const uint64_t r3 = stage.Put(3, 3);
  const uint64_t r4 = stage.Put(4, 4);
  stage.PutWatermark(5);
  const uint64_t r5 = stage.Put(5, 6);
  const uint64_t r6 = stage.Put(6, 7);
  stage.Answer(r3, 13);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Answer(r2, 12);
  EXPECT_THAT(stage.Take(), ElementsAre("12@1"));
  stage.Answer(r6, 16);
  stage.Answer(r4, 14);
  EXPECT_THAT(stage.Take(), IsEmpty());
  stage.Answer(r1, 11);
  EXPECT_THAT(stage.Take(), ElementsAre("11@0", "w2", "13@3", "14@4", "w5", "16@7"));
  stage.Answer(r5, 15);
  EXPECT_THAT(stage.Take(), ElementsAre("15@6"));
  EXPECT_TRUE(stage.queue().empty());
}

// ---- The operator, by hand.

class Collected final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord& record) override {
    all.push_back(
        fmt::format("{}@{}", *static_cast<const int*>(record.value), record.timestamp.nanos()));
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime watermark) override {
    all.push_back(fmt::format("w{}", watermark.nanos()));
    return {};
  }

  std::vector<std::string> all;
};

// Answers when the test says so.
struct ByHand {
  std::multimap<int, Future>* asked;

  void AsyncInvoke(int number, const Future& future) const { asked->emplace(number, future); }
};

struct ThreeInTime : ByHand {
  void Timeout(int, const Future& future) const { future.Complete({3}); }
};

template <typename Function = ByHand>
class Stage {
 public:
  explicit Stage(const AsyncOptions& options, AsyncOrder order = AsyncOrder::kOrdered,
                 const OperatorState* restored = nullptr)
      : code_(Function{{&asked}}, options, order) {
    EXPECT_TRUE(code_.Open(runtime_, restored));
  }

  sim::Result<void> Process(int number, int64_t time) {
    return code_.ProcessElement({&number, EventTime(time)});
  }

  sim::Result<void> PassTime(sim::Duration span) {
    environment_.PassTime(span);
    sim::Result<void> fired;
    while (fired && code_.NextTimer() <= environment_.Now()) {
      fired = code_.FireTimers();
    }
    return fired;
  }

  // Answers the newest try at this number.
  void Answer(int number) { std::prev(asked.upper_bound(number))->second.Complete({number * 2}); }

  void Fail(int number) {
    std::prev(asked.upper_bound(number))
        ->second.CompleteExceptionally({.code = sim::ErrorCode::kUnavailable, .message = "no"});
  }

  auto& code() { return code_; }

  std::multimap<int, Future> asked;
  Collected collected;

 private:
  tests::NullEnvironment environment_;
  tests::PlainRuntime runtime_{{.environment = environment_,
                                .output = collected,
                                .subtask = {.name = "look up"},
                                .keyed_state = nullptr,
                                .defects = {}}};
  AsyncWaitOperator<int, int, Function> code_;
};

FLINK_CONTRACT(AsyncWaitOperatorTest, testStateSnapshotAndRestore) {
  Stage<> before({.capacity = 4});
  for (int number = 1; number <= 4; ++number) {
    ASSERT_TRUE(before.Process(number, number));
  }
  before.Answer(2);  // answered, and not emitted: still the snapshot's
  const sim::Result<OperatorState> state = before.code().Snapshot({.id = CheckpointId(1)});
  ASSERT_TRUE(state);
  Stage<> after({.capacity = 6}, AsyncOrder::kOrdered, &*state);
  EXPECT_EQ(after.asked.size(), 4);
  ASSERT_TRUE(after.Process(5, 5));
  for (int number = 5; number >= 1; --number) {
    after.Answer(number);
  }
  ASSERT_TRUE(after.PassTime(0s));
  EXPECT_THAT(after.collected.all, ElementsAre("2@1", "4@2", "6@3", "8@4", "10@5"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testRestartWithFullQueue) {
  Stage<> before({.capacity = 10});
  for (int number = 0; number < 10; ++number) {
    ASSERT_TRUE(before.Process(number, 0));
  }
  const sim::Result<OperatorState> state = before.code().Snapshot({.id = CheckpointId(1)});
  ASSERT_TRUE(state);
  Stage<> after({.capacity = 10}, AsyncOrder::kOrdered, &*state);
  for (int number = 0; number < 10; ++number) {
    after.Answer(number);
  }
  ASSERT_TRUE(after.code().Finish());
  EXPECT_EQ(after.collected.all.size(), 10);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testAsyncTimeoutFailure) {
  Stage<> stage({.timeout = 10ms, .capacity = 2});
  ASSERT_TRUE(stage.Process(1, 0));
  ASSERT_TRUE(stage.PassTime(5ms));
  ASSERT_TRUE(stage.Process(2, 5));
  const sim::Result<void> failed = stage.PassTime(6ms);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, sim::ErrorCode::kTimeout);
  EXPECT_THAT(failed.error().message, HasSubstr("not answered within 10ms, in 1 try"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testAsyncTimeoutIgnore) {
  Stage<ThreeInTime> stage({.timeout = 10ms, .capacity = 2});
  ASSERT_TRUE(stage.Process(1, 0));
  ASSERT_TRUE(stage.PassTime(5ms));
  ASSERT_TRUE(stage.Process(2, 5));
  stage.Answer(2);
  ASSERT_TRUE(stage.PassTime(6ms));
  EXPECT_THAT(stage.collected.all, ElementsAre("3@0", "4@5"));
  stage.Answer(1);  // too late: nothing comes of it
  ASSERT_TRUE(stage.PassTime(1ms));
  EXPECT_EQ(stage.collected.all.size(), 2);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testTimeoutCleanup) {
  Stage<> stage({.timeout = 10ms, .capacity = 1}, AsyncOrder::kUnordered);
  ASSERT_TRUE(stage.Process(42, 1));
  stage.Answer(42);
  ASSERT_TRUE(stage.PassTime(0s));
  EXPECT_THAT(stage.collected.all, ElementsAre("84@1"));
  EXPECT_EQ(stage.code().NextTimer(), sim::kForever);
}

void FailsByAnError(AsyncOrder order) {
  Stage<> stage({.capacity = 2}, order);
  ASSERT_TRUE(stage.Process(1, 1));
  ASSERT_TRUE(stage.Process(2, 2));
  stage.Fail(2);  // though it is not the first
  const sim::Result<void> failed = stage.PassTime(0s);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "no");
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testOrderedWaitUserExceptionHandling) {
  FailsByAnError(AsyncOrder::kOrdered);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testUnorderedWaitUserExceptionHandling) {
  FailsByAnError(AsyncOrder::kUnordered);
}

void FailsByItsTimeout(AsyncOrder order) {
  Stage<> stage({.timeout = 10ms, .capacity = 2}, order);
  ASSERT_TRUE(stage.Process(1, 1));
  EXPECT_TRUE(stage.PassTime(9ms));
  EXPECT_FALSE(stage.PassTime(1ms));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testOrderedWaitTimeoutHandling) {
  FailsByItsTimeout(AsyncOrder::kOrdered);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testUnorderedWaitTimeoutHandling) {
  FailsByItsTimeout(AsyncOrder::kUnordered);
}

// ---- Tries.

AsyncOptions Trying(uint32_t attempts) {
  return {.timeout = 1s,
          .capacity = 5,
          .retry = {.attempts_max = attempts, .delay = 10ms, .on_empty_result = true}};
}

void TriesUntilItIsAnswered(AsyncOrder order) {
  Stage<> stage(Trying(3), order);
  ASSERT_TRUE(stage.Process(1, 1));
  stage.Fail(1);
  ASSERT_TRUE(stage.PassTime(9ms));
  EXPECT_EQ(stage.asked.size(), 1);
  ASSERT_TRUE(stage.PassTime(1ms));
  EXPECT_EQ(stage.asked.size(), 2);
  std::prev(stage.asked.end())->second.Complete({});  // an empty answer is none
  ASSERT_TRUE(stage.PassTime(10ms));
  EXPECT_EQ(stage.asked.size(), 3);
  stage.Answer(1);
  ASSERT_TRUE(stage.PassTime(0s));
  EXPECT_THAT(stage.collected.all, ElementsAre("2@1"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeOrderedWithRetry) {
  TriesUntilItIsAnswered(AsyncOrder::kOrdered);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeUnorderedWithRetry) {
  TriesUntilItIsAnswered(AsyncOrder::kUnordered);
}

void HearsTheFirstAnswerAlone(AsyncOrder order) {
  Stage<> stage(Trying(3), order);
  ASSERT_TRUE(stage.Process(1, 1));
  const Future first = stage.asked.begin()->second;
  stage.Fail(1);
  first.Complete({100});  // it has failed already
  ASSERT_TRUE(stage.PassTime(10ms));
  EXPECT_EQ(stage.asked.size(), 2);
  stage.Answer(1);
  stage.Answer(1);
  ASSERT_TRUE(stage.PassTime(100ms));
  EXPECT_THAT(stage.collected.all, ElementsAre("2@1"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeRepeatedCompleteOrderedWithRetry) {
  HearsTheFirstAnswerAlone(AsyncOrder::kOrdered);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeRepeatedCompleteUnorderedWithRetry) {
  HearsTheFirstAnswerAlone(AsyncOrder::kUnordered);
}

void GivesUpInTime(AsyncOrder order) {
  AsyncOptions options = Trying(100);
  options.timeout = 25ms;
  Stage<ThreeInTime> stage(options, order);
  ASSERT_TRUE(stage.Process(1, 1));
  for (int i = 0; i < 2; ++i) {
    stage.Fail(1);
    ASSERT_TRUE(stage.PassTime(10ms));
  }
  stage.Fail(1);
  ASSERT_TRUE(stage.PassTime(100ms));
  EXPECT_EQ(stage.asked.size(), 3);
  EXPECT_THAT(stage.collected.all, ElementsAre("3@1"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeWithTimeoutFunctionOrderedWithRetry) {
  GivesUpInTime(AsyncOrder::kOrdered);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeWithTimeoutFunctionUnorderedWithRetry) {
  GivesUpInTime(AsyncOrder::kUnordered);
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testOrderedWaitUserExceptionHandlingWithRetry) {
  Stage<> stage(Trying(2));
  ASSERT_TRUE(stage.Process(1, 1));
  stage.Fail(1);
  ASSERT_TRUE(stage.PassTime(10ms));
  stage.Fail(1);
  EXPECT_FALSE(stage.PassTime(0s));
}

// Answers the third try.
struct Reluctant {
  std::shared_ptr<int> tries = std::make_shared<int>(0);

  void AsyncInvoke(int number, const Future& future) const {
    future.Complete(++*tries == 3 ? std::vector<int>{number} : std::vector<int>());
  }
};

TEST(AsyncWaitTest, TheEndOfTheInputWaitsForTriesThatAreToCome) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
    Collected collected;
    tests::PlainRuntime runtime({.environment = environment,
                                 .output = collected,
                                 .subtask = {},
                                 .keyed_state = nullptr,
                                 .defects = {}});
    AsyncWaitOperator<int, int, Reluctant> code({}, Trying(100), AsyncOrder::kOrdered);
    ASSERT_TRUE(code.Open(runtime, nullptr));
    const int number = 1;
    ASSERT_TRUE(code.ProcessElement({&number, EventTime(1)}));
    const sim::SimTime before = environment.Now();
    ASSERT_TRUE(code.Finish());
    EXPECT_EQ(environment.Now() - before, 20ms);
    EXPECT_THAT(collected.all, ElementsAre("1@1"));
  }));
}

TEST(AsyncRetryStrategyTest, DelaysGrowUpToTheMaximum) {
  const AsyncRetryStrategy retry{.delay = 10ms, .factor = 3, .delay_max = 50ms};
  EXPECT_EQ(retry.DelayAfter(1), 10ms);
  EXPECT_EQ(retry.DelayAfter(2), 30ms);
  EXPECT_EQ(retry.DelayAfter(3), 50ms);
  EXPECT_EQ(retry.DelayAfter(1000), 50ms);
}

// ---- The operator, in a world: answers come on fibers of their own.

// The larger the number, the sooner it is answered.
class Doubling {
 public:
  void Open(OperatorRuntime& runtime) {
    environment_ = &runtime.environment();
    calls_ = std::make_shared<sim::FiberGroup>(*environment_);
  }

  template <typename Number>
  void AsyncInvoke(Number number, const ResultFuture<Number>& future) const {
    calls_->Spawn("call", [this, number, future] {
      environment_->Sleep(10ms - number * 1ms);
      future.Complete({static_cast<Number>(number * 2)});
    });
  }

  void Close() const { calls_->WaitForAll(); }

 private:
  sim::Environment* environment_ = nullptr;
  std::shared_ptr<sim::FiberGroup> calls_;
};

// Numbers 1 to 8, more than there is room for, and a watermark behind the second and at the end.
std::vector<std::string> DoubleEight(AsyncOrder order, bool with_watermarks) {
  std::vector<std::string> all;
  tests::Bench bench;
  EXPECT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
    Collected collected;
    tests::PlainRuntime runtime({.environment = environment,
                                 .output = collected,
                                 .subtask = {},
                                 .keyed_state = nullptr,
                                 .defects = {}});
    AsyncWaitOperator<int, int, Doubling> code({}, {.timeout = 1s, .capacity = 6}, order);
    EXPECT_TRUE(code.Open(runtime, nullptr));
    for (int number = 1; number <= 8; ++number) {
      EXPECT_TRUE(code.ProcessElement({&number, EventTime(number)}));
      if (with_watermarks && number == 2) {
        EXPECT_TRUE(code.ProcessWatermark(EventTime(2)));
      }
    }
    if (with_watermarks) {
      EXPECT_TRUE(code.ProcessWatermark(EventTime(8)));
    }
    EXPECT_TRUE(code.Finish());
    code.Close();
    all = collected.all;
  }));
  return all;
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingTimeOrdered) {
  EXPECT_THAT(DoubleEight(AsyncOrder::kOrdered, false),
              ElementsAre("2@1", "4@2", "6@3", "8@4", "10@5", "12@6", "14@7", "16@8"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testProcessingUnordered) {
  const std::vector<std::string> all = DoubleEight(AsyncOrder::kUnordered, false);
  EXPECT_THAT(all,
              UnorderedElementsAre("2@1", "4@2", "6@3", "8@4", "10@5", "12@6", "14@7", "16@8"));
  EXPECT_EQ(all.front(), "12@6");
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testEventTimeOrdered) {
  EXPECT_THAT(DoubleEight(AsyncOrder::kOrdered, true),
              ElementsAre("2@1", "4@2", "w2", "6@3", "8@4", "10@5", "12@6", "14@7", "16@8", "w8"));
}

FLINK_CONTRACT(AsyncWaitOperatorTest, testEventTimeUnordered) {
  const std::vector<std::string> all = DoubleEight(AsyncOrder::kUnordered, true);
  ASSERT_EQ(all.size(), 10);
  EXPECT_THAT(std::vector(all.begin(), all.begin() + 2), UnorderedElementsAre("2@1", "4@2"));
  EXPECT_EQ(all[2], "w2");
  EXPECT_EQ(all.back(), "w8");
}

// What is full is emptied before there is room again, whoever answers.
FLINK_CONTRACT(StreamElementQueueTest, testPutOnFull) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
    Collected collected;
    tests::PlainRuntime runtime({.environment = environment,
                                 .output = collected,
                                 .subtask = {},
                                 .keyed_state = nullptr,
                                 .defects = {}});
    AsyncWaitOperator<int, int, Doubling> code({}, {.timeout = 1s, .capacity = 1},
                                               AsyncOrder::kUnordered);
    ASSERT_TRUE(code.Open(runtime, nullptr));
    const int first = 1;
    const int second = 2;
    ASSERT_TRUE(code.ProcessElement({&first, EventTime(0)}));
    EXPECT_THAT(collected.all, IsEmpty());
    ASSERT_TRUE(code.ProcessElement({&second, EventTime(1)}));
    EXPECT_THAT(collected.all, ElementsAre("2@0"));
    ASSERT_TRUE(code.Finish());
    code.Close();
    EXPECT_THAT(collected.all, ElementsAre("2@0", "4@1"));
  }));
}

struct PlusOne {
  int64_t operator()(int64_t number) const { return number + 1; }
};

struct Double {
  void AsyncInvoke(int64_t number, const ResultFuture<int64_t>& future) const {
    future.Complete({number * 2});
  }
};

FLINK_CONTRACT(AsyncWaitOperatorTest, testOperatorChainWithProcessingTime) {
  std::vector<Received> received;
  NumberCluster cluster({}, [&](StreamExecutionEnvironment& job) {
    const DataStream<int64_t> doubled = AsyncDataStream::OrderedWait<int64_t>(
        job.FromSource<int64_t>("source", NumberSource::Make(20)), "double", Double());
    AsyncDataStream::UnorderedWait<int64_t>(doubled.Map("plus one", PlusOne()), "double again",
                                            Double(), {.timeout = 1s, .capacity = 3})
        .SinkTo("sink", NumberSink::Make(received));
  });
  cluster.RunToEnd(60s);
  std::vector<int64_t> expected;
  for (int64_t number = 0; number < 20; ++number) {
    expected.push_back((number * 2 + 1) * 2);
  }
  EXPECT_EQ(Numbers(received), expected);
}

TEST(AsyncOptionsTest, WithoutRoomOrTimeAreRefusedByName) {
  tests::NullEnvironment environment;
  Collected collected;
  tests::PlainRuntime runtime{{.environment = environment,
                               .output = collected,
                               .subtask = {.name = "look up"},
                               .keyed_state = nullptr,
                               .defects = {}}};
  for (const AsyncOptions& options :
       {AsyncOptions{.capacity = 0}, AsyncOptions{.timeout = sim::Duration(0)}}) {
    AsyncWaitOperator<int, int, Doubling> code({}, options, AsyncOrder::kOrdered);
    const sim::Result<void> opened = code.Open(runtime, nullptr);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, sim::ErrorCode::kInvalidArgument);
    EXPECT_THAT(opened.error().message, HasSubstr("look up"));
  }
}

}  // namespace
}  // namespace flinch::engine
