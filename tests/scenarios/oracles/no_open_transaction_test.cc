#include "scenarios/oracles/no_open_transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::RecordingBuilder;

class NoOpenTransactionTest : public ::testing::Test {
 protected:
  NoOpenTransactionTest() {
    state_.job_finished = true;
    history_.By("broker").Tell("broker.started", {{"records", 0}});
    history_.At(1s);
  }

  void Tell(std::string_view kind, int64_t epoch = 1) {
    history_.Tell(kind, {{"transaction", "sink-0"}, {"producer", 1}, {"epoch", epoch}});
  }

  void RestartBroker() { history_.Tell("broker.started", {{"records", 0}}); }

  std::vector<reports::Finding> Judge() const {
    NoOpenTransaction oracle;
    history_.ShowTo(oracle);
    return oracle.Judge(state_);
  }

  std::string Witness() const {
    const auto findings = Judge();
    return findings.size() == 1 ? findings[0].witness : "";
  }

  RecordingBuilder history_;
  FinalState state_;
};

TEST_F(NoOpenTransactionTest, PassesWhenEachEpochEndsOnce) {
  Tell("transaction.begun", 1);
  Tell("transaction.committed", 1);
  Tell("transaction.begun", 2);
  Tell("transaction.aborted", 2);
  Tell("transaction.begun", 3);
  Tell("transaction.fenced", 2);
  Tell("transaction.committed", 3);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(NoOpenTransactionTest, PassesOverTheAbortOfATransactionThatNeverBegan) {
  Tell("transaction.aborted", 1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(NoOpenTransactionTest, FailsWhenOneIsOpenAtTheEnd) {
  Tell("transaction.begun");
  state_.open_transactions = {"sink-0"};
  EXPECT_EQ(
      Witness(),
      "Transaction \"sink-0\" (epoch 1) is open at the broker after the job has finished: begun "
      "at 00:01.000, it belongs to no checkpoint.");
}

TEST_F(NoOpenTransactionTest, SaysForWhichCheckpointAnOpenOneWasFlushed) {
  Tell("transaction.begun", 1);
  Tell("transaction.aborted", 1);
  Tell("transaction.begun", 2);
  history_.By("tm-1").Tell("sink.precommitted", {{"transaction", "sink-0"}, {"checkpoint", 4}});
  state_.open_transactions = {"sink-0"};
  EXPECT_EQ(
      Witness(),
      "Transaction \"sink-0\" (epoch 2) is open at the broker after the job has finished: begun "
      "at 00:01.000, it was flushed for checkpoint 4 and never committed.");
}

TEST_F(NoOpenTransactionTest, FailsForAnOpenOneOfWhichNothingWasTold) {
  state_.open_transactions = {"sink-0"};
  EXPECT_EQ(Witness(), "Transaction \"sink-0\" is open at the broker after the job has finished.");
}

TEST_F(NoOpenTransactionTest, AnUnfinishedJobMayHaveOpenTransactions) {
  state_.job_finished = false;
  Tell("transaction.begun");
  state_.open_transactions = {"sink-0"};
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(NoOpenTransactionTest, FailsWhenOneVanishes) {
  Tell("transaction.begun");
  EXPECT_EQ(
      Witness(),
      "Transaction \"sink-0\" (epoch 1), begun at 00:01.000, was neither committed nor aborted, "
      "and the broker does not know it as open.");
}

TEST_F(NoOpenTransactionTest, AnEndThatTheBrokerCouldNotTellBeforeItDiedIsNoBreach) {
  Tell("transaction.begun");
  RestartBroker();
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(NoOpenTransactionTest, ABeginThatTheBrokerCouldNotTellBeforeItDiedIsNoBreach) {
  RestartBroker();
  Tell("transaction.committed");
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(NoOpenTransactionTest, ABeginThatWasLostWithTheBrokerMayComeAgain) {
  Tell("transaction.begun");
  RestartBroker();
  Tell("transaction.begun");
  Tell("transaction.committed");
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(NoOpenTransactionTest, FailsWhenAnAbortedOneIsCommitted) {
  Tell("transaction.begun");
  Tell("transaction.aborted");
  history_.At(2s);
  Tell("transaction.committed");
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0\" (epoch 1) was committed although it was aborted at 00:01.000 "
            "(event #4 at 00:02.000).");
}

TEST_F(NoOpenTransactionTest, FailsWhenACommittedOneIsAbortedEvenAfterARestart) {
  Tell("transaction.begun");
  Tell("transaction.committed");
  RestartBroker();
  Tell("transaction.aborted");
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0\" (epoch 1) was aborted although it was committed at 00:01.000 "
            "(event #5 at 00:01.000).");
}

TEST_F(NoOpenTransactionTest, FailsWhenOneIsCommittedTwice) {
  Tell("transaction.begun");
  Tell("transaction.committed");
  Tell("transaction.committed");
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0\" (epoch 1) was committed twice, first at 00:01.000 (event #4 at "
            "00:01.000).");
}

TEST_F(NoOpenTransactionTest, FailsWhenOneIsAbortedTwice) {
  Tell("transaction.begun");
  Tell("transaction.aborted");
  Tell("transaction.aborted");
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0\" (epoch 1) was aborted twice, first at 00:01.000 (event #4 at "
            "00:01.000).");
}

TEST_F(NoOpenTransactionTest, FailsWhenOneBeginsTwice) {
  Tell("transaction.begun");
  Tell("transaction.begun");
  Tell("transaction.committed");
  EXPECT_EQ(Witness(),
            "Transaction \"sink-0\" (epoch 1) was begun twice, first at 00:01.000 (event #3 at "
            "00:01.000).");
}

TEST_F(NoOpenTransactionTest, FailsWhenOneIsCommittedThatNeverBegan) {
  Tell("transaction.committed");
  EXPECT_EQ(
      Witness(),
      "Transaction \"sink-0\" (epoch 1) was committed but never begun (event #2 at 00:01.000).");
}

}  // namespace

}  // namespace flinch::scenarios
