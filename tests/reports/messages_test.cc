#include "reports/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using tests::RecordingBuilder;

int64_t Number(sim::EventId event) { return static_cast<int64_t>(event.value()); }

// The JobManager asks, the worker answers on a connection.
RecordingBuilder Conversation() {
  RecordingBuilder history;
  history.At(1ms).By("jm").Tell("sim.run", {{"fiber", 1}, {"woken_by", 0}});
  const auto triggered = history.Tell("checkpoint.triggered", {{"id", 1}});
  const auto sent = history.Tell("sim.send", {{"to", 7}, {"payload", 1}});
  const auto delivered = history.At(2ms).By("tm-1").Tell("sim.deliver", {{"sent", Number(sent)}});
  history.Tell("sim.run", {{"fiber", 2}, {"woken_by", Number(delivered)}});
  history.CausedBy(delivered).Tell("checkpoint.barrier_sent", {{"id", 1}});
  const auto frame = history.Tell("sim.frame", {{"connection", 1}, {"payload", 1}});
  const auto arrived = history.At(3ms)
                           .By("host of jm")
                           .Tell("sim.arrive", {{"connection", 1}, {"sent", Number(frame)}});
  history.By("jm").Tell("sim.run", {{"fiber", 1}, {"woken_by", Number(arrived)}});
  history.CausedBy(arrived).Tell("checkpoint.ack_received", {{"id", 1}});
  history.By("tm-2").CausedBy(triggered).Tell("task.started");
  return history;
}

TEST(MessagesTest, AMessageGoesFromProcessToProcessAndBelongsToWhatItLedTo) {
  const RecordingBuilder history = Conversation();
  const Passage passage = PassageOf(history.recording());
  ASSERT_THAT(passage.messages, SizeIs(2));
  const Message& asked = passage.messages[0];
  EXPECT_EQ(asked.from, "jm");
  EXPECT_EQ(asked.to, "tm-1");
  EXPECT_EQ(asked.sent_at, sim::kEpoch + 1ms);
  EXPECT_EQ(asked.arrived_at, sim::kEpoch + 2ms);
  EXPECT_EQ(asked.cause, sim::EventId(2));
  EXPECT_EQ(asked.effect, sim::EventId(6));
  const Message& answered = passage.messages[1];
  EXPECT_EQ(answered.from, "tm-1");
  EXPECT_EQ(answered.to, "jm");  // and not its host
  EXPECT_EQ(answered.cause, sim::EventId(6));
  EXPECT_EQ(answered.effect, sim::EventId(10));
}

TEST(MessagesTest, CausesLeadOverTheStepsOfTheKernel) {
  const RecordingBuilder history = Conversation();
  EXPECT_THAT(PassageOf(history.recording()).causes,
              ElementsAre(Pair(6, 2), Pair(10, 6), Pair(11, 2)));
}

TEST(MessagesTest, WithoutStepsThereAreNoMessages) {
  RecordingBuilder history;
  const auto first = history.By("jm").Tell("a");
  history.CausedBy(first).Tell("b");
  const Passage passage = PassageOf(history.recording());
  EXPECT_THAT(passage.messages, IsEmpty());
  EXPECT_THAT(passage.causes, ElementsAre(Pair(2, 1)));
}

TEST(MessagesTest, LanesAreThoseWhoTellTheWorldFirst) {
  const RecordingBuilder history = Conversation();
  EXPECT_THAT(LanesOf(history.recording()), ElementsAre("world", "jm", "tm-1", "tm-2"));
}

}  // namespace

}  // namespace flinch::reports
