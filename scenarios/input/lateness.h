// Which rows of an input may come too late for their windows, and behind which rows.
//
// Intuition: watermarks lag behind the newest row of a partition by job.out_of_orderness, or as a
//            table's WATERMARK says. A row
//            that is older than that may be dropped, or not: whether the watermark has come before
//            it is chance.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "scenarios/input/workload.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

struct LateRow {
  size_t row = 0;     // of the workload
  size_t behind = 0;  // the newest before it in its partition

  friend bool operator==(const LateRow&, const LateRow&) = default;
};

// Rows that lie behind an earlier one of their partition by more than the scenario's bound, in
// their order. None where the bound is measured.
std::vector<LateRow> LateRows(const Scenario& scenario, const Workload& workload);

// "row 5 (line 6)"; without the line of a row that is of no file.
std::string NameOfRow(const Workload& workload, size_t row);

// What people should know of the input's order, in whole sentences: which rows are ahead of those
// behind them, what that makes late, and which rows of these times were dropped. Nothing where all
// is well.
std::vector<std::string> TellLateness(const Scenario& scenario, const Workload& workload,
                                      const std::set<int64_t>& dropped);

}  // namespace flinch::scenarios
