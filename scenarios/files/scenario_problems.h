// What is wrong with a scenario that no range of a single field can say: names that do not exist, a
// job that does not fit the cluster, faults against nobody.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

// What one field, or several that do not go together, have against them.
struct ScenarioProblem {
  std::string path;  // "job.parallelism"
  std::string sentence;
  // The other fields, or tables of them, that it is about: where one of them could not be read, it
  // says nothing.
  std::vector<std::string> others{};
  std::optional<size_t> item{};  // of a list, the one that is meant
};

// In the order of the file; none: the scenario can be run.
std::vector<ScenarioProblem> FindProblems(const Scenario& scenario);

// The same as one error, a line per problem.
sim::Result<void> Validate(const Scenario& scenario);

}  // namespace flinch::scenarios
