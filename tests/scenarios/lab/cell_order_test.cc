#include "scenarios/lab/cell_order.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/aim/cells.h"

namespace flinch::scenarios {

namespace {

std::vector<std::string> AllCells() {
  std::vector<std::string> cells;
  for (uint32_t cell = 0; cell < CellCount(); ++cell) {
    cells.push_back(CellName(cell));
  }
  return cells;
}

TEST(CellOrderTest, EachCellStandsInItOnceAndWhereItWasDoesNotMatter) {
  std::vector<std::string> cells = AllCells();
  const std::vector<std::string> ordered = InMixedOrder(cells);
  EXPECT_THAT(ordered, ::testing::UnorderedElementsAreArray(cells));
  std::ranges::reverse(cells);
  EXPECT_EQ(InMixedOrder(cells), ordered);
}

TEST(CellOrderTest, AShortHuntSeesMostPhases) {
  const std::vector<std::string> ordered = InMixedOrder(AllCells());
  const auto phase = [](const std::string& cell) { return cell.substr(0, cell.find('/')); };
  std::set<std::string> all;
  std::set<std::string> early;
  for (size_t i = 0; i < ordered.size(); ++i) {
    all.insert(phase(ordered[i]));
    if (i < 100) {
      early.insert(phase(ordered[i]));
    }
  }
  EXPECT_GE(early.size() * 4, all.size() * 3);
}

}  // namespace

}  // namespace flinch::scenarios
