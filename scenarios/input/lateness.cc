#include "scenarios/input/lateness.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/model/timestamp.h"

namespace flinch::scenarios {

namespace {

constexpr size_t kRowsNamed = 8;
constexpr size_t kCausesNamed = 3;
constexpr int64_t kMuchSmaller = 10;

// Each row that lies behind an earlier one of its partition, with the newest before it.
std::vector<LateRow> RowsBehind(const Workload& workload) {
  std::vector<LateRow> behind;
  std::map<std::pair<std::string_view, uint32_t>, size_t> newest;  // by table and partition
  for (size_t i = 0; i < workload.rows.size(); ++i) {
    const InputRow& row = workload.rows[i];
    const std::string_view table = workload.delays.empty() ? std::string_view() : row.key;
    const auto [found, is_first] = newest.emplace(std::pair(table, row.partition), i);
    if (row.timestamp < workload.rows[found->second].timestamp) {
      behind.push_back({.row = i, .behind = found->second});
    } else if (!is_first) {
      found->second = i;
    }
  }
  return behind;
}

sim::Duration Distance(const Workload& workload, const LateRow& late) {
  return sim::Duration(workload.rows[late.behind].timestamp.nanos() -
                       workload.rows[late.row].timestamp.nanos());
}

// By how much watermarks are behind the newest row; nothing where this one cannot be late.
std::optional<sim::Duration> BoundOf(const Scenario& scenario, const Workload& workload,
                                     const InputRow& row) {
  const auto table = workload.delays.find(row.key);
  if (!workload.delays.empty() && table == workload.delays.end()) {
    return std::nullopt;
  }
  return scenario.job.out_of_orderness || workload.delays.empty() ? scenario.job.out_of_orderness
                                                                  : table->second;
}

// Years of seconds say nothing to people.
std::string ShowSpan(sim::Duration span) {
  constexpr std::chrono::hours kDay(24);
  return span < 3 * kDay ? sim::Show(span) : fmt::format("{} days", span / kDay);
}

std::string NameRows(const Workload& workload, const std::vector<size_t>& rows) {
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(rows.size(), kRowsNamed); ++i) {
    names.push_back(NameOfRow(workload, rows[i]));
  }
  const size_t more = rows.size() - names.size();
  return fmt::format("{}{}", fmt::join(names, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

std::string NameWithTime(const Workload& workload, size_t row) {
  std::string name = NameOfRow(workload, row);
  name[0] = 'R';
  return fmt::format("{} is of {}", name, ShowUtc(workload.rows[row].timestamp));
}

// Of a bound that was measured: one row far ahead lets all windows wait for the input's end.
std::optional<std::string> TellFarAhead(const Scenario& scenario, const Workload& workload) {
  const std::vector<LateRow> behind = RowsBehind(workload);
  const auto furthest = std::ranges::max_element(
      behind, {}, [&](const LateRow& late) { return Distance(workload, late); });
  if (furthest == behind.end()) {
    return std::nullopt;
  }
  const sim::Duration bound = Distance(workload, *furthest);
  sim::Duration others(0);
  for (const LateRow& late : behind) {
    if (late.behind != furthest->behind) {
      others = std::max(others, Distance(workload, late));
    }
  }
  if (bound <= scenario.job.window || others >= bound / kMuchSmaller) {
    return std::nullopt;
  }
  return fmt::format(
      "{}, {} ahead of rows behind it, and job.out_of_orderness = \"auto\" waits that long: no "
      "window before it fires until the input ends. Without it {} would do.",
      NameWithTime(workload, furthest->behind), ShowSpan(bound), sim::Show(others));
}

}  // namespace

std::vector<LateRow> LateRows(const Scenario& scenario, const Workload& workload) {
  const bool is_measured = workload.delays.empty() && !scenario.job.out_of_orderness;
  if (is_measured ||
      (workload.delays.empty() && *scenario.job.out_of_orderness >= workload.out_of_orderness)) {
    return {};
  }
  std::vector<LateRow> late = RowsBehind(workload);
  std::erase_if(late, [&](const LateRow& row) {
    const std::optional<sim::Duration> bound = BoundOf(scenario, workload, workload.rows[row.row]);
    return !bound || Distance(workload, row) <= *bound;
  });
  return late;
}

std::string NameOfRow(const Workload& workload, size_t row) {
  const uint64_t line = workload.rows.at(row).line;
  return line == 0 ? fmt::format("row {}", row + 1)
                   : fmt::format("row {} (line {})", row + 1, line);
}

std::vector<std::string> TellLateness(const Scenario& scenario, const Workload& workload,
                                      const std::set<int64_t>& dropped) {
  std::vector<std::string> told;
  const std::vector<LateRow> late = LateRows(scenario, workload);
  if (late.empty()) {
    const bool is_measured = !scenario.job.out_of_orderness;
    if (is_measured && scenario.workload.source == WorkloadSource::kFile) {
      if (std::optional<std::string> ahead = TellFarAhead(scenario, workload)) {
        told.push_back(*std::move(ahead));
      }
    }
    return told;
  }
  std::map<size_t, std::vector<size_t>> causes;
  std::vector<size_t> gone;
  for (const LateRow& row : late) {
    causes[row.behind].push_back(row.row);
    if (dropped.contains(workload.rows[row.row].timestamp.nanos())) {
      gone.push_back(row.row);
    }
  }
  for (const auto& [cause, rows] : causes) {
    if (told.size() == kCausesNamed) {
      told.push_back(fmt::format("And {} more rows have others behind them that may be late.",
                                 causes.size() - kCausesNamed));
      break;
    }
    told.push_back(fmt::format(
        "{}; behind it by more than {} and so maybe late: {}.", NameWithTime(workload, cause),
        sim::Show(*BoundOf(scenario, workload, workload.rows[cause])), NameRows(workload, rows)));
  }
  told.push_back(gone.empty() ? "None of them was dropped."
                              : fmt::format("Dropped: {}.", NameRows(workload, gone)));
  return told;
}

}  // namespace flinch::scenarios
