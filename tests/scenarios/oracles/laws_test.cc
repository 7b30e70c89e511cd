#include "scenarios/oracles/laws.h"

#include <charconv>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LawsTest : public ::testing::Test {
 protected:
  void Expect(std::string key, std::string value) {
    expected_.push_back({.key = std::move(key), .value = std::move(value)});
  }

  void Find(std::string key, std::string value) {
    found_.push_back({.key = std::move(key), .value = std::move(value), .offset = found_.size()});
  }

  std::vector<std::string> Kinds(const Law& law) const {
    std::vector<std::string> kinds;
    for (const OutputBreach& breach : law.judge(View())) {
      kinds.push_back(breach.kind);
    }
    return kinds;
  }

  OutputView View() const {
    OutputView view{.expected = {}, .found = {}, .complete = complete_, .rows = rows_};
    for (const ExpectedRecord& record : expected_) {
      view.expected.push_back(&record);
    }
    for (const OutputRecord& record : found_) {
      view.found.push_back(&record);
    }
    return view;
  }

  std::deque<ExpectedRecord> expected_;
  std::deque<OutputRecord> found_;
  std::vector<ReadRow> rows_;
  bool complete_ = true;
};

// Each row tells the value of the one before it.
std::vector<std::string> TellBefore(std::string& state, const ReadRow& row) {
  return {std::exchange(state, std::string(row.value))};
}

int64_t NumberIn(std::string_view, std::string_view value) {
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

TEST_F(LawsTest, TheOrderOfAKeyCountsOnlyWhereItIsPromised) {
  Expect("a", "1");
  Expect("a", "2");
  Find("a", "2");
  Find("a", "1");
  EXPECT_THAT(Kinds(PerKeyOrder()), ElementsAre("misplaced"));
  EXPECT_THAT(Kinds(SameMultiset()), IsEmpty());
}

TEST_F(LawsTest, WhatIsTooMuchOrTooLittleIsToldByTheLawThatMinds) {
  Expect("a", "1");
  Expect("b", "1");
  Find("a", "1");
  Find("a", "1");
  Find("c", "7");
  EXPECT_THAT(Kinds(PerKeyOrder()), ElementsAre("doubled", "foreign", "lost"));
  EXPECT_THAT(Kinds(SameMultiset()), ElementsAre("doubled", "foreign", "lost"));
  EXPECT_THAT(Kinds(Contains()), ElementsAre("lost"));
  EXPECT_THAT(Kinds(ContainedIn()), ElementsAre("doubled", "foreign"));
  complete_ = false;  // what is not there may still come
  EXPECT_THAT(Kinds(Contains()), IsEmpty());
}

TEST_F(LawsTest, OfRefinementsTheLastOneCounts) {
  Expect("a", "1");
  Expect("a", "3");
  Expect("b", "1");
  Find("a", "2");
  Find("a", "3");
  Find("b", "1");
  Find("b", "0");
  const std::vector<OutputBreach> breaches = LastPerKey().judge(View());
  ASSERT_EQ(breaches.size(), 1U);
  EXPECT_EQ(breaches[0].kind, "outdated");
  EXPECT_THAT(breaches[0].sentence, HasSubstr("should have come last"));
  Find("c", "1");
  EXPECT_THAT(Kinds(LastPerKey()), ElementsAre("foreign", "outdated"));
}

TEST_F(LawsTest, ASumIsConserved) {
  Expect("a", "5");
  Find("x", "2");
  EXPECT_THAT(Kinds(Conserves(NumberIn)), ElementsAre("shrunk"));
  complete_ = false;
  EXPECT_THAT(Kinds(Conserves(NumberIn)), IsEmpty());
  Find("y", "3");
  EXPECT_THAT(Kinds(Conserves(NumberIn)), IsEmpty());
  Find("y", "1");
  EXPECT_THAT(Kinds(Conserves(NumberIn)), ElementsAre("grown"));
}

TEST_F(LawsTest, WhatAnyOrderOfTheSourcesExplainsIsRight) {
  rows_ = {{.key = "a", .value = "1", .source = 0},
           {.key = "a", .value = "2", .source = 0},
           {.key = "a", .value = "3", .source = 1},
           {.key = "b", .value = "9", .source = 1}};
  Find("b", "");
  for (const std::string value : {"", "1", "3"}) {  // 1, 3, 2
    Find("a", value);
  }
  EXPECT_THAT(Kinds(Linearizes(TellBefore)), IsEmpty());
  found_.back().value = "7";
  EXPECT_THAT(Kinds(Linearizes(TellBefore)), ElementsAre("unexplained"));
  found_.pop_back();
  EXPECT_THAT(Kinds(Linearizes(TellBefore)), ElementsAre("unexplained"));
  complete_ = false;
  EXPECT_THAT(Kinds(Linearizes(TellBefore)), IsEmpty());
  Find("c", "");
  EXPECT_THAT(Linearizes(TellBefore).judge(View()).at(0).sentence,
              HasSubstr("No order of the 0 rows with key "));
}

TEST_F(LawsTest, OrdersWithoutEndAreNotTried) {
  for (int row = 0; row < 200; ++row) {
    rows_.push_back({.key = "a", .value = "x", .source = static_cast<uint32_t>(row % 8)});
  }
  const auto number = [](std::string& state, const ReadRow&) {
    state += "x";
    return std::vector<std::string>{std::to_string(state.size())};
  };
  for (int row = 1; row < 200; ++row) {
    Find("a", std::to_string(row));
  }
  Find("a", "7");
  EXPECT_THROW(Linearizes(number).judge(View()), std::runtime_error);
}

}  // namespace

}  // namespace flinch::scenarios
