#include "scenarios/jobs/job_case.h"

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "engine/graph/job_graph.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/jobs.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using text::Quote;

// Of the processes that every world has; TaskManagers are tm-1, tm-2 and so on.
constexpr auto kTakenNames = std::to_array<std::string_view>({"jm", "broker", "publisher"});

// Cases that the program has added. Their addresses stay.
std::deque<JobCase>& Added() {
  static std::deque<JobCase> added;
  return added;
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && text::IsPrintable(name) &&
         name.find_first_of(" /\"'") == std::string_view::npos && !name.ends_with(".toml");
}

bool IsIn(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// What is wrong with who stands beside the engine, or "".
std::string WhatIsWrongOutside(const JobCase& job) {
  std::vector<std::string_view> names;
  for (const OutsideSystem& system : job.outside) {
    if (!IsPlainName(system.name) || IsIn(kTakenNames, system.name) ||
        system.name.starts_with("tm-") || IsIn(names, system.name)) {
      return fmt::format(
          "An outside system of the job {} is called {}, but needs a plain name of its own.",
          Quote(job.name), Quote(system.name));
    }
    if (!system.main) {
      return fmt::format("The outside system {} of the job {} has no program.", Quote(system.name),
                         Quote(job.name));
    }
    names.push_back(system.name);
  }
  return "";
}

std::string WhatIsWrongWithOutputs(const JobCase& job) {
  if (job.outputs.empty()) {
    return fmt::format("The job {} has no output, so nothing can be judged.", Quote(job.name));
  }
  std::vector<std::string_view> names;
  for (const OutputSpec& output : job.outputs) {
    if (!IsPlainName(output.name) || output.name == "input" || IsIn(names, output.name)) {
      return fmt::format("An output of the job {} is called {}, but needs a plain name of its own.",
                         Quote(job.name), Quote(output.name));
    }
    if (!output.law.judge) {
      return fmt::format("The output {} of the job {} has no law.", Quote(output.name),
                         Quote(job.name));
    }
    names.push_back(output.name);
  }
  return "";
}

// Its graph is built once, so that a mistake of structure is told before any run.
std::string WhatIsWrongWithGraph(const JobCase& job) {
  if (!job.build) {
    return fmt::format("The job {} has nothing that builds it.", Quote(job.name));
  }
  std::string why;
  try {
    const sim::Result<engine::JobGraph> graph = engine::BuildJobGraph(job.build(*job.scenario, {}));
    why = graph ? "" : graph.error().message;
  } catch (const std::exception& error) {
    why = fmt::format("its builder threw {}", Quote(error.what()));
  }
  return why.empty() ? "" : fmt::format("The job {} cannot be built: {}", Quote(job.name), why);
}

std::string WhatIsWrongWith(const JobCase& job) {
  if (!IsPlainName(job.name)) {
    return fmt::format("A job is called {}; it needs a name without blanks, quotes and slashes.",
                       Quote(job.name));
  }
  if (FindJob(job.name) != nullptr || FindLibraryScenario(job.name) != nullptr) {
    return fmt::format("There are two jobs or scenarios called {}; give yours another name.",
                       Quote(job.name));
  }
  for (const auto check : {WhatIsWrongWithOutputs, WhatIsWrongOutside, WhatIsWrongWithGraph}) {
    if (std::string wrong = check(job); !wrong.empty()) {
      return wrong;
    }
  }
  return "";
}

// How the case is run when nobody says otherwise.
Scenario ScenarioOf(const JobCase& job) {
  Scenario scenario = job.scenario.value_or(*FindLibraryScenario("small_job"));
  scenario.name = job.name;
  scenario.job.name = job.name;
  if (!job.scenario || scenario.why.empty()) {
    scenario.why = job.what.empty() ? fmt::format("The job {}.", job.name) : job.what;
  }
  return scenario;
}

}  // namespace

sim::Result<void> AddJobs(std::vector<JobCase> cases) {
  std::deque<JobCase>& added = Added();
  const size_t before = added.size();
  for (JobCase& job : cases) {
    job.scenario = ScenarioOf(job);
    std::string wrong = WhatIsWrongWith(job);
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

std::vector<const JobCase*> AddedJobs() {
  std::vector<const JobCase*> jobs;
  for (const JobCase& job : Added()) {
    jobs.push_back(&job);
  }
  return jobs;
}

}  // namespace flinch::scenarios
