#include "engine/network/input_gate.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint16_t kPort = 7000;

// A consumer's gate in a process of its own, producers in others; the test looks on from outside.
class InputGateTest : public ::testing::Test {
 protected:
  // Opens a gate with a channel to each of `producers`: hosts, of which some may have nobody.
  void Open(const std::vector<std::string>& producers) {
    for (const std::string& producer : producers) {
      bench_.Host(producer);
    }
    bench_.Start("consumer", [this, producers](sim::Environment& environment) {
      std::vector<ChannelOptions> channels;
      for (const std::string& producer : producers) {
        const auto index = static_cast<uint32_t>(channels.size());
        channels.push_back(
            {.request = {.producer = {VertexId(1), SubtaskIndex(index), AttemptNumber(5)},
                         .edge = 3,
                         .subpartition = index + 40},
             .producer = *environment.network().Resolve(producer, kPort),
             .producer_name = producer + "[0]"});
      }
      InputGate gate(environment, options_, channels, [this] { ++inputs_; });
      sim::FiberGroup fibers(environment);
      gate.Start(fibers);
      gate_ = &gate;
      fibers_ = &fibers;
      environment.Sleep(std::chrono::hours(10));
    });
    bench_.RunFor(sim::Duration(1));
  }

  // Takes one connection, answers its request and goes on with `then`; the connection closes when
  // that returns.
  void Serve(const std::string& producer,
             const std::function<void(sim::Environment&, sim::Connection&)>& then,
             PartitionReply reply = PartitionReply::kServed) {
    bench_.Start(producer, [this, then, reply](sim::Environment& environment) {
      const auto listener = environment.network().Listen(kPort);
      ASSERT_TRUE(listener);
      const auto connection = (*listener)->Accept();
      ASSERT_TRUE(connection);
      const auto request = Decode<PartitionRequest>((*connection)->Receive().value_or(""));
      ASSERT_TRUE(request);
      requests_.push_back(*request);
      ASSERT_TRUE((*connection)->Send(Encode(reply)));
      then(environment, **connection);
    });
  }

  // A producer that sends `count` buffers "<name><n>" and then stays.
  void ServeNumbers(const std::string& producer, int count) {
    Serve(producer, [producer, count](sim::Environment& environment, sim::Connection& connection) {
      for (int number = 1; number <= count; ++number) {
        if (!connection.Send(producer + std::to_string(number))) {
          return;
        }
      }
      environment.Sleep(std::chrono::hours(10));
    });
  }

  // What can be taken now, in the gate's order.
  std::vector<std::string> TakeAll() {
    std::vector<std::string> buffers;
    while (const std::optional<size_t> channel = gate_->Next()) {
      buffers.push_back(gate_->Take(*channel));
    }
    return buffers;
  }

  NetworkOptions options_{.buffers_per_subpartition = 4,
                          .request_backoff = std::chrono::milliseconds(100),
                          .request_timeout = std::chrono::seconds(10)};
  std::vector<PartitionRequest> requests_;
  InputGate* gate_ = nullptr;
  sim::FiberGroup* fibers_ = nullptr;
  int inputs_ = 0;
  tests::Bench bench_;
};

TEST_F(InputGateTest, AsksForItsSubpartitionAndKeepsTheOrder) {
  ServeNumbers("a", 3);
  Open({"a"});
  bench_.RunFor(std::chrono::seconds(1));
  ASSERT_THAT(requests_, testing::SizeIs(1));
  EXPECT_EQ(requests_[0].producer,
            (ExecutionAttemptId{VertexId(1), SubtaskIndex(0), AttemptNumber(5)}));
  EXPECT_EQ(requests_[0].edge, 3U);
  EXPECT_EQ(requests_[0].subpartition, 40U);
  EXPECT_EQ(inputs_, 3);
  EXPECT_THAT(TakeAll(), ElementsAre("a1", "a2", "a3"));
  EXPECT_EQ(gate_->error(), std::nullopt);
}

TEST_F(InputGateTest, GivesItsChannelsInTurn) {
  ServeNumbers("a", 3);
  ServeNumbers("b", 2);
  ServeNumbers("c", 1);
  Open({"a", "b", "c"});
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(gate_->channels(), 3U);
  EXPECT_EQ(gate_->channel(1).producer_name, "b[0]");
  EXPECT_THAT(TakeAll(), ElementsAre("a1", "b1", "c1", "a2", "b2", "a3"));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(InputGateTest, LeavesBlockedChannelsAlone) {
  ServeNumbers("a", 2);
  ServeNumbers("b", 2);
  Open({"a", "b"});
  gate_->Block(0);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(TakeAll(), ElementsAre("b1", "b2"));
  gate_->Resume(0);
  EXPECT_EQ(gate_->Next(), 0U);
  gate_->Block(0);
  EXPECT_EQ(gate_->Next(), std::nullopt) << "blocked with buffers in its queue";
  gate_->Resume(0);
  EXPECT_THAT(TakeAll(), ElementsAre("a1", "a2"));
  gate_->Block(1);
  gate_->Resume(1);
  EXPECT_EQ(gate_->Next(), std::nullopt) << "resumed with nothing to give";
  EXPECT_THROW(gate_->Take(1), sim::Violation);
}

TEST_F(InputGateTest, StopsReadingWhileItsQueueIsFull) {
  ServeNumbers("a", 100);
  Open({"a"});
  std::vector<std::string> all;
  while (all.size() < 100) {
    bench_.RunFor(std::chrono::seconds(1));
    const std::vector<std::string> buffers = TakeAll();
    ASSERT_THAT(buffers.size(), testing::AllOf(testing::Ge(1U), testing::Le(4U)));
    all.insert(all.end(), buffers.begin(), buffers.end());
  }
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], "a" + std::to_string(i + 1));
  }
}

TEST_F(InputGateTest, OneFullChannelDoesNotStopTheOthers) {
  ServeNumbers("a", 100);
  ServeNumbers("b", 100);
  Open({"a", "b"});
  gate_->Block(0);
  size_t of_b = 0;
  for (int round = 0; round < 50; ++round) {
    bench_.RunFor(std::chrono::seconds(1));
    of_b += TakeAll().size();
  }
  EXPECT_EQ(of_b, 100U);
}

TEST_F(InputGateTest, WaitsForAProducerThatAppearsLate) {
  Open({"a"});
  bench_.RunFor(std::chrono::seconds(3));
  EXPECT_EQ(gate_->error(), std::nullopt);
  ServeNumbers("a", 1);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(TakeAll(), ElementsAre("a1"));
}

TEST_F(InputGateTest, AsksAgainWhileTheProducerDoesNotHaveThePartition) {
  Serve("a", [](sim::Environment&, sim::Connection&) {}, PartitionReply::kNotFound);
  Open({"a"});
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_EQ(gate_->error(), std::nullopt);
  ServeNumbers("a", 1);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(requests_, testing::SizeIs(2));
  EXPECT_THAT(TakeAll(), ElementsAre("a1"));
}

TEST_F(InputGateTest, GivesUpAProducerThatNeverAppearsAndNamesIt) {
  options_.request_timeout = std::chrono::seconds(2);
  Open({"a"});
  bench_.RunFor(std::chrono::milliseconds(1900));
  EXPECT_EQ(gate_->error(), std::nullopt);
  EXPECT_EQ(inputs_, 0);
  bench_.RunFor(std::chrono::seconds(2));
  ASSERT_TRUE(gate_->error());
  EXPECT_THAT(gate_->error()->message, HasSubstr("The connection to a[0] failed"));
  EXPECT_EQ(inputs_, 1) << "the task is told to look";
  EXPECT_EQ(fibers_->running(), 0U);
}

TEST_F(InputGateTest, AnAnswerThatIsNoneIsAskedForAgain) {
  options_.request_timeout = std::chrono::seconds(2);
  Serve("a", [](sim::Environment&, sim::Connection&) {}, static_cast<PartitionReply>(77));
  Open({"a"});
  bench_.RunFor(std::chrono::seconds(4));
  ASSERT_TRUE(gate_->error());
  EXPECT_EQ(gate_->error()->code, sim::ErrorCode::kUnavailable) << "nobody listens any more";
}

TEST_F(InputGateTest, AConnectionThatBreaksBeforeTheEndOfDataIsAnError) {
  Serve("a", [](sim::Environment& environment, sim::Connection& connection) {
    ASSERT_TRUE(connection.Send("a1"));
    environment.Sleep(std::chrono::seconds(1));
  });
  Open({"a"});
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_EQ(gate_->error(), std::nullopt);
  bench_.RunFor(std::chrono::seconds(1));
  ASSERT_TRUE(gate_->error());
  EXPECT_EQ(gate_->error()->code, sim::ErrorCode::kUnavailable);
  EXPECT_THAT(gate_->error()->message, HasSubstr("a[0]"));
  EXPECT_EQ(inputs_, 2);
  EXPECT_THAT(TakeAll(), ElementsAre("a1")) << "what came before it is still there";
}

TEST_F(InputGateTest, TheCrashOfAProducerIsAnError) {
  ServeNumbers("a", 1);
  Open({"a"});
  bench_.RunFor(std::chrono::seconds(1));
  bench_.world().Crash(*bench_.world().FindProcess("a"));
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_TRUE(gate_->error());
}

TEST_F(InputGateTest, AConnectionThatBreaksAfterTheEndOfDataIsNone) {
  Serve("a", [](sim::Environment& environment, sim::Connection& connection) {
    ASSERT_TRUE(connection.Send("the end"));
    environment.Sleep(std::chrono::seconds(1));
    ASSERT_TRUE(connection.Send("a barrier after it"));
    environment.Sleep(std::chrono::seconds(1));
  });
  Open({"a"});
  bench_.RunFor(std::chrono::milliseconds(500));
  EXPECT_THAT(TakeAll(), ElementsAre("the end"));
  gate_->EndOfData(0);
  bench_.RunFor(std::chrono::seconds(5));
  EXPECT_THAT(TakeAll(), ElementsAre("a barrier after it"));
  EXPECT_EQ(gate_->error(), std::nullopt);
  EXPECT_EQ(fibers_->running(), 0U);
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
    ServeNumbers("a", 1);
  } else if (stage == "full") {
    ServeNumbers("a", 100);
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
  EXPECT_EQ(fibers_->running(), 1U);
  const int inputs = inputs_;
  gate_->Close();
  bench_.RunFor(std::chrono::milliseconds(2300));
  EXPECT_EQ(fibers_->running(), 0U);
  EXPECT_EQ(gate_->error(), std::nullopt);
  EXPECT_EQ(inputs_, inputs);
}

INSTANTIATE_TEST_SUITE_P(Stages, InputGateCloseTest,
                         ::testing::Values("nobody_there", "connecting", "waits_for_the_answer",
                                           "reading", "full"),
                         [](const auto& stage) { return std::string(stage.param); });

}  // namespace
}  // namespace flinch::engine
