#include "scenarios/lab/number_ranges.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;

TEST(NumberRangesTest, WhatTouchesIsOneRange) {
  const NumberRanges numbers = NumberRanges::Of(std::vector<uint64_t>{2, 3, 4, 7, 9, 10});
  EXPECT_EQ(numbers.ranges().size(), 3U);
  EXPECT_EQ(numbers.size(), 6U);
  EXPECT_EQ(numbers.last(), 10U);
  EXPECT_TRUE(numbers.Has(3));
  EXPECT_FALSE(numbers.Has(8));
  EXPECT_THAT(numbers.Numbers(), ElementsAre(2, 3, 4, 7, 9, 10));
}

TEST(NumberRangesTest, RefusesWhatDoesNotLieBehind) {
  NumberRanges numbers = NumberRanges::From(5, 2);
  EXPECT_FALSE(numbers.Append({.first = 6, .last = 8}));
  EXPECT_FALSE(numbers.Append({.first = 9, .last = 8}));
  EXPECT_TRUE(numbers.Append({.first = 7, .last = 8}));
  EXPECT_EQ(numbers, NumberRanges::From(5, 4));
  EXPECT_TRUE(NumberRanges::From(5, 0).empty());
}

RC_GTEST_PROP(NumberRangesPropertyTest, LeavesPlacesOutAsAListWould, ()) {
  const auto some = *rc::gen::container<std::set<uint64_t>>(rc::gen::inRange<uint64_t>(0, 60));
  const std::vector<uint64_t> list(some.begin(), some.end());
  const auto begin = *rc::gen::inRange<uint64_t>(0, list.size() + 1);
  const auto end = *rc::gen::inRange<uint64_t>(begin, list.size() + 1);
  std::vector<uint64_t> expected = list;
  expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(begin),
                 expected.begin() + static_cast<std::ptrdiff_t>(end));
  const NumberRanges rest = NumberRanges::Of(list).Without(begin, end);
  RC_ASSERT(rest.Numbers() == expected);
  RC_ASSERT(rest == NumberRanges::Of(expected));
  RC_ASSERT(rest.size() == expected.size());
}

}  // namespace

}  // namespace flinch::scenarios
