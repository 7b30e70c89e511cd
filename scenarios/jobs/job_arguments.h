// What the code of a scenario's job may be given when the job is resumed: the arguments of a
// JobEntry (engine/graph/job_catalog.h), as text on one line: "parallelism=7
// job=url_clicks_audited".
//
// Every process builds its graph from them, so whoever knows the text knows the job. "" is the
// scenario's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct JobArguments {
  uint32_t parallelism = 0;  // 0: as the scenario says
  std::string job{};         // likewise

  friend bool operator==(const JobArguments&, const JobArguments&) = default;
};

std::string ShowArguments(const JobArguments& arguments);
sim::Result<JobArguments> ParseArguments(std::string_view text);

// The scenario whose job is built with these arguments.
Scenario WithArguments(Scenario scenario, const JobArguments& arguments);

// Those that the job has behind step `step` of the story.
JobArguments ArgumentsAt(const StorySteps& story, size_t step);

// The widest that the job ever is.
uint32_t WidestParallelism(const Scenario& scenario);

}  // namespace flinch::scenarios
