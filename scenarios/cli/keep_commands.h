// `flinch keep`, `flinch regress`.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/token_arguments.h"

namespace flinch::scenarios {

// Writes the run down as a file of scenarios/regressions. Refuses to replace one, and what does not
// fail or needs a file to run.
int KeepCommand(const KeepArguments& arguments, const std::string& program, std::ostream& out,
                std::ostream& err);

// A line per file. kExitViolation when one is broken, else kExitUsage when one cannot be read, else
// kExitInconclusive when one is stale.
int RegressCommand(const RegressArguments& arguments, const std::string& program, std::ostream& out,
                   std::ostream& err);

}  // namespace flinch::scenarios
