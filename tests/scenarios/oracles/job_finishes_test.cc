#include "scenarios/oracles/job_finishes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

std::vector<reports::Finding> Judge(const RecordingBuilder& history, const FinalState& state) {
  JobFinishes oracle;
  history.ShowTo(oracle);
  return oracle.Judge(state);
}

FinalState Stuck(std::string ending) {
  return {.job_finished = false,
          .job_status = "RESTARTING",
          .expected = {},
          .output = {},
          .open_transactions = {},
          .end = sim::kEpoch + 600s,
          .ending = std::move(ending),
          .stuck = {},
          .outputs = {}};
}

TEST(JobFinishesTest, PassesWhenTheJobFinished) {
  FinalState state = Stuck("goal");
  state.job_finished = true;
  EXPECT_THAT(Judge({}, state), IsEmpty());
}

TEST(JobFinishesTest, AFailureThatRepeatsIsMarkedWithItsTask) {
  RecordingBuilder history;
  history.By("jm").Tell("checkpoint.stored", {{"id", 1}});
  for (int attempt = 1; attempt <= 10; ++attempt) {
    EXPECT_EQ(Judge(history, Stuck("limit")).at(0).breach, "unfinished");
    history.By("tm-1").Tell("task.failed",
                            {{"subtask", "sink[1]"}, {"attempt", attempt}, {"reason", "gone"}});
  }
  const auto findings = Judge(history, Stuck("limit"));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "fails_again");
  EXPECT_EQ(findings[0].role, "sink");
  EXPECT_EQ(Judge({}, Stuck("idle")).at(0).breach, "stuck");
}

TEST(JobFinishesTest, FailsWithWhatTheJobLastDid) {
  RecordingBuilder history;
  history.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", 1}});
  history.At(1s).Tell("job.status", {{"from", "CREATED"}, {"to", "RUNNING"}});
  history.At(2s).Tell("checkpoint.triggered", {{"id", 3}});
  history.At(3s).By("tm-1").Tell("task.failed",
                                 {{"subtask", "map[1]"}, {"attempt", 1}, {"reason", "disk\nfull"}});
  history.At(4s).By("jm").Tell("checkpoint.aborted", {{"id", 3}, {"reason", "task failed"}});
  history.At(5s).Tell("job.restored", {{"checkpoint", 2}, {"attempt", 2}});
  history.At(5123ms).Tell("job.status", {{"from", "RUNNING"}, {"to", "RESTARTING"}});
  const auto findings = Judge(history, Stuck("limit"));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].oracle, "job_finishes");
  EXPECT_EQ(findings[0].witness,
            "The job did not finish: the run ended because its events or simulated time ran out at "
            "10:00.000, when its status was RESTARTING since 00:05.123, after 1 restart.");
  EXPECT_THAT(
      findings[0].details,
      ElementsAre(
          "Last status: job.status from=RUNNING to=RESTARTING by jm (event #7 at 00:05.123).",
          "Last checkpoint step: checkpoint.aborted id=3 reason=task failed by jm (event #5 "
          "at 00:04.000).",
          "Last start: job.restored checkpoint=2 attempt=2 by jm (event #6 at 00:05.000).",
          "Last failed task: task.failed subtask=map[1] attempt=1 reason=disk\\nfull by tm-1 "
          "(event #4 at 00:03.000)."));
}

TEST(JobFinishesTest, FailsWhenTheWorldFellSilent) {
  FinalState state = Stuck("idle");
  state.job_status = "";
  state.stuck = "nothing can happen any more at 600.000s; no fiber is left";
  const auto findings = Judge({}, state);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "The job did not finish: the run ended because nothing could happen any more at "
            "10:00.000, when its status was unknown, after 0 restarts.");
  EXPECT_THAT(findings[0].details, ElementsAre("Last status: none.", "Last checkpoint step: none.",
                                               "Last start: none.", "Last failed task: none.",
                                               "Waiting: nothing can happen any more at 600.000s; "
                                               "no fiber is left."));
}

TEST(JobFinishesTest, FailsWhenTheJobGaveUp) {
  FinalState state = Stuck("goal");
  state.job_status = "FAILED";
  const auto findings = Judge({}, state);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("when its status was FAILED"));
}

TEST(JobFinishesTest, SaysWhatTheJobManagerCouldNotRead) {
  RecordingBuilder history;
  history.By("jm").Tell("job.unrecoverable", {{"reason", "The file /ha/leader is damaged."}});
  const auto findings = Judge(history, Stuck("goal"));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "unrecoverable");
  EXPECT_EQ(findings[0].role, "jm");
  EXPECT_EQ(findings[0].event, sim::EventId(1));
  EXPECT_THAT(findings[0].details.back(), HasSubstr("The file /ha/leader is damaged."));
}

}  // namespace

}  // namespace flinch::scenarios
