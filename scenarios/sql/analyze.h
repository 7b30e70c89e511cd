// What a plan needs to know of itself before it can be a stream: keys and times of joins, windows
// that end, whether results are taken back.
#pragma once

#include "scenarios/sql/plan.h"
#include "scenarios/sql/script.h"

namespace flinch::sql {

// The inputs have been finished. Each says what is wrong with the plan as a stream.
Checked<void> FinishJoin(Plan& join, const CompileOptions& options);
Checked<void> FinishAggregate(Plan& aggregate);
Checked<void> FinishWindow(Plan& window);
void FinishRank(Plan& rank);

// `column` <= limit, or < or =, stands above `plan`: so many rows of each partition are enough.
void LimitRank(Plan& plan, size_t column, int64_t limit);

// What cannot be a stream as a whole: ranks without a limit, sessions that nothing groups, rows
// that stand in no table.
Checked<void> CheckStream(const Plan& plan);

}  // namespace flinch::sql
