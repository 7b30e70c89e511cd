#include "engine/network/result_partition.h"

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
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint16_t kPort = 7000;

struct ShowRecords final : Output {
  sim::Result<void> Emit(const StreamRecord& record) override {
    text += std::to_string(*static_cast<const int64_t*>(record.value)) + "@" +
            std::to_string(record.timestamp.nanos()) + " ";
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }

  std::string text;
};

// "1@10 w20 b3 end ".
std::string Show(std::string_view buffer) {
  Decoder in(buffer);
  ShowRecords out;
  while (in.good() && in.remaining() > 0) {
    ElementKind kind{};
    EventTime time;
    CheckpointMeta meta;
    Read(in, kind);
    switch (kind) {
      case ElementKind::kRecord:
        Read(in, time);
        EXPECT_TRUE(TypeOf<int64_t>().read(in, {.timestamp = time}, out));
        break;
      case ElementKind::kHashedRecord:
        ADD_FAILURE() << "nobody has hashed it";
        break;
      case ElementKind::kWatermark:
        Read(in, time);
        out.text += "w" + std::to_string(time.nanos()) + " ";
        break;
      case ElementKind::kBarrier:
        Read(in, meta);
        out.text += "b" + std::to_string(meta.id.value()) + " ";
        break;
      case ElementKind::kEndOfData:
        out.text += "end ";
        break;
    }
  }
  EXPECT_TRUE(in.good());
  return out.text;
}

void EmitNumber(ResultPartition& partition, uint32_t subpartition, int64_t number) {
  ASSERT_TRUE(partition.EmitRecord(subpartition, TypeOf<int64_t>(),
                                   {.value = &number, .timestamp = EventTime(number * 10)}));
}

constexpr uint32_t kNumberBytes = 1 + 8 + 8;  // kind, time, payload

// A producer that does what the test says and serves its subpartitions in the order in which
// consumers connect, and consumers that note what they get.
class ResultPartitionTest : public ::testing::Test {
 protected:
  // Runs until `writer` has returned and a second has passed.
  void Produce(uint32_t subpartitions, const std::function<void(sim::Environment&)>& writer,
               sim::WorldOptions world = {}) {
    bench_ = std::make_unique<tests::Bench>(1, world);
    bench_->Start("producer", [this, subpartitions](sim::Environment& environment) {
      ResultPartition partition(environment, options_, subpartitions, [this] { ++available_; });
      partition_ = &partition;
      auto listener = environment.network().Listen(kPort);
      ASSERT_TRUE(listener);
      for (uint32_t next = 0;; ++next) {
        auto connection = (*listener)->Accept();
        ASSERT_TRUE(connection && partition.Claim(next));
        environment.Spawn("output", [&partition, next, this, to = *std::move(connection)] {
          partition.Serve(next, *to);
          ++served_;
        });
      }
    });
    bench_->RunFor(sim::Duration(1));
    ASSERT_TRUE(bench_->Run("producer", writer));
    bench_->RunFor(std::chrono::seconds(1));
  }

  // Connects to the next subpartition and collects its buffers.
  void Consume(std::vector<std::string>& buffers) {
    bench_->Start("consumer", [&buffers](sim::Environment& environment) {
      auto connection = environment.network().Connect(
          *environment.network().Resolve("producer", kPort), std::chrono::seconds(1));
      ASSERT_TRUE(connection);
      while (sim::Result<Bytes> buffer = (*connection)->Receive()) {
        buffers.push_back(Show(*buffer));
      }
    });
    bench_->RunFor(std::chrono::milliseconds(10));
  }

  NetworkOptions options_;
  std::unique_ptr<tests::Bench> bench_;
  ResultPartition* partition_ = nullptr;
  int available_ = 0;
  int served_ = 0;
};

TEST_F(ResultPartitionTest, NothingLeavesBeforeItIsFlushed) {
  std::vector<std::string> buffers;
  Produce(1, [&](sim::Environment&) {});
  Consume(buffers);
  EXPECT_FALSE(partition_->HasUnflushed());
  EmitNumber(*partition_, 0, 1);
  ASSERT_TRUE(partition_->BroadcastWatermark(EventTime(10)));
  EmitNumber(*partition_, 0, 2);
  EXPECT_TRUE(partition_->HasUnflushed());
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_THAT(buffers, IsEmpty());
  partition_->Flush();
  EXPECT_FALSE(partition_->HasUnflushed());
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_THAT(buffers, ElementsAre("1@10 w10 2@20 "));
  partition_->Flush();
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_THAT(buffers, SizeIs(1)) << "an empty buffer is not sent";
}

TEST_F(ResultPartitionTest, AFullBufferLeavesByItself) {
  options_.buffer_bytes = 2 * kNumberBytes;
  std::vector<std::string> buffers;
  Produce(1, [&](sim::Environment&) {});
  Consume(buffers);
  for (int64_t number = 1; number <= 5; ++number) {
    EmitNumber(*partition_, 0, number);
  }
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_THAT(buffers, ElementsAre("1@10 2@20 ", "3@30 4@40 "));
}

TEST_F(ResultPartitionTest, ABarrierTakesAlongWhatIsBeforeItToEveryConsumer) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  Produce(2, [&](sim::Environment&) {});
  Consume(first);
  Consume(second);
  EmitNumber(*partition_, 1, 1);
  partition_->BroadcastBarrier({.id = CheckpointId(3)});
  EmitNumber(*partition_, 0, 2);
  ASSERT_TRUE(partition_->BroadcastWatermark(kMaxEventTime));
  partition_->BroadcastEndOfData();
  partition_->BroadcastBarrier({.id = CheckpointId(4)});
  bench_->RunFor(std::chrono::seconds(1));
  const std::string end = "w" + std::to_string(kMaxEventTime.nanos()) + " end ";
  EXPECT_THAT(first, ElementsAre("b3 ", "2@20 " + end, "b4 "));
  EXPECT_THAT(second, ElementsAre("1@10 b3 ", end, "b4 "));
}

TEST_F(ResultPartitionTest, AConsumerThatComesLateMissesNothing) {
  std::vector<std::string> buffers;
  Produce(1, [&](sim::Environment& environment) {
    for (int64_t number = 1; number <= 3; ++number) {
      EmitNumber(*partition_, 0, number);
      partition_->Flush();
      environment.Sleep(std::chrono::milliseconds(5));
    }
  });
  Consume(buffers);
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_THAT(buffers, ElementsAre("1@10 ", "2@20 ", "3@30 "));
}

TEST_F(ResultPartitionTest, IsUnavailableWhileAnySubpartitionIsFull) {
  options_.buffers_per_subpartition = 2;
  std::vector<std::string> first;
  std::vector<std::string> second;
  Produce(2, [&](sim::Environment&) {});
  const auto fill = [&](uint32_t subpartition) {
    for (int64_t number = 0; number < 3; ++number) {
      EXPECT_EQ(partition_->IsAvailable(), number < 2 && subpartition == 0) << number;
      EmitNumber(*partition_, subpartition, number);
      partition_->Flush();
    }
  };
  fill(0);
  fill(1);
  EXPECT_FALSE(partition_->IsAvailable());
  Consume(first);
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_THAT(first, SizeIs(3)) << "what exceeds the bound is not lost";
  EXPECT_FALSE(partition_->IsAvailable());
  EXPECT_EQ(available_, 0);
  Consume(second);
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_TRUE(partition_->IsAvailable());
  EXPECT_EQ(available_, 1) << "told once, when all have room";
}

TEST_F(ResultPartitionTest, AConsumerThatDoesNotReadStopsTheWriterWithinTheBound) {
  options_.buffers_per_subpartition = 3;
  options_.buffer_bytes = 10 * kNumberBytes;
  sim::WorldOptions world;
  world.link.window_bytes = 20 * kNumberBytes;
  int64_t written = 0;
  Produce(1, [](sim::Environment&) {}, world);
  bench_->Start("consumer", [](sim::Environment& environment) {
    auto connection = environment.network().Connect(
        *environment.network().Resolve("producer", kPort), std::chrono::seconds(1));
    ASSERT_TRUE(connection);
    environment.Sleep(std::chrono::hours(10));
  });
  bench_->RunFor(std::chrono::seconds(1));
  ASSERT_TRUE(bench_->Run("producer", [&](sim::Environment& environment) {
    for (int step = 0; step < 1000; ++step) {
      if (partition_->IsAvailable()) {
        EmitNumber(*partition_, 0, ++written);
      }
      environment.Sleep(std::chrono::milliseconds(1));
    }
  }));
  // The window, one buffer that waits for it, and the queue.
  EXPECT_EQ(written, 20 + 10 + 3 * 10);
}

TEST_F(ResultPartitionTest, ASubpartitionIsClaimedOnce) {
  Produce(2, [](sim::Environment&) {});
  EXPECT_EQ(partition_->subpartitions(), 2U);
  EXPECT_TRUE(partition_->Claim(1));
  EXPECT_FALSE(partition_->Claim(1));
  EXPECT_TRUE(partition_->Claim(0));
}

TEST_F(ResultPartitionTest, NothingCanBeClaimedAfterTheEnd) {
  Produce(1, [](sim::Environment&) {});
  partition_->Close();
  EXPECT_FALSE(partition_->Claim(0));
}

TEST_F(ResultPartitionTest, CloseEndsWhoeverServes) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  Produce(2, [](sim::Environment&) {});
  Consume(first);
  Consume(second);
  EmitNumber(*partition_, 0, 1);
  EXPECT_EQ(served_, 0);
  partition_->Close();
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_EQ(served_, 2);
}

TEST_F(ResultPartitionTest, ServingEndsWithItsConsumer) {
  Produce(1, [](sim::Environment&) {});
  std::vector<std::string> buffers;
  Consume(buffers);
  bench_->world().Crash(*bench_->world().FindProcess("consumer"));
  bench_->RunFor(std::chrono::seconds(1));
  EmitNumber(*partition_, 0, 1);
  partition_->Flush();
  bench_->RunFor(std::chrono::seconds(1));
  EXPECT_EQ(served_, 1);
}

TEST_F(ResultPartitionTest, APartitionWithoutConsumersBreaksAnInvariant) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    EXPECT_THROW(ResultPartition(environment, NetworkOptions(), 0, [] {}), sim::Violation);
  }));
}

}  // namespace
}  // namespace flinch::engine
