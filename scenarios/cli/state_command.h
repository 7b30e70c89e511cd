// `state ls|cat|diff`: what is in snapshots that a run has kept.
#pragma once

#include <ostream>

#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

// ls: a table; cat: each entry of keyed state as a line of JSON; diff: what is in one of two only,
// or is another value. A snapshot that is not there, or is damaged, is one line to `err`.
int StateCommand(const StateArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
