#include "engine/outside/log_journal.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/outside/log_protocol.h"

namespace flinch::engine {
namespace {

using sim::ErrorCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Command>
JournalEntry EntryOf(const Command& command) {
  return {.method = Command::kMethod, .time = sim::AtNanos(5), .body = Encode(command)};
}

JournalEntry Rows(const std::string& producer, ProducerIdentity identity, uint32_t partition,
                  const std::string& value) {
  return EntryOf(
      ProduceRequest{.producer = producer,
                     .identity = identity,
                     .topic = "t",
                     .partition = partition,
                     .base_sequence = 0,
                     .records = {{.key = "k", .value = value, .timestamp = EventTime(3)}}});
}

JournalEntry Init(const std::string& id) {
  return EntryOf(
      InitProducerRequest{.transactional_id = id, .owner = {}, .timeout = std::chrono::seconds(1)});
}

// Two group commits: a topic with a row, then three transactions, one of each fate.
std::vector<Bytes> Groups() {
  const ProducerIdentity first{.id = 1, .epoch = 1};
  const ProducerIdentity second{.id = 2, .epoch = 1};
  const ProducerIdentity third{.id = 3, .epoch = 1};
  return {
      FrameEntries({EntryOf(CreateTopicRequest{.topic = "t", .partitions = 2}),
                    Rows("rows", {}, 0, "plain")}),
      FrameEntries(
          {Init("c"), Init("a"), Init("o"), Rows("c", first, 0, "committed"),
           Rows("a", second, 1, "aborted"), Rows("o", third, 1, "open"),
           EntryOf(EndTransactionRequest{
               .transactional_id = "c", .identity = first, .end = TransactionEnd::kCommit}),
           EntryOf(EndTransactionRequest{
               .transactional_id = "a", .identity = second, .end = TransactionEnd::kAbort})}),
      FrameEntries({EntryOf(SealTopicRequest{.topic = "t"})}),
  };
}

Bytes Journal() {
  Bytes journal(kJournalHeader);
  for (const Bytes& group : Groups()) {
    journal += group;
  }
  return journal;
}

TEST(LogJournalTest, ShowsTheLogFromOutside) {
  const auto contents = ReadJournal(Journal());
  ASSERT_TRUE(contents.has_value());
  ASSERT_EQ(contents->topics.size(), 1U);
  const LogContents::TopicContents& topic = contents->topics.at("t");
  EXPECT_EQ(topic.partitions, 2U);
  EXPECT_TRUE(topic.sealed);
  EXPECT_EQ(topic.record_count, 4U);
  ASSERT_EQ(topic.chunks.size(), 4U);
  const auto expect = [&](size_t at, uint32_t partition, uint64_t offset, const std::string& value,
                          const std::string& transaction, RecordFate fate) {
    const LogContents::Chunk& chunk = topic.chunks[at];
    EXPECT_EQ(chunk.partition, partition);
    EXPECT_EQ(chunk.first_offset, offset);
    EXPECT_EQ(chunk.records,
              RecordBatch({{.key = "k", .value = value, .timestamp = EventTime(3)}}));
    EXPECT_EQ(chunk.transaction, transaction);
    EXPECT_EQ(chunk.fate, fate);
  };
  expect(0, 0, 0, "plain", "", RecordFate::kCommitted);
  expect(1, 0, 1, "committed", "c", RecordFate::kCommitted);
  expect(2, 1, 0, "aborted", "a", RecordFate::kAborted);
  expect(3, 1, 1, "open", "o", RecordFate::kOpen);
  EXPECT_THAT(contents->open_transactions, ElementsAre("o"));
}

TEST(LogJournalTest, ATailTornAtAnyByteIsCutBackToTheLastWholeGroup) {
  const std::vector<Bytes> groups = Groups();
  const Bytes journal = Journal();
  std::vector<size_t> ends = {kJournalHeader.size()};
  for (const Bytes& group : groups) {
    ends.push_back(ends.back() + group.size());
  }
  for (size_t size = 0; size <= journal.size(); ++size) {
    const auto scanned = ScanJournal(journal.substr(0, size));
    ASSERT_TRUE(scanned.has_value()) << size;
    size_t sound = 0;
    for (const size_t end : ends) {
      sound = end <= size ? end : sound;
    }
    EXPECT_EQ(scanned->sound_bytes, sound) << size;
    const auto state = ReplayEntries(scanned->entries);
    ASSERT_TRUE(state.has_value()) << size;
    EXPECT_EQ(state->record_count(), size < ends[1] ? 0U : size < ends[2] ? 1U : 4U) << size;
  }
}

TEST(LogJournalTest, AFlippedBitInTheLastGroupCutsItOff) {
  const Bytes journal = Journal();
  const size_t last = journal.size() - Groups().back().size();
  for (size_t at = last; at < journal.size(); ++at) {
    Bytes damaged = journal;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto scanned = ScanJournal(damaged);
    ASSERT_TRUE(scanned.has_value()) << at;
    EXPECT_EQ(scanned->sound_bytes, last) << at;
  }
}

TEST(LogJournalTest, AFlippedBitBeforeASoundGroupIsCorruptionAndLosesNothingInSilence) {
  const Bytes journal = Journal();
  const size_t last = journal.size() - Groups().back().size();
  for (size_t at = 0; at < last; ++at) {
    Bytes damaged = journal;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto scanned = ScanJournal(damaged);
    ASSERT_FALSE(scanned.has_value()) << at;
    EXPECT_EQ(scanned.error().code, ErrorCode::kCorruption) << at;
  }
}

TEST(LogJournalTest, NoBytesAreAnEmptyLogAndAStrangeFileIsNoLog) {
  const auto empty = ReadJournal("");
  ASSERT_TRUE(empty.has_value());
  EXPECT_TRUE(empty->topics.empty());
  EXPECT_THAT(empty->open_transactions, IsEmpty());
  const auto strange = ReadJournal("a file of somebody else, for sure");
  ASSERT_FALSE(strange.has_value());
  EXPECT_EQ(strange.error().code, ErrorCode::kCorruption);
}

TEST(LogJournalTest, ACommandThatIsRefusedAtReplayIsCorruption) {
  const Bytes journal = Bytes(kJournalHeader) + FrameEntries({Rows("rows", {}, 0, "no topic")});
  const auto contents = ReadJournal(journal);
  ASSERT_FALSE(contents.has_value());
  EXPECT_EQ(contents.error().code, ErrorCode::kCorruption);
}

TEST(LogJournalTest, KnowsCommandsFromQueries) {
  EXPECT_TRUE(IsLogCommand(LogMethod::kProduce));
  EXPECT_TRUE(IsLogCommand(LogMethod::kFenceOwner));
  EXPECT_FALSE(IsLogCommand(LogMethod::kFetch));
  EXPECT_FALSE(IsLogCommand(LogMethod(60'000)));
}

}  // namespace
}  // namespace flinch::engine
