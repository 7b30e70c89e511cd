// `flinch report`, `flinch trace export`: a run to be looked at.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "reports/checkpoint_row.h"
#include "scenarios/cli/command_line.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

// Every checkpoint that was triggered, with each subtask that had to do with it.
std::vector<reports::CheckpointRow> CheckpointRowsOf(const sim::Recording& recording);

// Both are kExitPassed when the file is there, whatever came of the run.
int ReportCommand(const ReportArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err);
int TraceCommand(const TraceArguments& arguments, const std::string& program, std::ostream& out,
                 std::ostream& err);

}  // namespace flinch::scenarios
