#include "scenarios/oracles/channel_counts.h"

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
  ChannelCounts oracle;
  history.ShowTo(oracle);
  return oracle.Judge({});
}

// Two consumers receive so many from "source[0]", which had sent 10.
RecordingBuilder Barriers(int64_t first, int64_t second) {
  RecordingBuilder history;
  history.By("tm-1").Tell("checkpoint.barrier_sent",
                          {{"id", 1}, {"subtask", "source[0]"}, {"attempt", 1}, {"records", 10}});
  history.Tell("checkpoint.barrier_received", {{"id", 1},
                                               {"subtask", "window[0]"},
                                               {"channel", 0},
                                               {"from", "source[0]"},
                                               {"records", first}});
  history.Tell("checkpoint.barrier_received", {{"id", 1},
                                               {"subtask", "window[1]"},
                                               {"channel", 0},
                                               {"from", "source[0]"},
                                               {"records", second}});
  return history;
}

TEST(ChannelCountsTest, PassesWhenTheSumsAreEqual) {
  RecordingBuilder history = Barriers(4, 6);
  history.By("jm").Tell("checkpoint.completed", {{"id", 1}});
  EXPECT_THAT(Judge(history), IsEmpty());
  ChannelCounts oracle;
  history.ShowTo(oracle);
  EXPECT_EQ(oracle.seen(), 1U);
}

TEST(ChannelCountsTest, FailsWhenARecordIsLost) {
  RecordingBuilder history = Barriers(4, 5);
  history.By("jm").Tell("checkpoint.completed", {{"id", 1}});
  const auto findings = Judge(history);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].witness,
            "source[0] had sent 10 records before the barrier of checkpoint 1, but its consumers "
            "had received 9 before it (event #4 at 00:00.000).");
  EXPECT_EQ(findings[0].breach, "lost");
  EXPECT_EQ(findings[0].role, "source");
}

TEST(ChannelCountsTest, FailsWhenARecordIsDoubled) {
  RecordingBuilder history = Barriers(5, 6);
  history.By("jm").Tell("checkpoint.completed", {{"id", 1}});
  ASSERT_THAT(Judge(history), SizeIs(1));
  EXPECT_EQ(Judge(history)[0].breach, "doubled");
}

TEST(ChannelCountsTest, SaysNothingOfACheckpointThatDoesNotComplete) {
  EXPECT_THAT(Judge(Barriers(1, 1)), IsEmpty());
}

}  // namespace

}  // namespace flinch::scenarios
