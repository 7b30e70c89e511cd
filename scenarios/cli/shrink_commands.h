// `flinch shrink`, `flinch diff`.
#pragma once

#include <ostream>
#include <string>

#include "reports/run_summary.h"
#include "scenarios/cli/command_line.h"
#include "scenarios/shrink/shrink.h"

namespace flinch::scenarios {

// The smallest run as somebody would type it.
struct WrittenRun {
  RunArguments arguments;
  reports::RunSummary summary;  // with the line that runs it
};

// Run once more: what is printed is what was tried. `given`: the arguments of what was shrunk;
// `base`: its scenario, before settings.
WrittenRun WriteDown(const Shrunk& shrunk, const RunArguments& given, const Scenario& base,
                     const std::string& program);

// Prints what each pass came to, what is left, and the line that runs it. SIGINT keeps the best so
// far. kExitPassed when there is such a run, be it the one that was given.
int ShrinkCommand(const ShrinkArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err);

// kExitPassed when both are the same run, kExitViolation when they differ.
int DiffCommand(const DiffArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace flinch::scenarios
