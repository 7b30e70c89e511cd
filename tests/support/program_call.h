// One call of the program's commands, inside the test's own process.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "scenarios/cli/commands.h"

namespace flinch::tests {

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// `words` without the program's own name, which is "/opt/flinch".
inline Outcome Flinch(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = scenarios::RunProgram("/opt/flinch", words, out, err);
  return {.exit_code = exit_code, .out = out.str(), .err = err.str()};
}

}  // namespace flinch::tests
