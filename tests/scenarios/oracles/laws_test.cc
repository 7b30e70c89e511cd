#include "scenarios/oracles/laws.h"

#include <charconv>
#include <deque>
#include <utility>

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
    OutputView view{.expected = {}, .found = {}, .complete = complete_};
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
  bool complete_ = true;
};

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

}  // namespace

}  // namespace flinch::scenarios
