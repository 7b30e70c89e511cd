// The commands that run nothing: `list` and `check`.
#pragma once

#include <ostream>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

int ListCommand(const ListArguments& arguments, std::ostream& out);

// A file with `[[fault]]` and no job is a fault plan, everything else a scenario.
int CheckCommand(const CheckArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
