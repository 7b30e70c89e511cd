#include "reports/timeline_text.h"

#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;
using tests::RecordingBuilder;

TEST(TimelineTextTest, EventsAreAlignedWithCausesAndFaultsMarked) {
  RecordingBuilder history;
  history.At(6312ms).By("jm");
  const auto triggered = history.Tell("checkpoint.triggered", {{"id", 3}});
  history.At(6339ms).By("tm-2").CausedBy(triggered);
  const auto acknowledged =
      history.Tell("checkpoint.acknowledged", {{"id", 3}, {"subtask", "sink[1]"}});
  history.At(6339ms + 17us).By("world").CausedBy(acknowledged);
  history.Tell("fault.crash", {{"process", "tm-2"}});
  history.At(66'639ms).By("broker").Tell("broker.started");
  EXPECT_EQ(ShowTimeline(history.recording()),
            "  #1  00:06.312000  jm      checkpoint.triggered     id=3\n"
            "  #2  00:06.339000  tm-2    checkpoint.acknowledged  id=3 subtask=sink[1]  <- #1\n"
            "! #3  00:06.339017  world   fault.crash              process=tm-2  <- #2\n"
            "  #4  01:06.639000  broker  broker.started\n");
}

TEST(TimelineTextTest, KernelStepsAreLeftOutAndCausesGoThroughThem) {
  RecordingBuilder history;
  history.At(1s).By("jm");
  const auto triggered = history.Tell("checkpoint.triggered", {{"id", 1}});
  const auto sent = history.CausedBy(triggered).Tell("sim.send", {{"to", "tm-1"}});
  const auto delivered = history.At(2s).CausedBy(sent).Tell("sim.deliver");
  history.By("tm-1").CausedBy(delivered).Tell("checkpoint.barrier_sent", {{"id", 1}});
  EXPECT_EQ(ShowTimeline(history.recording()),
            "  #1  00:01.000000  jm    checkpoint.triggered     id=1\n"
            "  #4  00:02.000000  tm-1  checkpoint.barrier_sent  id=1  <- #1\n");
}

TEST(TimelineTextTest, ACauseThatWasNotKeptIsNotShown) {
  RecordingBuilder history;
  history.By("jm").CausedBy(sim::EventId(4711)).Tell("job.status", {{"to", "RUNNING"}});
  const auto timer = history.Tell("sim.timer");
  history.CausedBy(timer).Tell("job.status", {{"to", "FINISHED"}});
  EXPECT_EQ(ShowTimeline(history.recording()),
            "  #1  00:00.000000  jm  job.status  to=RUNNING\n"
            "  #3  00:00.000000  jm  job.status  to=FINISHED\n");
}

TEST(TimelineTextTest, ACauseStandsAloneWhereThereAreNoFields) {
  RecordingBuilder history;
  const auto first = history.By("jm").Tell("a");
  history.CausedBy(first).Tell("b");
  EXPECT_EQ(ShowTimeline(history.recording()),
            "  #1  00:00.000000  jm  a\n"
            "  #2  00:00.000000  jm  b  <- #1\n");
}

TEST(TimelineTextTest, AFieldCannotBreakItsLine) {
  RecordingBuilder history;
  history.By("tm-1").Tell("task.failed", {{"reason", "first\nsecond\x1b[1m"}});
  EXPECT_EQ(ShowTimeline(history.recording()),
            "  #1  00:00.000000  tm-1  task.failed  reason=first\\nsecond\\x1b[1m\n");
}

TEST(TimelineTextTest, ALimitCutsAndSaysHowManyEventsFollow) {
  RecordingBuilder history;
  history.By("jm");
  history.Tell("a");
  history.Tell("sim.step");
  history.Tell("b");
  history.Tell("c");
  EXPECT_EQ(ShowTimeline(history.recording(), {.lines_max = 1}),
            "  #1  00:00.000000  jm  a\n"
            "  and 2 more events\n");
  EXPECT_EQ(ShowTimeline(history.recording(), {.lines_max = 3}), ShowTimeline(history.recording()));
}

TEST(TimelineTextTest, NothingGivesNothing) {
  EXPECT_EQ(ShowTimeline({}), "");
  RecordingBuilder history;
  history.Tell("sim.step");
  EXPECT_EQ(ShowTimeline(history.recording()), "");
}

}  // namespace

}  // namespace flinch::reports
