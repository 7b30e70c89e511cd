#include "scenarios/explain/moment.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::RecordingBuilder;

// A checkpoint that waits for one of two, with a transaction that waits for it.
RecordingBuilder Waiting() {
  RecordingBuilder history;
  history.At(1s).By("jm").Tell("job.status",
                               {{"from", "CREATED"}, {"to", "RUNNING"}, {"reason", ""}});
  for (const char* const subtask : {"sink[0]", "source[0]"}) {
    history.Tell(
        "execution.state",
        {{"subtask", subtask}, {"attempt", 1}, {"from", "INITIALIZING"}, {"to", "RUNNING"}});
  }
  history.By("broker").Tell("transaction.begun",
                            {{"transaction", "sink-0-1"}, {"producer", "sink-0"}});
  history.At(2s).By("jm").Tell("checkpoint.triggered", {{"id", 3}});
  history.By("tm-1").Tell("checkpoint.barrier_sent",
                          {{"id", 3}, {"subtask", "source[0]"}, {"attempt", 1}, {"records", 40}});
  history.Tell("checkpoint.acknowledged", {{"id", 3}, {"subtask", "source[0]"}});
  history.By("jm").Tell("checkpoint.ack_received", {{"id", 3}, {"subtask", "source[0]"}});
  history.By("tm-2").Tell("checkpoint.barrier_received",
                          {{"id", 3}, {"subtask", "sink[0]"}, {"channel", 0}, {"attempt", 1}});
  history.At(3s).Tell("sink.precommitted",
                      {{"transaction", "sink-0-1"}, {"checkpoint", 3}, {"subtask", "sink[0]"}});
  return history;
}

TEST(MomentTest, TellsWhatEachProtocolStandsAt) {
  RecordingBuilder history = Waiting();
  const sim::EventId before = history.recording().events.back().id;
  history.Tell("checkpoint.acknowledged", {{"id", 3}, {"subtask", "sink[0]"}});
  history.By("jm").Tell("checkpoint.ack_received", {{"id", 3}, {"subtask", "sink[0]"}});
  const sim::Result<std::string> moment = ShowMoment(history.recording(), before);
  ASSERT_TRUE(moment.has_value()) << moment.error().message;
  EXPECT_THAT(
      *moment,
      AllOf(HasSubstr("job\n  RUNNING\n"),
            HasSubstr("  source[0]  attempt 1; RUNNING; barrier 3 behind 40 records\n"),
            HasSubstr("the newest in the store: none"),
            HasSubstr("  3  triggered, triggered at 00:02"), HasSubstr("acknowledged by 1 of 2\n"),
            HasSubstr("missing: sink[0], at barrier_received, barrier on 1 channel\n"),
            HasSubstr("sink-0-1  precommitted for checkpoint 3, begun at #")));
}

TEST(MomentTest, WhatIsOverIsNotTold) {
  RecordingBuilder history = Waiting();
  history.By("jm").Tell("checkpoint.ack_received", {{"id", 3}, {"subtask", "sink[0]"}});
  history.Tell("checkpoint.stored", {{"id", 3}});
  history.Tell("checkpoint.notified", {{"id", 3}});
  history.By("broker").Tell("transaction.committed", {{"transaction", "sink-0-1"}});
  const sim::Recording recording = history.recording();
  EXPECT_THAT(*ShowMoment(recording, recording.events.back().id),
              AllOf(HasSubstr("the newest in the store: 3\n"), Not(HasSubstr("missing")),
                    HasSubstr("transactions that are open\n  none\n")));
}

TEST(MomentTest, TellsWhoIsAwayAndWhatIsOnItsWay) {
  RecordingBuilder history;
  history.At(1s).Tell("fault.crash", {{"process", "tm-1"}});
  const sim::EventId sent = history.By("jm").Tell("sim.send", {{"to", 1}, {"payload", 1}});
  history.At(2s).By("tm-2").Tell("sim.deliver", {{"sent", static_cast<int64_t>(sent.value())}});
  history.Tell("task.failed", {{"subtask", "sink[0]"}, {"reason", "x"}});
  const sim::Recording recording = history.recording();
  EXPECT_THAT(*ShowMoment(recording, sent),
              AllOf(HasSubstr("tm-1: crashed since 00:01"), HasSubstr("1 message on the way\n"),
                    HasSubstr("jm to tm-2: 1\n")));
  EXPECT_THAT(*ShowMoment(recording, recording.events.back().id),
              HasSubstr("0 messages on the way"));
}

TEST(MomentTest, ThereMustBeSuchAnEvent) {
  const sim::Recording recording = Waiting().recording();
  EXPECT_THAT(ShowMoment(recording, sim::EventId(99'999)).error().message,
              HasSubstr("this run has events 1 to"));
  EXPECT_FALSE(ShowMoment({}, sim::EventId(1)).has_value());
}

}  // namespace

}  // namespace flinch::scenarios
