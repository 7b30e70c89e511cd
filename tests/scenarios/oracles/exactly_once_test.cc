#include "scenarios/oracles/exactly_once.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::RecordingBuilder;

class ExactlyOnceTest : public ::testing::Test {
 protected:
  ExactlyOnceTest() { state_.job_finished = true; }

  void Expect(std::string key, std::string value) {
    state_.expected.push_back({.key = std::move(key), .value = std::move(value)});
  }

  void Output(std::string key, std::string value, std::string transaction = "sink-0-1",
              uint32_t log_partition = 0) {
    state_.output.push_back({.key = std::move(key),
                             .value = std::move(value),
                             .transaction = std::move(transaction),
                             .log_partition = log_partition,
                             .offset = state_.output.size()});
  }

  void Committed(sim::Duration time, std::string_view transaction, int64_t checkpoint) {
    history_.At(time).By("tm-1").Tell(
        "sink.precommitted",
        {{"transaction", transaction}, {"checkpoint", checkpoint}, {"subtask", "sink[0]"}});
    history_.By("broker").Tell("transaction.committed",
                               {{"transaction", transaction}, {"producer", 1}, {"epoch", 1}});
  }

  std::vector<reports::Finding> Judge() const {
    ExactlyOnce oracle;
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

TEST_F(ExactlyOnceTest, PassesWhenTheOutputIsTheReferenceInAnyOrderOfKeys) {
  Expect("a", "1");
  Expect("a", "2");
  Expect("b", "1");
  Expect("a", "1");
  Output("b", "1", "sink-0-1", 0);
  Output("a", "1", "sink-1-1", 1);
  Output("a", "2", "sink-1-1", 1);
  Output("a", "1", "sink-1-2", 1);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(ExactlyOnceTest, ADoubledRecordIsMarkedByTheCommitOfItsSecondCopy) {
  Expect("/a", "5");
  Output("/a", "5", "sink-0-3");
  Output("/a", "5", "sink-0-4");
  Committed(1s, "sink-0-3", 3);  // events 1 and 2
  Committed(2s, "sink-0-4", 4);  // events 3 and 4
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "doubled");
  EXPECT_EQ(findings[0].role, "sink");
  EXPECT_EQ(findings[0].event, sim::EventId(4));
}

TEST_F(ExactlyOnceTest, TheEarliestWrongCommitMarksTheFinding) {
  Expect("/a", "5");
  Output("/a", "5", "sink-0-3");
  Output("/b", "6", "sink-0-3");
  Output("/a", "5", "sink-0-4");
  Committed(1s, "sink-0-3", 3);
  Committed(2s, "sink-0-4", 4);
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("instead of"));  // the doubled one is told
  EXPECT_EQ(findings[0].breach, "foreign");
  EXPECT_EQ(findings[0].event, sim::EventId(2));
}

TEST_F(ExactlyOnceTest, AMissingRecordIsMarkedWithoutAnEvent) {
  Expect("/a", "5");
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].breach, "lost");
  EXPECT_FALSE(findings[0].event.has_value());
}

TEST_F(ExactlyOnceTest, PassesWhenThereIsNothing) { EXPECT_THAT(Judge(), IsEmpty()); }

TEST_F(ExactlyOnceTest, ADoubledRecordNamesItsTransactionsCheckpointsAndTheCrashBetween) {
  Expect("/a", "5");
  Output("/a", "5", "sink-0-3");
  Output("/a", "5", "sink-0-4");
  history_.At(100ms).By("world").Tell("fault.crash", {{"process", "tm-9"}});
  Committed(2417ms, "sink-0-3", 3);
  history_.At(2600ms).By("world").Tell("fault.crash", {{"process", "tm-2"}});
  history_.At(3700ms).By("jm").Tell("job.restored", {{"checkpoint", 2}, {"attempt", 2}});
  Committed(5100ms, "sink-0-4", 4);
  history_.At(6000ms).By("world").Tell("fault.crash", {{"process", "tm-3"}});
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].oracle, "exactly_once");
  EXPECT_EQ(
      findings[0].witness,
      "The record with key \"/a\" and value \"5\" is in the output 2 times instead of 1 time, "
      "committed by \"sink-0-3\" (checkpoint 3, at 00:02.417) and \"sink-0-4\" (checkpoint 4, "
      "at 00:05.100); in between tm-2 crashed at 00:02.600 and the job was restored from "
      "checkpoint 2 at 00:03.700.");
  EXPECT_THAT(findings[0].details, IsEmpty());
}

TEST_F(ExactlyOnceTest, ADoubledRecordWithoutACrashSaysSo) {
  Expect("a", "1");
  Output("a", "1", "t1");
  Output("a", "1", "t2");
  Committed(1s, "t1", 1);
  Committed(2s, "t2", 2);
  EXPECT_THAT(Witness(), HasSubstr("(checkpoint 2, at 00:02.000); nothing crashed in between."));
}

TEST_F(ExactlyOnceTest, TwoCopiesOfOneTransactionAreCounted) {
  Expect("a", "1");
  Output("a", "1", "t1");
  Output("a", "1", "t1");
  EXPECT_EQ(Witness(),
            "The record with key \"a\" and value \"1\" is in the output 2 times instead of 1 time, "
            "committed by \"t1\" 2 times.");
}

TEST_F(ExactlyOnceTest, ManyTransactionsAreCounted) {
  Expect("a", "1");
  for (const char* const transaction : {"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t8"}) {
    Output("a", "1", transaction);
  }
  EXPECT_EQ(Witness(),
            "The record with key \"a\" and value \"1\" is in the output 9 times instead of 1 time, "
            "committed by \"t1\", \"t2\", \"t3\", \"t4\", \"t5\", \"t6\" and 2 more.");
}

TEST_F(ExactlyOnceTest, ManyCrashesBetweenAreCounted) {
  Expect("a", "1");
  Output("a", "1", "t1");
  Output("a", "1", "t2");
  Committed(1s, "t1", 1);
  for (int i = 0; i < 10; ++i) {
    history_.By("world").Tell("fault.crash", {{"process", "tm-1"}});
  }
  Committed(2s, "t2", 2);
  EXPECT_THAT(Witness(), HasSubstr("tm-1 crashed at 00:01.000 and 6 more crashes or restarts."));
}

TEST_F(ExactlyOnceTest, TheCommitOfASinkCountsWhereTheBrokerSaysNothing) {
  Expect("a", "1");
  Output("a", "1", "t1");
  Output("a", "1", "t2");
  history_.At(1s).By("tm-1").Tell("sink.committed", {{"transaction", "t1"}, {"checkpoint", 7}});
  history_.At(2s).Tell("sink.committed", {{"transaction", "t2"}, {"checkpoint", 8}});
  history_.At(3s).Tell("sink.committed", {{"transaction", "t1"}, {"checkpoint", 7}});
  EXPECT_THAT(Witness(), HasSubstr("\"t1\" (checkpoint 7, at 00:01.000) and \"t2\" (checkpoint 8, "
                                   "at 00:02.000)"));
}

TEST_F(ExactlyOnceTest, AForeignRecordNamesItsTransaction) {
  Expect("a", "1");
  Output("a", "1");
  Output("a", "2", "sink-0-3");
  Committed(2417ms, "sink-0-3", 3);
  EXPECT_EQ(Witness(),
            "The record with key \"a\" and value \"2\" is in the output but not in the reference, "
            "committed by \"sink-0-3\" (checkpoint 3, at 00:02.417).");
}

TEST_F(ExactlyOnceTest, AMissingRecordIsNamed) {
  Expect("a", "1");
  Expect("a", "2");
  Output("a", "1");
  EXPECT_EQ(Witness(), "The record with key \"a\" and value \"2\" is missing from the output.");
}

TEST_F(ExactlyOnceTest, AMissingCopyOfARecordIsNamed) {
  Expect("a", "1");
  Expect("a", "1");
  Output("a", "1");
  EXPECT_EQ(
      Witness(),
      "The record with key \"a\" and value \"1\" is missing from the output: it is there 1 time "
      "instead of 2 times.");
}

TEST_F(ExactlyOnceTest, AnUnfinishedJobMayLackRecordsButNotDoubleThem) {
  state_.job_finished = false;
  Expect("a", "1");
  Expect("a", "2");
  Expect("a", "3");
  Output("a", "1");
  EXPECT_THAT(Judge(), IsEmpty());
  Output("a", "1");
  EXPECT_THAT(Witness(), HasSubstr("is in the output 2 times instead of 1 time"));
}

TEST_F(ExactlyOnceTest, RecordsOfAKeyOutOfOrderAreNamed) {
  Expect("a", "1");
  Expect("a", "2");
  Expect("b", "1");
  Output("b", "1");
  Output("a", "2");
  Output("a", "1");
  EXPECT_EQ(
      Witness(),
      "The record with key \"a\" and value \"1\" is out of order: it stands at log partition 0 "
      "offset 2 after value \"2\" at log partition 0 offset 1, which comes later in the "
      "reference.");
}

TEST_F(ExactlyOnceTest, OrderIsThatOfTheLogAndNotOfTheList) {
  Expect("a", "1");
  Expect("a", "2");
  Output("a", "2", "t", 1);
  Output("a", "1", "t", 0);
  EXPECT_THAT(Judge(), IsEmpty());
}

TEST_F(ExactlyOnceTest, AnUnfinishedJobKeepsTheOrderToo) {
  state_.job_finished = false;
  for (const char* value : {"1", "2", "3", "4"}) {
    Expect("a", value);
  }
  Output("a", "2");
  Output("a", "4");
  EXPECT_THAT(Judge(), IsEmpty());
  Output("a", "3");
  EXPECT_THAT(Witness(), HasSubstr("after value \"4\" at log partition 0 offset 1"));
}

TEST_F(ExactlyOnceTest, TheOrderOfADisturbedKeyIsNotJudged) {
  Expect("a", "1");
  Expect("a", "2");
  Output("a", "1");
  Output("a", "2");
  Output("a", "1");
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, Not(HasSubstr("out of order")));
  EXPECT_THAT(findings[0].details, IsEmpty());
}

TEST_F(ExactlyOnceTest, DoubledComeFirstAndTheTotalsFollowTheWitness) {
  Expect("a", "1");
  Expect("b", "1");
  Expect("z", "1");
  Output("c", "1", "t1");
  Output("z", "1", "t1");
  Output("z", "1", "t2");
  Output("b", "1", "t1");
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness, HasSubstr("key \"z\""));
  EXPECT_THAT(findings[0].details,
              ElementsAre("In all: 1 doubled, 1 foreign, 1 missing, 0 out of order.",
                          HasSubstr("key \"c\" and value \"1\" is in the output but not"),
                          HasSubstr("key \"a\" and value \"1\" is missing")));
}

TEST_F(ExactlyOnceTest, TellsADozenRecordsAndCountsTheOthers) {
  for (int i = 0; i < 100; ++i) {
    Expect("a", fmt::format("{:03}", i));
  }
  const auto findings = Judge();
  ASSERT_THAT(findings, SizeIs(1));
  ASSERT_THAT(findings[0].details, SizeIs(12));
  EXPECT_EQ(findings[0].details.front(),
            "In all: 0 doubled, 0 foreign, 100 missing, 0 out of order.");
  EXPECT_EQ(findings[0].details.back(), "… and 89 more.");
}

TEST_F(ExactlyOnceTest, ValuesAreShownAsTheJobReadsThem) {
  state_.outputs.front().show_value = [](std::string_view value) {
    return fmt::format("count={}", value);
  };
  Expect("a", "5");
  EXPECT_EQ(Witness(), "The record with key \"a\" and value count=5 is missing from the output.");
}

}  // namespace

}  // namespace flinch::scenarios
