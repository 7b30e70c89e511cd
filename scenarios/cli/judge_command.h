// `flinch judge`: the oracles once more, on what a run left behind.
#pragma once

#include <ostream>

#include "scenarios/cli/token_arguments.h"

namespace flinch::scenarios {

// Prints what `run` does of the recorded run, with what its judges say now, and exits with the same
// codes; a file that is no recording is the user's to mend.
int JudgeCommand(const JudgeArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
