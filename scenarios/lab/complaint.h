// How a command says that it cannot go on: what is wrong, and the exit code that belongs to it.
// Nothing that a terminal obeys goes out, whatever the message quotes.
#pragma once

#include <expected>
#include <ostream>
#include <string>
#include <string_view>

#include "sim/result.h"

namespace flinch::scenarios {

// What was typed makes no sense: kInvalidArgument with a whole sentence.
std::unexpected<sim::Error> Usage(std::string message);

// kExitOutput for kIo, kExitTryAgain for kUnavailable, otherwise kExitUsage.
int Complain(std::ostream& err, const sim::Error& error);

// What is wrong with a scenario, a plan or an input is the user's to mend, whatever its code:
// kExitUsage.
int ComplainAboutInput(std::ostream& err, std::string_view message);

}  // namespace flinch::scenarios
