// The commands `hunt` and `merge`: many seeds, and the results of shards as one.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "scenarios/cli/command_line.h"
#include "scenarios/lab/hunt_progress.h"

namespace flinch::scenarios {

// Results go to `out`, progress and complaints to `err`.
int HuntCommand(const HuntArguments& arguments, const std::string& program, ProgressStyle style,
                std::ostream& out, std::ostream& err);
int MergeCommand(const MergeArguments& arguments, const std::string& program, std::ostream& out,
                 std::ostream& err);

}  // namespace flinch::scenarios
