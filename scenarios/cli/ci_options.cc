#include "scenarios/cli/ci_options.h"

#include <optional>

#include "scenarios/lab/complaint.h"

namespace flinch::scenarios {

void CiOptions::Define(CLI::App& verb) {
  verb.add_option("--junit", junit_, "where the verdict goes as JUnit XML, a case per promise");
  verb.add_option("--sarif", sarif_, "where the findings go as SARIF 2.1.0");
  verb.add_option("--gitlab", gitlab_, "where the findings go as a code quality report of GitLab");
  verb.add_option("--tap", tap_,
                  "where the verdict goes as TAP 13; -: the standard output, and the report to "
                  "standard error");
  verb.add_flag("--github", github_, "annotations for GitHub Actions, and the summary of the step");
}

sim::Result<CiArguments> CiOptions::Finish(const CLI::App& verb, bool prints_json) const {
  const auto given = [&verb](const char* flag, const std::string& value) {
    return verb.count(flag) == 0 ? std::nullopt : std::optional(value);
  };
  CiArguments arguments{.junit = given("--junit", junit_),
                        .sarif = given("--sarif", sarif_),
                        .gitlab = given("--gitlab", gitlab_),
                        .tap = given("--tap", tap_),
                        .github = verb.count("--github") > 0};
  if (prints_json && arguments.tap == "-") {
    return Usage("--json and --tap - both want the standard output; name a file for --tap.");
  }
  if (prints_json && arguments.github) {
    return Usage("--json prints one object and nothing else; leave --github out.");
  }
  return arguments;
}

}  // namespace flinch::scenarios
