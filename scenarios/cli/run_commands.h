// The commands that run a world: `run` and `replay`.
#pragma once

#include <ostream>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

int RunCommand(const RunArguments& arguments, std::ostream& out, std::ostream& err);
int ReplayCommand(const ReplayArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
