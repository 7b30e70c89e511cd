// The commands that run a world: `run` and `replay`.
#pragma once

#include <ostream>
#include <string>

#include "reports/run_summary.h"
#include "scenarios/cli/command_line.h"

namespace flinch::scenarios {

// kExitPassed, kExitInconclusive or kExitViolation.
int ExitCodeOf(reports::Verdict verdict);

// `program` is how a shell calls this program: the first word of the command that replays a run.
int RunCommand(const RunArguments& arguments, const std::string& program, std::ostream& out,
               std::ostream& err);
int ReplayCommand(const ReplayArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err);

}  // namespace flinch::scenarios
