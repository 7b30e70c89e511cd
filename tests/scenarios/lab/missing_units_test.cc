#include "scenarios/lab/missing_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Tally Done(const std::vector<uint64_t>& units) {
  Tally tally;
  for (const uint64_t unit : units) {
    tally.Add({.unit = unit, .scenario = "a"});
  }
  return tally;
}

TEST(MissingUnitsTest, TellsEachShardWithItsFirstOne) {
  EXPECT_THAT(DescribeMissing(3, 10, Done({0, 3, 6, 9, 2, 8})),
              ElementsAre("3 units of shard 2/3, the first of them unit 1",
                          "1 unit of shard 3/3, the first of them unit 5"));
  EXPECT_THAT(DescribeMissing(1, 3, Done({0, 1, 2})), IsEmpty());
  EXPECT_THAT(DescribeMissing(8, 3, Done({0, 1, 2})), IsEmpty());
}

TEST(MissingUnitsTest, OneShardKnowsOfItselfAlone) {
  EXPECT_THAT(DescribeMissing({.index = 1, .count = 2}, 9, Done({0, 1, 5})),
              ElementsAre("2 units of shard 2/2, the first of them unit 3"));
  EXPECT_THAT(DescribeMissing(Shard{}, 2'162, Done({0, 1})),
              ElementsAre("2160 units, the first of them unit 2"));
}

// What nobody could count one by one.
TEST(MissingUnitsTest, CostsWhatThereIsAndNotWhatThereCouldBe) {
  EXPECT_THAT(DescribeMissing(1, 1'000'000'000'000, Done({0})),
              ElementsAre("999,999,999,999 units, the first of them unit 1"));
  const std::vector<std::string> shards =
      DescribeMissing(1'000'000'000'000, UINT64_MAX - 1, Done({0, 1}));
  EXPECT_THAT(shards, SizeIs(17));
  EXPECT_THAT(shards.back(), ::testing::EndsWith("units of further shards"));
}

}  // namespace

}  // namespace flinch::scenarios
