// From arguments to a run that can start: everything that can be wrong is found here, before.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/cli/command_line.h"
#include "scenarios/lab/token.h"
#include "scenarios/stage/run.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct PreparedRun {
  RunRequest request;
  Scenario unvaried;  // of all seeds: with the settings, before it varies
  ReplayToken token;  // without digest and verdict, which only the run knows
  // What the seed varied: fields and what stands in them now.
  std::vector<std::pair<std::string, std::string>> varied{};
};

// Loads the scenario, applies the settings, reads plan and input. The error tells all problems of
// one stage at once.
sim::Result<PreparedRun> Prepare(const RunArguments& arguments);

// The same with a scenario that was loaded before, for who runs many seeds of it.
sim::Result<PreparedRun> Prepare(const RunArguments& arguments, Scenario scenario);

// The plan that somebody wrote, or null where faults are drawn or absent.
const faults::FaultPlan* WrittenPlan(const RunRequest& request);

// What a fault of a written plan is called: "plan[1] crash tm-2".
std::string NameOfFault(const faults::FaultPlan& plan, size_t fault);

// The same run as the token's. Its files are named by absolute paths, where they are found.
RunArguments ArgumentsOf(const ReplayToken& token);

}  // namespace flinch::scenarios
