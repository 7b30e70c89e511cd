#include "engine/state/operator_state.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::Pointee;

TEST(OperatorStateTest, ListsAndMapsComeBackInTheirOrder) {
  OperatorStateStore before;
  before.Restore(nullptr);
  before.GetListState<std::string>("list")->Add("x");
  before.GetListState<std::string>("list")->Add("a");
  before.GetUnionListState<int64_t>("union")->Update({3, 1});
  auto* const rules = before.GetBroadcastState<std::string, int64_t>("rules");
  rules->Put("limit", 7);
  rules->Put("limit", 8);
  rules->Put("a", 1);
  const OperatorState snapshot = before.Snapshot();

  OperatorStateStore after;
  after.Restore(&snapshot);
  EXPECT_THAT(after.GetListState<std::string>("list")->Get(), ElementsAre("x", "a"));
  EXPECT_THAT(after.GetUnionListState<int64_t>("union")->Get(), ElementsAre(3, 1));
  auto* const restored = after.GetBroadcastState<std::string, int64_t>("rules");
  EXPECT_THAT(restored->entries(), ElementsAre(Pair("a", 1), Pair("limit", 8)));
  EXPECT_THAT(restored->Get("limit"), Pointee(8));
  restored->Remove("limit");
  EXPECT_EQ(restored->Get("limit"), nullptr);
  EXPECT_TRUE(after.result());
}

TEST(OperatorStateTest, AModeIsOfItsName) {
  OperatorStateStore store;
  (void)store.GetListState<int64_t>("list");
  (void)store.GetUnionListState<int64_t>("union");
  (void)store.GetBroadcastState<int64_t, int64_t>("rules");
  EXPECT_EQ(store.ModeOf("list"), ListMode::kSplit);
  EXPECT_EQ(store.ModeOf("union"), ListMode::kUnion);
  EXPECT_EQ(store.ModeOf("rules"), ListMode::kBroadcast);
  EXPECT_EQ(store.ModeOf("nobody's"), ListMode::kSplit);
}

TEST(OperatorStateTest, WhatNobodyAsksForIsKept) {
  const OperatorState snapshot = {{"old", {"bytes"}}};
  OperatorStateStore store;
  store.Restore(&snapshot);
  (void)store.GetListState<int64_t>("new");
  EXPECT_THAT(store.Snapshot(),
              ElementsAre(Pair("new", IsEmpty()), Pair("old", ElementsAre("bytes"))));
}

TEST(OperatorStateTest, OneNameWithTwoModesOrTypesIsRefused) {
  OperatorStateStore store;
  EXPECT_EQ(store.GetListState<int64_t>("s"), store.GetListState<int64_t>("s"));
  EXPECT_TRUE(store.result());
  (void)store.GetUnionListState<int64_t>("s");
  ASSERT_FALSE(store.result());
  EXPECT_THAT(store.result().error().message,
              HasSubstr("\"s\" is a list of i64 and also a union list"));
  OperatorStateStore other;
  (void)other.GetListState<int64_t>("s");
  EXPECT_EQ(other.GetListState<std::string>("s"), nullptr);
  EXPECT_FALSE(other.result());
}

TEST(OperatorStateTest, EntriesOfAnotherTypeAreRefusedByName) {
  const OperatorState snapshot = {{"offsets", {"abc"}}};
  OperatorStateStore store;
  store.Restore(&snapshot);
  (void)store.GetListState<int64_t>("offsets");
  ASSERT_FALSE(store.result());
  EXPECT_THAT(store.result().error().message, HasSubstr("\"offsets\" was restored with an entry"));
}

}  // namespace
}  // namespace flinch::engine
