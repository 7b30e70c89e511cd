#include "engine/state/key_groups.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

struct IntegerCase {
  int32_t hash = 0;
  int32_t mixed = 0;
  uint32_t group = 0;  // of 128
};

class IntegerVectors : public testing::TestWithParam<IntegerCase> {};

TEST_P(IntegerVectors, AreFlinks) {
  EXPECT_EQ(MurmurHash(GetParam().hash), GetParam().mixed);
  EXPECT_EQ(KeyGroupFor(GetParam().hash, 128), KeyGroup(GetParam().group));
}

INSTANTIATE_TEST_SUITE_P(
    KeyGroupsTest, IntegerVectors,
    testing::Values(IntegerCase{0, 593689054, 94}, IntegerCase{1, 68075478, 86},
                    IntegerCase{2, 1085422463, 127}, IntegerCase{3, 847579505, 113},
                    IntegerCase{42, 1134849565, 29}, IntegerCase{-1, 1982413648, 80},
                    IntegerCase{std::numeric_limits<int32_t>::max(), 1653689534, 62},
                    IntegerCase{std::numeric_limits<int32_t>::min(), 1718298732, 108}));

struct TextCase {
  std::string_view key;
  int32_t hash = 0;
  uint32_t group = 0;  // of 128
};

class TextVectors : public testing::TestWithParam<TextCase> {};

TEST_P(TextVectors, AreJavasAndFlinks) {
  EXPECT_EQ(JavaHash(GetParam().key), GetParam().hash);
  EXPECT_EQ(KeyGroupFor(JavaHash(GetParam().key), 128), KeyGroup(GetParam().group));
}

INSTANTIATE_TEST_SUITE_P(
    KeyGroupsTest, TextVectors,
    testing::Values(TextCase{"", 0, 94}, TextCase{"a", 97, 81}, TextCase{"key1", 3288498, 41},
                    TextCase{"key2", 3288499, 27}, TextCase{"hello", 99162322, 35},
                    // Java counts UTF-16 code units: of one, two and three
                    // bytes here, and pairs of surrogates.
                    TextCase{"\xc3\xa9", 233, 30},  // é
                    TextCase{"Gr\xc3\xbc\xc3\x9f"
                             "e",
                             69215351, 115},                                         // Grüße
                    TextCase{"\xe2\x82\xac", 8364, 70},                              // €
                    TextCase{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 25921943, 27},  // 日本語
                    TextCase{"\xf0\x9f\x98\x80", 1772899, 54},                       // 😀
                    TextCase{"a\xf0\x9f\x98\x80"
                             "b",
                             57849694, 113}));

int32_t HashOfUnits(const std::vector<uint32_t>& units) {
  uint32_t hash = 0;
  for (const uint32_t unit : units) {
    hash = 31 * hash + unit;
  }
  return static_cast<int32_t>(hash);
}

TEST(KeyGroupsTest, WhatIsNoUtf8CountsByteByByte) {
  EXPECT_EQ(JavaHash("\xff"), 0xff);
  EXPECT_EQ(JavaHash("\x80\x80"), HashOfUnits({0x80, 0x80})) << "nothing goes before them";
  EXPECT_EQ(JavaHash("\xc3"), 0xc3) << "cut off";
  EXPECT_EQ(JavaHash("\xe2\x82"), HashOfUnits({0xe2, 0x82})) << "cut off";
  EXPECT_EQ(JavaHash("\xc3x"), HashOfUnits({0xc3, 'x'}));
  EXPECT_EQ(JavaHash("\xc0\x80"), HashOfUnits({0xc0, 0x80})) << "more bytes than needed";
  EXPECT_EQ(JavaHash("\xe0\x80\x80"), HashOfUnits({0xe0, 0x80, 0x80}));
  EXPECT_EQ(JavaHash("\xed\xa0\x80"), HashOfUnits({0xed, 0xa0, 0x80})) << "half a pair";
  EXPECT_EQ(JavaHash("\xf4\x90\x80\x80"), HashOfUnits({0xf4, 0x90, 0x80, 0x80}));
  EXPECT_EQ(JavaHash("\xf4\x8f\xbf\xbf"), HashOfUnits({0xdbff, 0xdfff})) << "the last there is";
}

TEST(KeyGroupsTest, ALongHashesAsHighXorLow) {
  EXPECT_EQ(JavaHash(int64_t{42}), 42);
  EXPECT_EQ(JavaHash(int64_t{-1}), 0);
  EXPECT_EQ(JavaHash(int64_t{1} << 32), 1);
}

using Bounds = std::vector<std::pair<uint32_t, uint32_t>>;

Bounds RangesOf(uint32_t max_parallelism, uint32_t parallelism) {
  Bounds bounds;
  for (uint32_t i = 0; i < parallelism; ++i) {
    const KeyGroupRange range = RangeOf(SubtaskIndex(i), max_parallelism, parallelism);
    bounds.emplace_back(range.first.value(), range.last.value());
  }
  return bounds;
}

TEST(KeyGroupsTest, RangesAreFlinks) {
  EXPECT_EQ(RangesOf(128, 3), (Bounds{{0, 42}, {43, 85}, {86, 127}}));
  EXPECT_EQ(RangesOf(128, 7),
            (Bounds{{0, 18}, {19, 36}, {37, 54}, {55, 73}, {74, 91}, {92, 109}, {110, 127}}));
  EXPECT_EQ(RangesOf(10, 4), (Bounds{{0, 2}, {3, 4}, {5, 7}, {8, 9}}));
  EXPECT_EQ(RangesOf(10, 3), (Bounds{{0, 3}, {4, 6}, {7, 9}}));
}

// Exhaustive where it is cheap, and the widest space there is.
TEST(KeyGroupsTest, RangesOfAllParallelismsCoverEveryGroupOnceAndAgreeWithTheOwner) {
  std::vector<std::pair<uint32_t, uint32_t>> cases;
  for (uint32_t parallelism = 1; parallelism <= 128; ++parallelism) {
    cases.emplace_back(128, parallelism);
    cases.emplace_back(parallelism + 37, parallelism);
  }
  for (const uint32_t parallelism : {1U, 2U, 3U, 1000U, 32767U, 32768U}) {
    cases.emplace_back(32768, parallelism);
  }
  for (const auto& [groups, parallelism] : cases) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < parallelism; ++i) {
      const KeyGroupRange range = RangeOf(SubtaskIndex(i), groups, parallelism);
      ASSERT_EQ(range.first.value(), next) << groups << '/' << parallelism;
      ASSERT_LE(range.first, range.last);
      for (uint32_t group = next; group <= range.last.value(); ++group) {
        ASSERT_EQ(OwnerOf(KeyGroup(group), groups, parallelism), SubtaskIndex(i));
      }
      next = range.last.value() + 1;
    }
    ASSERT_EQ(next, groups) << "parallelism " << parallelism;
  }
}

TEST(KeyGroupsTest, TheDefaultMaximumIsFlinks) {
  EXPECT_EQ(DefaultMaxParallelism(1), 128U);
  EXPECT_EQ(DefaultMaxParallelism(85), 128U);
  EXPECT_EQ(DefaultMaxParallelism(86), 256U);
  EXPECT_EQ(DefaultMaxParallelism(170), 256U);
  EXPECT_EQ(DefaultMaxParallelism(1000), 2048U);
  EXPECT_EQ(DefaultMaxParallelism(21846), 32768U);
  EXPECT_EQ(DefaultMaxParallelism(32768), 32768U);
}

}  // namespace
}  // namespace flinch::engine
