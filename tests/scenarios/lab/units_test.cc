#include "scenarios/lab/units.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

TEST(UnitsTest, TakeEachSeedOfEachTargetOnce) {
  const HuntSpace space{.targets = 3, .first_seed = 5, .last_seed = 14};
  ASSERT_EQ(UnitsIn(space), 30U);
  std::set<std::pair<size_t, uint64_t>> runs;
  for (uint64_t number = 0; number < 30; ++number) {
    const Unit unit = UnitOf(space, number);
    EXPECT_EQ(unit.number, number);
    EXPECT_GE(unit.seed, 5U);
    EXPECT_LE(unit.seed, 14U);
    runs.insert({unit.target, unit.seed});
  }
  EXPECT_EQ(runs.size(), 30U);
}

TEST(UnitsTest, TheFirstUnitIsTheSeedAsRunRunsIt) {
  const Unit unit = UnitOf({.last_seed = 1}, 0);
  EXPECT_EQ(unit.search, Search::kRandom);
  EXPECT_EQ(unit.strategy, "");
  EXPECT_TRUE(unit.settings.empty());
  EXPECT_FALSE(unit.twice);
}

TEST(UnitsTest, ThePortfolioUsesEverySearch) {
  std::set<Search> used;
  for (uint64_t number = 0; number < 8; ++number) {
    used.insert(
        UnitOf({.swarm = {{.key = "vary.options", .value = "true"}}, .aims = {{"a"}}}, number)
            .search);
  }
  EXPECT_EQ(used, (std::set{Search::kRandom, Search::kPct, Search::kPos, Search::kSwarm,
                            Search::kCells}));
}

std::vector<std::string> AimsOf(const HuntSpace& space, uint64_t units, size_t target = 0) {
  std::vector<std::string> aims;
  for (uint64_t number = 0; number < units; ++number) {
    const Unit unit = UnitOf(space, number);
    if (unit.target == target && !unit.settings.empty()) {
      EXPECT_EQ(unit.settings[0].key, "faults.aim");
      aims.push_back(unit.settings[0].value);
    }
  }
  return aims;
}

TEST(UnitsTest, AimsAtOneCellAfterAnother) {
  for (const Search search : {Search::kCells, Search::kPortfolio}) {
    const HuntSpace space{.search = search, .aims = {{"a", "b", "c", "d"}}};
    std::vector<std::string> aims = AimsOf(space, 32);
    ASSERT_GE(aims.size(), 8U);
    aims.resize(6);
    EXPECT_THAT(aims, ::testing::ElementsAre("a", "b", "c", "d", "a", "b"));
  }
}

TEST(UnitsTest, TargetsHaveTheirOwnAimsAndBeginApart) {
  std::vector<std::string> cells;
  for (char name = 'a'; name <= 'p'; ++name) {
    cells.emplace_back(1, name);
  }
  const HuntSpace space{.targets = 3, .search = Search::kCells, .aims = {cells, cells, {}}};
  EXPECT_THAT(AimsOf(space, 6, 0), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(AimsOf(space, 6, 1), ::testing::ElementsAre("c", "d"));
  EXPECT_THAT(AimsOf(space, 6, 2), ::testing::IsEmpty());
  EXPECT_EQ(UnitOf(space, 2).search, Search::kRandom);
}

TEST(UnitsTest, RunsOneUnitOfSixtyFourTwice) {
  uint64_t twice = 0;
  for (uint64_t number = 0; number < 640; ++number) {
    twice += UnitOf({}, number).twice ? 1U : 0U;
  }
  EXPECT_EQ(twice, 10U);
}

TEST(UnitsTest, AnExhaustiveSpaceIsItsListOfCrashes) {
  const CrashPoint point{.process = "jm", .event = "job.status", .nth = 2};
  const HuntSpace space{.first_seed = 7,
                        .crashes = {{.target = 0, .points = {}}, {.target = 1, .points = {point}}}};
  EXPECT_EQ(UnitsIn(space), 2U);
  const Unit unit = UnitOf(space, 1);
  EXPECT_EQ(unit.target, 1U);
  EXPECT_EQ(unit.seed, 7U);
  EXPECT_THAT(unit.crashes, ::testing::ElementsAre(point));
}

TEST(UnitsTest, HaveNoEndWithoutALastSeed) {
  EXPECT_EQ(UnitsIn({}), std::nullopt);
  EXPECT_EQ(UnitsIn({.first_seed = 0, .last_seed = UINT64_MAX}), std::nullopt);
}

TEST(ShardTest, EveryUnitIsOwnedOnce) {
  for (uint64_t unit = 0; unit < 20; ++unit) {
    int owners = 0;
    for (const char* const text : {"1/4", "2/4", "3/4", "4/4"}) {
      owners += ParseShard(text)->Owns(unit) ? 1 : 0;
    }
    EXPECT_EQ(owners, 1);
  }
}

TEST(ShardTest, ReadsWhatItShowsAndNothingElse) {
  EXPECT_EQ(Show(*ParseShard("2/3")), "2/3");
  for (const char* const text : {"", "1", "/", "0/4", "5/4", "1/0", "a/4", "-1/4", "1/4/4"}) {
    const sim::Result<Shard> shard = ParseShard(text);
    ASSERT_FALSE(shard.has_value()) << text;
    EXPECT_THAT(shard.error().message, HasSubstr("1/4"));
  }
}

TEST(SearchTest, IsFoundByItsName) {
  for (const std::string_view name : SearchNames()) {
    EXPECT_EQ(Name(*FindSearch(name)), name);
  }
  EXPECT_EQ(FindSearch("luck"), std::nullopt);
}

}  // namespace

}  // namespace flinch::scenarios
