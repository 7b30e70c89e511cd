#include "scenarios/cli/program.h"

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <iostream>
#include <malloc.h>
#include <new>
#include <string>
#include <typeinfo>
#include <unistd.h>
#include <utility>

#include "scenarios/cli/commands.h"
#include "scenarios/files/added_jobs.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/version.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

// World follows world: what one gives back the next one needs, so it does not go back to the
// machine in between. A fifth of the time of a small job.
void KeepMemory() {
  constexpr int kMiB = 1 << 20;
  mallopt(M_TRIM_THRESHOLD, 256 * kMiB);
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TOP_PAD, 4 * kMiB);
}

void SayOutOfMemory() {
  std::cerr << "flinch: Out of memory: this run is larger than the machine, or than it may be "
               "here. Lower workload.records or job.parallelism, or allow more.\n";
}

std::terminate_handler otherwise = nullptr;

// A destructor that runs out of memory cannot throw: the program ends there, by the same words.
[[noreturn]] void EndWithoutMemory() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type != nullptr && *type == typeid(std::bad_alloc)) {
    SayOutOfMemory();
    _exit(kExitTryAgain);
  }
  otherwise();
  std::abort();
}

}  // namespace

int Main(int argc, char** argv, std::vector<JobCase> mine) {
  KeepMemory();
  otherwise = std::set_terminate(EndWithoutMemory);
  // A file that may not grow is a write that fails, and is told as such.
  std::signal(SIGXFSZ, SIG_IGN);
  // As a user's program may do: no run and no report may depend on it, and the flavours of ./check
  // and `flinch verify` see to that.
  std::setlocale(LC_ALL, "");
  try {
    if (const sim::Result<void> added = AddJobs(std::move(mine)); !added) {
      return ComplainAboutInput(std::cerr, added.error().message);
    }
    const std::string program = ProgramWord(argc > 0 ? argv[0] : "");
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return RunProgram(program, words, std::cout, std::cerr);
  } catch (const sim::Violation& violation) {
    std::cerr << "flinch: internal error at " << violation.where << ": " << violation.what
              << ". This is a bug of flinch.\n";
  } catch (const std::bad_alloc&) {
    SayOutOfMemory();
    return kExitTryAgain;
  } catch (const std::exception& error) {
    std::cerr << "flinch: internal error: " << error.what() << ". This is a bug of flinch.\n";
  }
  return kExitInternal;
}

}  // namespace flinch::scenarios
