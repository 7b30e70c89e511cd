#include "scenarios/explain/way.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/scenarios/explain/past.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Past& Attempt(Past& past, int64_t attempt) {
  return past.Add(events::kTaskRestoring,
                  {{"subtask", "sink[1]"}, {"attempt", attempt}, {"checkpoint", 0}});
}

// Begun by attempt 1 and pre-committed for checkpoint 3.
Past Begun() {
  Past past;
  Attempt(past, 1)
      .Add(events::kTransactionBegun, {{"transaction", "sink-1-1-1"}})
      .Sink(events::kSinkPreCommitted, "sink-1-1-1", 3);
  return past;
}

TEST(WayTest, NamesEachStepAndTheSuccessorThatFencedAndAborted) {
  Past past = Begun();
  Attempt(past, 2).Add(events::kTransactionAborted,
                       {{"transaction", "sink-1-1-1"}, {"reason", "fenced"}});
  EXPECT_EQ(
      TellWay(past.history(), "sink-1-1-1"),
      "Transaction \"sink-1-1-1\" of sink[1] in attempt 1 on world was begun at #2, 00:00.200, "
      "pre-committed for checkpoint 3 at #3, 00:00.300, fenced and aborted at #5, 00:00.500 by "
      "its successor, sink[1] in attempt 2 on world.");
  // Its checkpoint was never stored: the successor did right.
  EXPECT_EQ(TellWrongStep(past.history(), "sink-1-1-1"), "");
  EXPECT_EQ(TellWay(past.history(), "unknown"), "");
}

TEST(WayTest, BlamesTheSuccessorThatAbortsWhatAStoredCheckpointHolds) {
  Past past = Begun();
  past.Checkpoint(events::kCheckpointStored, 3);
  Attempt(past, 2).Add(events::kTransactionAborted,
                       {{"transaction", "sink-1-1-1"}, {"reason", "fenced"}});
  EXPECT_EQ(
      TellWrongStep(past.history(), "sink-1-1-1"),
      "With checkpoint 3, stored at #4, 00:00.400, it was to be committed; sink[1] in attempt 2 "
      "on world aborted it instead.");
}

TEST(WayTest, BlamesTheSinkThatCommitsBeforeItsCheckpoint) {
  Past past = Begun();
  past.Sink(events::kSinkCommitting, "sink-1-1-1", 3);
  EXPECT_THAT(
      TellWrongStep(past.history(), "sink-1-1-1"),
      HasSubstr("sink[1] in attempt 1 on world committed it at #4, 00:00.400, and checkpoint "
                "3 was never stored"));
  past.Checkpoint(events::kCheckpointStored, 3);
  EXPECT_THAT(TellWrongStep(past.history(), "sink-1-1-1"),
              HasSubstr("checkpoint 3 was stored only at #5"));
}

TEST(WayTest, BlamesTheSinkThatAbortsItsOwn) {
  Past past = Begun();
  past.Checkpoint(events::kCheckpointAborted, 3)
      .Add(events::kTransactionAborted, {{"transaction", "sink-1-1-1"}, {"reason", "requested"}});
  EXPECT_THAT(
      TellWrongStep(past.history(), "sink-1-1-1"),
      HasSubstr("sink[1] in attempt 1 on world aborted it at #5, 00:00.500, when checkpoint 3 "
                "had been given up at #4"));
}

TEST(WayTest, BlamesTheSuccessorThatCommitsWhatWasNeverPreCommitted) {
  Past past;
  Attempt(past, 1).Add(events::kTransactionBegun, {{"transaction", "sink-1-1-1"}});
  Attempt(past, 2).Add(events::kTransactionCommitted, {{"transaction", "sink-1-1-1"}});
  EXPECT_EQ(TellWrongStep(past.history(), "sink-1-1-1"),
            "sink[1] in attempt 2 on world committed it, and it had never been pre-committed.");
}

// The log keeps to the time-out that it was given; who did not ask in time did wrong.
TEST(WayTest, BlamesNoLogForATimeout) {
  Past past = Begun();
  past.Checkpoint(events::kCheckpointStored, 3)
      .Add(events::kTransactionAborted, {{"transaction", "sink-1-1-1"}, {"reason", "timeout"}});
  EXPECT_THAT(TellWay(past.history(), "sink-1-1-1"),
              HasSubstr("given up by the log at #5, 00:00.500, by its time-out"));
  EXPECT_THAT(TellWrongStep(past.history(), "sink-1-1-1"),
              HasSubstr("sink[1] never asked for it."));
}

TEST(WayTest, FindsNothingWrongWhereAllStepsAreThere) {
  Past past = Begun();
  past.Checkpoint(events::kCheckpointStored, 3)
      .Sink(events::kSinkCommitting, "sink-1-1-1", 3)
      .Add(events::kTransactionCommitted, {{"transaction", "sink-1-1-1"}});
  EXPECT_EQ(TellWrongStep(past.history(), "sink-1-1-1"), "");
  EXPECT_EQ(TellWrongStep(past.history(), "unknown"), "");
}

TEST(WayTest, TellsWhoDeletedFilesAndWhoWroteThemAfterwards) {
  Past past;
  past.Checkpoint(events::kCheckpointStored, 3).Checkpoint(events::kCheckpointDeleted, 3);
  EXPECT_THAT(TellFiles(past.history(), 3),
              ElementsAre("world deleted the files of checkpoint 3 at #2, 00:00.200, though it had "
                          "stored it at #1, 00:00.100 and nothing newer had taken its place."));
  Past late;
  late.Checkpoint(events::kCheckpointDeleted, 4)
      .Add(events::kSnapshotUploaded, {{"id", 4}, {"subtask", "window[0]"}});
  EXPECT_THAT(TellFiles(late.history(), 4),
              ElementsAre("world deleted the files of checkpoint 4 at #1, 00:00.100.",
                          "window[0] on world at #2, 00:00.200 wrote a snapshot for it after that, "
                          "and nobody has deleted that."));
  EXPECT_THAT(TellFiles(late.history(), 5), IsEmpty());
}

// Whoever has acknowledged has handed the file over.
TEST(WayTest, BlamesTheCoordinatorForWhatWasAcknowledgedLate) {
  Past past;
  past.Add(events::kCheckpointAborted, {{"id", 4}, {"reason", "CHECKPOINT_DECLINED"}})
      .Add(events::kSnapshotUploaded, {{"id", 4}, {"subtask", "window[0]"}})
      .Add(events::kCheckpointAcknowledged, {{"id", 4}, {"subtask", "window[0]"}});
  EXPECT_THAT(
      TellFiles(past.history(), 4),
      ElementsAre("window[0] on world at #2, 00:00.200 wrote a snapshot for it after it had "
                  "been given up and acknowledged it, the last at #3, 00:00.300: from there "
                  "on it was for world to delete, which did not."));
}

TEST(WayTest, BlamesTheTaskManagerThatRegistersWithTasksThatHaveNotEnded) {
  Past past;
  past.Add(events::kTaskManagerRegistered, {{"name", "world"}, {"incarnation", 1}})
      .Add(events::kTaskStarted, {{"subtask", "source[0]"}, {"attempt", 2}})
      .Add(events::kTaskManagerLost, {{"name", "tm-9"}})
      .Add(events::kTaskManagerRegistered, {{"name", "world"}, {"incarnation", 1}})
      .Add(events::kTaskEndOfInput, {{"subtask", "source[0]"}, {"attempt", 2}});
  EXPECT_EQ(TellOutlived(past.history(), past.events().back()),
            "world registered anew with world at #4, 00:00.400, while source[0] of attempt 2, "
            "started there at #2, 00:00.200, had not ended: a TaskManager that has lost its "
            "JobManager ends its tasks first.");
}

}  // namespace

}  // namespace flinch::scenarios
