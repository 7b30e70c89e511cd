#include "scenarios/lab/cell_order.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "sim/random.h"

namespace flinch::scenarios {

std::vector<std::string> InMixedOrder(std::vector<std::string> cells) {
  const sim::Random order(0);
  std::vector<std::pair<uint64_t, std::string>> rows;
  rows.reserve(cells.size());
  for (std::string& cell : cells) {
    const uint64_t place = order.Split(cell).Next();
    rows.emplace_back(place, std::move(cell));
  }
  std::ranges::sort(rows);
  std::ranges::transform(rows, cells.begin(), [](auto& row) { return std::move(row.second); });
  return cells;
}

}  // namespace flinch::scenarios
