// One run under the limits of a hunt: in a process of its own, which is ended as a hunt would.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

// What RunCommand does, and its exit code; kExitViolation for a run that broke its limits or its
// process, with what a hunt says of it. Says on `err` what will be done. kExitOutput where there is
// no process.
int LimitedRunCommand(const RunArguments& arguments, const std::string& program, std::ostream& out,
                      std::ostream& err);

}  // namespace flinch::scenarios
