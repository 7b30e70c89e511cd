#include "engine/outside/database_state.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

UpsertRequest Upsert(uint32_t attempt, uint64_t batch, const std::string& value) {
  return {.session = {.writer = "sink-0", .attempt = attempt, .batch = batch},
          .table = "t",
          .rows = {{.key = "k", .value = value}}};
}

PrepareRequest Prepare(const std::string& name) {
  return {.transaction = name, .table = "t", .rows = {{.key = "k", .value = name}}};
}

TEST(DatabaseStateTest, ABatchThatComesAgainChangesNothing) {
  DatabaseState state;
  ASSERT_TRUE(state.Apply(Upsert(1, 1, "old")));
  ASSERT_TRUE(state.Apply(Upsert(1, 2, "new")));
  ASSERT_TRUE(state.Apply(Upsert(1, 1, "old")));
  EXPECT_THAT(state.tables().at("t").upserted, ElementsAre(Pair("k", "new")));
}

TEST(DatabaseStateTest, AnEarlierAttemptIsFenced) {
  DatabaseState state;
  ASSERT_TRUE(state.Apply(Upsert(2, 1, "new")));
  const sim::Result<Nothing> fenced = state.Apply(Upsert(1, 7, "a zombie's"));
  ASSERT_FALSE(fenced);
  EXPECT_EQ(fenced.error().code, sim::ErrorCode::kFenced);
  EXPECT_THAT(state.tables().at("t").upserted, ElementsAre(Pair("k", "new")));
}

TEST(DatabaseStateTest, WhatIsPreparedIsSeenWhenItIsCommitted) {
  DatabaseState state;
  ASSERT_TRUE(state.Apply(Prepare("a-0-1-1")));
  EXPECT_THAT(state.tables(), IsEmpty());
  EXPECT_THAT(state.Recover("a-").transactions, ElementsAre("a-0-1-1"));
  EXPECT_THAT(state.Recover("b-").transactions, IsEmpty());
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(state.Apply(CommitPreparedRequest{.transaction = "a-0-1-1"}));
  }
  ASSERT_TRUE(state.Apply(Prepare("a-0-1-1")));  // late
  EXPECT_THAT(state.Recover("").transactions, IsEmpty());
  EXPECT_EQ(state.tables().at("t").inserted.size(), 1);
}

TEST(DatabaseStateTest, WhatIsRolledBackStaysAway) {
  DatabaseState state;
  ASSERT_TRUE(state.Apply(RollbackPreparedRequest{.transaction = "x"}));
  EXPECT_EQ(state.Apply(Prepare("x")).error().code, sim::ErrorCode::kFenced);
  EXPECT_EQ(state.Apply(CommitPreparedRequest{.transaction = "x"}).error().code,
            sim::ErrorCode::kNotFound);
  ASSERT_TRUE(state.Apply(Prepare("y")));
  ASSERT_TRUE(state.Apply(CommitPreparedRequest{.transaction = "y"}));
  EXPECT_EQ(state.Apply(RollbackPreparedRequest{.transaction = "y"}).error().code,
            sim::ErrorCode::kInvalidArgument);
}

TEST(DatabaseStateTest, TheJournalIsTheDatabase) {
  const std::vector<DatabaseEntry> entries = {
      {.method = DatabaseMethod::kPrepare, .body = Encode(Prepare("a"))},
      {.method = DatabaseMethod::kCommit,
       .body = Encode(CommitPreparedRequest{.transaction = "a"})}};
  Bytes journal(kDatabaseJournalFormat.header);
  journal += FrameContent(Encode(entries));
  const sim::Result<DatabaseState> state = ReadDatabaseJournal(journal);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->tables().at("t").inserted.size(), 1);
  const std::vector<DatabaseEntry> unknown = {{.method = DatabaseMethod(99), .body = {}}};
  journal += FrameContent(Encode(unknown));
  EXPECT_EQ(ReadDatabaseJournal(journal).error().code, sim::ErrorCode::kCorruption);
}

}  // namespace
}  // namespace flinch::engine
