#include "scenarios/oracles/checkpoint_ids_grow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

class CheckpointIdsGrowTest : public ::testing::Test {
 protected:
  CheckpointIdsGrowTest() { history_.At(100ms).By("jm"); }

  void Tell(std::string_view kind, int64_t id) { history_.Tell(kind, {{"id", id}}); }

  std::vector<reports::Finding> Judge() const {
    CheckpointIdsGrow oracle;
    history_.ShowTo(oracle);
    return oracle.Judge({});
  }

  std::string Witness() const {
    const auto findings = Judge();
    return findings.size() == 1 ? findings[0].witness : "";
  }

  RecordingBuilder history_;
};

TEST_F(CheckpointIdsGrowTest, PassesWhenIdsGrowOverTwoJobManagers) {
  Tell("checkpoint.triggered", 1);
  Tell("checkpoint.completed", 1);
  Tell("checkpoint.triggered", 2);
  Tell("checkpoint.aborted", 2);
  Tell("checkpoint.triggered", 3);
  history_.By("world").Tell("fault.crash", {{"process", "jm"}});
  history_.By("jm");
  Tell("checkpoint.triggered", 5);
  Tell("checkpoint.completed", 5);
  Tell("checkpoint.aborted", 5);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(CheckpointIdsGrowTest, PassesOverEventsWithoutAnId) {
  history_.Tell("checkpoint.triggered");
  history_.Tell("checkpoint.completed", {{"id", "three"}});
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(CheckpointIdsGrowTest, FailsWhenAnIdIsGivenOutAgainByTheNextJobManager) {
  Tell("checkpoint.triggered", 3);
  history_.At(200ms);
  Tell("checkpoint.triggered", 3);
  EXPECT_EQ(Witness(),
            "Checkpoint 3 was triggered by jm after checkpoint 3 (event #2 at 00:00.200).");
}

TEST_F(CheckpointIdsGrowTest, FailsWhenTriggeredIdsFall) {
  Tell("checkpoint.triggered", 4);
  Tell("checkpoint.triggered", 2);
  EXPECT_EQ(Witness(),
            "Checkpoint 2 was triggered by jm after checkpoint 4 (event #2 at 00:00.100).");
}

TEST_F(CheckpointIdsGrowTest, FailsWhenCompletedIdsFall) {
  Tell("checkpoint.triggered", 1);
  Tell("checkpoint.triggered", 2);
  Tell("checkpoint.completed", 2);
  Tell("checkpoint.completed", 1);
  EXPECT_EQ(Witness(), "Checkpoint 1 completed after checkpoint 2 (event #4 at 00:00.100).");
}

TEST_F(CheckpointIdsGrowTest, FailsWhenACheckpointCompletesTwice) {
  Tell("checkpoint.triggered", 1);
  Tell("checkpoint.completed", 1);
  Tell("checkpoint.completed", 1);
  EXPECT_EQ(Witness(), "Checkpoint 1 completed twice (event #3 at 00:00.100).");
}

TEST_F(CheckpointIdsGrowTest, FailsWhenACheckpointCompletesThatWasNeverTriggered) {
  Tell("checkpoint.triggered", 1);
  Tell("checkpoint.completed", 2);
  EXPECT_EQ(Witness(), "Checkpoint 2 completed but was never triggered (event #2 at 00:00.100).");
}

TEST_F(CheckpointIdsGrowTest, FailsWhenAnAbortedCheckpointCompletes) {
  Tell("checkpoint.triggered", 1);
  Tell("checkpoint.aborted", 1);
  Tell("checkpoint.completed", 1);
  EXPECT_EQ(Witness(),
            "Checkpoint 1 completed although it was aborted before (event #3 at 00:00.100).");
}

TEST_F(CheckpointIdsGrowTest, TellsADozenBreachesAndCountsTheOthers) {
  for (int i = 0; i < 100; ++i) {
    Tell("checkpoint.triggered", 1);
  }
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  ASSERT_THAT(findings[0].details, SizeIs(12));
  EXPECT_EQ(findings[0].details.back(), "… and 87 more.");
}

}  // namespace

}  // namespace flinch::scenarios
