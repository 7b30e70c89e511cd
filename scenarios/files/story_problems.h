// What is wrong with a scenario's story, in whole sentences: by the rules of the job's life, and as
// far as its output could still be judged.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

struct StoryProblem {
  std::string path;  // "story[1].parallelism"
  std::string sentence;
};

std::vector<StoryProblem> FindStoryProblems(const Scenario& scenario);

}  // namespace flinch::scenarios
