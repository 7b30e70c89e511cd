#include "scenarios/lab/tally.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

UnitResult Passed(uint64_t unit) {
  return {.unit = unit,
          .scenario = "a",
          .seed = unit + 1,
          .search = "random",
          .digest = std::to_string(unit),
          .events = 100,
          .sim_ns = 10,
          .checkpoints = 1,
          .faults = {{"crash", 1}},
          .cells = {static_cast<uint32_t>(unit % 3)}};
}

UnitResult Failed(uint64_t unit, const std::string& signature, uint64_t crashes) {
  UnitResult result = Passed(unit);
  result.verdict = UnitVerdict::kFailed;
  result.signature = signature;
  result.faults = {{"crash", crashes}};
  return result;
}

TEST(TallyTest, CountsWhatItIsGiven) {
  Tally tally;
  EXPECT_TRUE(tally.Add(Passed(0)).cell);
  EXPECT_FALSE(tally.Add(Passed(3)).cell);
  const Tally::News news = tally.Add(Failed(1, "lost", 2));
  EXPECT_TRUE(news.unit);
  EXPECT_TRUE(news.signature);
  EXPECT_TRUE(news.cell);
  EXPECT_FALSE(tally.Add(Failed(4, "lost", 2)).signature);
  EXPECT_EQ(tally.runs(), 4U);
  EXPECT_EQ(tally.failures(), 2U);
  EXPECT_EQ(tally.count(UnitVerdict::kPassed), 2U);
  EXPECT_EQ(tally.sim_ns(), 40);
  EXPECT_EQ(tally.cells_hit(), 2U);
  EXPECT_EQ(tally.faults().at("crash"), 6U);
}

TEST(TallyTest, TheSimplestFailureStandsForItsGroup) {
  Tally tally;
  tally.Add(Failed(1, "lost", 3));
  tally.Add(Failed(2, "lost", 2));
  tally.Add(Failed(3, "lost", 2));
  tally.Add(Failed(4, "early", 1));
  const std::vector<FailureGroup> groups = tally.groups();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].signature, "lost");
  EXPECT_EQ(groups[0].count, 3U);
  EXPECT_EQ(groups[0].exemplar.unit, 2U);
  EXPECT_EQ(groups[1].exemplar.unit, 4U);
}

TEST(TallyTest, AnyOrderAndAnyRepetitionComeToTheSame) {
  std::vector<UnitResult> results = {Passed(0), Failed(1, "lost", 3), Failed(2, "lost", 1),
                                     Passed(3), Failed(4, "early", 1)};
  const auto seen = [](const Tally& tally) {
    std::string text = std::to_string(tally.runs()) + " " + std::to_string(tally.failures()) + " " +
                       std::to_string(tally.sim_ns());
    for (const FailureGroup& group : tally.groups()) {
      text += " " + group.signature + std::to_string(group.count) + ShowLine(group.exemplar);
    }
    return text;
  };
  std::string expected;
  std::ranges::sort(results, {}, &UnitResult::unit);
  do {
    Tally tally;
    for (const UnitResult& result : results) {
      tally.Add(result);
      EXPECT_FALSE(tally.Add(result).unit);
    }
    expected = expected.empty() ? seen(tally) : expected;
    ASSERT_EQ(seen(tally), expected);
  } while (std::ranges::next_permutation(results, {}, &UnitResult::unit).found);
}

TEST(TallyTest, TwoOutcomesOfOneUnitAreNondeterminism) {
  Tally tally;
  tally.Add(Passed(1));
  UnitResult other = Passed(1);
  other.digest = "another";
  tally.Add(other);
  EXPECT_EQ(tally.runs(), 1U);
  EXPECT_EQ(tally.count(UnitVerdict::kNondeterministic), 1U);
  ASSERT_EQ(tally.groups().size(), 1U);
  EXPECT_THAT(tally.groups()[0].exemplar.witness, HasSubstr("Unit 1"));
}

TEST(TallyTest, WhatHungOnOneMachineMayPassOnAnother) {
  Tally tally;
  tally.Add({.unit = 1, .scenario = "a", .verdict = UnitVerdict::kHung, .signature = "hung"});
  tally.Add(Passed(1));
  EXPECT_EQ(tally.count(UnitVerdict::kNondeterministic), 0U);
}

UnitResult Hung(uint64_t unit) {
  return {.unit = unit,
          .scenario = "a",
          .seed = unit + 1,
          .search = "random",
          .verdict = UnitVerdict::kHung,
          .signature = "hung"};
}

TEST(TallyTest, ARunThatCameToItsEndReplacesOneThatHung) {
  for (const bool hung_first : {true, false}) {
    Tally tally;
    tally.Add(Hung(2));
    tally.Add(hung_first ? Hung(1) : Passed(1));
    EXPECT_EQ(tally.failures(), hung_first ? 2U : 1U);
    EXPECT_EQ(tally.largest_group(), tally.failures());
    tally.Add(hung_first ? Passed(1) : Hung(1));
    EXPECT_EQ(tally.runs(), 2U);
    EXPECT_EQ(tally.count(UnitVerdict::kPassed), 1U);
    EXPECT_EQ(tally.count(UnitVerdict::kHung), 1U);
    EXPECT_EQ(tally.scenarios().at("a").runs, 1U) << "what hung says nothing of its scenario";
    ASSERT_EQ(tally.groups().size(), 1U);
    EXPECT_EQ(tally.groups()[0].exemplar.unit, 2U);
    tally.Add(Passed(2));
    EXPECT_EQ(tally.failures(), 0U);
    EXPECT_EQ(tally.group_count(), 0U);
    EXPECT_TRUE(tally.groups().empty());
  }
}

TEST(TallyTest, NoSumIsTooGreat) {
  Tally tally;
  for (uint64_t unit = 0; unit < 3; ++unit) {
    UnitResult result = Passed(unit);
    result.sim_ns = INT64_MAX;
    result.wall_us = INT64_MAX;
    tally.Add(result);
  }
  EXPECT_EQ(tally.sim_ns(), INT64_MAX);
}

TEST(TallyTest, KeepsTheSmallestRunOfAGroup) {
  const ShrunkGroup large{.signature = "a", .faults = 2, .records = 1};
  const ShrunkGroup small{.signature = "a", .faults = 1, .records = 9};
  UnitResult failure{.unit = 1, .scenario = "s", .verdict = UnitVerdict::kFailed};
  failure.signature = "a";
  for (const bool large_first : {true, false}) {
    Tally tally;
    tally.AddShrunk(large_first ? large : small);
    EXPECT_TRUE(tally.groups().empty());
    tally.Add(failure);
    tally.AddShrunk(large_first ? small : large);
    ASSERT_EQ(tally.groups().size(), 1U);
    EXPECT_EQ(tally.groups()[0].smallest->faults, 1U);
  }
}

}  // namespace

}  // namespace flinch::scenarios
