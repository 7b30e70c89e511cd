#include "scenarios/oracles/retained_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_outside.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::FakeOutside;
using tests::RecordingBuilder;

class RetainedFilesTest : public ::testing::Test {
 protected:
  RetainedFilesTest() {
    outside_.retained = {3};
    outside_.with_files = {3};
  }

  std::vector<reports::Finding> Judge(sim::SimTime end = {}) const {
    RetainedFiles oracle;
    Subject subject;
    subject.outside = &outside_;
    oracle.OnSubject(subject);
    history_.ShowTo(oracle);
    FinalState state;
    state.job_finished = true;
    state.end = end;
    return oracle.Judge(state);
  }

  FakeOutside outside_;
  RecordingBuilder history_;
};

TEST_F(RetainedFilesTest, PassesWhenEveryFileIsThereAndNoOther) {
  history_.By("jm").Tell("checkpoint.subsumed", {{"id", 2}});
  EXPECT_THAT(Judge(), IsEmpty());
}

// The job is finished as soon as its final checkpoint is; the one before has not been subsumed yet.
TEST_F(RetainedFilesTest, GivesTheLastCheckpointButOneTimeToGo) {
  outside_.with_files = {2, 3};
  history_.By("jm").At(std::chrono::seconds(1)).Tell("checkpoint.stored", {{"id", 3}});
  EXPECT_THAT(Judge(sim::AtNanos(1'100'000'000)), IsEmpty());
  EXPECT_THAT(Judge(sim::AtNanos(4'000'000'000)), SizeIs(1));
  outside_.with_files = {1, 3};
  history_.Tell("checkpoint.subsumed", {{"id", 2}});
  EXPECT_THAT(Judge(sim::AtNanos(1'100'000'000)), SizeIs(1));
}

TEST_F(RetainedFilesTest, FailsWhenAFileOfARetainedCheckpointIsGone) {
  outside_.view.troubles = {"the file /checkpoints/clicks/chk-3/0-0-1 does not exist"};
  history_.By("jm").Tell("checkpoint.subsumed", {{"id", 2}});
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "Checkpoint 3 is in the store and cannot be restored from: the file "
            "/checkpoints/clicks/chk-3/0-0-1 does not exist (event #1 at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "unreadable");
  EXPECT_EQ(findings[0].event, sim::EventId(1));
}

TEST_F(RetainedFilesTest, FailsWhenFilesAreLeftBehind) {
  outside_.with_files = {2, 3};
  ASSERT_THAT(Judge(), SizeIs(1));
  EXPECT_EQ(Judge()[0].breach, "leaked");
  EXPECT_THAT(Judge()[0].witness, HasSubstr("Files of checkpoint 2 are left"));
}

TEST_F(RetainedFilesTest, WhatWasSubsumedAtTheVeryEndIsStillBeingDeleted) {
  outside_.with_files = {2, 3};
  history_.By("jm").Tell("checkpoint.subsumed", {{"id", 2}});
  EXPECT_THAT(Judge(sim::AtNanos(1'000'000'000)), IsEmpty());
  EXPECT_THAT(Judge(sim::AtNanos(3'000'000'000)), SizeIs(1));
}

TEST_F(RetainedFilesTest, WhoIsDeadCannotCleanUp) {
  outside_.with_files = {2, 3};
  history_.By("world").Tell("fault.crash", {{"process", "tm-1"}});
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(RetainedFilesTest, WhoIsLateWritesBehindTheCleanUp) {
  outside_.with_files = {2, 3};
  history_.By("jm").Tell("checkpoint.aborted", {{"id", 2}, {"reason", "declined"}});
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(RetainedFilesTest, AFaultyVolumeMayLoseFiles) {
  outside_.view.troubles = {"the file x is damaged"};
  history_.By("world").Tell("fault.disk", {{"disk", "tm-1"}, {"condition", "slow"}});
  EXPECT_THAT(Judge(), SizeIs(1));
  history_.Tell("fault.disk", {{"disk", "shared"}, {"condition", "bit rot"}});
  EXPECT_THAT(Judge(), IsEmpty());
}

}  // namespace

}  // namespace flinch::scenarios
