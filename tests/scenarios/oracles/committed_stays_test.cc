#include "scenarios/oracles/committed_stays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

RecordingBuilder Committed(int64_t records) {
  RecordingBuilder history;
  history.By("broker").Tell(
      "transaction.committed",
      {{"transaction", "sink-0-1-0"}, {"producer", 1}, {"epoch", 1}, {"records", records}});
  return history;
}

std::vector<reports::Finding> Judge(const RecordingBuilder& history, size_t records) {
  CommittedStays oracle;
  history.ShowTo(oracle);
  FinalState state;
  for (size_t i = 0; i < records; ++i) {
    state.output.push_back(
        {.key = "a", .value = "1", .transaction = "sink-0-1-0", .log_partition = 0, .offset = i});
  }
  return oracle.Judge(state);
}

TEST(CommittedStaysTest, PassesWhenEveryRecordIsStillThere) {
  EXPECT_THAT(Judge(Committed(2), 2), IsEmpty());
  EXPECT_THAT(Judge({}, 2), IsEmpty());  // nobody said that it was committed
}

TEST(CommittedStaysTest, FailsWhenARecordIsGone) {
  const auto findings = Judge(Committed(2), 1);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "retracted");
  EXPECT_EQ(findings[0].role, "sink");
  EXPECT_THAT(findings[0].witness, HasSubstr("with 2 records (event #1), but readers find 1"));
}

TEST(CommittedStaysTest, FailsWhenARecordJoinsLater) {
  ASSERT_THAT(Judge(Committed(2), 3), SizeIs(1));
  EXPECT_EQ(Judge(Committed(2), 3)[0].breach, "grew");
}

}  // namespace

}  // namespace flinch::scenarios
