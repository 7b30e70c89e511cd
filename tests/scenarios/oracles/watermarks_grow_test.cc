#include "scenarios/oracles/watermarks_grow.h"

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
  WatermarksGrow oracle;
  history.ShowTo(oracle);
  return oracle.Judge({});
}

void Snapshot(RecordingBuilder& history, int64_t attempt, int64_t watermark) {
  history.By("tm-1").Tell("checkpoint.snapshot", {{"id", 1},
                                                  {"subtask", "window[0]"},
                                                  {"attempt", attempt},
                                                  {"entries", 0},
                                                  {"watermark", watermark}});
}

TEST(WatermarksGrowTest, PassesWhenTheyGrowWithinAnAttempt) {
  RecordingBuilder history;
  Snapshot(history, 1, -5);
  Snapshot(history, 1, 7);
  Snapshot(history, 1, 7);
  Snapshot(history, 2, 3);  // after a restart they begin anew
  Snapshot(history, 1, 1);  // a zombie's
  EXPECT_THAT(Judge(history), IsEmpty());
}

TEST(WatermarksGrowTest, FailsWhenOneGoesBack) {
  RecordingBuilder history;
  Snapshot(history, 1, 7);
  Snapshot(history, 1, 6);
  const auto findings = Judge(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "The watermark of window[0] went back from 7 ns to 6 ns (event #2 at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "back");
}

TEST(WatermarksGrowTest, FailsWhenARecordIsDroppedAsLate) {
  RecordingBuilder history;
  history.By("tm-1").Tell("window.late_record",
                          {{"subtask", "window[1]"}, {"timestamp", 5}, {"watermark", 9}});
  const auto findings = Judge(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("window[1] dropped a record of 5 ns as late"));
  EXPECT_EQ(findings[0].breach, "late");
  EXPECT_EQ(findings[0].role, "window");
}

TEST(WatermarksGrowTest, PassesWhenTheRecordMayBeLate) {
  RecordingBuilder history;
  history.By("tm-1").Tell("window.late_record",
                          {{"subtask", "window[1]"}, {"timestamp", 5}, {"watermark", 9}});
  WatermarksGrow oracle;
  Subject subject;
  subject.late = {5};
  oracle.OnSubject(subject);
  history.ShowTo(oracle);
  EXPECT_THAT(oracle.Judge({}), IsEmpty());
  EXPECT_EQ(oracle.seen(), 1U);
}

}  // namespace

}  // namespace flinch::scenarios
