#include "scenarios/lab/removal.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::scenarios {

namespace {

using Items = std::vector<uint64_t>;

Items Numbers(uint64_t count) {
  Items items(count);
  std::iota(items.begin(), items.end(), uint64_t{0});
  return items;
}

// By the numbers themselves.
Items KeepFewest(const Items& items, const std::function<bool(const Items&)>& holds,
                 Thoroughness thoroughness = {}) {
  return scenarios::KeepFewest(
             NumberRanges::Of(items),
             [&holds](const NumberRanges& kept) { return holds(kept.Numbers()); }, thoroughness)
      .Numbers();
}

bool Includes(const Items& items, const std::set<uint64_t>& wanted) {
  return std::ranges::includes(items, wanted);
}

// Failures that need some of the items, or one of two sets of them; the second makes what holds
// not grow with the items.
RC_GTEST_PROP(KeepFewestPropertyTest, WhatIsLeftHoldsAndNoneOfItCanGo, ()) {
  const auto count = *rc::gen::inRange<uint64_t>(1, 200);
  const auto some = *rc::gen::container<std::set<uint64_t>>(rc::gen::inRange<uint64_t>(0, count));
  const auto others = *rc::gen::container<std::set<uint64_t>>(rc::gen::inRange<uint64_t>(0, count));
  const auto holds = [&](const Items& items) {
    return Includes(items, some) || (items.size() % 2 == 0 && Includes(items, others));
  };
  const Items left = KeepFewest(Numbers(count), holds);
  RC_ASSERT(holds(left));
  RC_ASSERT(std::ranges::is_sorted(left));
  for (size_t index = 0; index < left.size(); ++index) {
    Items fewer = left;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(index));
    RC_ASSERT(!holds(fewer));
  }
  RC_ASSERT(KeepFewest(left, holds) == left);
}

RC_GTEST_PROP(KeepFewestPropertyTest, FindsFewAmongManyInFewTrials, ()) {
  const auto wanted =
      *rc::gen::container<std::set<uint64_t>>(3, rc::gen::inRange<uint64_t>(0, 2000));
  size_t trials = 0;
  const Items left = KeepFewest(Numbers(2000), [&](const Items& items) {
    ++trials;
    return Includes(items, wanted);
  });
  RC_ASSERT(left == Items(wanted.begin(), wanted.end()));
  RC_ASSERT(trials < 120U);
}

// Two that stand together but in no chunk of two: without both at once nothing holds.
TEST(KeepFewestTest, TakesOutFewWhereverTheyStandTogether) {
  const auto holds = [](const Items& items) {
    const bool has_second = std::ranges::binary_search(items, 1U);
    const bool has_third = std::ranges::binary_search(items, 2U);
    return std::ranges::binary_search(items, 0U) && std::ranges::binary_search(items, 3U) &&
           has_second == has_third;
  };
  EXPECT_THAT(KeepFewest(Numbers(4), holds), ::testing::ElementsAre(0, 3));
}

TEST(KeepFewestTest, TakesOutNoLessThanItsThoroughnessSays) {
  const auto all_matter = [](const Items& items) { return items.size() == 1000; };
  size_t trials = 0;
  const Items left = KeepFewest(Numbers(1000),
                                [&](const Items& items) {
                                  ++trials;
                                  return all_matter(items);
                                },
                                {.chunks_max = 64});
  EXPECT_EQ(left, Numbers(1000));
  EXPECT_LE(trials, 200U);
}

TEST(KeepFewestTest, AsksOfNothingFirst) {
  size_t trials = 0;
  EXPECT_THAT(KeepFewest(Numbers(1000),
                         [&trials](const Items&) {
                           ++trials;
                           return true;
                         }),
              ::testing::IsEmpty());
  EXPECT_EQ(trials, 1U);
}

TEST(KeepFewestTest, KeepsAllWhenNobodyHasTimeToAnswer) {
  EXPECT_EQ(KeepFewest(Numbers(5), [](const Items&) { return false; }), Numbers(5));
  EXPECT_EQ(KeepFewest({}, [](const Items&) { return false; }), Items());
}

// Whatever the number of items: each trial costs by the chunks, and `stop` ends it at once.
TEST(KeepFewestTest, EndsWhenItIsToldHoweverManyThereAre) {
  uint64_t asked = 0;
  uint64_t trials = 0;
  const NumberRanges left = scenarios::KeepFewest(
      NumberRanges::From(1, 1'000'000'000'000),
      [&trials](const NumberRanges& kept) {
        ++trials;
        return kept.Has(77) && kept.Has(999'999'999'999);
      },
      {}, [&asked] { return ++asked > 1'000; });
  EXPECT_LE(trials, 1'001U);
  EXPECT_LT(left.size(), 1'000'000U);
  EXPECT_TRUE(left.Has(77));
}

RC_GTEST_PROP(FindSmallerPropertyTest, FindsTheLeastOfWhatGrows, ()) {
  const auto floor = *rc::gen::inRange<uint64_t>(0, 1000);
  const auto least = floor + *rc::gen::inRange<uint64_t>(0, 1000);
  const auto value = least + *rc::gen::inRange<uint64_t>(0, 100'000);
  size_t trials = 0;
  const uint64_t found = FindSmaller(value, floor, [&](uint64_t number) {
    ++trials;
    return number >= least;
  });
  RC_ASSERT(found == least);
  RC_ASSERT(trials < 20U);
}

RC_GTEST_PROP(FindSmallerPropertyTest, WhatItFindsHoldsAndIsNotGreater, ()) {
  const auto holding = *rc::gen::container<std::set<uint64_t>>(rc::gen::inRange<uint64_t>(0, 64));
  const uint64_t value = 64;
  const uint64_t found = FindSmaller(
      value, 0, [&](uint64_t number) { return number == value || holding.contains(number); });
  RC_ASSERT(found == value || holding.contains(found));
}

}  // namespace

}  // namespace flinch::scenarios
