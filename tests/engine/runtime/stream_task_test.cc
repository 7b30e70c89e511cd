#include "engine/runtime/stream_task.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// What befalls a job once, at one place of one subtask.
struct Trouble {
  std::string place = "nowhere";
  bool throws = false;
  bool throws_a_number = false;
  bool struck = false;

  sim::Result<void> At(std::string_view here, uint32_t subtask = 1) {
    if (here != place || subtask != 1 || std::exchange(struck, true)) {
      return {};
    }
    if (throws_a_number) {
      throw 42;
    }
    if (throws) {
      throw std::runtime_error("boom at " + place);
    }
    return sim::Fail(sim::ErrorCode::kIo, "bust at " + place);
  }
};

// A sink that notes what it gets and in which order it is called, and may be in trouble.
class TroubledSink final : public StreamOperator {
 public:
  using In = int64_t;

  TroubledSink(Trouble& trouble, std::vector<Received>& received, std::vector<std::string>& calls)
      : trouble_(trouble), sink_(received), calls_(calls) {
    (void)trouble_.At("constructor");
  }

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    subtask_ = runtime.subtask().index.value();
    Call("open");
    if (sim::Result<void> troubled = trouble_.At("open", subtask_); !troubled) {
      return troubled;
    }
    return sink_.Open(runtime, restored);
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const bool is_it = *static_cast<const int64_t*>(record.value) >= 40;
    if (sim::Result<void> troubled = trouble_.At(is_it ? "record" : "", subtask_); !troubled) {
      return troubled;
    }
    return sink_.ProcessElement(record);
  }

  sim::Result<void> ProcessWatermark(EventTime) override {
    return trouble_.At("watermark", subtask_);
  }

  sim::Result<void> Finish() override {
    Call("finish");
    return trouble_.At("finish", subtask_);
  }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta&) override {
    Call("snapshot");
    if (sim::Result<void> troubled = trouble_.At("snapshot", subtask_); !troubled) {
      return sim::Fail(troubled);
    }
    return OperatorState{};
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId) override {
    Call("complete");
    return trouble_.At("complete", subtask_);
  }

 private:
  void Call(const char* what) {
    if (subtask_ == 0) {
      calls_.emplace_back(what);
    }
  }

  Trouble& trouble_;
  NumberSink sink_;
  std::vector<std::string>& calls_;
  uint32_t subtask_ = 0;
};

// Numbers 0 … 199, from two sources to two sinks.
struct Play {
  explicit Play(Trouble what = {})
      : trouble(std::move(what)), cluster({}, [this](StreamExecutionEnvironment& job) {
          job.FromSource<int64_t>("source", NumberSource::Make(200))
              .Rebalance()
              .SinkTo("sink",
                      [this] { return std::make_unique<TroubledSink>(trouble, received, calls); });
        }) {
    cluster.RunToEnd(60s);
  }

  std::string Reason() {
    const std::vector<sim::RecordedEvent> failed = cluster.bench().Events(events::kTaskFailed);
    return failed.empty() ? "" : std::string(*failed.front().Text("reason"));
  }

  Trouble trouble;
  std::vector<Received> received;
  std::vector<std::string> calls;
  NumberCluster cluster;
};

TEST(StreamTaskTest, LivesFromOpenToItsFinalCheckpoint) {
  Play play;
  ASSERT_EQ(play.cluster.job_status(), "FINISHED");
  EXPECT_EQ(Numbers(play.received), FirstNumbers(200));
  std::vector<std::string> calls = play.calls;
  ASSERT_GE(calls.size(), 4U);
  EXPECT_EQ(calls.front(), "open");
  const auto finish = std::ranges::find(calls, "finish");
  EXPECT_EQ(std::ranges::count(calls, "finish"), 1);
  EXPECT_THAT(std::vector(finish, calls.end()), AllOf(Contains("snapshot"), Contains("complete")))
      << "what is emitted at the end is committed by a checkpoint after it";
  EXPECT_EQ(calls.back(), "complete");
  EXPECT_THAT(play.cluster.Tasks(events::kTaskFinished),
              UnorderedElementsAre("source[0] 1", "source[1] 1", "sink[0] 1", "sink[1] 1"));
}

class StreamTaskTroubleTest : public ::testing::TestWithParam<std::tuple<std::string_view, bool>> {
};

TEST_P(StreamTaskTroubleTest, ATroubleOfTheUsersCodeFailsTheTaskAndTheJobStartsAgain) {
  const auto& [place, throws] = GetParam();
  Play play({.place = std::string(place), .throws = throws});
  ASSERT_TRUE(play.trouble.struck);
  EXPECT_EQ(play.cluster.job_status(), "FINISHED");
  ASSERT_THAT(play.cluster.Tasks(events::kTaskFailed), Contains("sink[1] 1"));
  EXPECT_THAT(play.Reason(), HasSubstr((throws ? "boom at " : "bust at ") + std::string(place)));
  if (throws) {
    EXPECT_THAT(play.Reason(), HasSubstr("User code threw"));
  }
  EXPECT_THAT(play.cluster.bench().Events(events::kJobRestored), SizeIs(2));
  EXPECT_THAT(play.cluster.Tasks(events::kTaskFinished),
              UnorderedElementsAre("source[0] 2", "source[1] 2", "sink[0] 2", "sink[1] 2"));
  // At least once; what the last attempt saw, it saw once.
  std::vector<int64_t> numbers = Numbers(play.received);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  EXPECT_EQ(numbers, FirstNumbers(200));
  std::erase_if(play.received, [](const Received& each) { return each.attempt == 1; });
  const std::vector<int64_t> last = Numbers(play.received);
  EXPECT_TRUE(std::ranges::adjacent_find(last) == last.end());
}

INSTANTIATE_TEST_SUITE_P(Places, StreamTaskTroubleTest,
                         ::testing::Combine(::testing::Values("open", "record", "watermark",
                                                              "finish", "snapshot", "complete"),
                                            ::testing::Bool()),
                         [](const auto& trouble) {
                           return std::string(std::get<0>(trouble.param)) +
                                  (std::get<1>(trouble.param) ? "_throws" : "_fails");
                         });

TEST(StreamTaskTest, AnOperatorThatCannotBeMadeFailsTheTaskAndNotTheTaskManager) {
  Trouble trouble{.place = "constructor", .throws = true};
  Play play(trouble);
  EXPECT_EQ(play.cluster.job_status(), "FINISHED");
  EXPECT_THAT(play.Reason(), HasSubstr("boom at constructor"));
  EXPECT_THAT(play.cluster.bench().Events(events::kTaskManagerLost), IsEmpty());
}

TEST(StreamTaskTest, WhatIsThrownNeedBeNoException) {
  for (const std::string place : {"record", "constructor"}) {
    Play play({.place = place, .throws_a_number = true});
    ASSERT_TRUE(play.trouble.struck);
    EXPECT_EQ(play.cluster.job_status(), "FINISHED");
    EXPECT_THAT(play.Reason(), HasSubstr("something that is no std::exception"));
  }
}

TEST(StreamTaskTest, TheFailureOfOneTaskCancelsTheOthers) {
  Play play({.place = "record"});
  EXPECT_THAT(play.cluster.Tasks(events::kTaskCanceled), Contains("source[0] 1"));
  EXPECT_THAT(play.cluster.Tasks(events::kTaskCanceled), Each(Not(HasSubstr(" 2"))));
}

TEST(StreamTaskTest, StartsAgainFromTheLatestCheckpointAndNotFromNothing) {
  Play play({.place = "finish"});
  const std::vector<sim::RecordedEvent> restored =
      play.cluster.bench().Events(events::kJobRestored);
  ASSERT_THAT(restored, SizeIs(2));
  EXPECT_EQ(restored[0].Number("checkpoint"), 0);
  EXPECT_GT(restored[1].Number("checkpoint"), 0);
  std::erase_if(play.received, [](const Received& each) { return each.attempt == 1; });
  EXPECT_LT(play.received.size(), 200U);
}

// Each record makes a hundred, so that the sinks are a hundred times slower than the sources.
TEST(StreamTaskTest, ASlowTaskHoldsUpThoseBeforeItAndCheckpointsGoOn) {
  std::vector<Received> received;
  NumberClusterOptions options;
  options.engine.task.record_time = 1ms;
  options.engine.network.buffer_bytes = 64;
  options.engine.network.buffers_per_subpartition = 2;
  options.engine.checkpoint.timeout = 30s;
  int64_t multiplied = 0;
  NumberCluster cluster(options, [&](StreamExecutionEnvironment& job) {
    job.FromSource<int64_t>("source", NumberSource::Make(40))
        .Rebalance()
        .FlatMap<int64_t>("multiply",
                          [&multiplied](const int64_t& number, Collector<int64_t>& out) {
                            ++multiplied;
                            for (int64_t i = 0; i < 100; ++i) {
                              out.Collect(number * 100 + i);
                            }
                          })
        .Rebalance()
        .SinkTo("sink", NumberSink::Make(received));
  });
  cluster.bench().RunFor(1s);
  EXPECT_GT(received.size(), 100U);
  // A buffer holds three records, and the window of a connection some thousands.
  EXPECT_LE(static_cast<size_t>(multiplied), 40U);
  cluster.RunToEnd(60s);
  EXPECT_EQ(cluster.job_status(), "FINISHED");
  EXPECT_EQ(Numbers(received), FirstNumbers(4'000));
  EXPECT_GE(cluster.bench().Events(events::kCheckpointStored).size(), 2U);
  EXPECT_THAT(cluster.bench().Events(events::kCheckpointAborted), IsEmpty());
}

}  // namespace
}  // namespace flinch::engine
