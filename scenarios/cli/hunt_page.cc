#include "scenarios/cli/hunt_page.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/aim/cells.h"

namespace flinch::scenarios {

namespace {

reports::HuntPageGroup PageGroupOf(const HuntReport& report, const FailureGroup& group) {
  const UnitResult& run = group.exemplar;
  reports::HuntPageGroup shown{.signature = group.signature,
                               .count = group.count,
                               .exemplar = fmt::format("{} seed {}", run.scenario, run.seed),
                               .story = run.story,
                               .witness = run.witness};
  shown.replays.emplace_back("As found:", fmt::format("{} {}", report.program, run.replay));
  if (group.smallest) {
    shown.story = group.smallest->story;
    shown.witness = group.smallest->witness;
    shown.replays.emplace_back(fmt::format("The smallest, of {} faults and {} records:",
                                           group.smallest->faults, group.smallest->records),
                               fmt::format("{} {}", report.program, group.smallest->replay));
  }
  return shown;
}

// In the order of units, which is that of seeds.
std::map<uint64_t, const UnitResult*> ByUnit(std::span<const UnitResult> results) {
  std::map<uint64_t, const UnitResult*> units;
  for (const UnitResult& result : results) {
    units[result.unit] = &result;
  }
  return units;
}

struct Known {
  uint64_t runs = 0;
  uint64_t failures = 0;
  std::set<std::string> signatures{};
  std::set<uint32_t> cells{};

  // Whether it tells anything new.
  bool Add(const UnitResult& result) {
    const size_t before = signatures.size() + cells.size();
    ++runs;
    failures += result.IsFailure() ? 1U : 0U;
    if (result.IsFailure()) {
      signatures.insert(result.signature);
    }
    cells.insert(result.cells.begin(), result.cells.end());
    return signatures.size() + cells.size() > before;
  }
};

void AddCurve(const std::map<uint64_t, const UnitResult*>& units, reports::HuntPage& page) {
  Known known;
  for (const auto& [unit, result] : units) {
    const bool is_new = known.Add(*result);
    if (is_new || known.runs == 1 || known.runs == units.size()) {
      page.curve.push_back(
          {.runs = known.runs, .groups = known.signatures.size(), .cells = known.cells.size()});
    }
  }
}

void AddSearches(const std::map<uint64_t, const UnitResult*>& units, reports::HuntPage& page) {
  std::map<std::string, Known> searches;
  for (const auto& [unit, result] : units) {
    searches[result->search].Add(*result);
  }
  for (const auto& [name, known] : searches) {
    page.searches.push_back({.name = name,
                             .runs = known.runs,
                             .failures = known.failures,
                             .groups = known.signatures.size(),
                             .cells = known.cells.size()});
  }
}

reports::CellMap CellMapOf(const HuntReport& report) {
  reports::CellMap map;
  std::map<std::string, size_t> rows;
  std::map<std::string, size_t> columns;
  for (const uint32_t number : report.cells) {
    const Cell& cell = CellAt(number);
    if (columns.try_emplace(std::string(cell.fault), columns.size()).second) {
      map.columns.emplace_back(cell.fault);
    }
  }
  for (const uint32_t number : report.cells) {
    const Cell& cell = CellAt(number);
    const std::string place = fmt::format("{}/{}", cell.phase, Name(cell.role));
    const auto [row, is_new] = rows.try_emplace(place, map.rows.size());
    if (is_new) {
      map.rows.emplace_back(
          place, std::vector<reports::CellState>(map.columns.size(), reports::CellState::kNone));
    }
    reports::CellState& state = map.rows[row->second].second[columns.at(std::string(cell.fault))];
    state = std::max(state, report.tally.cells().contains(number) ? reports::CellState::kStruck
                                                                  : reports::CellState::kMissed);
  }
  return map;
}

}  // namespace

reports::HuntPage HuntPageOf(const HuntReport& report, std::span<const UnitResult> results) {
  const std::vector<FailureGroup> groups = report.tally.groups();
  reports::HuntPage page{
      .title = fmt::format("{}", fmt::join(report.names, " ")),
      .verdict = groups.empty() ? fmt::format("no failure in {} runs", report.tally.runs())
                                : fmt::format("{} of {} runs failed, in {} {}",
                                              report.tally.failures(), report.tally.runs(),
                                              groups.size(), groups.size() == 1 ? "kind" : "kinds"),
      .map = CellMapOf(report),
      .text = ShowText(report)};
  for (const FailureGroup& group : groups) {
    page.groups.push_back(PageGroupOf(report, group));
  }
  const std::map<uint64_t, const UnitResult*> units = ByUnit(results);
  AddCurve(units, page);
  AddSearches(units, page);
  return page;
}

}  // namespace flinch::scenarios
