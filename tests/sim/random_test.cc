#include "sim/random.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/chi_square.h"

namespace flinch::sim {
namespace {

TEST(RandomTest, DrawsTheSameNumbersForTheSameSeedForEver) {
  // Golden: a change here changes every recorded run.
  Random random(7);
  EXPECT_EQ(random.Next(), 0x63cbe1e459320dd7U);
  EXPECT_EQ(random.Next(), 0x044c3cd7f43c661cU);
  Random split = Random(7).Split("link/tm-1/tm-2");
  EXPECT_EQ(split.Next(), Random(Random(7).Split("link/tm-1/tm-2").seed()).Next());
}

TEST(RandomTest, ASplitStreamDoesNotDependOnWhatWasDrawnBefore) {
  Random fresh(42);
  Random used(42);
  used.Next();
  used.Next();
  EXPECT_EQ(fresh.Split("a").Next(), used.Split("a").Next());
  EXPECT_NE(fresh.Split("a").Next(), fresh.Split("b").Next());
  EXPECT_NE(fresh.Split("a", 1).Next(), fresh.Split("a", 2).Next());
}

TEST(RandomTest, BelowIsUniform) {
  constexpr uint64_t kBound = 10;
  constexpr int kDraws = 100'000;
  std::array<int, kBound> counts{};
  Random random(1);
  for (int i = 0; i < kDraws; ++i) {
    ++counts.at(random.Below(kBound));
  }
  // Chi-square with 9 degrees of freedom: above 27.9 once in a thousand seeds; this seed is fixed.
  int64_t squares = 0;
  for (const int count : counts) {
    const int64_t off = count - kDraws / static_cast<int>(kBound);
    squares += off * off;
  }
  EXPECT_LT(squares, 279 * kDraws / static_cast<int>(kBound) / 10);
}

TEST(RandomTest, BetweenIncludesBothEnds) {
  Random random(3);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t value = random.Between(int64_t{-2}, int64_t{2});
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    low = low || value == -2;
    high = high || value == 2;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(random.Between(int64_t{5}, int64_t{5}), 5);
}

TEST(RandomTest, AChanceDrawsOnceEvenWhereItIsCertain) {
  Random never(9);
  Random always(9);
  EXPECT_FALSE(never.Chance(Percent(0)));
  EXPECT_TRUE(always.Chance(Percent(100)));
  EXPECT_EQ(never.Next(), always.Next());
}

TEST(RandomTest, WeightedNeverPicksAWeightOfZero) {
  Random random(5);
  const std::vector<uint32_t> weights = {0, 3, 0, 1, 0};
  std::array<int, 5> counts{};
  for (int i = 0; i < 4'000; ++i) {
    ++counts.at(random.Weighted(weights));
  }
  EXPECT_EQ(counts[0] + counts[2] + counts[4], 0);
  EXPECT_NEAR(counts[1], 3'000, 150);
}

TEST(RandomTest, WhatCannotBeDrawnIsABrokenInvariant) {
  Random random(1);
  EXPECT_THROW(random.Below(0), Violation);
  EXPECT_THROW(random.Between(int64_t{2}, int64_t{1}), Violation);
  EXPECT_THROW(random.Weighted(std::vector<uint32_t>{0, 0}), Violation);
}

TEST(RandomTest, BetweenAndWeightedDrawAsOftenAsTheyShould) {
  Random random(11);
  std::array<uint64_t, 8> numbers{};
  std::array<uint64_t, 4> spans{};
  std::array<uint64_t, 4> weighted{};
  const std::vector<uint32_t> weights = {5, 1, 3, 7};
  for (int i = 0; i < 16'000; ++i) {
    ++numbers.at(static_cast<size_t>(random.Between(int64_t{-3}, int64_t{4}) + 3));
    ++spans.at(static_cast<size_t>(random.Between(Duration(10), Duration(13)).count() - 10));
    ++weighted.at(random.Weighted(weights));
  }
  EXPECT_LT(tests::ChiSquareMilli(numbers, std::vector<uint64_t>(8, 1)), 24'322U);
  EXPECT_LT(tests::ChiSquareMilli(spans, std::vector<uint64_t>(4, 1)), 16'266U);
  EXPECT_LT(tests::ChiSquareMilli(weighted, std::vector<uint64_t>{5, 1, 3, 7}), 16'266U);
}

}  // namespace
}  // namespace flinch::sim
