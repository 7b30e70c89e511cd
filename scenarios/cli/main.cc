// The program `flinch`.

#include <clocale>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/program_path.h"
#include "scenarios/cli/version.h"
#include "sim/check.h"

int main(int argc, char** argv) {
  namespace scenarios = flinch::scenarios;
  // As a user's program may do: no run and no report may depend on it, and the flavours of ./check
  // and `flinch verify` see to that.
  std::setlocale(LC_ALL, "");
  try {
    const std::string program = scenarios::ProgramWord(argc > 0 ? argv[0] : "");
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return scenarios::RunProgram(program, words, std::cout, std::cerr);
  } catch (const flinch::sim::Violation& violation) {
    std::cerr << "flinch: internal error at " << violation.where << ": " << violation.what
              << ". This is a bug of flinch.\n";
  } catch (const std::exception& error) {
    std::cerr << "flinch: internal error: " << error.what() << ". This is a bug of flinch.\n";
  }
  return scenarios::kExitInternal;
}
