// `flinch replay --break-at EVENT`, with and without `--gdb`.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "scenarios/cli/command_line.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

// Of a run with Lens::stack_at: who did that event, and where in the code, line by line.
// kInvalidArgument when the run has no such event.
sim::Result<std::string> ShowStackAt(uint64_t event, const RunResult& result);

// The replay in gdb, which stops at the event: at that of the first finding unless another is
// asked for. The exit code of gdb; kExitUsage where there is nothing to stop at, kExitOutput where
// there is no gdb.
int GdbCommand(const ReplayArguments& arguments, std::ostream& err);

}  // namespace flinch::scenarios
