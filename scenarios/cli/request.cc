#include "scenarios/cli/request.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/defects.h"
#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/cli/build_identity.h"
#include "scenarios/cli/snapshot_folder.h"
#include "scenarios/files/registry.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/input/input_file.h"
#include "scenarios/input/sql_input.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/model/vary.h"
#include "sim/text/text.h"
#include "sim/text/toml_document.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

// Where a file of a token lies; as it is named where nobody finds it.
std::string Found(const std::string& path) { return FindPortable(path).value_or(path); }

sim::Result<engine::Defects> PlantDefects(const std::vector<std::string>& names) {
  engine::Defects defects;
  std::string unknown;
  for (const std::string& name : names) {
    if (const std::optional<engine::Defect> defect = engine::FindDefect(name)) {
      defects.Plant(*defect);
      continue;
    }
    std::vector<std::string_view> known;
    for (const engine::DefectInfo& info : engine::kDefects) {
      known.push_back(info.name);
    }
    unknown += fmt::format("{}There is no defect {}; `flinch list defects` shows them.{}",
                           unknown.empty() ? "" : "\n", text::Quote(name),
                           text::DidYouMean(name, std::span<const std::string_view>(known)));
  }
  if (!unknown.empty()) {
    return Fail(ErrorCode::kInvalidArgument, std::move(unknown));
  }
  return defects;
}

sim::Result<void> ApplySettings(const std::vector<Setting>& settings, Scenario& scenario) {
  std::string problems;
  for (const Setting& setting : settings) {
    if (const sim::Result<void> applied = ApplySetting(scenario, setting.key, setting.value);
        !applied) {
      problems += fmt::format("{}--set: {}", problems.empty() ? "" : "\n", applied.error().message);
    }
  }
  if (!problems.empty()) {
    return Fail(ErrorCode::kInvalidArgument, std::move(problems));
  }
  return Validate(scenario);
}

sim::Result<std::string> HashOf(const RunRequest& request,
                                const std::optional<std::string>& input) {
  std::string file;
  if (input) {
    sim::Result<std::string> text = ReadWholeFile(*input);
    if (!text) {
      return text;
    }
    file = *std::move(text);
  }
  if (!input) {
    for (const std::string& path : FilesOfTables(request.scenario)) {
      sim::Result<std::string> text = ReadWholeFile(path);
      if (!text) {
        return text;
      }
      file += HashContent({*text});
    }
  }
  std::string from;
  if (request.from) {
    for (const auto& [path, bytes] : request.from->files) {
      from += path + HashContent({bytes});
    }
    from += HashContent({request.from->log});
  }
  const std::string plan = request.plan ? faults::ShowToml(*request.plan) : std::string();
  return from.empty() ? HashContent({ShowToml(request.scenario), plan, file})
                      : HashContent({ShowToml(request.scenario), plan, file, from});
}

// What breaks instead of the scenario's own faults; nothing when nobody said so.
sim::Result<std::optional<faults::FaultPlan>> ReadPlan(const RunArguments& arguments,
                                                       const Scenario& scenario) {
  if (!arguments.plan && arguments.faults.empty()) {
    return std::optional<faults::FaultPlan>();
  }
  if (arguments.plan) {
    text::TomlDocument document = text::TomlDocument::Load(*arguments.plan);
    if (KindOfFile(document) == FileKind::kScenario) {
      const std::string file = text::Printable(*arguments.plan);
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{0} is a scenario, no fault plan: run it with `flinch run {0}`.", file));
    }
  }
  const faults::Cast cast = CastOf(scenario);
  sim::Result<faults::FaultPlan> plan = arguments.plan
                                            ? faults::ReadFaultPlan(*arguments.plan, cast)
                                            : faults::ParseInlineFaults(arguments.faults, cast);
  if (!plan) {
    return Fail(plan);
  }
  return std::optional(*std::move(plan));
}

// However they were written.
std::vector<std::string> InlineFaults(const RunArguments& arguments, const RunRequest& request) {
  std::vector<std::string> faults;
  if (!arguments.plan && request.plan) {
    std::ranges::transform(request.plan->faults, std::back_inserter(faults), faults::ShowInline);
  }
  return faults;
}

}  // namespace

sim::Result<PreparedRun> Prepare(const RunArguments& arguments) {
  sim::Result<Scenario> scenario = LoadScenario(arguments.scenario);
  if (!scenario) {
    return Fail(scenario);
  }
  return Prepare(arguments, *std::move(scenario));
}

sim::Result<PreparedRun> Prepare(const RunArguments& arguments, Scenario scenario) {
  PreparedRun prepared;
  RunRequest& request = prepared.request;
  request.scenario = std::move(scenario);
  request.seed = arguments.seed;
  request.scheduling = arguments.scheduling;
  request.records_tape = arguments.tape.has_value();
  if (const sim::Result<void> set = ApplySettings(arguments.settings, request.scenario); !set) {
    return Fail(set);
  }
  if (arguments.from) {
    sim::Result<StartingPoint> from = ReadStartingPoint(*arguments.from);
    if (!from) {
      return Fail(from);
    }
    request.scenario.options.restore.path = from->path;
    request.from = *std::move(from);
  }
  request.keeps_snapshots = arguments.keep_snapshots.has_value();
  prepared.unvaried = request.scenario;
  request.scenario = Vary(std::move(request.scenario), arguments.seed);
  prepared.varied = Differences(prepared.unvaried, request.scenario);
  const sim::Result<engine::Defects> defects = PlantDefects(arguments.defects);
  if (!defects) {
    return Fail(defects);
  }
  request.defects = *defects;
  sim::Result<std::optional<faults::FaultPlan>> plan = ReadPlan(arguments, request.scenario);
  if (!plan) {
    return Fail(plan);
  }
  request.plan = *std::move(plan);
  sim::Result<Workload> workload = LoadWorkload(request.scenario, arguments.seed, arguments.input);
  if (!workload) {
    return Fail(workload);
  }
  request.workload = *std::move(workload);

  const sim::Result<std::string> hash = HashOf(request, arguments.input);
  if (!hash) {
    return Fail(hash);
  }
  prepared.token = {
      .scenario = IsScenarioPath(arguments.scenario) ? PortablePath(arguments.scenario)
                                                     : arguments.scenario,
      .seed = arguments.seed,
      .strategy = arguments.scheduling == sim::Scheduling{} ? "" : sim::Show(arguments.scheduling),
      .settings = arguments.settings,
      .defects = arguments.defects,
      .plan = arguments.plan ? PortablePath(*arguments.plan) : "",
      .faults = InlineFaults(arguments, request),
      .input = arguments.input ? PortablePath(*arguments.input) : "",
      .from = arguments.from ? PortablePath(*arguments.from) : "",
      .content_hash = *hash,
      .build_id = BuildIdentity()};
  return prepared;
}

const faults::FaultPlan* WrittenPlan(const RunRequest& request) {
  if (request.plan) {
    return &*request.plan;
  }
  return request.scenario.faults.source == FaultSource::kPlan ? &request.scenario.faults.plan
                                                              : nullptr;
}

std::string NameOfFault(const faults::FaultPlan& plan, size_t fault) {
  const faults::Action& what = plan.faults.at(fault).what;
  return fmt::format("plan[{}] {} {}", fault, faults::KindOf(what), faults::TargetOf(what));
}

RunArguments ArgumentsOf(const ReplayToken& token) {
  RunArguments arguments{
      .scenario = IsScenarioPath(token.scenario) ? Found(token.scenario) : token.scenario,
      .seed = token.seed,
      .faults = token.faults,
      .settings = token.settings,
      .defects = token.defects};
  if (!token.strategy.empty()) {
    // ParseToken has refused what is no strategy.
    arguments.scheduling = sim::ParseScheduling(token.strategy).value_or(sim::Scheduling{});
  }
  if (!token.plan.empty()) {
    arguments.plan = Found(token.plan);
  }
  if (!token.input.empty()) {
    arguments.input = Found(token.input);
  }
  if (!token.from.empty()) {
    arguments.from = Found(token.from);
  }
  return arguments;
}

}  // namespace flinch::scenarios
