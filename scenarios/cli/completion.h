// What a shell completes: a script for each, which asks this program what fits. So there is one
// answer for all shells, and none grows old beside the commands.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "scenarios/cli/text_arguments.h"

namespace flinch::scenarios {

// `words`: behind the program's name, the last one as far as it is typed. What may stand in its
// place, each as a whole; nothing where the shell knows better, as of files.
std::vector<std::string> Completions(std::span<const std::string> words);

int CompletionCommand(const CompletionArguments& arguments, std::ostream& out);
int CompleteCommand(const CompleteArguments& arguments, std::ostream& out);

}  // namespace flinch::scenarios
