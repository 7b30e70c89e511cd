// The command that proves determinism: `verify`, every seed twice in fresh processes under
// different surroundings.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

// `program` is how a shell calls this program, `worker` its file, which runs each side of each
// seed. Where a seed's two runs differ, the first such seed of a scenario is looked at more
// closely: the first event that differs, who did it, and the call stacks.
//
// Exit code: 0 all identical, 4 a seed is not, 2 bad input, 70 a worker died of something else.
int VerifyCommand(const VerifyArguments& arguments, const std::string& program,
                  const std::string& worker, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
