#include "scenarios/cli/expedition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/aim/cells.h"

namespace flinch::scenarios {

namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

HuntHeader HeaderOf(const HuntArguments& arguments) {
  const sim::Result<Expedition> expedition = PrepareHunt(arguments);
  EXPECT_TRUE(expedition.has_value()) << expedition.error().message;
  return expedition->header;
}

bool Reaches(const HuntHeader& header, std::string_view cell) {
  return std::ranges::find(header.cells, *FindCell(cell)) != header.cells.end();
}

TEST(ExpeditionTest, CountsTheCellsThatItsJobsCanReach) {
  const std::vector<Setting> narrow = {{.key = "job.parallelism", .value = "1"}};
  const HuntHeader random = HeaderOf(
      {.scenarios = {"url_clicks"}, .run = {.settings = narrow}, .search = Search::kRandom});
  EXPECT_EQ(random.cells_total, random.cells.size());
  EXPECT_TRUE(Reaches(random, "barrier_last/operator/crash/after"));
  EXPECT_FALSE(Reaches(random, "barrier_first/operator/crash/after"));
  // A swarm makes it wider.
  const HuntHeader swarm = HeaderOf(
      {.scenarios = {"url_clicks"}, .run = {.settings = narrow}, .search = Search::kSwarm});
  EXPECT_TRUE(Reaches(swarm, "barrier_middle/operator/crash/after"));
  const HuntHeader both = HeaderOf({.scenarios = {"url_clicks", "small_job"},
                                    .run = {.settings = narrow},
                                    .search = Search::kRandom});
  EXPECT_EQ(both.cells, random.cells);
}

TEST(ExpeditionTest, KnowsWhichFaultsThereMayBe) {
  const HuntHeader drawn = HeaderOf({.scenarios = {"url_clicks"}});
  EXPECT_THAT(drawn.fault_kinds, Contains("crash"));
  EXPECT_THAT(drawn.fault_kinds, Not(Contains("bit_rot")));
  EXPECT_THAT(drawn.faults_undrawn, Contains("bit_rot"));
  EXPECT_TRUE(drawn.plans.empty());
  const HuntHeader written = HeaderOf(
      {.scenarios = {"url_clicks"},
       .run = {.faults = {"{ when = { at = \"1s\" }, do = { pause = \"jm\", for = \"1s\" } }"}}});
  EXPECT_THAT(written.fault_kinds, ::testing::ElementsAre("pause"));
  EXPECT_THAT(written.faults_undrawn, IsEmpty());
  EXPECT_THAT(written.plans.at("url_clicks"), ::testing::ElementsAre("plan[0] pause jm"));
  EXPECT_FALSE(Reaches(written, "store/jm/crash/after"));
  EXPECT_TRUE(Reaches(written, "store/jm/pause/after"));
}

TEST(ExpeditionTest, TheSameQuestionIsTheSameHunt) {
  const HuntArguments arguments{.scenarios = {"small_job"}};
  EXPECT_EQ(HeaderOf(arguments), HeaderOf(arguments));
  HuntArguments other = arguments;
  other.search = Search::kCells;
  EXPECT_NE(HeaderOf(other).hunt, HeaderOf(arguments).hunt);
}

}  // namespace

}  // namespace flinch::scenarios
