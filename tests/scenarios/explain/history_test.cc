#include "scenarios/explain/history.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/scenarios/explain/past.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using ::testing::ElementsAre;

TEST(HistoryTest, KnowsWhichTransactionsWereLost) {
  Past past;
  past.Sink(events::kSinkPreCommitted, "x", 3)
      .Sink(events::kSinkPreCommitted, "y", 3)
      .Checkpoint(events::kCheckpointStored, 3)
      .Add(events::kTransactionCommitted, {{"transaction", "y"}});
  EXPECT_THAT(past.history().LostTransactions(), ElementsAre("x"));
}

// A later checkpoint of the same attempt holds what an earlier one was to hold; a restore ends it.
TEST(HistoryTest, KnowsWithWhichCheckpointATransactionIsDue) {
  Past past;
  past.Sink(events::kSinkPreCommitted, "x", 3)
      .Checkpoint(events::kCheckpointAborted, 3)
      .Checkpoint(events::kCheckpointStored, 4);
  EXPECT_EQ(past.history().DueAt(past.history().events().front())->id, sim::EventId(3));
  Past restored;
  restored.Sink(events::kSinkPreCommitted, "x", 3)
      .Add(events::kJobRestored, {{"checkpoint", 2}, {"attempt", 2}})
      .Checkpoint(events::kCheckpointStored, 4);
  EXPECT_EQ(restored.history().DueAt(restored.history().events().front()), nullptr);
  EXPECT_THAT(restored.history().LostTransactions(), ElementsAre());
}

TEST(HistoryTest, TellsAnEarlyNotificationOnlyWhereItWasEarly) {
  Past past;
  past.Checkpoint(events::kCheckpointStored, 3).Checkpoint(events::kCheckpointNotified, 3);
  EXPECT_EQ(past.history().TellEarlyNotification(past.history().events().back()), "");
}

TEST(HistoryTest, NamesWhoCompletedACheckpointWithoutAllAcknowledgements) {
  Past past;
  past.Checkpoint(events::kCheckpointTriggered, 2)
      .Add(events::kCheckpointAcknowledged, {{"id", 2}, {"subtask", "sink[0]"}})
      .Add(events::kCheckpointAcknowledged, {{"id", 2}, {"subtask", "sink[1]"}})
      .Add(events::kCheckpointAckReceived, {{"id", 2}, {"subtask", "sink[0]"}})
      .Checkpoint(events::kCheckpointCompleted, 2);
  EXPECT_THAT(
      past.history().TellCheckpoint(2),
      ::testing::HasSubstr("world completed it though it had no acknowledgement of sink[1]."));
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
