#include "scenarios/files/registry.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scenarios/files/scenario_toml.h"
#include "scenarios/jobs/jobs.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

// As they stand in scenarios/library/: the build puts them here.
constexpr auto kFiles = std::to_array<std::string_view>({
#include "library_toml.inc"
});

}  // namespace

std::span<const Scenario> LibraryScenarios() {
  static const std::vector<Scenario> kScenarios = [] {
    std::vector<Scenario> scenarios;
    for (const std::string_view file : kFiles) {
      sim::Result<Scenario> scenario = ParseScenario("scenarios/library", std::string(file));
      sim::Check(scenario.has_value(), "the library's own scenario is refused: {}",
                 scenario.has_value() ? "" : scenario.error().message);
      scenarios.push_back(*std::move(scenario));
    }
    return scenarios;
  }();
  return kScenarios;
}

std::vector<std::string_view> LibraryNames() {
  std::vector<std::string_view> names;
  for (const Scenario& scenario : LibraryScenarios()) {
    names.emplace_back(scenario.name);
  }
  for (const JobCase& job : AddedJobs()) {
    names.emplace_back(job.name);
  }
  return names;
}

const Scenario* FindLibraryScenario(std::string_view name) {
  const std::span<const Scenario> scenarios = LibraryScenarios();
  if (const auto found = std::ranges::find(scenarios, name, &Scenario::name);
      found != scenarios.end()) {
    return &*found;
  }
  const auto job = std::ranges::find(AddedJobs(), name, &JobCase::name);
  return job == AddedJobs().end() ? nullptr : &*job->scenario;
}

bool IsScenarioPath(std::string_view name_or_path) {
  return name_or_path.contains('/') || name_or_path.ends_with(".toml");
}

sim::Result<Scenario> LoadScenario(const std::string& name_or_path) {
  if (IsScenarioPath(name_or_path)) {
    return ReadScenario(name_or_path);
  }
  if (const Scenario* const scenario = FindLibraryScenario(name_or_path)) {
    return *scenario;
  }
  const std::vector<std::string_view> names = LibraryNames();
  return sim::Fail(
      sim::ErrorCode::kNotFound,
      fmt::format(
          "There is no scenario {}; `flinch list scenarios` shows them, and a file is named "
          "by a path that ends in .toml.{}",
          text::Quote(name_or_path),
          text::DidYouMean(name_or_path, std::span<const std::string_view>(names))));
}

}  // namespace flinch::scenarios
