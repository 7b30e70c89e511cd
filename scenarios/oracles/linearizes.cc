// The law of jobs whose results depend on a race.
//
// Intuition: as a history of operations on an object is linearizable (Herlihy and Wing 1990) when
// some order of them explains every answer. Found by trying: depth first, the source that was read
// last goes on first, and what was seen to lead nowhere is not tried again (Wing and Gong 1993;
// Lowe 2017).
#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "scenarios/oracles/laws.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace {

constexpr size_t kOrdersMax = 50'000;

// All there is of one key.
struct KeyRun {
  std::map<uint32_t, std::vector<const ReadRow*>> sources;
  std::vector<const OutputRecord*> found;
};

// How far an order has come.
struct Reached {
  std::vector<size_t> next;  // by source, in their order
  std::string state;
  size_t matched = 0;  // of what was found

  friend auto operator<=>(const Reached&, const Reached&) = default;
};

class OrderSearch {
 public:
  OrderSearch(const KeyRun& key, const RowStep& step, bool complete)
      : found_(key.found), step_(step), complete_(complete) {
    for (const auto& [source, rows] : key.sources) {
      sources_.push_back(rows);
    }
  }

  bool Explains() {
    std::vector<Reached> open = {{.next = std::vector<size_t>(sources_.size(), 0), .state = {}}};
    while (!open.empty()) {
      const Reached reached = std::move(open.back());
      open.pop_back();
      furthest_ = std::max(furthest_, reached.matched);
      if (IsEnd(reached)) {
        return true;
      }
      for (size_t source = 0; source < sources_.size(); ++source) {
        Reached after = reached;
        if (Take(source, after) && seen_.insert(after).second) {
          open.push_back(std::move(after));
        }
      }
      if (seen_.size() > kOrdersMax) {
        throw std::runtime_error(
            fmt::format("more than {} orders of the rows of one key had to be tried", kOrdersMax));
      }
    }
    return false;
  }

  // Of what was found, how much an order explains at best.
  size_t furthest() const { return furthest_; }

 private:
  bool IsEnd(const Reached& reached) const {
    if (reached.matched < found_.size()) {
      return false;
    }
    for (size_t source = 0; complete_ && source < sources_.size(); ++source) {
      if (reached.next[source] < sources_[source].size()) {
        return false;
      }
    }
    return true;
  }

  // The next row of the source. False when there is none, or what it gives is not what was found.
  bool Take(size_t source, Reached& reached) const {
    if (reached.next[source] == sources_[source].size()) {
      return false;
    }
    const ReadRow& row = *sources_[source][reached.next[source]++];
    for (const std::string& value : step_(reached.state, row)) {
      if (reached.matched == found_.size()) {
        return !complete_;  // the rest was not committed
      }
      if (found_[reached.matched]->value != value) {
        return false;
      }
      ++reached.matched;
    }
    return true;
  }

  const std::vector<const OutputRecord*>& found_;
  const RowStep& step_;
  bool complete_;
  std::vector<std::vector<const ReadRow*>> sources_;
  std::set<Reached> seen_;
  size_t furthest_ = 0;
};

OutputBreach Unexplained(std::string_view key, const KeyRun& run, size_t furthest) {
  size_t rows = 0;
  for (const auto& [source, read] : run.sources) {
    rows += read.size();
  }
  OutputBreach breach{.kind = "unexplained", .key = key};
  if (furthest < run.found.size()) {
    breach.value = run.found[furthest]->value;
    breach.copies = {run.found[furthest]};
    breach.sentence = fmt::format(
        "No order of the {} rows with key {} gives its results: at best the first {}, and not that "
        "then {} comes.",
        rows, ShowBytes(key), furthest, ShowBytes(breach.value));
  } else {
    breach.sentence =
        fmt::format("No order of the {} rows with key {} gives its {} results and no more.", rows,
                    ShowBytes(key), run.found.size());
  }
  return breach;
}

std::vector<OutputBreach> CompareOrders(const OutputView& output, const RowStep& step) {
  std::map<std::string_view, KeyRun> keys;
  for (const ReadRow& row : output.rows) {
    keys[row.key].sources[row.source].push_back(&row);
  }
  for (const OutputRecord* record : output.found) {
    keys[record->key].found.push_back(record);
  }
  std::vector<OutputBreach> breaches;
  for (const auto& [key, run] : keys) {
    OrderSearch search(run, step, output.complete);
    if (!search.Explains()) {
      breaches.push_back(Unexplained(key, run, search.furthest()));
    }
  }
  return breaches;
}

}  // namespace

Law Linearizes(RowStep step, std::source_location where) {
  return {.name = "linearizes",
          .promise = "The results of each key are those of its rows in some order.",
          .judge = [step = std::move(step)](
                       const OutputView& output) { return CompareOrders(output, step); },
          .needs_expectation = false,
          .needs_rows = true,
          .where = where};
}

}  // namespace flinch::scenarios
