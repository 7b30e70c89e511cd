// `flinch explain`.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/token_arguments.h"

namespace flinch::scenarios {

// Prints the story of a failure. kExitPassed when there is one to tell.
int ExplainCommand(const ExplainArguments& arguments, const std::string& program, std::ostream& out,
                   std::ostream& err);

}  // namespace flinch::scenarios
