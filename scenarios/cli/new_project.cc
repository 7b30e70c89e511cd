#include "scenarios/cli/new_project.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/cli/fill_in.h"
#include "scenarios/cli/project_texts.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/version.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;
using text::Quote;

struct Kind {
  std::string_view name;
  std::string_view component;  // that the project links
  std::string_view source;
  bool has_scenario = false;
};

constexpr auto kKinds = std::to_array<Kind>({
    {.name = "job", .component = "program", .source = kJobSource, .has_scenario = true},
    {.name = "sink", .component = "program", .source = kSinkSource, .has_scenario = true},
    {.name = "system", .component = "lab", .source = kSystemSource},
});

// The text with the project's own words in it.
std::string Fill(std::string_view text, const Kind& kind, const std::string& name) {
  const std::vector<std::pair<std::string_view, std::string>> marks = {
      {"@NAME@", name}, {"@COMPONENT@", std::string(kind.component)}};
  return FillIn(text, marks);
}

bool IsProjectName(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::string ScenarioText(const std::string& name) {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.name = name;
  scenario.why = fmt::format("The job {} under whatever befalls a cluster.", name);
  scenario.job.name = name;
  // The job is the program's, so nobody here knows whether it is one.
  return ShowToml(scenario);
}

}  // namespace

std::vector<std::string_view> ProjectKinds() {
  std::vector<std::string_view> names;
  std::ranges::transform(kKinds, std::back_inserter(names), &Kind::name);
  return names;
}

sim::Result<std::vector<std::string>> WriteProject(const NewArguments& arguments) {
  const auto& [kind_name, name] = arguments;
  const auto kind = std::ranges::find(kKinds, kind_name, &Kind::name);
  if (kind == kKinds.end()) {
    const std::vector<std::string_view> kinds = ProjectKinds();
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("There is no project of the kind {}; use one of {}.{}", Quote(kind_name),
                    fmt::join(kinds, ", "),
                    text::DidYouMean(kind_name, std::span<const std::string_view>(kinds))));
  }
  if (!IsProjectName(name) || FindLibraryScenario(name) != nullptr || name == "test") {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("A project cannot be called {}; use small letters, digits and _, "
                                 "and no name of `flinch list`.",
                                 Quote(name)));
  }
  std::error_code error;
  if (!fs::create_directory(name, error)) {
    return sim::Fail(
        error ? sim::ErrorCode::kIo : sim::ErrorCode::kExists,
        error ? fmt::format("The folder {} cannot be made: {}.", text::QuotePath(name),
                            error.message())
              : fmt::format("There is a {} already; nothing was written.", text::QuotePath(name)));
  }
  std::vector<std::pair<std::string, std::string>> files = {
      {"CMakeLists.txt", Fill(kProjectBuild, *kind, name)},
      {"main.cc", Fill(kind->source, *kind, name)}};
  if (kind->has_scenario) {
    files.emplace_back(name + ".toml", ScenarioText(name));
  }
  std::vector<std::string> written;
  for (const auto& [file, content] : files) {
    const std::string path = (fs::path(name) / file).string();
    std::ofstream out(path, std::ios::binary);
    out << content;
    out.flush();
    if (!out) {
      return sim::Fail(sim::ErrorCode::kIo,
                       fmt::format("{} cannot be written.", text::QuotePath(path)));
    }
    written.push_back(path);
  }
  return written;
}

int NewCommand(const NewArguments& arguments, std::ostream& out, std::ostream& err) {
  const sim::Result<std::vector<std::string>> written = WriteProject(arguments);
  if (!written) {
    return Complain(err, written.error());
  }
  for (const std::string& path : *written) {
    out << path << '\n';
  }
  out << fmt::format(
      "\nIts test finds the bug that is planted in main.cc:\n"
      "  cd {0} && cmake -B build && cmake --build build && ctest --test-dir build\n"
      "  build/{0} hunt {0}\n",
      arguments.name);
  return kExitPassed;
}

}  // namespace flinch::scenarios
