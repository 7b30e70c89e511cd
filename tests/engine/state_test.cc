#include "engine/state.h"

#include <cstdint>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;

class StateTest : public testing::Test {
 protected:
  StateTest() { Select("a"); }

  void Select(std::string_view key) { backend_.SetCurrentKey(key, JavaHash(key)); }

  KeyedStateBackend backend_{{KeyGroup(0), KeyGroup(127)}, 128};
  RuntimeContext context_{backend_};
};

TEST_F(StateTest, AValueBelongsToTheCurrentKey) {
  auto state = context_.GetState<int64_t>({"count"});
  state.Update(1);
  Select("b");
  EXPECT_EQ(state.Value(), std::nullopt);
  EXPECT_EQ(state.Find(), nullptr);
  Select("a");
  EXPECT_THAT(state.Value(), Optional(1));
}

TEST_F(StateTest, UpdatingAValueToNothingClearsIt) {
  auto state = context_.GetState<int64_t>({"count"});
  state.Update(1);
  state.Update(std::nullopt);
  EXPECT_EQ(state.Value(), std::nullopt);
  EXPECT_EQ(backend_.entries(), 0U);
}

TEST_F(StateTest, AListKeepsTheOrderOfAdding) {
  auto state = context_.GetListState<std::string>({"list"});
  EXPECT_THAT(state.Get(), IsEmpty());
  state.Add("x");
  state.AddAll({"y", "x"});
  EXPECT_THAT(state.Get(), ElementsAre("x", "y", "x"));
  state.Update({"z"});
  EXPECT_THAT(state.Get(), ElementsAre("z"));
}

TEST_F(StateTest, AnEmptyListIsNoState) {
  auto state = context_.GetListState<std::string>({"list"});
  state.AddAll({});
  EXPECT_EQ(backend_.entries(), 0U);
  state.Add("x");
  state.Update({});
  EXPECT_EQ(backend_.entries(), 0U);
}

TEST_F(StateTest, AMapIsReadInTheOrderOfItsKeys) {
  auto state = context_.GetMapState<int64_t, std::string>({"map"});
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

TEST_F(StateTest, ClearingAMapLeavesOtherKeysAlone) {
  auto state = context_.GetMapState<std::string, int64_t>({"map"});
  state.Put("x", 1);
  state.Put("y", 2);
  Select("b");
  state.Put("x", 3);
  Select("a");
  state.Clear();
  EXPECT_TRUE(state.IsEmpty());
  Select("b");
  EXPECT_THAT(state.Entries(), ElementsAre(Pair("x", 3)));
}

TEST_F(StateTest, AReducingStateFoldsEachAddition) {
  auto state = context_.GetReducingState<int64_t, std::plus<int64_t>>({"sum", {}});
  EXPECT_EQ(state.Get(), std::nullopt);
  state.Add(3);
  state.Add(4);
  EXPECT_THAT(state.Get(), Optional(7));
  state.Clear();
  EXPECT_EQ(state.Get(), std::nullopt);
}

TEST_F(StateTest, ANameOfAnotherTypeIsRefusedAndToldOnce) {
  (void)context_.GetState<int64_t>({"count"});
  EXPECT_TRUE(context_.result());
  auto list = context_.GetListState<int64_t>({"count"});
  ASSERT_FALSE(context_.result());
  EXPECT_EQ(context_.result().error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_THROW(list.Add(1), sim::Violation);
}

TEST_F(StateTest, AHandleThatWasNotGotBreaksAnInvariant) {
  ValueState<int64_t> state;
  EXPECT_THROW(state.Update(1), sim::Violation);
}

}  // namespace
}  // namespace flinch::engine
