#include "scenarios/oracles/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

using namespace std::chrono_literals;

std::vector<reports::Finding> Judge(const RecordingBuilder& history, sim::Duration end,
                                    sim::Duration slack = 0s) {
  Progress oracle;
  Subject subject;
  subject.healed = sim::kEpoch + 10s;
  subject.patience = 5s;
  oracle.OnSubject(subject);
  history.ShowTo(oracle);
  FinalState state;
  state.end = sim::kEpoch + end;
  state.slack = slack;
  return oracle.Judge(state);
}

void Store(RecordingBuilder& history, sim::Duration at) {
  history.At(at).By("jm").Tell("checkpoint.stored", {{"id", 1}});
}

TEST(ProgressTest, PassesWhenCheckpointsFollowEachOther) {
  RecordingBuilder history;
  Store(history, 14s);
  Store(history, 19s);
  EXPECT_THAT(Judge(history, 24s), IsEmpty());
}

TEST(ProgressTest, ASickWorldMayTakeItsTime) {
  EXPECT_THAT(Judge({}, 10s), IsEmpty());
  EXPECT_THAT(Judge({}, 15s), IsEmpty());
}

TEST(ProgressTest, FailsWhenNothingCompletesForTooLong) {
  RecordingBuilder history;
  history.At(1s).By("jm").Tell("job.status", {{"from", "CREATED"}, {"to", "RUNNING"}});
  Store(history, 12s);
  history.At(18s).Tell("checkpoint.triggered", {{"id", 2}});
  const auto findings = Judge(history, 19s);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(
      findings[0].witness,
      "No checkpoint completed from 00:12.000 to 00:19.000, though the world was healed and no "
      "time-out lasts so long; the job's status was RUNNING.");
  EXPECT_EQ(findings[0].breach, "stalled");
  EXPECT_EQ(findings[0].event, sim::EventId(3));
}

TEST(ProgressTest, FailsWhenTheWorldFallsSilent) {
  const auto findings = Judge({}, 16s);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("from 00:10.000 to 00:16.000"));
}

TEST(ProgressTest, AJobMayTakeAsMuchLongerAsItsOwnPaceSays) {
  EXPECT_THAT(Judge({}, 16s, 1s), IsEmpty());
  EXPECT_THAT(Judge({}, 17s, 1s), SizeIs(1));
}

TEST(ProgressTest, TheLongestPauseCounts) {
  RecordingBuilder history;
  Store(history, 17s);
  Store(history, 27s);
  history.At(33s).By("jm").Tell("job.status", {{"from", "RUNNING"}, {"to", "FINISHED"}});
  const auto findings = Judge(history, 60s, 4s);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("from 00:17.000 to 00:27.000"));
}

TEST(ProgressTest, AJobThatHasEndedOwesNothing) {
  RecordingBuilder history;
  history.At(11s).By("jm").Tell("job.status", {{"from", "RUNNING"}, {"to", "FINISHED"}});
  EXPECT_THAT(Judge(history, 60s), IsEmpty());
}

}  // namespace

}  // namespace flinch::scenarios
