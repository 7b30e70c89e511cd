#include "scenarios/jobs/job_case.h"

#include <algorithm>
#include <array>
#include <deque>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "engine/graph/job_graph.h"
#include "engine/runtime/user_code.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using text::Quote;

// Of the processes that every world has; TaskManagers are tm-1, tm-2 and so on.
constexpr auto kTakenNames =
    std::to_array<std::string_view>({"jm", "broker", "publisher", "coordination"});

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
        system.name.starts_with("tm-") || system.name.starts_with("jm-") ||
        IsIn(names, system.name)) {
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
    const bool is_input =
        std::ranges::find(job.inputs, output.name, &InputSpec::name) != job.inputs.end();
    if (!IsPlainName(output.name) || is_input || IsIn(names, output.name)) {
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

std::string WhatIsWrongWithInputs(const JobCase& job) {
  std::vector<std::string_view> names;
  bool takes_the_rest = false;
  for (const InputSpec& input : job.inputs) {
    if (!IsPlainName(input.name) || IsIn(names, input.name)) {
      return fmt::format("An input of the job {} is called {}, but needs a plain name of its own.",
                         Quote(job.name), Quote(input.name));
    }
    names.push_back(input.name);
    takes_the_rest |= !input.takes;
  }
  return takes_the_rest ? ""
                        : fmt::format(
                              "None of the inputs of the job {} takes the rows that the "
                              "others leave: let `takes` of one be null.",
                              Quote(job.name));
}

// Its graph is built once, so that a mistake of structure is told before any run.
std::string WhatIsWrongWithGraph(const JobCase& job) {
  if (!job.build) {
    return fmt::format("The job {} has nothing that builds it.", Quote(job.name));
  }
  const sim::Result<engine::JobGraph> graph =
      engine::CallUserCode(" while it was built", [&job]() -> sim::Result<engine::JobGraph> {
        return engine::BuildJobGraph(job.build(*job.scenario, {}));
      });
  const std::string why = graph ? "" : graph.error().message;
  return why.empty() ? "" : fmt::format("The job {} cannot be built: {}", Quote(job.name), why);
}

}  // namespace

std::string WhatIsWrongWith(const JobCase& job) {
  if (!IsPlainName(job.name)) {
    return fmt::format("A job is called {}; it needs a name without blanks, quotes and slashes.",
                       Quote(job.name));
  }
  for (const auto check :
       {WhatIsWrongWithInputs, WhatIsWrongWithOutputs, WhatIsWrongOutside, WhatIsWrongWithGraph}) {
    if (std::string wrong = check(job); !wrong.empty()) {
      return wrong;
    }
  }
  return "";
}

size_t InputOf(const JobCase& job, const InputRow& row) {
  const auto taker = std::ranges::find_if(
      job.inputs, [&row](const InputSpec& input) { return !input.takes || input.takes(row); });
  return static_cast<size_t>(taker - job.inputs.begin());
}

std::deque<JobCase>& AddedJobs() {
  static std::deque<JobCase> added;
  return added;
}

}  // namespace flinch::scenarios
