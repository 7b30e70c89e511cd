#include "engine/connectors/log_source.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/connectors/log_world.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

sim::Result<std::string> DecodeText(const LogRecord& record) {
  if (record.value == "bad") {
    return sim::Fail(ErrorCode::kInvalidArgument, "It is bad.");
  }
  return std::string(record.value);
}

LogSourceOptions Options() {
  LogSourceOptions options;
  options.topic = "t";
  options.fetch_records_max = 3;
  options.emit_records_max = 2;
  return options;
}

// A source in the hands of a task: polled until something happens.
struct PolledSource {
  explicit PolledSource(sim::Environment& environment, LogSourceOptions options = Options())
      : environment_(environment),
        available_(environment),
        source(std::move(options), DecodeText) {}

  // Waits, as the end of a task does; a process that crashes meanwhile is unwound through here.
  ~PolledSource() noexcept(false) { source.Close(); }

  sim::Result<void> Open(const OperatorState* restored = nullptr) {
    auto opened = source.Open(setting.Runtime(environment_), restored);
    if (opened) {
      source.OnAvailable([this] { available_.NotifyAll(); });
    }
    return opened;
  }

  // Polls until `count` values are there, the end, or an error.
  sim::Result<InputStatus> PollUntil(size_t count) {
    for (;;) {
      auto status = source.EmitNext();
      if (!status || *status == InputStatus::kEndOfInput || setting.output.values.size() >= count) {
        return status;
      }
      if (*status == InputStatus::kNothingAvailable) {
        available_.WaitUntil(environment_.Now() + 10s);
      }
    }
  }

  sim::Result<InputStatus> PollToTheEnd() { return PollUntil(SIZE_MAX); }

  std::vector<SourceOffset> Offsets() {
    const auto state = source.Snapshot({.id = CheckpointId(1)});
    std::vector<SourceOffset> offsets;
    for (const Bytes& entry : state->at("offsets")) {
      offsets.push_back(*Decode<SourceOffset>(entry));
    }
    return offsets;
  }

  sim::Environment& environment_;
  sim::Condition available_;
  OperatorSetting setting;
  LogSource<std::string> source;
};

// Topic t with two partitions: a0, a1, ... in the first, b0, b1, ... in the second, each a second
// of event time after the one before.
void Fill(LogClient& client, uint64_t records, bool seal) {
  ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 2}).has_value());
  for (uint64_t i = 0; i < records; ++i) {
    const EventTime time(static_cast<int64_t>(i) * 1'000'000'000);
    ASSERT_TRUE(Publish(client, "t", 0, i, fmt::format("a{}", i), time).has_value());
    ASSERT_TRUE(Publish(client, "t", 1, i, fmt::format("b{}", i), time).has_value());
  }
  if (seal) {
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
  }
}

TEST(LogSourceTest, ReadsAllOfItsPartitionsInOrderAndThenEnds) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 10, true);
    PolledSource polled(environment);
    ASSERT_TRUE(polled.Open().has_value());
    const auto end = polled.PollToTheEnd();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(*end, InputStatus::kEndOfInput);
    std::vector<std::string> first;
    std::vector<std::string> second;
    for (const std::string& value : polled.setting.output.values) {
      (value.starts_with('a') ? first : second).push_back(value);
    }
    EXPECT_THAT(first, ElementsAre("a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"));
    EXPECT_THAT(second, ElementsAre("b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"));
    EXPECT_THAT(polled.Offsets(), ElementsAre(SourceOffset{.partition = 0, .next_offset = 10},
                                              SourceOffset{.partition = 1, .next_offset = 10}));
  }));
}

TEST(LogSourceTest, SharesThePartitionsAmongSubtasks) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 2, true);
    const std::vector<std::vector<std::string>> expected = {{"a0", "a1"}, {"b0", "b1"}, {}};
    for (uint32_t subtask = 0; subtask < 3; ++subtask) {
      PolledSource polled(environment);
      polled.setting.subtask = subtask;
      polled.setting.parallelism = 3;
      ASSERT_TRUE(polled.Open().has_value());
      if (subtask == 2) {
        EXPECT_EQ(*polled.source.EmitNext(), InputStatus::kEndOfInput);
      }
      ASSERT_TRUE(polled.PollToTheEnd().has_value());
      EXPECT_EQ(polled.setting.output.values, expected[subtask]);
    }
  }));
}

TEST(LogSourceTest, ASnapshotHoldsExactlyWhatWasEmittedAndARestoreGoesOnThere) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 10, true);
    OperatorState state;
    std::vector<std::string> emitted;
    {
      PolledSource polled(environment);
      ASSERT_TRUE(polled.Open().has_value());
      ASSERT_TRUE(polled.PollUntil(7).has_value());
      environment.Sleep(1s);  // the buffer fills behind what was emitted
      state = *polled.source.Snapshot({.id = CheckpointId(1)});
      emitted = polled.setting.output.values;
      EXPECT_GE(emitted.size(), 7U);
      EXPECT_LE(emitted.size(), 8U);
    }
    PolledSource restored(environment);
    ASSERT_TRUE(restored.Open(&state).has_value());
    ASSERT_TRUE(restored.PollToTheEnd().has_value());
    emitted.insert(emitted.end(), restored.setting.output.values.begin(),
                   restored.setting.output.values.end());
    EXPECT_THAT(emitted,
                UnorderedElementsAre("a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9",
                                     "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"));
  }));
}

TEST(LogSourceTest, WithItsDefectASnapshotRunsAheadOfWhatWasEmitted) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 10, true);
    PolledSource polled(environment);
    polled.setting.defects.Plant(Defect::kSourceAdvancesBeforeEmit);
    ASSERT_TRUE(polled.Open().has_value());
    ASSERT_TRUE(polled.PollUntil(1).has_value());
    environment.Sleep(1s);
    uint64_t positions = 0;
    for (const SourceOffset& offset : polled.Offsets()) {
      positions += offset.next_offset;
    }
    EXPECT_GT(positions, polled.setting.output.values.size());
  }));
}

TEST(LogSourceTest, APartitionThatTheStateDoesNotNameStartsAtTheBeginning) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 3, true);
    const OperatorState state = {
        {"offsets", {Encode(SourceOffset{.partition = 0, .next_offset = 2})}}};
    PolledSource polled(environment);
    ASSERT_TRUE(polled.Open(&state).has_value());
    ASSERT_TRUE(polled.PollToTheEnd().has_value());
    EXPECT_THAT(polled.setting.output.values, UnorderedElementsAre("a2", "b0", "b1", "b2"));
  }));
}

// After a change of the parallelism each subtask is given the offsets of all.
TEST(LogSourceTest, OffsetsOfOthersAreTheirsAndADamagedStateIsRefused) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 1, true);
    const OperatorState foreign = {
        {"offsets", {Encode(SourceOffset{.partition = 1, .next_offset = 0})}}};
    PolledSource polled(environment);
    polled.setting.parallelism = 2;
    EXPECT_TRUE(polled.Open(&foreign).has_value());
    const OperatorState damaged = {{"offsets", {"xyz"}}};
    EXPECT_EQ(PolledSource(environment).Open(&damaged).error().code, ErrorCode::kCorruption);
  }));
}

// What an enumerator's events are to a reader.
LogSourceOptions Enumerated() {
  LogSourceOptions options = Options();
  options.assignment = SplitAssignment::kEnumerator;
  return options;
}

TEST(LogSourceTest, WithAnEnumeratorItReadsWhatItIsGivenAndEndsWhenItIsToldSo) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 2, true);
    PolledSource polled(environment, Enumerated());
    ASSERT_TRUE(polled.Open().has_value());
    EXPECT_EQ(*polled.source.EmitNext(), InputStatus::kNothingAvailable);
    EXPECT_THAT(polled.Offsets(), IsEmpty());
    const SourceSplit second = LogSplit("t", {.partition = 1, .next_offset = 1});
    ASSERT_TRUE(polled.source.AddSplits({second}).has_value());
    EXPECT_THAT(polled.Offsets(), ElementsAre(SourceOffset{.partition = 1, .next_offset = 1}));
    ASSERT_TRUE(polled.PollUntil(1).has_value());
    ASSERT_TRUE(polled.source.AddSplits({LogSplit("t", {.partition = 0})}).has_value());
    ASSERT_TRUE(polled.PollUntil(3).has_value());
    EXPECT_THAT(polled.setting.output.values, ElementsAre("b1", "a0", "a1"));
    environment.Sleep(1s);
    EXPECT_EQ(*polled.source.EmitNext(), InputStatus::kNothingAvailable) << "more may come";
    polled.source.NoMoreSplits();
    EXPECT_EQ(*polled.PollToTheEnd(), InputStatus::kEndOfInput);
    EXPECT_THAT(polled.Offsets(), ElementsAre(SourceOffset{.partition = 0, .next_offset = 2},
                                              SourceOffset{.partition = 1, .next_offset = 2}));
    const sim::Result<void> again = polled.source.AddSplits({second});
    ASSERT_FALSE(again.has_value());
    EXPECT_THAT(again.error().message, HasSubstr("is given split t-1, which it has"));
  }));
  EXPECT_THAT(world.Traced("source.split_taken"),
              ElementsAre(HasSubstr("split=t-1 offset=1 restored=0"),
                          HasSubstr("split=t-0 offset=0 restored=0")));
}

TEST(LogSourceTest, WithAnEnumeratorItGoesOnWithWhateverItsStateHolds) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 3, true);
    const OperatorState state = {
        {"offsets", {Encode(SourceOffset{.partition = 1, .next_offset = 2})}}};
    PolledSource polled(environment, Enumerated());
    polled.setting.parallelism = 5;  // the partition was another subtask's
    ASSERT_TRUE(polled.Open(&state).has_value());
    polled.source.NoMoreSplits();
    ASSERT_TRUE(polled.PollToTheEnd().has_value());
    EXPECT_THAT(polled.setting.output.values, ElementsAre("b2"));
  }));
  EXPECT_THAT(world.Traced("source.split_taken"),
              ElementsAre(HasSubstr("split=t-1 offset=2 restored=1")));
}

TEST(LogSourceTest, TheWatermarkIsTheSmallestOfItsPartitionsAndOnlyGrows) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 2}).has_value());
    LogSourceOptions options = Options();
    options.max_out_of_orderness = 5ns;
    PolledSource polled(environment, options);
    ASSERT_TRUE(polled.Open().has_value());
    std::vector<int64_t>& watermarks = polled.setting.output.watermarks;
    ASSERT_TRUE(Publish(client, "t", 0, 0, "a0", EventTime(100)).has_value());
    ASSERT_TRUE(polled.PollUntil(1).has_value());
    EXPECT_THAT(watermarks, IsEmpty());  // the other partition may still hold anything
    ASSERT_TRUE(Publish(client, "t", 1, 0, "b0", EventTime(50)).has_value());
    ASSERT_TRUE(polled.PollUntil(2).has_value());
    EXPECT_THAT(watermarks, ElementsAre(44));
    ASSERT_TRUE(Publish(client, "t", 1, 1, "b1", EventTime(30)).has_value());
    ASSERT_TRUE(polled.PollUntil(3).has_value());
    EXPECT_THAT(watermarks, ElementsAre(44));
    ASSERT_TRUE(Publish(client, "t", 1, 2, "b2", EventTime(300)).has_value());
    ASSERT_TRUE(polled.PollUntil(4).has_value());
    EXPECT_THAT(watermarks, ElementsAre(44, 94));
    ASSERT_TRUE(Publish(client, "t", 0, 1, "a1", kMaxEventTime).has_value());
    ASSERT_TRUE(polled.PollUntil(5).has_value());
    EXPECT_THAT(watermarks, ElementsAre(44, 94, 294));
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
    ASSERT_TRUE(polled.PollToTheEnd().has_value());
    EXPECT_THAT(watermarks, ElementsAre(44, 94, 294));  // the last one is the task's
  }));
}

TEST(LogSourceTest, WhileRecordsGoOnWatermarksComeAtTheirInterval) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 10, false);
    LogSourceOptions options = Options();
    options.fetch_records_max = 10;
    options.emit_records_max = 1;
    options.watermark_interval = 1s;
    PolledSource polled(environment, options);
    ASSERT_TRUE(polled.Open().has_value());
    ASSERT_TRUE(polled.PollUntil(12).has_value());
    const std::vector<int64_t>& watermarks = polled.setting.output.watermarks;
    EXPECT_THAT(watermarks, ElementsAre(-1));
    environment.Sleep(1s);
    ASSERT_TRUE(polled.PollUntil(14).has_value());
    EXPECT_THAT(watermarks, ElementsAre(-1, 1'999'999'999)) << "the interval has passed";
    ASSERT_TRUE(polled.PollUntil(20).has_value());
    EXPECT_THAT(watermarks, ElementsAre(-1, 1'999'999'999, 8'999'999'999)) << "nothing is left";
  }));
}

TEST(LogSourceTest, APartitionThatHasEndedHoldsNoWatermarkBack) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 2}).has_value());
    ASSERT_TRUE(Publish(client, "t", 0, 0, "a0", EventTime(10)).has_value());
    for (uint64_t i = 0; i < 10; ++i) {
      const EventTime time(static_cast<int64_t>(100 + i));
      ASSERT_TRUE(Publish(client, "t", 1, i, "b", time).has_value());
    }
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
    PolledSource polled(environment);
    ASSERT_TRUE(polled.Open().has_value());
    ASSERT_TRUE(polled.PollToTheEnd().has_value());
    ASSERT_FALSE(polled.setting.output.watermarks.empty());
    EXPECT_GT(polled.setting.output.watermarks.back(), 100);
    EXPECT_LT(polled.setting.output.watermarks.back(), 109);
  }));
}

TEST(LogSourceTest, ARecordThatCannotBeDecodedIsNamed) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    ASSERT_TRUE(Publish(client, "t", 0, 0, "good").has_value());
    ASSERT_TRUE(Publish(client, "t", 0, 1, "bad").has_value());
    PolledSource polled(environment);
    ASSERT_TRUE(polled.Open().has_value());
    const auto status = polled.PollToTheEnd();
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().message,
              "The record at offset 1 of partition 0 of topic \"t\" cannot be decoded: It is bad.");
    EXPECT_THAT(polled.Offsets(), ElementsAre(SourceOffset{.partition = 0, .next_offset = 1}));
  }));
}

TEST(LogSourceTest, ReadsOnlyWhatIsCommittedAndWaitsForTheRest) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    const auto write = [&client](const std::string& id, TransactionEnd end) {
      const auto identity =
          client.Call(InitProducerRequest{.transactional_id = id, .owner = {}, .timeout = 60s});
      ASSERT_TRUE(client
                      .Call(ProduceRequest{
                          .producer = id,
                          .identity = *identity,
                          .topic = "t",
                          .partition = 0,
                          .base_sequence = 0,
                          .records = {{.key = "k", .value = id, .timestamp = EventTime(1)}}})
                      .has_value());
      ASSERT_TRUE(client
                      .Call(EndTransactionRequest{
                          .transactional_id = id, .identity = *identity, .end = end})
                      .has_value());
    };
    write("gone", TransactionEnd::kAbort);
    write("there", TransactionEnd::kCommit);
    write("gone again", TransactionEnd::kAbort);
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
    PolledSource polled(environment);
    ASSERT_TRUE(polled.Open().has_value());
    EXPECT_EQ(*polled.PollToTheEnd(), InputStatus::kEndOfInput);
    EXPECT_THAT(polled.setting.output.values, ElementsAre("there"));
  }));
}

TEST(LogSourceTest, WaitsForATopicThatIsCreatedLaterAndForRecordsThatComeLater) {
  LogWorld world;
  world.StartBroker();
  world.world().At(sim::SimTime(2s), [&world] {
    world.world().AddProcess(world.client_host(), "publisher", [](sim::Environment& environment) {
      const auto client = LogWorld::OpenClient(environment);
      ASSERT_TRUE(client->Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
      environment.Sleep(3s);
      ASSERT_TRUE(Publish(*client, "t", 0, 0, "late").has_value());
    });
  });
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient&) {
    PolledSource polled(environment);
    ASSERT_TRUE(polled.Open().has_value());
    ASSERT_TRUE(polled.PollUntil(1).has_value());
    EXPECT_THAT(polled.setting.output.values, ElementsAre("late"));
    EXPECT_GT(environment.Now(), sim::SimTime(5s));
  }));
}

TEST(LogSourceTest, OutlivesACrashOfTheBroker) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    LogWorld world(seed);
    world.StartBroker();
    ASSERT_TRUE(world.RunClient([&](sim::Environment& environment, LogClient& client) {
      Fill(client, 20, true);
      world.CrashBrokerAt(static_cast<int64_t>(seed) * 1ms, 300ms);
      PolledSource polled(environment);
      ASSERT_TRUE(polled.Open().has_value());
      ASSERT_TRUE(polled.PollToTheEnd().has_value());
      EXPECT_EQ(polled.setting.output.values.size(), 40U);
    }));
  }
}

TEST(LogSourceTest, ABrokerThatStaysAwayIsAnErrorOfTheTask) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([&](sim::Environment& environment, LogClient& client) {
    Fill(client, 1, false);
    LogSourceOptions options = Options();
    options.client.retry.deadline = 5s;
    PolledSource polled(environment, options);
    ASSERT_TRUE(polled.Open().has_value());
    ASSERT_TRUE(polled.PollUntil(2).has_value());
    world.world().At(environment.Now(), [&world] { world.world().Crash(world.broker()); });
    const auto status = polled.PollToTheEnd();
    ASSERT_FALSE(status.has_value());
    EXPECT_THAT(status.error().message, HasSubstr("The log broker on \"broker\" did not do it"));
  }));
}

TEST(LogSourceTest, CanBeDestroyedAtAnyMoment) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    Fill(client, 20, false);
    for (int64_t moment = 0; moment < 60; ++moment) {
      const sim::SimTime before = environment.Now();
      {
        PolledSource polled(environment);
        ASSERT_TRUE(polled.Open().has_value());
        environment.Sleep(moment * 200us);
      }
      EXPECT_LT(environment.Now() - before, 100ms) << moment;
    }
  }));
}

TEST(LogSourceTest, IsDestroyedAtOnceThoughTheBrokerIsAway) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([&world](sim::Environment& environment, LogClient& client) {
    Fill(client, 1, false);
    sim::SimTime before;
    {
      PolledSource polled(environment);
      ASSERT_TRUE(polled.Open().has_value());
      world.world().At(environment.Now(), [&world] { world.world().Crash(world.broker()); });
      environment.Sleep(1s);
      before = environment.Now();
    }
    EXPECT_LT(environment.Now() - before, 1ms);
  }));
}

TEST(LogSourceTest, ItsProcessMayDieAtAnyMoment) {
  for (int64_t moment = 0; moment < 40; ++moment) {
    LogWorld world;
    world.StartBroker();
    ASSERT_TRUE(
        world.RunClient([](sim::Environment&, LogClient& client) { Fill(client, 20, false); }));
    const sim::ProcessId reader =
        world.world().AddProcess(world.client_host(), "reader", [](sim::Environment& environment) {
          PolledSource polled(environment);
          ASSERT_TRUE(polled.Open().has_value());
          static_cast<void>(polled.PollUntil(1000));
        });
    const sim::SimTime death = world.world().Now() + moment * 300us;
    world.world().At(death, [&] { world.world().Crash(reader); });
    const sim::Outcome outcome = world.world().Run([&] { return world.world().Now() > death; });
    EXPECT_FALSE(outcome.violation.has_value());
    EXPECT_FALSE(world.world().IsAlive(reader));
  }
}

TEST(LogSourceTest, OptionsThatMakeNoSenseAreRefused) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient&) {
    LogSourceOptions options = Options();
    options.fetch_records_max = 0;
    EXPECT_EQ(PolledSource(environment, options).Open().error().code, ErrorCode::kInvalidArgument);
    options = Options();
    options.fetch_wait = -1ns;
    EXPECT_EQ(PolledSource(environment, options).Open().error().code, ErrorCode::kInvalidArgument);
    options = Options();
    options.watermark_interval = -1ns;
    EXPECT_EQ(PolledSource(environment, options).Open().error().code, ErrorCode::kInvalidArgument);
  }));
}

}  // namespace
}  // namespace flinch::engine
