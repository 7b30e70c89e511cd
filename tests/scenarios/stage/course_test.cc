#include "scenarios/stage/course.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

reports::RunSummary Told(const RecordingBuilder& history) {
  Course course;
  history.ShowTo(course);
  reports::RunSummary summary;
  course.Fill(summary);
  return summary;
}

TEST(CourseTest, AFailedCheckpointNamesWhoWasMissingAndWhatTheyDid) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  for (const char* subtask : {"source[0]", "window[0]", "window[1]", "sink[0]"}) {
    history.By("tm-1").Tell("task.started", {{"subtask", subtask}});
  }
  history.By("jm").Tell("checkpoint.triggered", {{"id", 3}, {"subtasks", 4}});
  history.By("tm-1").Tell("checkpoint.snapshot", {{"id", 3}, {"subtask", "source[0]"}});
  history.By("jm").Tell("checkpoint.ack_received", {{"id", 3}, {"subtask", "source[0]"}});
  history.By("tm-1").Tell("checkpoint.barrier_received", {{"id", 3}, {"subtask", "window[0]"}});
  history.By("tm-1").Tell("checkpoint.snapshot", {{"id", 3}, {"subtask", "window[1]"}});
  history.By("jm").Tell("checkpoint.aborted", {{"id", 3}, {"reason", "CHECKPOINT_EXPIRED"}});
  const reports::RunSummary summary = Told(history);
  ASSERT_THAT(summary.checkpoint_failures, SizeIs(1));
  EXPECT_EQ(summary.checkpoint_failures[0].id, 3);
  EXPECT_EQ(summary.checkpoint_failures[0].reason, "CHECKPOINT_EXPIRED");
  EXPECT_THAT(
      summary.checkpoint_failures[0].missing,
      ElementsAre("sink[0] had not begun", "window[0] waited for barriers", "window[1] uploaded"));
  ASSERT_THAT(summary.checkpoints, SizeIs(1));
  EXPECT_EQ(summary.checkpoints[0].status(), "FAILED");
  EXPECT_EQ(summary.checkpoints[0].acknowledged(), 1U);
  EXPECT_EQ(summary.checkpoints[0].expected, 4U);
}

TEST(CourseTest, ARestartHasItsFirstCause) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  history.By("jm").Tell("job.status",
                        {{"from", "RUNNING"}, {"to", "RESTARTING"}, {"reason", "tm-2 is lost"}});
  history.By("jm").Tell(
      "job.status", {{"from", "RESTARTING"}, {"to", "RESTARTING"}, {"reason", "sink[0] failed"}});
  history.By("jm").Tell("job.status", {{"from", "RESTARTING"}, {"to", "RUNNING"}});
  history.By("jm").Tell("job.restored", {{"checkpoint", 4}, {"attempt", 2}});
  const reports::RunSummary summary = Told(history);
  ASSERT_THAT(summary.restart_causes, SizeIs(1));
  EXPECT_EQ(summary.restart_causes[0].cause, "tm-2 is lost");
  EXPECT_EQ(summary.restart_causes[0].checkpoint, 4);
  EXPECT_THAT(summary.job_end, IsEmpty());
}

TEST(CourseTest, ARestartOfSomeRegionsSaysOfHowManySubtasks) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}, {"all", 1}});
  history.By("jm").Tell("job.restored",
                        {{"checkpoint", 4}, {"attempt", 2}, {"subtasks", 2}, {"all", 0}});
  EXPECT_EQ(Told(history).restart_causes.at(0).subtasks, 2U);
}

// sink[0] has lost window[0], which has lost source[0], whose code threw.
TEST(CourseTest, BehindABrokenConnectionStandsWhatBefellTheOtherSide) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  for (const char* subtask : {"source[0]", "window[0]", "sink[0]"}) {
    history.By("tm-1").Tell("task.started", {{"subtask", subtask}});
  }
  history.By("tm-1").Tell("task.failed", {{"subtask", "source[0]"}, {"reason", "It threw: no."}});
  history.By("tm-1").Tell(
      "task.failed",
      {{"subtask", "window[0]"}, {"reason", "The connection to source[0] failed: It is broken."}});
  constexpr std::string_view kTold =
      "sink[0] failed: The connection to window[0] failed: It is broken.";
  history.By("jm").Tell("job.status",
                        {{"from", "RUNNING"}, {"to", "RESTARTING"}, {"reason", kTold}});
  history.By("jm").Tell("job.restored", {{"checkpoint", 4}, {"attempt", 2}});
  const reports::RunSummary summary = Told(history);
  ASSERT_THAT(summary.restart_causes, SizeIs(1));
  EXPECT_EQ(summary.restart_causes[0].cause,
            "source[0] failed: It threw: no.; then " + std::string(kTold));
}

TEST(CourseTest, BehindABrokenConnectionStandsTheCrashOfTheOtherSide) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  history.By("tm-2").Tell("task.started", {{"subtask", "source[0]"}});
  history.By("tm-1").Tell("task.started", {{"subtask", "sink[0]"}});
  history.Tell("fault.crash", {{"process", "tm-2"}});
  constexpr std::string_view kTold =
      "sink[0] failed: The connection to source[0] failed: It is broken.";
  history.By("jm").Tell("job.status",
                        {{"from", "RUNNING"}, {"to", "RESTARTING"}, {"reason", kTold}});
  history.By("jm").Tell("job.restored", {{"checkpoint", 4}, {"attempt", 2}});
  EXPECT_EQ(Told(history).restart_causes.at(0).cause, "tm-2 crashed; then " + std::string(kTold));
}

// window[0] tells of its end when the job has left RUNNING for sink[0]'s sake.
TEST(CourseTest, WhatStandsBetweenMayTellLater) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  history.By("tm-2").Tell("task.started", {{"subtask", "source[0]"}});
  for (const char* subtask : {"window[0]", "sink[0]"}) {
    history.By("tm-1").Tell("task.started", {{"subtask", subtask}});
  }
  history.Tell("fault.crash", {{"process", "tm-2"}});
  constexpr std::string_view kTold =
      "sink[0] failed: The connection to window[0] failed: The producer has ended";
  history.By("jm").Tell("job.status",
                        {{"from", "RUNNING"}, {"to", "RESTARTING"}, {"reason", kTold}});
  history.By("tm-1").Tell(
      "task.failed",
      {{"subtask", "window[0]"}, {"reason", "The connection to source[0] failed: It is broken."}});
  history.By("jm").Tell("job.restored", {{"checkpoint", 4}, {"attempt", 2}});
  EXPECT_EQ(Told(history).restart_causes.at(0).cause, "tm-2 crashed; then " + std::string(kTold));
}

TEST(CourseTest, AJobThatFailedSaysWhy) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  history.By("jm").Tell("job.status",
                        {{"from", "RUNNING"}, {"to", "FAILING"}, {"reason", "map[0] threw: no"}});
  history.By("jm").Tell("job.status", {{"from", "FAILING"}, {"to", "FAILED"}});
  EXPECT_THAT(Told(history).job_end, ::testing::HasSubstr("FAILED at 00:00.000: map[0] threw: no"));
}

TEST(CourseTest, TellsWhoLedAndWhyEachTermEnded) {
  using namespace std::chrono_literals;
  RecordingBuilder history;
  history.At(1s).By("jm").Tell("leader.granted", {{"term", 1}, {"session", 1}});
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  history.At(2s).By("world").Tell("fault.crash", {{"process", "jm-2"}});  // no leader
  history.At(3s).By("world").Tell("fault.crash", {{"process", "jm"}});
  history.At(4s).By("jm-2").Tell("leader.granted", {{"term", 2}, {"session", 2}});
  history.By("jm-2").Tell("job.restored", {{"checkpoint", 7}, {"attempt", 2}});
  history.At(5s).By("jm-2").Tell("leader.revoked", {{"term", 2}, {"reason", "another one leads"}});
  history.At(6s).By("jm").Tell("leader.granted", {{"term", 3}, {"session", 3}});
  history.By("jm").Tell("job.restored", {{"checkpoint", 8}, {"attempt", 3}});
  const reports::RunSummary summary = Told(history);
  ASSERT_THAT(summary.leaders, SizeIs(3));
  EXPECT_EQ(summary.leaders[0].end, "crashed");
  EXPECT_EQ(summary.leaders[0].until, sim::SimTime(3s));
  EXPECT_EQ(summary.leaders[1].process, "jm-2");
  EXPECT_EQ(summary.leaders[1].end, "another one leads");
  EXPECT_EQ(summary.leaders[2].term, 3);
  EXPECT_EQ(summary.leaders[2].until, std::nullopt);
  ASSERT_THAT(summary.restart_causes, SizeIs(2));
  EXPECT_EQ(summary.restart_causes[0].cause, "jm crashed");
  EXPECT_EQ(summary.restart_causes[1].cause, "jm-2 leads no more: another one leads");
}

}  // namespace

}  // namespace flinch::scenarios
