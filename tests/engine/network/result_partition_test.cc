#include "engine/network/result_partition.h"

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
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint32_t kNumberBytes = 1 + 8 + 8;  // kind, time, payload

// Takes what there is when it is told to, and counts what it is told.
class Consumer final : public SubpartitionReader {
 public:
  explicit Consumer(ResultPartition& partition, uint32_t subpartition)
      : partition_(partition), subpartition_(subpartition) {
    EXPECT_TRUE(partition.Attach(subpartition, *this));
  }

  ~Consumer() override { partition_.Detach(subpartition_, *this); }

  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  std::vector<std::string> TakeAll() {
    std::vector<std::string> buffers;
    while (partition_.HasBuffer(subpartition_)) {
      buffers.push_back(ShowBuffer(partition_.Take(subpartition_)));
    }
    return buffers;
  }

  void OnBuffer() override { ++told; }

  void OnClosed() override { ++closed; }

  int told = 0;
  int closed = 0;

 private:
  ResultPartition& partition_;
  uint32_t subpartition_;
};

class ResultPartitionTest : public ::testing::Test {
 protected:
  // Runs `test` in a task's place.
  void With(uint32_t subpartitions,
            const std::function<void(sim::Environment&, ResultPartition&)>& test) {
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
      ResultPartition partition(environment, options_, pool_, subpartitions,
                                [this] { ++available_; });
      test(environment, partition);
    }));
  }

  NetworkOptions options_;
  SegmentPool pool_;
  int available_ = 0;
};

TEST_F(ResultPartitionTest, NothingLeavesBeforeItIsFlushed) {
  With(1, [](sim::Environment&, ResultPartition& partition) {
    Consumer consumer(partition, 0);
    EXPECT_FALSE(partition.HasUnflushed());
    EmitNumber(partition, 0, 1);
    partition.BroadcastWatermark(EventTime(10));
    EmitNumber(partition, 0, 2);
    EXPECT_TRUE(partition.HasUnflushed());
    EXPECT_THAT(consumer.TakeAll(), IsEmpty());
    partition.Flush();
    EXPECT_FALSE(partition.HasUnflushed());
    EXPECT_EQ(consumer.told, 1);
    EXPECT_THAT(consumer.TakeAll(), ElementsAre("1@10 w10 2@20 "));
    partition.Flush();
    EXPECT_THAT(consumer.TakeAll(), IsEmpty()) << "an empty buffer is not sent";
  });
}

TEST_F(ResultPartitionTest, AFullBufferLeavesByItself) {
  options_.buffer_bytes = 2 * kNumberBytes;
  With(1, [](sim::Environment&, ResultPartition& partition) {
    Consumer consumer(partition, 0);
    for (int64_t number = 1; number <= 5; ++number) {
      EmitNumber(partition, 0, number);
    }
    EXPECT_THAT(consumer.TakeAll(), ElementsAre("1@10 2@20 ", "3@30 4@40 "));
    EXPECT_EQ(partition.records(), 5U);
  });
}

TEST_F(ResultPartitionTest, AnEventHasABufferOfItsOwnBehindWhatWasEmittedBefore) {
  With(2, [](sim::Environment&, ResultPartition& partition) {
    Consumer first(partition, 0);
    Consumer second(partition, 1);
    EmitNumber(partition, 1, 1);
    partition.BroadcastEvent(BarrierEvent{.meta = {.id = CheckpointId(3)}});
    EmitNumber(partition, 0, 2);
    partition.BroadcastWatermark(EventTime(50));
    partition.BroadcastEvent(EndOfDataEvent());
    partition.BroadcastEvent(CancelMarkerEvent{.id = CheckpointId(4)});
    EXPECT_EQ(partition.NextKind(0), BufferKind::kEvent);
    EXPECT_EQ(partition.NextKind(1), BufferKind::kRecords);
    EXPECT_THAT(first.TakeAll(), ElementsAre("barrier 3", "2@20 w50 ", "end", "cancel 4"));
    EXPECT_THAT(second.TakeAll(), ElementsAre("1@10 ", "barrier 3", "w50 ", "end", "cancel 4"));
  });
}

TEST_F(ResultPartitionTest, AConsumerThatComesLateMissesNothing) {
  With(1, [](sim::Environment&, ResultPartition& partition) {
    for (int64_t number = 1; number <= 3; ++number) {
      EmitNumber(partition, 0, number);
      partition.Flush();
    }
    Consumer consumer(partition, 0);
    EXPECT_THAT(consumer.TakeAll(), ElementsAre("1@10 ", "2@20 ", "3@30 "));
  });
}

TEST_F(ResultPartitionTest, IsUnavailableWhileAnySubpartitionIsFull) {
  options_.buffers_per_subpartition = 2;
  With(2, [this](sim::Environment&, ResultPartition& partition) {
    Consumer first(partition, 0);
    Consumer second(partition, 1);
    for (const uint32_t subpartition : {0U, 1U}) {
      for (int64_t number = 0; number < 2; ++number) {
        EXPECT_EQ(partition.IsAvailable(), subpartition == 0);
        EmitNumber(partition, subpartition, number);
        partition.Flush();
      }
    }
    partition.BroadcastEvent(EndOfDataEvent());
    EXPECT_THAT(first.TakeAll(), SizeIs(3)) << "an event needs no room";
    EXPECT_FALSE(partition.IsAvailable());
    EXPECT_EQ(available_, 0);
    EXPECT_THAT(second.TakeAll(), SizeIs(3));
    EXPECT_TRUE(partition.IsAvailable());
    EXPECT_EQ(available_, 1) << "told once, when all have room";
  });
}

TEST_F(ResultPartitionTest, ARecordWithoutRoomWaitsForIt) {
  options_.buffers_per_subpartition = 2;
  options_.buffer_bytes = kNumberBytes;
  With(2, [](sim::Environment& environment, ResultPartition& partition) {
    Consumer consumer(partition, 1);
    int64_t emitted = 0;
    environment.Spawn("writer", [&] {
      for (; emitted < 5; ++emitted) {
        EmitNumber(partition, 1, emitted + 1);
      }
    });
    environment.Sleep(std::chrono::milliseconds(1));
    EXPECT_EQ(emitted, 2) << "as many as there is room for";
    EXPECT_THAT(consumer.TakeAll(), SizeIs(2));
    environment.Sleep(std::chrono::milliseconds(1));
    EXPECT_EQ(emitted, 4);
    EXPECT_THAT(consumer.TakeAll(), ElementsAre("3@30 ", "4@40 "));
    environment.Sleep(std::chrono::milliseconds(1));
    EXPECT_EQ(emitted, 5);
    EmitNumber(partition, 0, 1);
    EXPECT_THAT(consumer.TakeAll(), ElementsAre("5@50 "));
  });
}

TEST_F(ResultPartitionTest, WhoeverWaitsForRoomEndsWithThePartition) {
  options_.buffers_per_subpartition = 1;
  options_.buffer_bytes = kNumberBytes;
  With(1, [](sim::Environment& environment, ResultPartition& partition) {
    EmitNumber(partition, 0, 1);
    std::optional<sim::ErrorCode> code;
    environment.Spawn("writer", [&] {
      const int64_t number = 2;
      const sim::Result<void> emitted =
          partition.EmitRecord(0, TypeOf<int64_t>(), {.value = &number});
      ASSERT_FALSE(emitted);
      code = emitted.error().code;
    });
    environment.Sleep(std::chrono::milliseconds(1));
    EXPECT_EQ(code, std::nullopt);
    partition.Close();
    environment.Sleep(std::chrono::milliseconds(1));
    EXPECT_EQ(code, sim::ErrorCode::kCancelled);
  });
}

TEST_F(ResultPartitionTest, ASubpartitionHasOneConsumerEver) {
  With(2, [](sim::Environment&, ResultPartition& partition) {
    EXPECT_EQ(partition.subpartitions(), 2U);
    Consumer consumer(partition, 1);
    EXPECT_FALSE(partition.Attach(1, consumer));
    partition.Detach(1, consumer);
    EXPECT_FALSE(partition.Attach(1, consumer));
    EXPECT_FALSE(partition.Attach(2, consumer)) << "there is no such";
    EmitNumber(partition, 1, 1);
    partition.Flush();
    EXPECT_EQ(consumer.told, 0) << "it is detached";
    EXPECT_TRUE(partition.Attach(1, consumer, true)) << "the planted defect";
    Consumer second(partition, 0);
    EXPECT_TRUE(partition.Attach(0, consumer, true));
    EXPECT_EQ(second.closed, 1) << "who had it must not touch it any more";
    partition.Detach(0, consumer);
  });
}

TEST_F(ResultPartitionTest, CloseTellsConsumersOnce) {
  With(2, [](sim::Environment&, ResultPartition& partition) {
    Consumer consumer(partition, 0);
    partition.Close();
    partition.Close();
    EXPECT_EQ(consumer.closed, 1);
    EXPECT_FALSE(partition.Attach(1, consumer)) << "nobody comes after the end";
  });
}

TEST_F(ResultPartitionTest, UsesTheMemoryOfReadBuffersAgain) {
  With(1, [this](sim::Environment&, ResultPartition& partition) {
    Consumer consumer(partition, 0);
    EmitNumber(partition, 0, 1);
    partition.Flush();
    Buffer buffer = partition.Take(0);
    pool_.Give(std::move(buffer.bytes));
    EXPECT_EQ(pool_.free(), 1U);
    EmitNumber(partition, 0, 2);
    EXPECT_EQ(pool_.free(), 0U);
    partition.Flush();
    EXPECT_THAT(consumer.TakeAll(), ElementsAre("2@20 ")) << "nothing is left of the first";
  });
}

TEST_F(ResultPartitionTest, APartitionWithoutConsumersBreaksAnInvariant) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [this](sim::Environment& environment) {
    EXPECT_THROW(ResultPartition(environment, NetworkOptions(), pool_, 0, [] {}), sim::Violation);
  }));
}

}  // namespace
}  // namespace flinch::engine
