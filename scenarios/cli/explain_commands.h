// `flinch explain`.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/token_arguments.h"

namespace flinch::scenarios {

// Prints the story of a run: why it failed, or what it went through. kExitPassed.
int ExplainCommand(const ExplainArguments& arguments, const std::string& program, std::ostream& out,
                   std::ostream& err);

}  // namespace flinch::scenarios
