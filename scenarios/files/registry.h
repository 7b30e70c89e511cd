// The library's scenarios, by name: the files of scenarios/library/, which are built into the
// program, and examples to copy.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

std::span<const Scenario> LibraryScenarios();

// With those of the jobs that the program has added (scenarios/jobs/job_case.h), each called like
// its job.
std::vector<std::string_view> LibraryNames();

// Null when there is none of this name; finds those of added jobs, too.
const Scenario* FindLibraryScenario(std::string_view name);

// Whether what a person wrote names a file rather than a scenario of the library: it holds a '/' or
// ends in ".toml".
bool IsScenarioPath(std::string_view name_or_path);

// From the library or from a file. kNotFound with a suggestion.
sim::Result<Scenario> LoadScenario(const std::string& name_or_path);

}  // namespace flinch::scenarios
