#include "engine/state.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

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

// Of what was added: how much, and how often.
struct Mean {
  using Accumulator = std::pair<int64_t, int64_t>;
  using Output = double;

  Accumulator Create() const { return {0, 0}; }

  void Add(const int64_t& value, Accumulator& sum) const {
    sum.first += value;
    ++sum.second;
  }

  Output Result(const Accumulator& sum) const {
    return static_cast<double>(sum.first) / static_cast<double>(sum.second);
  }
};

TEST_F(StateTest, AnAggregatingStateIsReadAsWhatComesOfItsAccumulator) {
  auto state = context_.GetAggregatingState<int64_t, Mean>({"mean", {}});
  EXPECT_EQ(state.Get(), std::nullopt);
  state.Add(3);
  state.Add(4);
  EXPECT_THAT(state.Get(), Optional(3.5));
  Select("b");
  EXPECT_EQ(state.Get(), std::nullopt);
  Select("a");
  state.Clear();
  EXPECT_EQ(state.Get(), std::nullopt);
  EXPECT_EQ(backend_.entries(), 0U);
}

struct Append {
  std::string operator()(const std::string& text, int64_t value) const {
    return text + " " + std::to_string(value);
  }
};

TEST_F(StateTest, AFoldingStateBeginsWithItsInitialValueAndIsNothingBefore) {
  auto state = context_.GetFoldingState<int64_t, std::string, Append>({"fold", "from", {}});
  EXPECT_EQ(state.Get(), std::nullopt);
  state.Add(1);
  state.Add(2);
  EXPECT_THAT(state.Get(), Optional(std::string("from 1 2")));
  state.Clear();
  state.Add(3);
  EXPECT_THAT(state.Get(), Optional(std::string("from 3")));
}

TEST_F(StateTest, EveryKindComesBackUnderAnyParallelism) {
  const auto fill = [](RuntimeContext& context) {
    context.GetListState<std::string>({"list"}).AddAll({"x", "y"});
    context.GetMapState<std::string, int64_t>({"map"}).Put("k", 1);
    context.GetReducingState<int64_t, std::plus<int64_t>>({"sum", {}}).Add(5);
    context.GetAggregatingState<int64_t, Mean>({"mean", {}}).Add(6);
    context.GetFoldingState<int64_t, std::string, Append>({"fold", "from", {}}).Add(7);
  };
  for (const char* const key : {"a", "key1", "hello"}) {  // of the groups 81, 41 and 35
    Select(key);
    fill(context_);
  }
  const std::map<KeyGroup, Bytes> snapshot = backend_.Snapshot();
  KeyedStateBackend part({KeyGroup(35), KeyGroup(41)}, 128);
  ASSERT_TRUE(part.Restore(snapshot, {}));
  RuntimeContext context(part);
  for (const char* const key : {"key1", "hello"}) {
    part.SetCurrentKey(key, JavaHash(key));
    EXPECT_THAT(context.GetListState<std::string>({"list"}).Get(), ElementsAre("x", "y"));
    EXPECT_THAT((context.GetMapState<std::string, int64_t>({"map"}).Get("k")), Optional(1));
    EXPECT_THAT((context.GetReducingState<int64_t, std::plus<int64_t>>({"sum", {}}).Get()),
                Optional(5));
    EXPECT_THAT((context.GetAggregatingState<int64_t, Mean>({"mean", {}}).Get()), Optional(6.0));
    EXPECT_THAT((context.GetFoldingState<int64_t, std::string, Append>({"fold", "from", {}}).Get()),
                Optional(std::string("from 7")));
  }
  EXPECT_EQ(part.entries(), 10U);
  EXPECT_TRUE(context.result());
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
