#include "scenarios/hunt/cell_rarity.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

#include "sim/random.h"

namespace flinch::scenarios {

namespace {

struct Row {
  std::string_view cell;
  uint64_t hits = 0;
};

// Sorted by cell.
constexpr auto kRows = std::to_array<Row>({
#include "scenarios/hunt/cell_rarity.inc"
});

}  // namespace

uint64_t HitsOf(std::string_view cell) {
  const auto row = std::ranges::lower_bound(kRows, cell, {}, &Row::cell);
  return row != kRows.end() && row->cell == cell ? row->hits : 0;
}

std::vector<std::string> RarestFirst(std::vector<std::string> cells) {
  const sim::Random order(0);
  std::vector<std::tuple<int, uint64_t, std::string>> rows;
  rows.reserve(cells.size());
  for (std::string& cell : cells) {
    const auto rarity = static_cast<int>(std::bit_width(HitsOf(cell)));
    const uint64_t place = order.Split(cell).Next();
    rows.emplace_back(rarity, place, std::move(cell));
  }
  std::ranges::sort(rows);
  std::ranges::transform(rows, cells.begin(),
                         [](auto& row) { return std::move(std::get<2>(row)); });
  return cells;
}

}  // namespace flinch::scenarios
