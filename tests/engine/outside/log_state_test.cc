#include "engine/outside/log_state.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/outside/log_fixture.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ProducerIdentity kNoTransaction{};

class LogStateTest : public ::testing::Test {
 protected:
  LogStateTest() { log_.CreateTopic("t", 2); }

  std::vector<LogEvent::Kind> Kinds() const {
    std::vector<LogEvent::Kind> kinds;
    for (const LogEvent& event : log_.events) {
      kinds.push_back(event.kind);
    }
    return kinds;
  }

  LogFixture log_;
};

TEST_F(LogStateTest, CreatingATopicAgainSucceedsOnlyWithTheSamePartitions) {
  EXPECT_TRUE(log_.Do(CreateTopicRequest{.topic = "t", .partitions = 2}).has_value());
  EXPECT_FALSE(log_.changed);
  const auto other = log_.Do(CreateTopicRequest{.topic = "t", .partitions = 3});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().message,
            "Topic \"t\" exists with 2 partitions and cannot be created with 3.");
  EXPECT_FALSE(log_.Do(CreateTopicRequest{.topic = "u", .partitions = 0}).has_value());
  EXPECT_FALSE(log_.Do(CreateTopicRequest{.topic = "u", .partitions = 4'000'000'000}).has_value());
  EXPECT_FALSE(log_.Do(CreateTopicRequest{.topic = "", .partitions = 1}).has_value());
}

TEST_F(LogStateTest, ATopicGrowsAndNeverShrinks) {
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 1, 0, {"a"}).has_value());
  EXPECT_TRUE(log_.Do(CreatePartitionsRequest{.topic = "t", .partitions = 3}).has_value());
  EXPECT_TRUE(log_.changed);
  EXPECT_TRUE(log_.Do(CreatePartitionsRequest{.topic = "t", .partitions = 3}).has_value());
  EXPECT_FALSE(log_.changed) << "a copy";
  EXPECT_THAT(log_.Committed(1), ElementsAre("a"));
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 2, 0, {"b"}).has_value());
  EXPECT_THAT(log_.Committed(2), ElementsAre("b"));
  const auto fewer = log_.Do(CreatePartitionsRequest{.topic = "t", .partitions = 2});
  ASSERT_FALSE(fewer.has_value());
  EXPECT_THAT(fewer.error().message, HasSubstr("has 3 partitions and cannot have 2"));
  EXPECT_EQ(log_.Do(CreatePartitionsRequest{.topic = "u", .partitions = 2}).error().code,
            ErrorCode::kNotFound);
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  EXPECT_FALSE(log_.Do(CreatePartitionsRequest{.topic = "t", .partitions = 4}).has_value());
}

TEST_F(LogStateTest, PlainRecordsAreAlwaysAppended) {
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"a", "b"}).has_value());
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"a"}).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a", "b", "a"));
  EXPECT_THAT(log_.Committed(1), IsEmpty());
}

TEST_F(LogStateTest, ARestartedPublisherAppendsNothingTwiceHoweverItCutsItsBatches) {
  ASSERT_TRUE(log_.Produce("rows", kNoTransaction, 0, 0, {"a", "b", "c"}).has_value());
  const auto again = log_.Produce("rows", kNoTransaction, 0, 0, {"a", "b"});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->appended, 0U);
  EXPECT_EQ(again->next_sequence, 3U);
  EXPECT_FALSE(log_.changed);
  const auto overlap = log_.Produce("rows", kNoTransaction, 0, 2, {"c", "d"});
  ASSERT_TRUE(overlap.has_value());
  EXPECT_EQ(overlap->appended, 1U);
  EXPECT_THAT(log_.Committed(0), ElementsAre("a", "b", "c", "d"));
}

TEST_F(LogStateTest, SequencesCountPerPublisherAndPartition) {
  ASSERT_TRUE(log_.Produce("one", kNoTransaction, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.Produce("two", kNoTransaction, 0, 0, {"b"}).has_value());
  ASSERT_TRUE(log_.Produce("one", kNoTransaction, 1, 0, {"c"}).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a", "b"));
  EXPECT_THAT(log_.Committed(1), ElementsAre("c"));
}

TEST_F(LogStateTest, AGapInTheSequencesIsRefused) {
  ASSERT_TRUE(log_.Produce("rows", kNoTransaction, 0, 0, {"a"}).has_value());
  const auto gap = log_.Produce("rows", kNoTransaction, 0, 2, {"c"});
  ASSERT_FALSE(gap.has_value());
  EXPECT_EQ(gap.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(gap.error().message, HasSubstr("start at sequence 2, but 1 comes next"));
  EXPECT_THAT(log_.Committed(0), ElementsAre("a"));
}

TEST_F(LogStateTest, ASealedTopicTakesNothingNewAndShowsItsEnd) {
  ASSERT_TRUE(log_.Produce("rows", kNoTransaction, 0, 0, {"a"}).has_value());
  EXPECT_FALSE(log_.Fetch(0).end_of_partition);
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  EXPECT_THAT(Kinds(), ElementsAre(LogEvent::Kind::kSealed));
  EXPECT_FALSE(log_.Produce("rows", kNoTransaction, 0, 1, {"b"}).has_value());
  EXPECT_FALSE(log_.Produce("", kNoTransaction, 0, 0, {"b"}).has_value());
  // A publisher that starts again from the beginning is at peace.
  EXPECT_TRUE(log_.Produce("rows", kNoTransaction, 0, 0, {"a"}).has_value());
  EXPECT_TRUE(log_.Fetch(0).end_of_partition);
  EXPECT_TRUE(log_.Fetch(1).end_of_partition);
}

TEST_F(LogStateTest, OneRequestAppendsToSeveralPartitionsOnceEach) {
  ProduceManyRequest request{.producer = "p", .topic = "t", .batches = {}};
  request.batches.push_back({.partition = 0, .base_sequence = 0, .records = {{.value = "a"}}});
  request.batches.push_back(
      {.partition = 1, .base_sequence = 0, .records = {{.value = "b"}, {.value = "c"}}});
  for (int copy = 0; copy < 2; ++copy) {
    EXPECT_TRUE(log_.Do(request).has_value());
    EXPECT_EQ(log_.changed, copy == 0);
    EXPECT_THAT(log_.Committed(0), ElementsAre("a"));
    EXPECT_THAT(log_.Committed(1), ElementsAre("b", "c"));
  }
  EXPECT_EQ(log_.Produce("p", {}, 1, 2, {"d"})->next_sequence, 3U);
}

TEST_F(LogStateTest, OfSeveralBatchesNoneIsAppendedWhenOneIsRefused) {
  const ProducedBatch good{.partition = 0, .base_sequence = 0, .records = {{.value = "a"}}};
  const auto refused = [&](ProducedBatch other, const std::string& producer = "p") {
    const auto reply =
        log_.Do(ProduceManyRequest{.producer = producer, .topic = "t", .batches = {good, other}});
    EXPECT_FALSE(log_.changed);
    EXPECT_THAT(log_.Committed(0), IsEmpty());
    return reply ? std::string() : reply.error().message;
  };
  EXPECT_THAT(refused({.partition = 1, .base_sequence = 3, .records = {{.value = "b"}}}),
              HasSubstr("but 0 comes next"));
  EXPECT_THAT(refused({.partition = 9, .base_sequence = 0, .records = {}}),
              HasSubstr("There is no partition 9"));
  EXPECT_THAT(refused(good), HasSubstr("at most once"));
  EXPECT_THAT(refused({.partition = 1, .base_sequence = 0, .records = {}}, ""),
              HasSubstr("needs a name"));
}

TEST_F(LogStateTest, AFetchThatWaitsHasEnoughWithItsRecordsAFullPartitionOrAnEnd) {
  FetchRequest fetch{.positions = {{.topic = "t", .partition = 0, .offset = 0},
                                   {.topic = "t", .partition = 1, .offset = 0}},
                     .records_max = 3,
                     .records_min = 4};
  EXPECT_FALSE(log_.state.HasEnoughFor(fetch));
  ASSERT_TRUE(log_.Produce("", {}, 0, 0, {"a", "b"}).has_value());
  EXPECT_FALSE(log_.state.HasEnoughFor(fetch));
  ASSERT_TRUE(log_.Produce("", {}, 1, 0, {"c", "d"}).has_value());
  EXPECT_TRUE(log_.state.HasEnoughFor(fetch));
  fetch.records_min = 5;
  EXPECT_FALSE(log_.state.HasEnoughFor(fetch));
  fetch.records_max = 2;
  EXPECT_TRUE(log_.state.HasEnoughFor(fetch)) << "more of one partition cannot be taken";
  fetch.records_max = 3;
  const ProducerIdentity writer = *log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", writer, 0, 0, {"e", "f"}).has_value());
  EXPECT_FALSE(log_.state.HasEnoughFor(fetch)) << "what is not committed does not count";
  ASSERT_TRUE(log_.End("x", writer, TransactionEnd::kCommit).has_value());
  EXPECT_TRUE(log_.state.HasEnoughFor(fetch));
  fetch.records_min = 100;
  fetch.records_max = 100;
  EXPECT_FALSE(log_.state.HasEnoughFor(fetch));
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  EXPECT_TRUE(log_.state.HasEnoughFor(fetch));
  fetch.positions = {{.topic = "none", .partition = 0, .offset = 0}};
  EXPECT_TRUE(log_.state.HasEnoughFor(fetch)) << "it will be refused at once";
}

TEST_F(LogStateTest, FetchReadsInPieces) {
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"a", "b", "c"}).has_value());
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  const FetchedPartition first = log_.Fetch(0, 0, 2);
  EXPECT_THAT(LogFixture::Values(first), ElementsAre("a", "b"));
  EXPECT_EQ(first.next_offset, 2U);
  EXPECT_FALSE(first.end_of_partition);
  const FetchedPartition second = log_.Fetch(0, first.next_offset, 2);
  EXPECT_THAT(LogFixture::Values(second), ElementsAre("c"));
  EXPECT_TRUE(second.end_of_partition);
}

TEST_F(LogStateTest, AFetchThatCannotBeIsRefused) {
  const auto fetch = [this](const std::string& topic, uint32_t partition, uint64_t offset,
                            uint32_t records_max) {
    return log_.state.Query(
        FetchRequest{.positions = {{.topic = topic, .partition = partition, .offset = offset}},
                     .records_max = records_max,
                     .isolation = Isolation::kReadCommitted});
  };
  EXPECT_EQ(fetch("u", 0, 0, 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fetch("t", 2, 0, 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fetch("t", 0, 1, 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(fetch("t", 0, 0, 0).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(LogStateTest, ATransactionBeginsWithItsFirstRecordAndIsSeenWhenCommitted) {
  const auto identity = log_.Init("x");
  ASSERT_TRUE(identity.has_value());
  EXPECT_THAT(log_.events, IsEmpty());
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.Produce("x", *identity, 1, 0, {"b"}).has_value());
  EXPECT_THAT(log_.Committed(0), IsEmpty());
  EXPECT_THAT(log_.Everything(0), ElementsAre("a"));
  ASSERT_TRUE(log_.End("x", *identity, TransactionEnd::kCommit).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a"));
  EXPECT_THAT(log_.Committed(1), ElementsAre("b"));
  EXPECT_THAT(Kinds(), ElementsAre(LogEvent::Kind::kBegun, LogEvent::Kind::kCommitted));
  EXPECT_EQ(log_.events.back().records, 2U);
}

TEST_F(LogStateTest, ReadersOfCommittedDataStopAtTheOldestOpenTransaction) {
  const auto slow = log_.Init("slow");
  const auto fast = log_.Init("fast");
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"before"}).has_value());
  ASSERT_TRUE(log_.Produce("slow", *slow, 0, 0, {"s"}).has_value());
  ASSERT_TRUE(log_.Produce("fast", *fast, 0, 0, {"f"}).has_value());
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"after"}).has_value());
  ASSERT_TRUE(log_.End("fast", *fast, TransactionEnd::kCommit).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("before"));
  EXPECT_EQ(log_.Fetch(0).next_offset, 1U);
  ASSERT_TRUE(log_.End("slow", *slow, TransactionEnd::kAbort).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("before", "f", "after"));
  EXPECT_EQ(log_.Fetch(0).next_offset, 4U);
}

TEST_F(LogStateTest, ASealedTopicEndsOnlyBehindItsLastOpenTransaction) {
  const auto identity = log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  EXPECT_FALSE(log_.Fetch(0).end_of_partition);
  ASSERT_TRUE(log_.End("x", *identity, TransactionEnd::kAbort).has_value());
  const FetchedPartition end = log_.Fetch(0);
  EXPECT_TRUE(end.end_of_partition);
  EXPECT_THAT(end.batches, IsEmpty());
  EXPECT_EQ(end.next_offset, 1U);
}

TEST_F(LogStateTest, EndingATransactionAgainTheSameWaySucceedsAndTheOtherWayFails) {
  const auto committed = log_.Init("c");
  const auto aborted = log_.Init("a");
  ASSERT_TRUE(log_.Produce("c", *committed, 0, 0, {"c"}).has_value());
  ASSERT_TRUE(log_.Produce("a", *aborted, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.End("c", *committed, TransactionEnd::kCommit).has_value());
  ASSERT_TRUE(log_.End("a", *aborted, TransactionEnd::kAbort).has_value());
  EXPECT_TRUE(log_.End("c", *committed, TransactionEnd::kCommit).has_value());
  EXPECT_FALSE(log_.changed);
  EXPECT_TRUE(log_.End("a", *aborted, TransactionEnd::kAbort).has_value());
  EXPECT_FALSE(log_.changed);
  const auto late = log_.End("a", *aborted, TransactionEnd::kCommit);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(late.error().message,
            "It is too late to commit transaction \"a\" of epoch 1: it is aborted, because of: "
            "requested.");
  EXPECT_FALSE(log_.End("c", *committed, TransactionEnd::kAbort).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("c"));
}

TEST_F(LogStateTest, ANewEpochFencesTheOldOneAndAbortsWhatItLeftOpen) {
  const auto zombie = log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", *zombie, 0, 0, {"zombie"}).has_value());
  const auto heir = log_.Init("x");
  ASSERT_TRUE(heir.has_value());
  EXPECT_EQ(heir->id, zombie->id);
  EXPECT_EQ(heir->epoch, zombie->epoch + 1);
  EXPECT_EQ(log_.Produce("x", *zombie, 0, 1, {"more"}).error().code, ErrorCode::kFenced);
  EXPECT_EQ(log_.End("x", *zombie, TransactionEnd::kCommit).error().code, ErrorCode::kFenced);
  ASSERT_TRUE(log_.Produce("x", *heir, 0, 0, {"heir"}).has_value());
  ASSERT_TRUE(log_.End("x", *heir, TransactionEnd::kCommit).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("heir"));
  EXPECT_THAT(Kinds(), ElementsAre(LogEvent::Kind::kBegun, LogEvent::Kind::kAborted,
                                   LogEvent::Kind::kFenced, LogEvent::Kind::kFenced,
                                   LogEvent::Kind::kBegun, LogEvent::Kind::kCommitted));
  EXPECT_EQ(log_.events[1].reason, "fenced");
}

TEST_F(LogStateTest, ACommitThatWasDoneIsConfirmedEvenToAFencedEpoch) {
  const auto first = log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", *first, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.End("x", *first, TransactionEnd::kCommit).has_value());
  ASSERT_TRUE(log_.Init("x").has_value());
  EXPECT_TRUE(log_.End("x", *first, TransactionEnd::kCommit).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a"));
}

TEST_F(LogStateTest, AnIdentityThatWasNeverGivenIsRefused) {
  const auto identity = log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {"a"}).has_value());
  const ProducerIdentity future{.id = identity->id, .epoch = identity->epoch + 1};
  const ProducerIdentity other{.id = identity->id + 1, .epoch = identity->epoch};
  const ProducerIdentity none{.id = identity->id, .epoch = 0};
  for (const ProducerIdentity& invented : {future, other}) {
    EXPECT_EQ(log_.Produce("x", invented, 0, 1, {"b"}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(log_.End("x", invented, TransactionEnd::kCommit).error().code,
              ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(log_.End("x", none, TransactionEnd::kCommit).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(log_.End("y", *identity, TransactionEnd::kCommit).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log_.Produce("y", *identity, 0, 0, {"b"}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(log_.Committed(0), IsEmpty());
  ASSERT_TRUE(log_.End("x", *identity, TransactionEnd::kCommit).has_value());
}

TEST_F(LogStateTest, ALateRecordDoesNotJoinATransactionThatHasEnded) {
  const auto identity = log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.End("x", *identity, TransactionEnd::kCommit).has_value());
  const auto late = log_.Produce("x", *identity, 0, 1, {"late"});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().message,
            "Transaction \"x\" of epoch 1 is committed and takes no more records.");
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"next"}).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a", "next"));
}

TEST_F(LogStateTest, RetriedRecordsOfATransactionAreAppendedOnce) {
  const auto identity = log_.Init("x");
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {"a", "b"}).has_value());
  const auto again = log_.Produce("x", *identity, 0, 0, {"a", "b"});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->appended, 0U);
  EXPECT_FALSE(log_.Produce("x", *identity, 0, 3, {"d"}).has_value());
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 2, {"c"}).has_value());
  ASSERT_TRUE(log_.End("x", *identity, TransactionEnd::kCommit).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a", "b", "c"));
}

TEST_F(LogStateTest, ATransactionWithoutRecordsCanBeAbortedButNotCommitted) {
  const auto identity = log_.Init("x");
  EXPECT_EQ(log_.End("x", *identity, TransactionEnd::kCommit).error().code,
            ErrorCode::kInvalidArgument);
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {}).has_value());
  EXPECT_FALSE(log_.changed);
  ASSERT_TRUE(log_.End("x", *identity, TransactionEnd::kAbort).has_value());
  EXPECT_FALSE(log_.Produce("x", *identity, 0, 0, {"a"}).has_value());
  EXPECT_THAT(log_.events, IsEmpty());
}

TEST_F(LogStateTest, ATransactionThatIsOpenTooLongIsAborted) {
  const auto identity = log_.Init("x");
  EXPECT_EQ(log_.state.NextExpiry(), sim::kForever);
  ASSERT_TRUE(log_.Produce("x", *identity, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 0, 0, {"b"}).has_value());
  EXPECT_EQ(log_.state.NextExpiry(), log_.now + 10s);
  log_.now += 10s - 1ns;
  ASSERT_TRUE(log_.Do(ExpireTransactionsRequest()).has_value());
  EXPECT_FALSE(log_.changed);
  EXPECT_THAT(log_.Committed(0), IsEmpty());
  log_.now += 1ns;
  ASSERT_TRUE(log_.Do(ExpireTransactionsRequest()).has_value());
  EXPECT_TRUE(log_.changed);
  EXPECT_THAT(log_.Committed(0), ElementsAre("b"));
  EXPECT_EQ(log_.events.back().reason, "timeout");
  EXPECT_EQ(log_.state.NextExpiry(), sim::kForever);
  EXPECT_EQ(log_.End("x", *identity, TransactionEnd::kCommit).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(LogStateTest, ALateCopyOfAnInitialisationDoesNotAbortWhatTheFirstOneBegan) {
  const auto identity = log_.Init("sink-0-1-1", 2, "sink-0");
  ASSERT_TRUE(log_.Produce("sink-0-1-1", *identity, 0, 0, {"a"}).has_value());
  const auto copy = log_.Init("sink-0-1-1", 2, "sink-0");
  ASSERT_TRUE(copy.has_value());
  EXPECT_EQ(*copy, *identity);
  EXPECT_FALSE(log_.changed);
  ASSERT_TRUE(log_.End("sink-0-1-1", *identity, TransactionEnd::kCommit).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a"));
}

TEST_F(LogStateTest, OneSessionMayRunTransactionsOneAfterTheOther) {
  const auto first = log_.Init("x", 1);
  ASSERT_TRUE(log_.Produce("x", *first, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.End("x", *first, TransactionEnd::kCommit).has_value());
  const auto second = log_.Init("x", 1);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->epoch, first->epoch + 1);
  ASSERT_TRUE(log_.Produce("x", *second, 0, 0, {"b"}).has_value());
  ASSERT_TRUE(log_.End("x", *second, TransactionEnd::kAbort).has_value());
  EXPECT_THAT(log_.Committed(0), ElementsAre("a"));
}

TEST_F(LogStateTest, AnOwnersEarlierSessionCannotBeginAnything) {
  const auto zombie = log_.Init("sink-0-1-1", 1, "sink-0");
  ASSERT_TRUE(log_.Do(FenceOwnerRequest{.owner = {.name = "sink-0", .session = 2}}).has_value());
  EXPECT_EQ(log_.Init("sink-0-1-2", 1, "sink-0").error().code, ErrorCode::kFenced);
  EXPECT_EQ(log_.Do(FenceOwnerRequest{.owner = {.name = "sink-0", .session = 1}}).error().code,
            ErrorCode::kFenced);
  // What it has begun already is for its heir to abort.
  EXPECT_TRUE(log_.Produce("sink-0-1-1", *zombie, 0, 0, {"z"}).has_value());
  EXPECT_TRUE(log_.Init("sink-1-1-1", 1, "sink-1").has_value());
  EXPECT_TRUE(log_.Init("sink-0-1-1", 2, "sink-0").has_value());
  EXPECT_EQ(log_.Produce("sink-0-1-1", *zombie, 0, 1, {"z"}).error().code, ErrorCode::kFenced);
  EXPECT_THAT(log_.Committed(0), IsEmpty());
}

TEST_F(LogStateTest, AnInitialisationNeedsANameATimeOutAndASessionForItsOwner) {
  EXPECT_FALSE(log_.Init("").has_value());
  EXPECT_FALSE(log_.Init("x", 0, "owner").has_value());
  EXPECT_FALSE(log_.Do(InitProducerRequest{
                           .transactional_id = "x", .owner = {}, .timeout = sim::Duration(0)})
                   .has_value());
  EXPECT_FALSE(log_.Do(FenceOwnerRequest{.owner = {.name = "owner", .session = 0}}).has_value());
}

TEST_F(LogStateTest, ListsWhatHasNotEndedByPrefix) {
  const auto ready = log_.Init("sink-1-1-1");
  const auto open = log_.Init("sink-11-1-1");
  const auto done = log_.Init("sink-1-1-2");
  ASSERT_TRUE(log_.Init("other-1-1-1").has_value());
  ASSERT_TRUE(log_.Produce("sink-11-1-1", *open, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.Produce("sink-1-1-2", *done, 0, 0, {"a"}).has_value());
  ASSERT_TRUE(log_.End("sink-1-1-2", *done, TransactionEnd::kCommit).has_value());
  const auto listed = log_.state.Query(ListTransactionsRequest{.prefix = "sink-1"});
  ASSERT_TRUE(listed.has_value());
  EXPECT_THAT(listed->transactions,
              ElementsAre(
                  ListedTransaction{
                      .transactional_id = "sink-1-1-1", .identity = *ready, .has_records = false},
                  ListedTransaction{
                      .transactional_id = "sink-11-1-1", .identity = *open, .has_records = true}));
}

TEST_F(LogStateTest, TopicInfoTellsEndsAndSeal) {
  ASSERT_TRUE(log_.Produce("", kNoTransaction, 1, 0, {"a", "b"}).has_value());
  ASSERT_TRUE(log_.Do(SealTopicRequest{.topic = "t"}).has_value());
  const auto info = log_.state.Query(TopicInfoRequest{.topic = "t"});
  ASSERT_TRUE(info.has_value());
  EXPECT_THAT(info->end_offsets, ElementsAre(0U, 2U));
  EXPECT_TRUE(info->sealed);
  EXPECT_FALSE(log_.state.Query(TopicInfoRequest{.topic = "u"}).has_value());
  EXPECT_FALSE(log_.Do(SealTopicRequest{.topic = "u"}).has_value());
}

}  // namespace
}  // namespace flinch::engine
