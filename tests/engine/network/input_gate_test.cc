#include "engine/network/input_gate.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/network/show_buffer.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint16_t kPort = 7000;

// What a TaskManager does in a fiber of its own.
using Task = std::function<void(sim::Environment&, ShuffleEnvironment&)>;

// Gates and producers on hosts, one process on each; the test looks on from outside.
class InputGateTest : public ::testing::Test {
 protected:
  // Opens a gate with a channel to each of `producers`: hosts, of which some may have nobody.
  void Open(const std::vector<std::string>& producers, const std::string& host = "consumer") {
    for (const std::string& producer : producers) {
      bench_.Host(producer);
    }
    On(host, [this, producers](sim::Environment& environment, ShuffleEnvironment& shuffle) {
      std::vector<ChannelOptions> channels;
      for (const std::string& producer : producers) {
        const auto index = static_cast<uint32_t>(channels.size());
        channels.push_back({.request = {.producer = {VertexId(1), SubtaskIndex(index)},
                                        .edge = 3,
                                        .subpartition = index},
                            .producer = *environment.network().Resolve(producer, kPort),
                            .producer_name = producer + "[0]"});
      }
      InputGate gate(environment, options_, shuffle, channels, [this] { ++inputs_; });
      sim::FiberGroup fibers(environment);
      gate.Start(fibers);
      gate_ = &gate;
      fibers_ = &fibers;
      environment.Sleep(std::chrono::hours(10));
    });
  }

  // A producer with a partition that a gate's channel `index` can read.
  ResultPartition& Produce(const std::string& host) {
    On(host, [this, host](sim::Environment& environment, ShuffleEnvironment& shuffle) {
      ResultPartition partition(environment, options_, shuffle.pool(), 3, [] {});
      partitions_[host] = &partition;
      environment.Sleep(std::chrono::hours(10));
    });
    return *partitions_.at(host);
  }

  // In the host's process, which is started when it does not run.
  void On(const std::string& host, Task task) {
    if (!tasks_.contains(host)) {
      bench_.Start(host, [this, host](sim::Environment& environment) { Run(host, environment); });
    }
    tasks_[host].push_back(std::move(task));
    bench_.RunFor(std::chrono::milliseconds(2));
  }

  void Run(const std::string& host, sim::Environment& environment) {
    ShuffleEnvironment shuffle(environment, kPort,
                               [this, host](const ExecutionAttemptId&, uint32_t edge) {
                                 EXPECT_EQ(edge, 3U);
                                 const auto found = partitions_.find(host);
                                 return found == partitions_.end() ? nullptr : found->second;
                               });
    environment.Spawn("data", [&shuffle] { shuffle.Serve(); });
    for (;;) {
      for (Task& task : std::exchange(tasks_[host], {})) {
        environment.Spawn("task", [&environment, &shuffle, task = std::move(task)] {
          task(environment, shuffle);
        });
      }
      environment.Sleep(std::chrono::milliseconds(1));
    }
  }

  // Buffers with these numbers, one in each.
  static void Emit(ResultPartition& partition, uint32_t subpartition, int64_t first, int64_t last) {
    for (int64_t number = first; number <= last; ++number) {
      EmitNumber(partition, subpartition, number);
      partition.Flush();
    }
  }

  // What can be taken now, in the gate's order.
  std::vector<std::string> TakeAll() {
    std::vector<std::string> buffers;
    while (const std::optional<size_t> channel = gate_->Next()) {
      buffers.push_back(ShowBuffer(gate_->Take(*channel)));
    }
    return buffers;
  }

  NetworkOptions options_{.buffers_per_subpartition = 4,
                          .request_backoff = std::chrono::milliseconds(100),
                          .request_timeout = std::chrono::seconds(10)};
  std::map<std::string, ResultPartition*> partitions_;
  std::map<std::string, std::vector<Task>> tasks_;  // that wait for their process
  InputGate* gate_ = nullptr;
  sim::FiberGroup* fibers_ = nullptr;
  int inputs_ = 0;
  tests::Bench bench_;
};

// The channel is a connection, or none is needed.
class InputGatePlaceTest : public InputGateTest,
                           public ::testing::WithParamInterface<std::string> {};

TEST_P(InputGatePlaceTest, KeepsTheOrderOfBuffersAndEvents) {
  ResultPartition& a = Produce("a");
  Emit(a, 0, 1, 2);
  a.BroadcastEvent(BarrierEvent{.meta = {.id = CheckpointId(5)}});
  Emit(a, 0, 3, 3);
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(gate_->channel(0).producer_name, "a[0]");
  EXPECT_THAT(TakeAll(), ElementsAre("1@10 ", "2@20 ", "barrier 5", "3@30 "));
  EXPECT_EQ(gate_->error(), std::nullopt);
  EXPECT_EQ(fibers_->running(), 0U) << "a gate that has its channels needs no fiber";
}

TEST_P(InputGatePlaceTest, WaitsForAProducerThatAppearsLate) {
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::seconds(3));
  EXPECT_EQ(gate_->error(), std::nullopt);
  Emit(Produce("a"), 0, 1, 1);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(TakeAll(), ElementsAre("1@10 "));
}

TEST_P(InputGatePlaceTest, GivesUpAProducerThatNeverAppearsAndNamesIt) {
  options_.request_timeout = std::chrono::seconds(2);
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::milliseconds(1900));
  EXPECT_EQ(gate_->error(), std::nullopt);
  EXPECT_EQ(inputs_, 0);
  bench_.RunFor(std::chrono::seconds(2));
  ASSERT_TRUE(gate_->error());
  EXPECT_THAT(gate_->error()->message, HasSubstr("The connection to a[0] failed"));
  EXPECT_EQ(inputs_, 1) << "the task is told to look";
  EXPECT_EQ(fibers_->running(), 0U);
}

TEST_P(InputGatePlaceTest, WherePausesGrowItGivesUpBehindTheLongest) {
  options_.request_backoff_max = std::chrono::milliseconds(400);
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::milliseconds(650));
  EXPECT_EQ(gate_->error(), std::nullopt) << "it asked after 100 ms and 200 more";
  bench_.RunFor(std::chrono::milliseconds(100));
  ASSERT_TRUE(gate_->error());
  EXPECT_THAT(gate_->error()->message, HasSubstr("The connection to a[0] failed"));
  EXPECT_EQ(fibers_->running(), 0U);
}

TEST_F(InputGateTest, AChannelBorrowsBuffersForWhatWaitsAndGivesThemBack) {
  for (const uint32_t floating : {0U, 2U}) {
    SCOPED_TRACE(floating);
    options_.buffers_per_subpartition = 100;
    options_.buffers_per_channel = 1;
    options_.floating_buffers = floating;
    const std::string producer = "a" + std::to_string(floating);
    ResultPartition& a = Produce(producer);
    Emit(a, 0, 1, 8);
    Open({producer}, "consumer" + std::to_string(floating));
    bench_.RunFor(std::chrono::seconds(1));
    EXPECT_EQ(a.QueueLength(0), 8 - 1 - floating);
    std::vector<std::string> taken;
    for (int i = 0; i < 10; ++i) {
      std::ranges::copy(TakeAll(), std::back_inserter(taken));
      bench_.RunFor(std::chrono::milliseconds(100));
    }
    EXPECT_EQ(taken.size(), 8U);
    EXPECT_EQ(taken.back(), "8@80 ");
    EXPECT_EQ(gate_->BuffersInUse(), 0U);
  }
}

TEST_P(InputGatePlaceTest, TellsItsProducersHowMuchABufferHolds) {
  ResultPartition& a = Produce("a");
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::seconds(1));
  EmitNumber(a, 0, 1);
  EXPECT_FALSE(a.HasBuffer(0));
  a.Flush();
  gate_->SetBufferSize(1);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(TakeAll(), ElementsAre("1@10 "));
  EmitNumber(a, 0, 2);
  bench_.RunFor(std::chrono::milliseconds(10));
  EXPECT_THAT(TakeAll(), ElementsAre("2@20 ")) << "nobody flushed it";
}

TEST_P(InputGatePlaceTest, TheEndOfAProducerBeforeItsDataIsAnError) {
  ResultPartition& a = Produce("a");
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_EQ(gate_->error(), std::nullopt);
  a.Close();
  bench_.RunFor(std::chrono::seconds(1));
  ASSERT_TRUE(gate_->error());
  EXPECT_THAT(gate_->error()->message, HasSubstr("a[0] failed: The producer has ended."));
  EXPECT_EQ(inputs_, 1);
}

TEST_P(InputGatePlaceTest, TheEndOfAProducerAfterItsDataIsNone) {
  ResultPartition& a = Produce("a");
  Open({"a"}, GetParam());
  a.BroadcastEvent(EndOfDataEvent());
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_THAT(TakeAll(), ElementsAre("end"));
  gate_->EndOfData(0);
  a.BroadcastEvent(BarrierEvent{.meta = {.id = CheckpointId(5)}});
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_THAT(TakeAll(), ElementsAre("barrier 5"));
  a.Close();
  bench_.RunFor(std::chrono::seconds(5));
  EXPECT_EQ(gate_->error(), std::nullopt);
}

TEST_P(InputGatePlaceTest, AReaderThatDoesNotReadStopsTheWriterWithinTheBound) {
  options_.buffer_bytes = 1;
  ResultPartition& a = Produce("a");
  Open({"a"}, GetParam());
  bench_.RunFor(std::chrono::milliseconds(500));
  int64_t written = 0;
  On("a", [&](sim::Environment&, ShuffleEnvironment&) {
    for (;;) {
      EmitNumber(a, 0, written + 1);
      ++written;
    }
  });
  bench_.RunFor(std::chrono::seconds(5));
  const int64_t bound = GetParam() == "a" ? 4 : 8;  // the queue, and the credit of a connection
  EXPECT_EQ(written, bound);
  std::vector<std::string> all = TakeAll();
  for (int round = 0; round < 20; ++round) {
    bench_.RunFor(std::chrono::milliseconds(100));
    const std::vector<std::string> more = TakeAll();
    EXPECT_LE(more.size(), 4U);
    all.insert(all.end(), more.begin(), more.end());
  }
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], std::to_string(i + 1) + "@" + std::to_string(10 * (i + 1)) + " ");
  }
  EXPECT_GT(all.size(), 40U);
}

TEST_P(InputGatePlaceTest, AnEventReachesAReaderWhoseQueueIsFull) {
  ResultPartition& a = Produce("a");
  Open({"a"}, GetParam());
  Emit(a, 0, 1, 4);
  a.BroadcastEvent(CancelMarkerEvent{.id = CheckpointId(9)});
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(TakeAll(), ElementsAre("1@10 ", "2@20 ", "3@30 ", "4@40 ", "cancel 9"));
}

INSTANTIATE_TEST_SUITE_P(Places, InputGatePlaceTest, ::testing::Values("a", "consumer"),
                         [](const auto& place) {
                           return std::string(place.param == "a" ? "Local" : "Remote");
                         });

TEST_F(InputGateTest, GivesItsChannelsInTurn) {
  Emit(Produce("a"), 0, 11, 13);
  Emit(Produce("b"), 1, 21, 22);
  Emit(Produce("consumer"), 2, 31, 31);
  Open({"a", "b", "consumer"});
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(gate_->channels(), 3U);
  EXPECT_THAT(TakeAll(),
              ElementsAre("11@110 ", "21@210 ", "31@310 ", "12@120 ", "22@220 ", "13@130 "));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(InputGateTest, LeavesBlockedChannelsAlone) {
  Emit(Produce("a"), 0, 1, 2);
  Emit(Produce("b"), 1, 8, 9);
  Open({"a", "b"});
  gate_->Block(0);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(TakeAll(), ElementsAre("8@80 ", "9@90 "));
  gate_->Resume(0);
  EXPECT_EQ(gate_->Next(), 0U);
  gate_->Block(0);
  EXPECT_EQ(gate_->Next(), std::nullopt) << "blocked with buffers in its queue";
  gate_->Resume(0);
  EXPECT_THAT(TakeAll(), ElementsAre("1@10 ", "2@20 "));
  gate_->Block(1);
  gate_->Resume(1);
  EXPECT_EQ(gate_->Next(), std::nullopt) << "resumed with nothing to give";
  EXPECT_THROW(gate_->Take(1), sim::Violation);
}

TEST_F(InputGateTest, AFullChannelDoesNotStopOthersOfTheSameConnection) {
  ResultPartition& a = Produce("a");
  options_.buffer_bytes = 1;
  Open({"a", "a"});
  gate_->Block(0);
  On("a", [&](sim::Environment& environment, ShuffleEnvironment&) {
    environment.Spawn("blocked", [&] { Emit(a, 0, 1, 100); });
    Emit(a, 1, 1, 100);
  });
  size_t of_the_second = 0;
  for (int round = 0; round < 50; ++round) {
    bench_.RunFor(std::chrono::seconds(1));
    of_the_second += TakeAll().size();
  }
  EXPECT_EQ(of_the_second, 100U);
}

TEST_F(InputGateTest, TheCrashOfAProducerIsAnError) {
  Emit(Produce("a"), 0, 1, 1);
  Open({"a"});
  bench_.RunFor(std::chrono::seconds(1));
  bench_.world().Crash(*bench_.world().FindProcess("a"));
  bench_.RunFor(std::chrono::seconds(1));
  ASSERT_TRUE(gate_->error());
  EXPECT_EQ(gate_->error()->code, sim::ErrorCode::kUnavailable);
  EXPECT_THAT(TakeAll(), ElementsAre("1@10 ")) << "what came before it is still there";
}

// Only the reader's host notices: nobody else would say that the barrier behind the data is lost.
TEST_F(InputGateTest, AConnectionThatBreaksBehindItsDataIsAnError) {
  ResultPartition& a = Produce("a");
  Open({"a"});
  a.BroadcastEvent(EndOfDataEvent());
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_THAT(TakeAll(), ElementsAre("end"));
  gate_->EndOfData(0);
  sim::World& world = bench_.world();
  EXPECT_EQ(
      world.ResetConnections(bench_.Host("consumer"), bench_.Host("a"), sim::ResetEnds::kFirst),
      1U);
  bench_.RunFor(std::chrono::seconds(1));
  ASSERT_TRUE(gate_->error());
  EXPECT_THAT(gate_->error()->message, HasSubstr("The connection to a[0] failed"));
}

TEST_F(InputGateTest, HasEndedWhenAllChannelsHave) {
  Open({"a", "b"});
  EXPECT_FALSE(gate_->AllEnded());
  gate_->EndOfData(1);
  gate_->EndOfData(1);
  EXPECT_FALSE(gate_->AllEnded());
  gate_->EndOfData(0);
  EXPECT_TRUE(gate_->AllEnded());
}

// Closed while its channel does what the parameter says.
class InputGateCloseTest : public InputGateTest,
                           public ::testing::WithParamInterface<std::string_view> {};

TEST_P(InputGateCloseTest, EndsAllFibersWithoutAnError) {
  const std::string_view stage = GetParam();
  if (stage == "reading") {
    Emit(Produce("a"), 0, 1, 1);
  } else if (stage == "waits_for_the_answer") {
    bench_.Start("a", [](sim::Environment& environment) {
      const auto listener = environment.network().Listen(kPort);
      const auto connection = (*listener)->Accept();
      environment.Sleep(std::chrono::hours(10));
    });
  }
  Open({"a"});
  if (stage == "connecting") {
    bench_.SetLinks("a", "consumer", {.cut = true});
  }
  for (int round = 0; round < 5; ++round) {
    bench_.RunFor(std::chrono::milliseconds(37));
  }
  const int inputs = inputs_;
  gate_->Close();
  bench_.RunFor(std::chrono::milliseconds(2300));
  EXPECT_EQ(fibers_->running(), 0U);
  EXPECT_EQ(gate_->error(), std::nullopt);
  EXPECT_EQ(inputs_, inputs);
}

INSTANTIATE_TEST_SUITE_P(Stages, InputGateCloseTest,
                         ::testing::Values("nobody_there", "connecting", "waits_for_the_answer",
                                           "reading"),
                         [](const auto& stage) { return std::string(stage.param); });

}  // namespace
}  // namespace flinch::engine
