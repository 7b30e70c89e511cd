// The command `demo`: a folder with three scenarios, and what to type there.
#pragma once

#include <ostream>
#include <string>

#include "scenarios/cli/text_arguments.h"

namespace flinch::scenarios {

// `program` is how this one was called, as a word of a shell.
int DemoCommand(const DemoArguments& arguments, const std::string& program, std::ostream& out,
                std::ostream& err);

}  // namespace flinch::scenarios
