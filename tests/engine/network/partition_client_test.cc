#include "engine/network/partition_client.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint16_t kPort = 7000;

// Notes what it is told: "served", "buffer 0: abc", "over: …".
struct Listener final : ChannelListener {
  void OnServed() override { heard.emplace_back("served"); }

  void OnBuffer(uint32_t sequence, Buffer buffer) override {
    heard.push_back("buffer " + std::to_string(sequence) + ": " + std::string(buffer.content()));
  }

  void OnBacklog(uint32_t buffers) override {
    heard.push_back("backlog " + std::to_string(buffers));
  }

  void OnOver(const sim::Error& reason) override { heard.push_back("over: " + reason.message); }

  std::vector<std::string> heard;
};

Bytes BufferOf(uint32_t channel, uint32_t sequence, const std::string& content) {
  Bytes frame =
      EncodeFrame(ProducerFrame(BufferFrame{.channel = channel, .sequence = sequence})) + content;
  Seal(frame);
  return frame;
}

sim::Result<ConsumerFrame> Open(const sim::Result<Bytes>& frame) {
  if (!frame || !IsWhole(*frame)) {
    return sim::Fail(sim::ErrorCode::kCorruption, "no whole frame");
  }
  return Decode<ConsumerFrame>(std::string_view(*frame).substr(kSealBytes));
}

// A client, and a producer that says what the test tells it to.
class PartitionClientTest : public ::testing::Test {
 protected:
  using Script = std::function<void(sim::Environment&, sim::Connection&)>;

  void Produce(const Script& script) {
    bench_.Start("producer", [script](sim::Environment& environment) {
      const auto listener = environment.network().Listen(kPort);
      const auto connection = (*listener)->Accept();
      ASSERT_TRUE(connection);
      script(environment, **connection);
    });
    bench_.RunFor(sim::Duration(1));
  }

  // A client with `channels` channels; `then` goes on with it.
  void Consume(size_t channels, const std::function<void(PartitionClient&)>& then = {}) {
    bench_.Host("producer");
    listeners_.resize(channels);
    bench_.Start("consumer", [this, then](sim::Environment& environment) {
      PartitionClient client(environment, *environment.network().Resolve("producer", kPort),
                             defects_);
      client_ = &client;
      client.Start();
      for (size_t i = 0; i < listeners_.size(); ++i) {
        const PartitionRequest request{.producer = {VertexId(1), SubtaskIndex(2)}, .edge = 3};
        EXPECT_EQ(client_->Request(request, 4, listeners_[i]), i);
      }
      if (then) {
        environment.Sleep(std::chrono::milliseconds(100));
        then(client);
      }
      environment.Sleep(std::chrono::hours(1));
    });
    bench_.RunFor(std::chrono::seconds(5));
  }

  Defects defects_;
  std::vector<Listener> listeners_;
  PartitionClient* client_ = nullptr;
  tests::Bench bench_;
};

TEST_F(PartitionClientTest, ChannelsShareAConnectionAndHearTheirOwn) {
  std::vector<ConsumerFrame> asked;
  Produce([&](sim::Environment& environment, sim::Connection& to) {
    for (int i = 0; i < 2; ++i) {
      const auto frame = Open(to.Receive());
      ASSERT_TRUE(frame);
      asked.push_back(*frame);
    }
    ASSERT_TRUE(to.Send(EncodeFrame(ProducerFrame(ServedFrame{.channel = 1}))));
    ASSERT_TRUE(to.Send(EncodeFrame(ProducerFrame(NotFoundFrame{.channel = 0}))));
    ASSERT_TRUE(to.Send(BufferOf(1, 0, "abc")));
    ASSERT_TRUE(to.Send(BufferOf(77, 0, "nobody's")));
    environment.Sleep(std::chrono::hours(1));
  });
  Consume(2);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(std::get<RequestFrame>(asked[1]).channel, 1U);
  EXPECT_EQ(std::get<RequestFrame>(asked[1]).credit, 4U);
  EXPECT_EQ(std::get<RequestFrame>(asked[1]).request.edge, 3U);
  EXPECT_THAT(listeners_[0].heard, ElementsAre("over: The producer does not have the partition."));
  EXPECT_THAT(listeners_[1].heard, ElementsAre("served", "buffer 0: abc"));
  EXPECT_EQ(client_->channels(), 1U);
  EXPECT_FALSE(client_->is_over());
}

TEST_F(PartitionClientTest, SendsCreditAndReleases) {
  std::vector<std::string> heard;
  Produce([&](sim::Environment&, sim::Connection& from) {
    while (const sim::Result<Bytes> bytes = from.Receive()) {
      const auto frame = Open(bytes);
      ASSERT_TRUE(frame);
      if (const auto* credit = std::get_if<CreditFrame>(&*frame)) {
        heard.push_back("credit " + std::to_string(credit->credit));
      } else if (const auto* release = std::get_if<ReleaseFrame>(&*frame)) {
        heard.push_back("release " + std::to_string(release->channel));
      }
    }
    heard.emplace_back("closed");
  });
  Consume(2, [](PartitionClient& client) {
    client.Grant(1, 3);
    client.Release(0);
  });
  EXPECT_THAT(heard, ElementsAre("credit 3", "release 0"));
  client_->Release(1);
  bench_.RunFor(std::chrono::seconds(1));
  EXPECT_THAT(heard, ElementsAre("credit 3", "release 0", "closed")) << "nobody wants it any more";
  EXPECT_TRUE(client_->has_ended());
  EXPECT_THAT(listeners_[1].heard, IsEmpty()) << "whoever releases need not be told";
  EXPECT_THROW(client_->Request({}, 1, listeners_[0]), sim::Violation);
}

TEST_F(PartitionClientTest, ABrokenConnectionIsToldToAllOfItsChannels) {
  Produce([](sim::Environment&, sim::Connection& to) { (void)to.Receive(); });
  Consume(2);
  ASSERT_EQ(listeners_[0].heard.size(), 1U);
  EXPECT_THAT(listeners_[0].heard[0], testing::StartsWith("over: "));
  EXPECT_EQ(listeners_[1].heard, listeners_[0].heard);
  EXPECT_TRUE(client_->has_ended());
}

TEST_F(PartitionClientTest, AProducerThatIsNotThereIsTold) {
  Consume(1);
  ASSERT_EQ(listeners_[0].heard.size(), 1U);
  EXPECT_TRUE(client_->has_ended());
}

TEST_F(PartitionClientTest, TheEndOfAProducerIsTold) {
  Produce([](sim::Environment& environment, sim::Connection& to) {
    ASSERT_TRUE(to.Send(EncodeFrame(ProducerFrame(ServedFrame{.channel = 0}))));
    ASSERT_TRUE(to.Send(EncodeFrame(ProducerFrame(ClosedFrame{.channel = 0}))));
    environment.Sleep(std::chrono::hours(1));
  });
  Consume(1);
  EXPECT_THAT(listeners_[0].heard, ElementsAre("served", "over: The producer has ended."));
}

struct Nonsense {
  Bytes frame;
  std::string message;
};

class PartitionClientNonsenseTest : public PartitionClientTest,
                                    public ::testing::WithParamInterface<Nonsense> {};

TEST_P(PartitionClientNonsenseTest, EndsTheConnection) {
  Produce([](sim::Environment& environment, sim::Connection& to) {
    ASSERT_TRUE(to.Send(GetParam().frame));
    environment.Sleep(std::chrono::hours(1));
  });
  Consume(1);
  EXPECT_THAT(listeners_[0].heard, ElementsAre("over: " + GetParam().message));
}

Bytes Sealed(const Bytes& content) {
  Bytes frame = Bytes(kSealBytes, '\0') + content;
  Seal(frame);
  return frame;
}

const std::string kDamaged = "A frame was damaged on its way.";
const std::string kUnreadable = "A frame cannot be read.";

INSTANTIATE_TEST_SUITE_P(
    Frames, PartitionClientNonsenseTest,
    ::testing::Values(Nonsense{"", kDamaged}, Nonsense{"\x09", kDamaged},
                      Nonsense{EncodeFrame(ProducerFrame(ServedFrame{})) + "more", kDamaged},
                      Nonsense{Sealed("\x09"), kUnreadable},
                      Nonsense{Sealed(Encode(ProducerFrame(ServedFrame{})) + "more"), kUnreadable},
                      Nonsense{Sealed(Encode(ProducerFrame(BufferFrame{})).substr(0, 9)),
                               kUnreadable}));

class PartitionClientDamageTest : public PartitionClientTest,
                                  public ::testing::WithParamInterface<bool> {};

TEST_P(PartitionClientDamageTest, ADamagedBufferIsNotDeliveredUnlessThatIsPlanted) {
  if (GetParam()) {
    defects_.Plant(Defect::kFramesAreNotChecked);
  }
  Produce([](sim::Environment& environment, sim::Connection& to) {
    Bytes frame = BufferOf(0, 0, "abc");
    frame.back() = 'd';
    ASSERT_TRUE(to.Send(frame));
    environment.Sleep(std::chrono::hours(1));
  });
  Consume(1);
  EXPECT_THAT(listeners_[0].heard, ElementsAre(GetParam() ? "buffer 0: abd" : "over: " + kDamaged));
}

INSTANTIATE_TEST_SUITE_P(Planted, PartitionClientDamageTest, ::testing::Bool());

// Also of the checksum itself.
RC_GTEST_PROP(FramesTest, NoBitOfAFrameChangesUnnoticed, ()) {
  Bytes frame = BufferOf(*rc::gen::arbitrary<uint32_t>(), *rc::gen::arbitrary<uint32_t>(),
                         *rc::gen::arbitrary<std::string>());
  RC_ASSERT(IsWhole(frame));
  const auto bit = *rc::gen::inRange<size_t>(0, frame.size() * 8);
  frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ (1 << bit % 8));
  RC_ASSERT(!IsWhole(frame));
}

}  // namespace
}  // namespace flinch::engine
