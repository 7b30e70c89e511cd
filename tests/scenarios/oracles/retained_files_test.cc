#include "scenarios/oracles/retained_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world/disk_options.h"
#include "tests/support/fake_outside.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
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

  // After the disk had been in this condition.
  std::vector<reports::Finding> JudgeUnder(std::string_view disk,
                                           const sim::VolumeCondition& condition) {
    history_ = RecordingBuilder();
    history_.By("world").Tell("fault.disk", {{"disk", disk}, {"condition", sim::Show(condition)}});
    return Judge();
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

TEST_F(RetainedFilesTest, AMasterThatDiedForgotWhatItWasAboutToDelete) {
  outside_.with_files = {2, 3};
  history_.By("world").Tell("fault.crash", {{"process", "jm"}});
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(RetainedFilesTest, WhoIsDeadOrGivenUpMayHaveWrittenBehindTheCleanUp) {
  outside_.with_files = {1, 2, 3};
  history_.By("tm-1").Tell("checkpoint.snapshot", {{"id", 1}});
  history_.By("tm-2").Tell("checkpoint.snapshot", {{"id", 2}});
  history_.By("world").Tell("fault.crash", {{"process", "tm-1"}});
  ASSERT_THAT(Judge(), SizeIs(1));
  EXPECT_THAT(Judge()[0].witness, HasSubstr("Files of checkpoint 2 are left"));
  history_.By("jm").Tell("taskmanager.lost", {{"name", "tm-2"}, {"reason", "heartbeat timeout"}});
  EXPECT_THAT(Judge(), IsEmpty());
  // It does not know yet that it is given up; and then it is back.
  outside_.with_files = {3, 4};
  history_.By("tm-2").Tell("checkpoint.snapshot", {{"id", 4}});
  EXPECT_THAT(Judge(), IsEmpty());
  history_.By("jm").Tell("taskmanager.registered", {{"name", "tm-2"}, {"incarnation", 1}});
  outside_.with_files = {3, 5};
  history_.By("tm-2").Tell("checkpoint.snapshot", {{"id", 5}});
  EXPECT_THAT(Judge(), SizeIs(1));
}

TEST_F(RetainedFilesTest, WhatWasStoredIsForTheStoreToDelete) {
  outside_.with_files = {2, 3};
  history_.By("tm-1").Tell("checkpoint.snapshot", {{"id", 2}});
  history_.By("jm").Tell("checkpoint.stored", {{"id", 2}, {"after_restore", 0}});
  history_.By("world").Tell("fault.crash", {{"process", "tm-1"}});
  EXPECT_THAT(Judge(), SizeIs(1));
}

TEST_F(RetainedFilesTest, ASnapshotThatComesAfterTheAbortIsToBeRemoved) {
  outside_.with_files = {2, 3};
  history_.By("jm").Tell("checkpoint.aborted", {{"id", 2}, {"reason", "declined"}});
  EXPECT_THAT(Judge(sim::AtNanos(1'000'000'000)), IsEmpty());
  EXPECT_THAT(Judge(sim::AtNanos(3'000'000'000)), SizeIs(1));
  history_.At(2s).By("tm-1").Tell("checkpoint.uploaded", {{"id", 2}});
  EXPECT_THAT(Judge(sim::AtNanos(3'000'000'000)), IsEmpty());
  EXPECT_THAT(Judge(sim::AtNanos(5'000'000'000)), SizeIs(1));
}

TEST_F(RetainedFilesTest, ADamagedVolumeMayLoseFiles) {
  outside_.view.troubles = {"the file x is damaged"};
  for (const auto damage : {&sim::DiskCondition::lying_sync, &sim::DiskCondition::bit_rot,
                            &sim::DiskCondition::misdirected_write}) {
    sim::VolumeCondition condition;
    condition.disk.*damage = sim::Percent(5);
    EXPECT_THAT(JudgeUnder("tm-1", condition), SizeIs(1)) << sim::Show(condition);
    EXPECT_THAT(JudgeUnder("shared", condition), IsEmpty()) << sim::Show(condition);
  }
  EXPECT_THAT(JudgeUnder("shared", {.listing_delay_max = std::chrono::seconds(1)}), IsEmpty());
}

TEST_F(RetainedFilesTest, AVolumeThatIsOnlyUnreachableOrSlowLosesNothing) {
  outside_.view.troubles = {"the file x is damaged"};
  EXPECT_THAT(JudgeUnder("shared", {.outage = sim::Outage::kRefuses}), SizeIs(1));
  EXPECT_THAT(JudgeUnder("shared", {.outage = sim::Outage::kHangs}), SizeIs(1));
  EXPECT_THAT(JudgeUnder("shared", {.operations_per_second = 10}), SizeIs(1));
  EXPECT_THAT(JudgeUnder("shared", {.reply_lost = sim::Percent(50)}), SizeIs(1));
  EXPECT_THAT(JudgeUnder("shared", {.disk = {.extra_latency = std::chrono::seconds(1)}}),
              SizeIs(1));
  EXPECT_THAT(JudgeUnder("shared", {.disk = {.write_error = sim::Percent(50)}}), SizeIs(1));
}

}  // namespace

}  // namespace flinch::scenarios
