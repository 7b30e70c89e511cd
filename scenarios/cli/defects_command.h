// The command `defects`: the test of the oracles and of the search. For each planted defect, how
// many seeds it takes until an oracle finds it; and that nothing is found where none is planted.
#pragma once

#include <ostream>

#include "scenarios/cli/command_line.h"
#include "scenarios/lab/hunt_progress.h"

namespace flinch::scenarios {

// Each defect is looked for in small_job, and where that does not show it in url_clicks. Exit code
// 1 when one was not found, or something was found where nothing is planted.
int DefectsCommand(const DefectsArguments& arguments, ProgressStyle style, std::ostream& out,
                   std::ostream& err);

}  // namespace flinch::scenarios
