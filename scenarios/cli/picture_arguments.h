// What the commands take that show runs to be looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/trace_export.h"
#include "scenarios/cli/token_arguments.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/lab/seed_range.h"

namespace flinch::scenarios {

// The run that is shown.
struct ShownRun {
  std::string text{};  // holds a token, names a file that does, or is a scenario
  Elsewhere elsewhere{};
  std::optional<uint64_t> seed{};  // of a scenario; 1 unless given
};

struct ReportArguments {
  ShownRun run{};
  std::string out = "run.html";
};

struct TraceArguments {
  ShownRun run{};
  reports::TraceFormat format = reports::TraceFormat::kChrome;
  std::optional<std::string> out{};  // nothing: the standard output
};

// An option, and what is tried for it.
struct VariedOption {
  std::string key{};
  std::vector<std::string> values{};
};

struct StudyArguments {
  std::string scenario{};
  std::vector<VariedOption> varied{};
  std::vector<Setting> settings{};  // of all runs
  SeedRange seeds{.first = 1, .last = 20};
  std::string out = "study";
  std::optional<uint32_t> jobs{};
};

}  // namespace flinch::scenarios
