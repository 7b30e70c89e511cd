#include "engine/state.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/state/hashmap_backend.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

class StateTest : public testing::Test {
 protected:
  StateTest() { Select("a"); }

  void Select(std::string_view key) { backend_->SetCurrentKey(key, JavaHash(key)); }

  std::unique_ptr<KeyedStateBackend> backend_ =
      MakeHashMapBackend({KeyGroup(0), KeyGroup(127)}, 128);
};

TEST_F(StateTest, AValueBelongsToTheCurrentKeyAndTheNamespace) {
  ValueState<int64_t> state(*backend_, "count");
  ValueState<int64_t> window(*backend_, "count", "w1");
  state.Update(1);
  window.Update(2);
  Select("b");
  EXPECT_EQ(state.Value(), std::nullopt);
  Select("a");
  EXPECT_THAT(state.Value(), Optional(1));
  EXPECT_THAT(window.Value(), Optional(2));
}

TEST_F(StateTest, UpdatingAValueToNothingClearsIt) {
  ValueState<int64_t> state(*backend_, "count");
  state.Update(1);
  state.Update(std::nullopt);
  EXPECT_EQ(state.Value(), std::nullopt);
  EXPECT_EQ(backend_->entries(), 0U);
}

TEST_F(StateTest, AListKeepsTheOrderOfAdding) {
  ListState<std::string> state(*backend_, "list");
  EXPECT_THAT(state.Get(), IsEmpty());
  state.Add("x");
  state.AddAll({"y", "x"});
  EXPECT_THAT(state.Get(), ElementsAre("x", "y", "x"));
  state.Update({"z"});
  EXPECT_THAT(state.Get(), ElementsAre("z"));
}

TEST_F(StateTest, AnEmptyListIsNoState) {
  ListState<std::string> state(*backend_, "list");
  state.Add("x");
  state.Update({});
  EXPECT_EQ(backend_->entries(), 0U);
}

TEST_F(StateTest, AMapIsReadInTheOrderOfItsKeys) {
  MapState<int64_t, std::string> state(*backend_, "map");
  EXPECT_TRUE(state.IsEmpty());
  for (const int64_t key : {256, 1, -1}) {
    state.Put(key, std::to_string(key));
  }
  EXPECT_THAT(state.Entries(), ElementsAre(Pair(-1, "-1"), Pair(1, "1"), Pair(256, "256")));
  EXPECT_THAT(state.Get(256), Optional(std::string("256")));
  state.Remove(256);
  EXPECT_FALSE(state.Contains(256));
  EXPECT_TRUE(state.Contains(1));
}

TEST_F(StateTest, ClearingAMapLeavesOtherNamespacesAndKeysAlone) {
  MapState<std::string, int64_t> plain(*backend_, "map");
  MapState<std::string, int64_t> window(*backend_, "map", "w");
  MapState<std::string, int64_t> longer(*backend_, "map", "w2");
  plain.Put("w", 1);
  window.Put("", 2);
  longer.Put("k", 3);
  Select("b");
  window.Put("k", 4);
  Select("a");
  window.Clear();
  EXPECT_TRUE(window.IsEmpty());
  EXPECT_THAT(plain.Entries(), ElementsAre(Pair("w", 1)));
  EXPECT_THAT(longer.Entries(), ElementsAre(Pair("k", 3)));
  Select("b");
  EXPECT_THAT(window.Entries(), ElementsAre(Pair("k", 4)));
}

TEST_F(StateTest, AReducingStateFoldsEachAddition) {
  ReducingState<int64_t, std::plus<int64_t>> state(*backend_, "sum", std::plus<int64_t>());
  EXPECT_EQ(state.Get(), std::nullopt);
  state.Add(3);
  state.Add(4);
  EXPECT_THAT(state.Get(), Optional(7));
  state.Clear();
  EXPECT_EQ(state.Get(), std::nullopt);
}

TEST_F(StateTest, BytesOfAnotherTypeAreReportedNotRead) {
  backend_->Put("count", "", "abc");
  const ValueState<int64_t> value(*backend_, "count");
  EXPECT_THROW(value.Value(), StateCorrupted);
  const ListState<int64_t> list(*backend_, "count");
  EXPECT_THROW(list.Get(), StateCorrupted);
}

}  // namespace
}  // namespace flinch::engine
