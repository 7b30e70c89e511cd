#include "scenarios/oracles/split_owners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

std::vector<reports::Finding> JudgeFinished(const RecordingBuilder& history) {
  SplitOwners oracle;
  history.ShowTo(oracle);
  return oracle.Judge({.job_finished = true});
}

void Restore(RecordingBuilder& history, int64_t attempt) {
  history.By("jm").Tell("job.restored", {{"checkpoint", 1}, {"attempt", attempt}});
}

void Find(RecordingBuilder& history, std::string_view split) {
  history.By("jm").Tell("source.split_discovered", {{"source", "source"}, {"split", split}});
}

void Give(RecordingBuilder& history, std::string_view subtask, int64_t attempt,
          std::string_view split) {
  history.By("jm").Tell("source.split_assigned",
                        {{"subtask", subtask}, {"attempt", attempt}, {"split", split}});
}

void Take(RecordingBuilder& history, std::string_view subtask, int64_t attempt,
          std::string_view split, int64_t restored = 0) {
  history.By("tm-1").Tell("source.split_taken", {{"subtask", subtask},
                                                 {"attempt", attempt},
                                                 {"split", split},
                                                 {"offset", 0},
                                                 {"restored", restored}});
}

// Two splits, each with its reader.
RecordingBuilder TwoReaders() {
  RecordingBuilder history;
  Restore(history, 1);
  for (const std::string_view split : {"t-0", "t-1"}) {
    const std::string_view reader = split == "t-0" ? "source[0]" : "source[1]";
    Find(history, split);
    Give(history, split == "t-0" ? "source->parse[0]" : "source->parse[1]", 1, split);
    Take(history, reader, 1, split);
  }
  return history;
}

TEST(SplitOwnersTest, PassesWhenSplitsMoveWithARestart) {
  RecordingBuilder history = TwoReaders();
  Restore(history, 2);
  Take(history, "source[1]", 2, "t-0", 1);
  Give(history, "source[0]", 2, "t-1");
  Take(history, "source[0]", 2, "t-1");
  EXPECT_THAT(JudgeFinished(history), IsEmpty());
  SplitOwners oracle;
  history.ShowTo(oracle);
  EXPECT_EQ(oracle.seen(), 4U);
}

TEST(SplitOwnersTest, FailsWhenASplitHasTwoReaders) {
  RecordingBuilder history = TwoReaders();
  Give(history, "source[1]", 1, "t-0");
  Take(history, "source[1]", 1, "t-0");
  const auto findings = JudgeFinished(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("source[1] takes up split t-0, which source[0] has"));
  EXPECT_EQ(findings[0].breach, "two_owners");
}

TEST(SplitOwnersTest, FailsWhenASplitWasNotGivenToThisAttempt) {
  RecordingBuilder history = TwoReaders();
  Restore(history, 2);
  Take(history, "source[0]", 2, "t-0");
  Take(history, "source[1]", 2, "t-1", 1);
  const auto findings = JudgeFinished(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("which nobody has given to attempt 2 of it"));
}

TEST(SplitOwnersTest, FailsWhenNobodyReadsASplitAtTheEnd) {
  RecordingBuilder history = TwoReaders();
  Restore(history, 2);
  Take(history, "source[0]", 2, "t-0", 1);
  const auto findings = JudgeFinished(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("Nobody reads split t-1 of source"));
  SplitOwners oracle;
  history.ShowTo(oracle);
  EXPECT_THAT(oracle.Judge({}), IsEmpty()) << "a job that has not finished may still give it out";
}

TEST(SplitOwnersTest, PassesOverWhatAnOlderAttemptDoes) {
  RecordingBuilder history = TwoReaders();
  Restore(history, 2);
  Take(history, "source[0]", 2, "t-0", 1);
  Take(history, "source[1]", 2, "t-1", 1);
  Take(history, "source[0]", 1, "t-1");
  EXPECT_THAT(JudgeFinished(history), IsEmpty());
}

void RestoreRegion(RecordingBuilder& history, std::string_view subtask, int64_t attempt) {
  history.By("jm").Tell("job.restored",
                        {{"checkpoint", 1}, {"attempt", attempt}, {"subtasks", 1}, {"all", 0}});
  history.By("jm").Tell(
      "execution.state",
      {{"subtask", subtask}, {"attempt", attempt}, {"from", "CREATED"}, {"to", "SCHEDULED"}});
}

TEST(SplitOwnersTest, OtherRegionsKeepTheirSplits) {
  RecordingBuilder history = TwoReaders();
  RestoreRegion(history, "source->parse[1]", 2);
  Take(history, "source[1]", 2, "t-1", 1);
  EXPECT_THAT(JudgeFinished(history), IsEmpty());
  Take(history, "source[1]", 2, "t-0", 1);
  EXPECT_THAT(JudgeFinished(history), SizeIs(1)) << "source[0] has it";
}

TEST(SplitOwnersTest, ARegionThatStartsAnewMustTakeItsSplitsUpAgain) {
  RecordingBuilder history = TwoReaders();
  RestoreRegion(history, "source->parse[1]", 2);
  EXPECT_THAT(JudgeFinished(history), SizeIs(1));
}

}  // namespace

}  // namespace flinch::scenarios
