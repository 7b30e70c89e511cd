#include "scenarios/files/added_jobs.h"

#include <deque>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/jobs/jobs.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using text::Quote;

// How the case is run when nobody says otherwise.
Scenario OwnScenarioOf(const JobCase& job) {
  Scenario scenario = job.scenario.value_or(*FindLibraryScenario("small_job"));
  scenario.name = job.name;
  scenario.job.name = job.name;
  if (!job.scenario || scenario.why.empty()) {
    scenario.why = job.what.empty() ? fmt::format("The job {}.", job.name) : job.what;
  }
  return scenario;
}

// What is wrong with a case beside all others, or "".
std::string WhatIsWrongHere(const JobCase& job) {
  std::string wrong = WhatIsWrongWith(job);
  if (!wrong.empty()) {
    return wrong;
  }
  if (FindJob(job.name) != nullptr || FindLibraryScenario(job.name) != nullptr) {
    return fmt::format("There are two jobs or scenarios called {}; give yours another name.",
                       Quote(job.name));
  }
  return "";
}

}  // namespace

sim::Result<void> AddJobs(std::vector<JobCase> cases) {
  std::deque<JobCase>& added = AddedJobs();
  const size_t before = added.size();
  for (JobCase& job : cases) {
    job.scenario = OwnScenarioOf(job);
    std::string wrong = WhatIsWrongHere(job);
    if (wrong.empty()) {
      added.push_back(std::move(job));
      const sim::Result<void> valid = Validate(*added.back().scenario);
      wrong = valid ? ""
                    : fmt::format("The scenario of the job {} is wrong: {}",
                                  Quote(added.back().name), valid.error().message);
    }
    if (!wrong.empty()) {
      added.resize(before);
      return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(wrong));
    }
  }
  return {};
}

}  // namespace flinch::scenarios
