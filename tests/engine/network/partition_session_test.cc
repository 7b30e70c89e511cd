#include "engine/network/partition_session.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/network/show_buffer.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint16_t kPort = 7000;

std::string Show(Bytes bytes) {
  EXPECT_TRUE(IsWhole(bytes));
  Decoder in(std::string_view(bytes).substr(kSealBytes));
  ProducerFrame frame;
  sim::Read(in, frame);
  EXPECT_TRUE(in.good());
  const std::string channel =
      " " + std::to_string(std::visit([](const auto& each) { return each.channel; }, frame));
  if (const auto* buffer = std::get_if<BufferFrame>(&frame)) {
    return "#" + std::to_string(buffer->sequence) + channel + ": " +
           ShowBuffer({.kind = buffer->kind, .bytes = std::move(bytes)});
  }
  if (const auto* backlog = std::get_if<BacklogFrame>(&frame)) {
    return "backlog" + channel + ": " + std::to_string(backlog->buffers);
  }
  return (std::holds_alternative<ServedFrame>(frame)     ? "served"
          : std::holds_alternative<NotFoundFrame>(frame) ? "not found"
                                                         : "closed") +
         channel;
}

// A session with a partition of two, and a consumer that says what the test tells it to and notes
// what it gets.
class PartitionSessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.buffers_per_subpartition = 100;
    bench_.Start("producer", [this](sim::Environment& environment) {
      ResultPartition partition(environment, options_, pool_, 2, [] {});
      partition_ = &partition;
      const auto listener = environment.network().Listen(kPort);
      auto connection = (*listener)->Accept();
      ASSERT_TRUE(connection);
      PartitionSession session(
          environment,
          [this](const PartitionRequest& request, SubpartitionReader& reader, bool again) {
            return request.edge == 0 && partition_ != nullptr
                       ? partition_->CreateView(request.subpartition, reader, again)
                       : nullptr;
          },
          *std::move(connection));
      session_ = &session;
      session.Start();
      environment.Sleep(std::chrono::hours(1));
    });
    bench_.RunFor(sim::Duration(1));
    bench_.Start("consumer", [this](sim::Environment& environment) {
      auto connection = environment.network().Connect(
          *environment.network().Resolve("producer", kPort), std::chrono::seconds(1));
      ASSERT_TRUE(connection);
      connection_ = connection->get();
      while (sim::Result<Bytes> bytes = (*connection)->Receive()) {
        heard_.push_back(Show(*std::move(bytes)));
      }
      heard_.emplace_back("gone");
    });
    bench_.RunFor(std::chrono::milliseconds(100));
  }

  void Say(const Bytes& bytes) {
    bench_.Start("consumer", [this, bytes](sim::Environment&) { (void)connection_->Send(bytes); });
    bench_.RunFor(std::chrono::milliseconds(100));
  }

  void Say(const ConsumerFrame& frame) { Say(EncodeFrame(frame)); }

  std::vector<std::string> Heard() {
    bench_.RunFor(std::chrono::milliseconds(100));
    return std::exchange(heard_, {});
  }

  void Emit(uint32_t subpartition, int64_t number) {
    EmitNumber(*partition_, subpartition, number);
    partition_->Flush();
  }

  static ConsumerFrame Request(uint32_t channel, uint32_t subpartition, uint32_t credit) {
    return RequestFrame{.channel = channel,
                        .request = {.producer = {}, .edge = 0, .subpartition = subpartition},
                        .credit = credit};
  }

  NetworkOptions options_;
  SegmentPool pool_;
  ResultPartition* partition_ = nullptr;
  PartitionSession* session_ = nullptr;
  sim::Connection* connection_ = nullptr;
  std::vector<std::string> heard_;
  tests::Bench bench_;
};

TEST_F(PartitionSessionTest, SendsAsManyBuffersAsThereIsCreditFor) {
  for (int64_t number = 1; number <= 5; ++number) {
    Emit(0, number);
  }
  Say(Request(8, 0, 2));
  EXPECT_THAT(Heard(), ElementsAre("served 8", "#0 8: 1@10 ", "#1 8: 2@20 "));
  Say(CreditFrame{.channel = 8, .credit = 1});
  EXPECT_THAT(Heard(), ElementsAre("#2 8: 3@30 "));
  Say(CreditFrame{.channel = 8, .credit = 9});
  EXPECT_THAT(Heard(), ElementsAre("#3 8: 4@40 ", "#4 8: 5@50 "));
}

TEST_F(PartitionSessionTest, AnEventNeedsNoCreditAndOvertakesNothing) {
  Say(Request(1, 0, 0));
  partition_->BroadcastEvent(BarrierEvent{.meta = {.id = CheckpointId(3)}});
  EXPECT_THAT(Heard(), ElementsAre("served 1", "#0 1: barrier 3"));
  Emit(0, 1);
  partition_->BroadcastEvent(BarrierEvent{.meta = {.id = CheckpointId(4)}});
  EXPECT_THAT(Heard(), IsEmpty());
  Say(CreditFrame{.channel = 1, .credit = 1});
  EXPECT_THAT(Heard(), ElementsAre("#1 1: 1@10 ", "#2 1: barrier 4"));
}

TEST_F(PartitionSessionTest, ServesItsChannelsInTurn) {
  for (int64_t number = 1; number <= 2; ++number) {
    Emit(0, number);
    Emit(1, 10 * number);
  }
  Say(Request(1, 0, 0));
  Say(Request(2, 1, 9));
  EXPECT_THAT(Heard(), ElementsAre("served 1", "served 2", "#0 2: 10@100 ", "#1 2: 20@200 "))
      << "whoever has no credit keeps nobody waiting";
  Say(CreditFrame{.channel = 1, .credit = 9});
  EXPECT_THAT(Heard(), ElementsAre("#0 1: 1@10 ", "#1 1: 2@20 "));
}

TEST_F(PartitionSessionTest, WhatIsNotThereIsToldAndTheConnectionGoesOn) {
  Say(Request(1, 2, 1));
  Say(RequestFrame{.channel = 2, .request = {.producer = {}, .edge = 9}, .credit = 1});
  Say(CreditFrame{.channel = 44, .credit = 1});
  Say(ReleaseFrame{.channel = 44});
  Say(Request(3, 0, 1));
  Say(Request(4, 0, 1));
  EXPECT_THAT(Heard(), ElementsAre("not found 1", "not found 2", "served 3", "not found 4"));
}

class PartitionSessionBacklogTest : public PartitionSessionTest {
 protected:
  void SetUp() override {
    options_.floating_buffers = 8;
    PartitionSessionTest::SetUp();
  }
};

TEST_F(PartitionSessionBacklogTest, WhereBuffersFloatWhatWaitsIsToldWhenItChanges) {
  for (int64_t number = 1; number <= 3; ++number) {
    Emit(0, number);
  }
  Say(Request(1, 0, 1));
  EXPECT_THAT(Heard(), ElementsAre("served 1", "#0 1: 1@10 ", "backlog 1: 2"));
  Emit(0, 4);
  EXPECT_THAT(Heard(), ElementsAre("backlog 1: 3")) << "also without credit";
  partition_->BroadcastEvent(BarrierEvent{.meta = {.id = CheckpointId(3)}});
  EXPECT_THAT(Heard(), IsEmpty()) << "events need none";
  Say(CreditFrame{.channel = 1, .credit = 9});
  EXPECT_THAT(Heard(), ElementsAre("#1 1: 2@20 ", "backlog 1: 2", "#2 1: 3@30 ", "backlog 1: 1",
                                   "#3 1: 4@40 ", "backlog 1: 0", "#4 1: barrier 3"));
}

TEST_F(PartitionSessionTest, AConsumerSaysHowMuchItsBuffersHold) {
  Say(Request(1, 0, 9));
  Say(BufferSizeFrame{.channel = 1, .bytes = 1});
  Say(BufferSizeFrame{.channel = 44, .bytes = 1});
  EmitNumber(*partition_, 0, 1);
  EmitNumber(*partition_, 1, 1);
  EXPECT_THAT(Heard(), ElementsAre("served 1", "#0 1: 1@10 ")) << "full after one record";
  EXPECT_FALSE(partition_->HasBuffer(1)) << "the other as before";
}

TEST_F(PartitionSessionTest, AReleasedChannelGetsNothingMore) {
  Say(Request(1, 0, 9));
  Say(ReleaseFrame{.channel = 1});
  EXPECT_THAT(Heard(), ElementsAre("served 1"));
  Emit(0, 1);
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(PartitionSessionTest, TheEndOfATaskIsToldToItsConsumers) {
  Say(Request(1, 0, 9));
  Say(Request(2, 1, 9));
  EXPECT_THAT(Heard(), ElementsAre("served 1", "served 2"));
  partition_->Close();
  EXPECT_THAT(Heard(), ElementsAre("closed 1", "closed 2"));
}

TEST_F(PartitionSessionTest, NonsenseEndsTheConnection) {
  Say(Bytes("nonsense"));
  EXPECT_THAT(Heard(), ElementsAre("gone"));
}

TEST_F(PartitionSessionTest, ADamagedFrameEndsTheConnectionAndGrantsNothing) {
  Emit(0, 1);
  Say(Request(1, 0, 0));
  Bytes frame = EncodeFrame(ConsumerFrame(CreditFrame{.channel = 1, .credit = 1}));
  frame.back() = '\x01';
  Say(frame);
  EXPECT_THAT(Heard(), ElementsAre("served 1", "gone"));
  EXPECT_TRUE(partition_->HasBuffer(0));
}

TEST_F(PartitionSessionTest, TwoChannelsOfOneNumberEndTheConnection) {
  Say(Request(1, 0, 1));
  Say(Request(1, 1, 1));
  EXPECT_THAT(Heard(), ElementsAre("served 1", "gone"));
}

TEST_F(PartitionSessionTest, WhoeverSaysNothingIsNotWaitedForForEver) {
  bench_.RunFor(std::chrono::seconds(3));
  EXPECT_THAT(Heard(), ElementsAre("gone"));
}

TEST_F(PartitionSessionTest, TheCrashOfAConsumerLeavesThePartitionAlone) {
  Say(Request(1, 0, 9));
  bench_.world().Crash(*bench_.world().FindProcess("consumer"));
  bench_.RunFor(std::chrono::seconds(1));
  Emit(0, 1);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_TRUE(partition_->HasBuffer(0)) << "nobody reads it";
  EXPECT_TRUE(session_->has_ended());
}

}  // namespace
}  // namespace flinch::engine
