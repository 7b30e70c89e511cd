// The text form of a scenario.
//
//   version = 1
//   name = "my_clicks"
//   why = "…"
//   [job]
//   name = "url_clicks"
//   parallelism = 4
//   [options]
//   execution.checkpointing.interval = "500ms"
//   [[fault]]
//   when = { event = "checkpoint.acknowledged", nth = 3 }
//   do = { crash = "tm-2", restart_after = "300ms" }
//
// Shape:   all fields of scenarios/model/scenario_fields.h by their paths; what is left out keeps
//          its default. `version`, `name`, `why` and `job.name` are required. `[[fault]]` is a
//          fault plan (faults/fault_plan_toml.h) and excludes `faults.source = "swarm"`.
// Errors:  all problems of a file at once: file:line:column, the source line, a suggestion.
// Promise: what ShowToml writes reads back as the same value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/lab/setting.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

inline constexpr int64_t kScenarioVersion = 1;

// What a file is by the tables that it has: a plan lists faults and says nothing of a job.
enum class FileKind : uint8_t { kScenario, kPlan, kUnknown };

FileKind KindOfFile(text::TomlDocument& document);

sim::Result<Scenario> ReadScenario(const std::string& file);

// `file` names the text in messages.
sim::Result<Scenario> ParseScenario(std::string file, std::string text);

std::string ShowToml(const Scenario& scenario);

// Overrides one field by its path ("workload.records") or an engine option by its Flink name. A
// value that does not fit, an unknown name (with a suggestion) and a field that has no effect in
// this scenario are kInvalidArgument. Problems between fields are for FindProblems, after the last
// override.
sim::Result<void> ApplySetting(Scenario& scenario, std::string_view key, std::string_view value);

// What makes the one scenario the other, in the order in which they can be applied; but for the
// plan, which is no field.
std::vector<Setting> SettingsBetween(const Scenario& from, const Scenario& to);

}  // namespace flinch::scenarios
