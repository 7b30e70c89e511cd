#include "scenarios/oracles/restores_newest.h"

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
  RestoresNewest oracle;
  history.ShowTo(oracle);
  return oracle.Judge({});
}

void Checkpoint(RecordingBuilder& history, std::string_view kind, int64_t id) {
  history.By("jm").Tell(kind, {{"id", id}});
}

void Restore(RecordingBuilder& history, int64_t checkpoint) {
  history.By("jm").Tell("job.restored", {{"checkpoint", checkpoint}, {"attempt", 2}});
}

TEST(RestoresNewestTest, PassesWhenTheNewestIsRestored) {
  RecordingBuilder history;
  Restore(history, 0);
  Checkpoint(history, "checkpoint.completed", 1);
  Checkpoint(history, "checkpoint.stored", 1);
  Restore(history, 1);
  Checkpoint(history, "checkpoint.completed", 2);
  Restore(history, 2);  // the JobManager died before it could say that 2 is stored
  Restore(history, 2);
  EXPECT_THAT(Judge(history), IsEmpty());
}

TEST(RestoresNewestTest, ACompletedCheckpointThatNobodySaidIsStoredNeedNotBeRestored) {
  RecordingBuilder history;
  Checkpoint(history, "checkpoint.completed", 1);
  Restore(history, 0);
  EXPECT_THAT(Judge(history), IsEmpty());
}

TEST(RestoresNewestTest, FailsWhenAnOlderOneIsRestored) {
  RecordingBuilder history;
  Checkpoint(history, "checkpoint.stored", 1);
  Checkpoint(history, "checkpoint.stored", 2);
  Restore(history, 1);
  const auto findings = Judge(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "The job was restored from checkpoint 1, though checkpoint 2 was in the store (event "
            "#3 at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "older");
  EXPECT_EQ(findings[0].role, "jm");
}

TEST(RestoresNewestTest, FailsWhenItStartsFromNothingAgain) {
  RecordingBuilder history;
  Checkpoint(history, "checkpoint.stored", 1);
  Restore(history, 0);
  ASSERT_THAT(Judge(history), SizeIs(1));
  EXPECT_THAT(Judge(history)[0].witness, HasSubstr("restored from nothing"));
}

TEST(RestoresNewestTest, FailsWhenTheCheckpointNeverCompleted) {
  RecordingBuilder history;
  Checkpoint(history, "checkpoint.stored", 1);
  Restore(history, 2);
  ASSERT_THAT(Judge(history), SizeIs(1));
  EXPECT_EQ(Judge(history)[0].breach, "incomplete");
}

}  // namespace

}  // namespace flinch::scenarios
