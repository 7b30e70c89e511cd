#include "scenarios/explain/history.h"

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using ::testing::ElementsAre;

// A recording of one event every 100 ms.
class Past {
 public:
  Past& Add(std::string_view kind, std::initializer_list<sim::Field> fields, uint64_t cause = 0) {
    now_ += std::chrono::milliseconds(100);
    builder_.At(now_).CausedBy(sim::EventId(cause)).Tell(kind, fields);
    return *this;
  }

  Past& Checkpoint(std::string_view kind, int64_t id) { return Add(kind, {{"id", id}}); }

  Past& Sink(std::string_view kind, std::string_view transaction, int64_t checkpoint) {
    return Add(kind,
               {{"transaction", transaction}, {"checkpoint", checkpoint}, {"subtask", "sink[1]"}});
  }

  const std::vector<RecordedEvent>& events() const { return builder_.recording().events; }

  History history() const { return History(builder_.recording().events); }

 private:
  tests::RecordingBuilder builder_;
  sim::Duration now_{0};
};

TEST(HistoryTest, TellsThatACommitCameWithoutItsCheckpoint) {
  Past past;
  past.Checkpoint(events::kCheckpointTriggered, 3)
      .Sink(events::kSinkPreCommitted, "x", 3)
      .Sink(events::kSinkCommitting, "x", 3);
  EXPECT_EQ(past.history().TellMissingStep("x"),
            "Checkpoint 3 was never stored, yet transaction \"x\" of sink[1] was committed at #3, "
            "00:00.300.");
  past.Checkpoint(events::kCheckpointStored, 3);
  EXPECT_EQ(past.history().TellMissingStep("x"),
            "Checkpoint 3 was stored only at #4, 00:00.400, yet transaction \"x\" of sink[1] was "
            "committed at #3, 00:00.300.");
}

TEST(HistoryTest, TellsThatATransactionWasLost) {
  Past past;
  past.Sink(events::kSinkPreCommitted, "x", 3)
      .Checkpoint(events::kCheckpointStored, 3)
      .Add(events::kTransactionAborted, {{"transaction", "x"}});
  EXPECT_THAT(past.history().LostTransactions(), ElementsAre("x"));
  EXPECT_EQ(past.history().TellMissingStep("x"),
            "Checkpoint 3 was stored at #2, 00:00.200, yet transaction \"x\" of sink[1] was never "
            "committed: it was aborted at #3, 00:00.300.");
}

TEST(HistoryTest, MissesNothingWhereAllStepsAreThere) {
  Past past;
  past.Sink(events::kSinkPreCommitted, "x", 3)
      .Checkpoint(events::kCheckpointStored, 3)
      .Checkpoint(events::kCheckpointNotified, 3)
      .Sink(events::kSinkCommitting, "x", 3);
  EXPECT_EQ(past.history().TellMissingStep("x"), "");
  EXPECT_EQ(past.history().TellEarlyNotification(*past.history().Find(sim::EventId(3))), "");
  EXPECT_THAT(past.history().LostTransactions(), ElementsAre());
  EXPECT_EQ(past.history().TellMissingStep("unknown"), "");
}

TEST(HistoryTest, TellsACheckpointFromItsTriggerToItsEnd) {
  Past past;
  past.Add(events::kCheckpointAcknowledged, {{"id", 1}, {"subtask", "sink[0]"}})
      .Add(events::kCheckpointAcknowledged, {{"id", 1}, {"subtask", "sink[1]"}})
      .Checkpoint(events::kCheckpointTriggered, 2)
      .Add(events::kCheckpointAcknowledged, {{"id", 2}, {"subtask", "sink[0]"}})
      .Add(events::kCheckpointAborted, {{"id", 2}, {"reason", "tm-1 was lost"}});
  EXPECT_EQ(past.history().TellCheckpoint(2),
            "Checkpoint 2 was triggered at #3, 00:00.300, acknowledged by 1 of 2 subtasks, and "
            "never completed; it was given up at #5, 00:00.500 (tm-1 was lost).");
  EXPECT_EQ(past.history().TellCheckpoint(9), "");
}

TEST(HistoryTest, TellsWhereAJobThatDoesNotFinishStands) {
  Past past;
  past.Add(events::kJobStatus, {{"from", "CREATED"}, {"to", "RUNNING"}})
      .Add(events::kExecutionState, {{"subtask", "source[0]"}, {"to", "RUNNING"}})
      .Add(events::kExecutionState, {{"subtask", "sink[0]"}, {"to", "RUNNING"}})
      .Checkpoint(events::kCheckpointTriggered, 2)
      .Add(events::kCheckpointAcknowledged, {{"id", 2}, {"subtask", "source[0]"}})
      .Add(events::kExecutionState, {{"subtask", "source[0]"}, {"to", "FINISHED"}});
  EXPECT_THAT(past.history().TellStandstill(),
              ElementsAre("The job's status is RUNNING since #1, 00:00.100.",
                          "1 of 2 executions came to no end: sink[0] is RUNNING since #3, "
                          "00:00.300.",
                          "Checkpoint 2 was triggered at #4, 00:00.400, acknowledged by 1 of 2 "
                          "subtasks, and never completed. It still waits for sink[0]."));
  EXPECT_THAT(Past().history().TellStandstill(), ElementsAre("No checkpoint was ever triggered."));
}

TEST(TellDepartureTest, NamesTheFirstEventsThatDiffer) {
  Past here;
  here.Add("a", {}).Add("sim.send", {}).Add("b", {});
  Past there;
  there.Add("a", {}).Add("sim.deliver", {}).Add("c", {{"id", 7}});
  EXPECT_EQ(TellDeparture(here.events(), there.events()),
            "departs at #3, 00:00.300: b of world here, c of world (id=7) there");
}

// A run that stalls does what the other one does, until it does nothing.
TEST(TellDepartureTest, TellsHowAnotherRunGoesOnWhereThisOneStalls) {
  Past here;
  here.Add("a", {});
  Past there;
  there.Add("a", {}).Add("b", {});
  EXPECT_EQ(TellDeparture(here.events(), there.events()),
            "goes on after #1, 00:00.100: nothing more here, b of world at #2, 00:00.200 there");
  EXPECT_EQ(TellDeparture(there.events(), here.events()),
            "departs at #2, 00:00.200: b of world here, nothing more there");
  EXPECT_EQ(TellDeparture(here.events(), here.events()),
            "departs in nothing that a process traced");
}

TEST(HistoryTest, LeavesStepsOfTheKernelOutOfACauseAndEndsWhereThereIsNone) {
  Past past;
  past.Add("a", {})
      .Add("sim.send", {}, 1)
      .Add("sim.deliver", {}, 2)
      .Add("b", {}, 3)
      .Add("c", {}, 4);
  const History history = past.history();
  std::vector<std::string> kinds;
  for (const RecordedEvent* const event : history.CausesOf(history.events().back(), 9)) {
    kinds.push_back(event->kind);
  }
  EXPECT_THAT(kinds, ElementsAre("a", "b", "c"));
  EXPECT_THAT(history.CausesOf(history.events().back(), 2), ::testing::SizeIs(2));
}

}  // namespace

}  // namespace flinch::scenarios
