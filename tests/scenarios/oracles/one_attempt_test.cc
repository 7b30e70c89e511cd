#include "scenarios/oracles/one_attempt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

std::vector<reports::Finding> Judge(const RecordingBuilder& history, bool is_batch = false) {
  OneAttempt oracle;
  Subject subject;
  subject.is_batch = is_batch;
  subject.heartbeat_timeout = 1s;
  oracle.OnSubject(subject);
  history.ShowTo(oracle);
  return oracle.Judge({});
}

class OneAttemptTest : public ::testing::Test {
 protected:
  void Restore(int64_t attempt) {
    history_.By("jm").Tell("job.restored", {{"checkpoint", 0}, {"attempt", attempt}});
  }

  void Step(int64_t attempt, std::string_view from, std::string_view to) {
    history_.By("jm").Tell(
        "execution.state",
        {{"subtask", "sink[0]"}, {"attempt", attempt}, {"from", from}, {"to", to}});
  }

  void Start(int64_t attempt) {
    history_.By("tm-1").Tell("task.started", {{"subtask", "sink[0]"}, {"attempt", attempt}});
  }

  // An old attempt works on at this time, after attempt 2 had started at one second.
  void WorkOn(sim::Duration time, std::string_view kind = "checkpoint.barrier_received") {
    history_.At(time).By("tm-1").Tell(kind, {{"subtask", "sink[0]"}, {"attempt", 1}});
  }

  void RestoreAtOneSecond() {
    history_.At(1s);
    Restore(2);
  }

  std::string Breach() const {
    const auto findings = Judge(history_);
    return findings.size() == 1 ? findings[0].breach : "";
  }

  RecordingBuilder history_;
};

TEST_F(OneAttemptTest, PassesWhenAnAttemptEndsBeforeTheNext) {
  Restore(1);
  Step(1, "CREATED", "SCHEDULED");
  Step(1, "SCHEDULED", "DEPLOYING");
  Step(1, "DEPLOYING", "INITIALIZING");
  Start(1);
  Step(1, "INITIALIZING", "RUNNING");
  Step(1, "RUNNING", "FAILED");
  Restore(2);
  Step(2, "CREATED", "SCHEDULED");
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(OneAttemptTest, ANewJobManagerKnowsNothingOfTheOld) {
  Restore(1);
  Step(1, "CREATED", "SCHEDULED");
  history_.By("jm").Tell("job.status", {{"from", "CREATED"}, {"to", "RUNNING"}});
  Restore(2);
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(OneAttemptTest, FailsWhenTheOldAttemptStillRuns) {
  Restore(1);
  Step(1, "CREATED", "SCHEDULED");
  Restore(2);
  const auto findings = Judge(history_);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "Attempt 2 of the job was started while sink[0] of attempt 1 was SCHEDULED (event #3 "
            "at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "still_there");
}

TEST_F(OneAttemptTest, FailsWhenAttemptsDoNotGrow) {
  Restore(2);
  Restore(2);
  EXPECT_EQ(Breach(), "attempt_back");
}

TEST_F(OneAttemptTest, FailsWhenAnOldAttemptMoves) {
  Restore(2);
  Step(1, "CREATED", "SCHEDULED");
  EXPECT_EQ(Breach(), "other_attempt");
}

TEST_F(OneAttemptTest, FailsOnAStepThatDoesNotExistAndOnOneFromElsewhere) {
  Restore(1);
  Step(1, "CREATED", "RUNNING");
  EXPECT_EQ(Breach(), "step");
  RecordingBuilder jump;
  history_ = jump;
  Restore(1);
  Step(1, "SCHEDULED", "DEPLOYING");
  EXPECT_EQ(Breach(), "step");
}

TEST_F(OneAttemptTest, ABatchTaskMayEndBeforeItIsKnownToRun) {
  Restore(1);
  Step(1, "CREATED", "SCHEDULED");
  Step(1, "SCHEDULED", "DEPLOYING");
  Step(1, "DEPLOYING", "FINISHED");
  EXPECT_THAT(Judge(history_, true), IsEmpty());
  EXPECT_EQ(Breach(), "step") << "others have a final checkpoint before";
}

TEST_F(OneAttemptTest, FailsWhenATaskStartsTwice) {
  Restore(1);
  Start(1);
  Start(1);
  EXPECT_EQ(Breach(), "started_twice");
}

TEST_F(OneAttemptTest, AnOldAttemptMayLiveOnUntilItsTaskManagerNoticesThatItIsAlone) {
  RestoreAtOneSecond();
  WorkOn(2500ms);
  WorkOn(2500ms, "task.end_of_input");
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(OneAttemptTest, FailsWhenAnOldAttemptWorksOn) {
  for (const std::string_view kind :
       {"checkpoint.barrier_sent", "checkpoint.barrier_received", "checkpoint.aligned",
        "task.first_record", "task.end_of_input"}) {
    history_ = RecordingBuilder();
    RestoreAtOneSecond();
    WorkOn(2501ms, kind);
    EXPECT_EQ(Breach(), "lives_on") << kind;
  }
  EXPECT_THAT(Judge(history_)[0].witness,
              HasSubstr("sink[0] of attempt 1 was still at work on tm-1 (task.end_of_input), "
                        "though attempt 2 had started at 00:01.000 and the heartbeat time-out is "
                        "1s"));
}

// It cancels late who was busy; that it ends is no work.
TEST_F(OneAttemptTest, AnOldAttemptMayEndAtAnyTime) {
  RestoreAtOneSecond();
  WorkOn(20s, "task.canceled");
  WorkOn(20s, "task.failed");
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(OneAttemptTest, WhoStandsStillNoticesLate) {
  RestoreAtOneSecond();
  history_.By("world").Tell("fault.pause", {{"process", "tm-1"}});
  history_.At(9s).By("world").Tell("fault.resume", {{"process", "tm-1"}});
  WorkOn(10s);
  EXPECT_THAT(Judge(history_), IsEmpty());
  WorkOn(11s);
  EXPECT_EQ(Breach(), "lives_on");
}

TEST_F(OneAttemptTest, WhoseClockIsWrongNoticesLate) {
  RestoreAtOneSecond();
  history_.By("world").Tell("fault.clock", {{"host", "tm-1"}, {"drift_ppm", 0}, {"frozen", 1}});
  WorkOn(9s);
  EXPECT_THAT(Judge(history_), IsEmpty());
  history_.By("world").Tell("fault.clock", {{"host", "tm-1"}, {"drift_ppm", 0}, {"frozen", 0}});
  WorkOn(10s);
  EXPECT_THAT(Judge(history_), IsEmpty());
  WorkOn(11s);
  EXPECT_EQ(Breach(), "lives_on");
}

TEST_F(OneAttemptTest, WhoHearsLateNoticesLate) {
  RestoreAtOneSecond();
  history_.At(2s).By("world").Tell("fault.link", {{"from", "jm"}, {"to", "tm-1"}, {"cut", 1}});
  WorkOn(3s);
  history_.At(4s).By("world").Tell("fault.heal");
  WorkOn(5s);
  EXPECT_THAT(Judge(history_), IsEmpty());
  history_.At(6s).By("world").Tell("fault.heal");  // there was nothing to heal
  WorkOn(7s);
  EXPECT_EQ(Breach(), "lives_on");
}

class RegionAttemptTest : public OneAttemptTest {
 protected:
  void RestoreRegion(int64_t attempt) {
    history_.By("jm").Tell("job.restored",
                           {{"checkpoint", 0}, {"attempt", attempt}, {"subtasks", 1}, {"all", 0}});
  }
};

TEST_F(RegionAttemptTest, OtherRegionsGoOnInTheirAttempt) {
  Restore(1);
  Step(1, "CREATED", "SCHEDULED");
  RestoreRegion(2);
  Step(1, "SCHEDULED", "DEPLOYING");
  WorkOn(60s);
  EXPECT_THAT(Judge(history_), IsEmpty());
}

TEST_F(RegionAttemptTest, TheRegionsSubtasksMustHaveEnded) {
  Restore(1);
  Step(1, "CREATED", "SCHEDULED");
  RestoreRegion(2);
  Step(2, "CREATED", "SCHEDULED");
  const auto findings = Judge(history_);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "still_there");
}

TEST_F(RegionAttemptTest, TheRegionsOldAttemptMustNotLiveOn) {
  Restore(1);
  Step(1, "CREATED", "CANCELED");
  RestoreRegion(2);
  Step(2, "CREATED", "SCHEDULED");
  WorkOn(60s);
  const auto findings = Judge(history_);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "lives_on");
}

}  // namespace

}  // namespace flinch::scenarios
