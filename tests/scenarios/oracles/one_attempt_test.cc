#include "scenarios/oracles/one_attempt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

std::vector<reports::Finding> Judge(const RecordingBuilder& history) {
  OneAttempt oracle;
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

TEST_F(OneAttemptTest, FailsWhenATaskStartsTwice) {
  Restore(1);
  Start(1);
  Start(1);
  EXPECT_EQ(Breach(), "started_twice");
}

}  // namespace

}  // namespace flinch::scenarios
