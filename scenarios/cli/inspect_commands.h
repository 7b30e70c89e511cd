// The commands that run nothing: `list` and `check`.
#pragma once

#include <cstddef>
#include <ostream>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

// No line is longer than `columns`, if its words allow; 0: each entry is one line, for programs.
int ListCommand(const ListArguments& arguments, size_t columns, std::ostream& out);

// A file with `[[fault]]` and no job is a fault plan, everything else a scenario.
int CheckCommand(const CheckArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
