#include "engine/outside/log_broker.h"

#include <string>
#include <vector>

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
using ::testing::StartsWith;

std::vector<std::string> Numbers(uint64_t count) {
  std::vector<std::string> numbers;
  for (uint64_t i = 0; i < count; ++i) {
    numbers.push_back(std::to_string(i));
  }
  return numbers;
}

TEST(LogBrokerTest, KeepsEveryAcknowledgedRecordOnceThroughItsOwnCrashesAndALossyLink) {
  constexpr uint64_t kRecords = 60;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LogWorld world(seed);
    world.StartBroker();
    world.SetLinks({.cut = false, .loss = sim::Percent(10), .delay = 0ms});
    for (int crash = 0; crash < 5; ++crash) {
      world.CrashBrokerAt(crash * 1s + static_cast<int64_t>(seed) * 1ms, 200ms);
    }
    const bool done = world.RunClient([](sim::Environment&, LogClient& client) {
      const auto created = client.Call(CreateTopicRequest{.topic = "t", .partitions = 1});
      EXPECT_TRUE(created.has_value()) << created.error().message;
      for (uint64_t i = 0; i < kRecords; ++i) {
        EXPECT_TRUE(Publish(client, "t", 0, i, std::to_string(i)).has_value());
      }
      EXPECT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
    });
    ASSERT_TRUE(done) << "seed " << seed;
    EXPECT_EQ(world.Committed("t"), Numbers(kRecords)) << "seed " << seed;
    EXPECT_TRUE(world.Contents().topics.at("t").sealed);
  }
}

TEST(LogBrokerTest, TellsTheWorldWhatHappensToTransactions) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    const InitProducerRequest init{.transactional_id = "x", .owner = {}, .timeout = 5s};
    const auto produce = [&client](ProducerIdentity identity) {
      return client.Call(
          ProduceRequest{.producer = "x",
                         .identity = identity,
                         .topic = "t",
                         .partition = 0,
                         .base_sequence = 0,
                         .records = {{.key = "k", .value = "v", .timestamp = EventTime(1)}}});
    };
    const auto first = client.Call(init);
    ASSERT_TRUE(first.has_value());
    ASSERT_TRUE(produce(*first).has_value());
    ASSERT_TRUE(
        client
            .Call(EndTransactionRequest{
                .transactional_id = "x", .identity = *first, .end = TransactionEnd::kCommit})
            .has_value());
    const auto second = client.Call(init);
    ASSERT_TRUE(second.has_value());
    ASSERT_TRUE(produce(*second).has_value());
    EXPECT_EQ(produce(*first).error().code, ErrorCode::kFenced);
    environment.Sleep(6s);
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
  }));
  EXPECT_THAT(world.Traced("transaction."),
              ElementsAre("transaction.begun transaction=x producer=1 epoch=1",
                          "transaction.committed transaction=x producer=1 epoch=1 records=1",
                          "transaction.begun transaction=x producer=1 epoch=2",
                          "transaction.fenced transaction=x producer=1 epoch=1",
                          "transaction.aborted transaction=x producer=1 epoch=2 reason=timeout"));
  EXPECT_THAT(world.Traced("topic."), ElementsAre("topic.sealed topic=t"));
  EXPECT_THAT(world.Contents().open_transactions, IsEmpty());
}

// Kafka: InvalidTxnTimeoutException.
TEST(LogBrokerTest, RefusesATransactionThatMayTakeLongerThanItsLimit) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment&, LogClient& client) {
    InitProducerRequest init{.transactional_id = "x", .owner = {}, .timeout = 15min};
    EXPECT_TRUE(client.Call(init).has_value());
    init.timeout += 1ms;
    const auto refused = client.Call(init);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message,
                HasSubstr("\"x\" asks for a time-out of 900001ms, and the log allows "
                          "transaction.max.timeout = 15m at most"));
  }));
}

TEST(LogBrokerTest, KeepsTheTimeOutOfATransactionOverItsOwnRestart) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([&world](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    const auto identity =
        client.Call(InitProducerRequest{.transactional_id = "x", .owner = {}, .timeout = 5s});
    ASSERT_TRUE(identity.has_value());
    ASSERT_TRUE(client
                    .Call(ProduceRequest{
                        .producer = "x",
                        .identity = *identity,
                        .topic = "t",
                        .partition = 0,
                        .base_sequence = 0,
                        .records = {{.key = "k", .value = "v", .timestamp = EventTime(1)}}})
                    .has_value());
    world.CrashBrokerAt(1s, 100ms);
    environment.Sleep(3s);
    EXPECT_THAT(world.Contents().open_transactions, ElementsAre("x"));
    environment.Sleep(3s);
    EXPECT_THAT(world.Contents().open_transactions, IsEmpty());
  }));
  EXPECT_THAT(world.Traced("broker."),
              ElementsAre("broker.started records=0", "broker.started records=1"));
  EXPECT_THAT(world.Traced("transaction.aborted"), ElementsAre(HasSubstr("reason=timeout")));
}

TEST(LogBrokerTest, AFetchThatMayWaitIsAnsweredWhenThereIsEnoughOrItsTimeIsOver) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    FetchRequest fetch{.positions = {{.topic = "t", .partition = 0, .offset = 0}},
                       .records_min = 2,
                       .wait = 300ms};
    sim::Condition published(environment);
    uint64_t count = 0;
    environment.Spawn("publisher", [&] {
      for (; count < 2; ++count) {
        environment.Sleep(100ms);
        EXPECT_TRUE(Publish(client, "t", 0, count, std::to_string(count)).has_value());
      }
      published.NotifyAll();
    });
    const sim::SimTime before = environment.Now();
    const auto both = client.Call(fetch);
    ASSERT_TRUE(both.has_value());
    EXPECT_EQ(both->partitions[0].next_offset, 2U);
    EXPECT_GE(environment.Now() - before, 200ms);
    EXPECT_LT(environment.Now() - before, 300ms);
    published.WaitFor([&] { return count == 2; });

    fetch.positions[0].offset = 1;
    const sim::SimTime again = environment.Now();
    const auto too_few = client.Call(fetch);
    ASSERT_TRUE(too_few.has_value());
    EXPECT_EQ(too_few->partitions[0].next_offset, 2U);
    EXPECT_GE(environment.Now() - again, 300ms);
    EXPECT_LT(environment.Now() - again, 400ms);
  }));
}

// Puts a file where the broker's journal is to be, before the broker starts.
void PlaceJournal(LogWorld& world, const Bytes& bytes) {
  ASSERT_TRUE(world.Run(world.broker_host(), [&bytes](sim::Environment& environment) {
    EXPECT_TRUE(
        sim::WriteDurably(environment.disk(), LogBrokerOptions().journal, bytes).has_value());
  }));
}

Bytes JournalWithATopic() {
  const JournalEntry entry{.method = LogMethod::kCreateTopic,
                           .time = sim::kEpoch,
                           .body = Encode(CreateTopicRequest{.topic = "t", .partitions = 1})};
  return Bytes(kJournalHeader) + FrameEntries({entry});
}

TEST(LogBrokerTest, CutsATornTailOffAndWritesOnBehindIt) {
  LogWorld world;
  const Bytes sound = JournalWithATopic();
  PlaceJournal(world, sound + sound.substr(kJournalHeader.size(), 20));
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment&, LogClient& client) {
    EXPECT_TRUE(Publish(client, "t", 0, 0, "a").has_value());
  }));
  EXPECT_THAT(world.Committed("t"), ElementsAre("a"));
}

TEST(LogBrokerTest, DoesNotServeADamagedJournal) {
  LogWorld world;
  Bytes damaged = JournalWithATopic();
  const Bytes group = damaged.substr(kJournalHeader.size());
  damaged[damaged.size() - 1] = 'X';
  PlaceJournal(world, damaged + group);
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment&, LogClient& client) {
    const auto published = Publish(client, "t", 0, 0, "a");
    ASSERT_FALSE(published.has_value());
    EXPECT_EQ(published.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(published.error().message, StartsWith("The journal of the log is damaged at byte"));
    EXPECT_FALSE(client.Call(TopicInfoRequest{.topic = "t"}).has_value());
  }));
  EXPECT_THAT(world.Traced("broker."), IsEmpty());
}

TEST(LogBrokerTest, TakesNoCommandsThatAreItsOwn) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment&, LogClient& client) {
    EXPECT_EQ(client.Call(ExpireTransactionsRequest()).error().code, ErrorCode::kInvalidArgument);
  }));
}

TEST(LogBrokerTest, TwoRunsOfOneSeedAreTheSameRun) {
  const std::optional<sim::Divergence> divergence = sim::RunTwice([](const sim::Lens& lens) {
    sim::WorldOptions options;
    options.keep = sim::Keep::kEverything;
    options.lens = lens;
    LogWorld world(3, options);
    world.StartBroker();
    world.CrashBrokerAt(20ms, 100ms);
    world.RunClient([](sim::Environment&, LogClient& client) {
      EXPECT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
      for (uint64_t i = 0; i < 20; ++i) {
        EXPECT_TRUE(Publish(client, "t", 0, i, std::to_string(i)).has_value());
      }
    });
    return world.world().trail();
  });
  EXPECT_FALSE(divergence.has_value()) << sim::Show(*divergence, "first", "second");
}

}  // namespace
}  // namespace flinch::engine
