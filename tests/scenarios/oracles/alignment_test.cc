#include "scenarios/oracles/alignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

class AlignmentTest : public ::testing::Test {
 protected:
  AlignmentTest() {
    history_.By("tm-1");
    Start(1);
  }

  void Start(int64_t attempt) {
    history_.Tell("task.started", {{"subtask", "map[0]"}, {"attempt", attempt}, {"checkpoint", 0}});
  }

  void Receive(int64_t id, int64_t channel) {
    history_.Tell("checkpoint.barrier_received",
                  {{"id", id}, {"subtask", "map[0]"}, {"channel", channel}});
  }

  void Align(int64_t id) {
    history_.Tell("checkpoint.aligned", {{"id", id}, {"subtask", "map[0]"}});
  }

  void AlignOf(int64_t id, int64_t channels) {
    history_.Tell("checkpoint.aligned",
                  {{"id", id}, {"subtask", "map[0]"}, {"channels", channels}});
  }

  std::vector<reports::Finding> Judge() const {
    Alignment oracle;
    history_.ShowTo(oracle);
    return oracle.Judge({});
  }

  std::string Witness() const {
    const auto findings = Judge();
    return findings.size() == 1 ? findings[0].witness : "";
  }

  RecordingBuilder history_;
};

TEST_F(AlignmentTest, PassesWhenEachChannelDeliversOnceBeforeTheAlignment) {
  for (const int64_t id : {1, 2, 3}) {
    Receive(id, 1);
    Receive(id, 0);
    Align(id);
  }
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, PassesWhenTheNextAttemptGetsABarrierOfTheSameId) {
  Receive(1, 0);
  Start(2);
  Receive(1, 0);
  Receive(1, 1);
  Align(1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, PassesWhenAZombieInAnotherProcessGetsTheSameBarrier) {
  Receive(1, 0);
  history_.By("tm-2");
  Start(2);
  Receive(1, 0);
  history_.By("tm-1");
  Receive(1, 1);
  Align(1);
  history_.By("tm-2");
  Receive(1, 1);
  Align(1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, TellsAttemptsApartByTheFieldOfTheEvent) {
  for (const int64_t attempt : {2, 1, 2}) {
    history_.Tell("checkpoint.barrier_received",
                  {{"id", 1}, {"subtask", "map[0]"}, {"channel", attempt}, {"attempt", attempt}});
  }
  EXPECT_EQ(Witness(),
            "Checkpoint 1 at map[0], attempt 2: channel 2 delivered its barrier twice (event #4 at "
            "00:00.000).");
}

TEST_F(AlignmentTest, PassesWhenTheSameAttemptNumberStartsAgain) {
  Receive(1, 0);
  Align(1);
  Start(1);
  Receive(1, 0);
  Align(1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, PassesWhenFewerChannelsDeliverAfterAnEndOfInput) {
  Receive(1, 0);
  Receive(1, 1);
  Align(1);
  history_.Tell("task.end_of_input", {{"subtask", "source[0]"}, {"attempt", 1}});
  Receive(2, 1);
  Align(2);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, PassesWhenBarriersOfAnAbortedCheckpointStayUnaligned) {
  Receive(1, 0);
  Receive(2, 0);
  Receive(1, 1);
  Receive(2, 1);
  Align(2);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, FailsWhenAChannelDeliversTwice) {
  Receive(1, 0);
  history_.At(2417ms);
  Receive(1, 0);
  EXPECT_EQ(Witness(),
            "Checkpoint 1 at map[0], attempt 1: channel 0 delivered its barrier twice (event #3 at "
            "00:02.417).");
}

TEST_F(AlignmentTest, FailsWhenABarrierComesAfterTheAlignment) {
  Start(2);
  Receive(1, 0);
  Align(1);
  Receive(1, 1);
  EXPECT_EQ(Witness(),
            "Checkpoint 1 at map[0], attempt 2: the barrier of channel 1 came after the task had "
            "called itself aligned (event #5 at 00:00.000).");
}

TEST_F(AlignmentTest, FailsWhenATaskAlignsTwice) {
  Receive(1, 0);
  Align(1);
  Align(1);
  EXPECT_EQ(Witness(),
            "Checkpoint 1 at map[0], attempt 1: the task called itself aligned twice (event #4 at "
            "00:00.000).");
}

TEST_F(AlignmentTest, FailsWhenFewerChannelsDeliverThanBefore) {
  Receive(1, 0);
  Receive(1, 1);
  Align(1);
  Receive(2, 0);
  Align(2);
  EXPECT_EQ(
      Witness(),
      "Checkpoint 2 at map[0], attempt 1: the task called itself aligned after barriers from 1 "
      "of its 2 channels (event #6 at 00:00.000).");
}

TEST_F(AlignmentTest, FailsWhenFewerChannelsDeliverThanTheEventSays) {
  Receive(1, 0);
  AlignOf(1, 3);
  EXPECT_EQ(
      Witness(),
      "Checkpoint 1 at map[0], attempt 1: the task called itself aligned after barriers from 1 "
      "of its 3 channels (event #3 at 00:00.000).");
}

TEST_F(AlignmentTest, BelievesTheEventWhenChannelsHaveEnded) {
  Receive(1, 0);
  Receive(1, 1);
  AlignOf(1, 2);
  Receive(2, 1);
  AlignOf(2, 1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(AlignmentTest, RemembersTheNewestIdsOverAThousandCheckpoints) {
  for (int64_t id = 1; id <= 1000; ++id) {
    Receive(id, 0);
    Align(id);
  }
  EXPECT_THAT(Judge(), IsEmpty());
  Receive(1000, 0);
  EXPECT_THAT(Judge(), SizeIs(1));
}

}  // namespace

}  // namespace flinch::scenarios
