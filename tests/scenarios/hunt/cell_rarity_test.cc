#include "scenarios/hunt/cell_rarity.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cells.h"
#include "scenarios/registry.h"
#include "scenarios/run.h"
#include "tests/paths.h"
#include "tests/support/golden.h"

namespace flinch::scenarios {

namespace {

constexpr const char* kTable = FLINCH_SOURCE_DIR "/scenarios/hunt/cell_rarity.inc";
constexpr uint64_t kMeasuredSeeds = 1'000;

// Writes the table anew: in how many random runs of the smallest scenario a cell was hit.
void Measure() {
  const Scenario& scenario = *FindLibraryScenario("small_job");
  std::map<std::string, uint64_t> hits;
  for (uint64_t seed = 1; seed <= kMeasuredSeeds; ++seed) {
    const sim::Result<Workload> workload = LoadWorkload(scenario, seed, std::nullopt);
    for (const uint32_t cell :
         Run({.scenario = scenario, .workload = *workload, .seed = seed}).cells) {
      ++hits[CellName(cell)];
    }
  }
  std::ofstream table(kTable);
  for (const auto& [cell, count] : hits) {
    table << fmt::format("    {{\"{}\", {}}},\n", cell, count);
  }
}

TEST(CellRarityTest, TheTableIsInOrderAndNamesCells) {
  if (tests::GoldenFromEnvironment() == tests::Golden::kUpdate) {
    Measure();
  }
  std::ifstream table(kTable);
  std::vector<std::string> cells;
  for (std::string line; std::getline(table, line);) {
    const size_t begin = line.find('"') + 1;
    cells.push_back(line.substr(begin, line.find('"', begin) - begin));
    EXPECT_TRUE(FindCell(cells.back())) << line;
  }
  EXPECT_TRUE(std::ranges::is_sorted(cells, std::ranges::less_equal()));
  EXPECT_GT(cells.size(), CellCount() / 4);
}

TEST(CellRarityTest, ACellThatWasNeverHitComesFirst) {
  EXPECT_EQ(HitsOf("no/such/cell/ever"), 0U);
  std::vector<std::string> cells;
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    cells.push_back(CellName(cell));
  }
  const std::vector<std::string> sorted = RarestFirst(cells);
  EXPECT_THAT(sorted, ::testing::UnorderedElementsAreArray(cells));
  for (size_t index = 1; index < sorted.size(); ++index) {
    EXPECT_LT(HitsOf(sorted[index - 1]), 2 * HitsOf(sorted[index]) + 1) << sorted[index];
  }
  EXPECT_EQ(RarestFirst(sorted), sorted);
}

// A hunt of a thousand seeds aims half as often as there are cells; in one of a hundred, too, all
// phases should have their turn.
TEST(CellRarityTest, AShortHuntAimsAtAllKindsOfPhases) {
  std::vector<std::string> cells;
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    cells.push_back(CellName(cell));
  }
  std::set<std::string> phases;
  cells = RarestFirst(std::move(cells));
  for (size_t index = 0; index < 40; ++index) {
    phases.insert(cells[index].substr(0, cells[index].find('/')));
  }
  EXPECT_GT(phases.size(), 8U);
}

}  // namespace

}  // namespace flinch::scenarios
