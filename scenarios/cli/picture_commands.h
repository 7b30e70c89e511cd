// `flinch report`, `flinch trace export`: a run to be looked at.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "reports/checkpoint_row.h"
#include "reports/task_time.h"
#include "scenarios/cli/command_line.h"
#include "sim/recording/recording.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

// Every checkpoint that was triggered, with each subtask that had to do with it.
std::vector<reports::CheckpointRow> CheckpointRowsOf(const sim::Recording& recording);

// Every subtask, by name: where its fibers' time went, whichever process they ran in.
std::vector<reports::TaskTime> TaskTimesOf(const std::vector<sim::FiberTime>& fibers);

// Both are kExitPassed when the file is there, whatever came of the run.
int ReportCommand(const ReportArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err);
int TraceCommand(const TraceArguments& arguments, const std::string& program, std::ostream& out,
                 std::ostream& err);

}  // namespace flinch::scenarios
