// The program `flinch`.

#include <clocale>
#include <exception>
#include <iostream>
#include <malloc.h>
#include <string>
#include <vector>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/program_path.h"
#include "scenarios/cli/version.h"
#include "sim/check.h"

namespace {

// World follows world: what one gives back the next one needs, so it does not go back to the
// machine in between. A fifth of the time of a small job.
void KeepMemory() {
  constexpr int kMiB = 1 << 20;
  mallopt(M_TRIM_THRESHOLD, 256 * kMiB);
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TOP_PAD, 4 * kMiB);
}

}  // namespace

int main(int argc, char** argv) {
  namespace scenarios = flinch::scenarios;
  KeepMemory();
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
