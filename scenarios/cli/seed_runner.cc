#include "scenarios/cli/seed_runner.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "faults/fault_plan_toml.h"
#include "reports/plain_text.h"
#include "reports/run_summary.h"
#include "scenarios/aim/cast.h"
#include "scenarios/aim/cells.h"
#include "scenarios/cli/trail_text.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/lab/cell_order.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/stage/run.h"
#include "scenarios/stage/signature.h"
#include "sim/check.h"
#include "sim/recording/divergence.h"
#include "sim/text/text.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

UnitVerdict VerdictOf(reports::Verdict verdict) {
  switch (verdict) {
    case reports::Verdict::kPassed:
      return UnitVerdict::kPassed;
    case reports::Verdict::kInconclusive:
      return UnitVerdict::kInconclusive;
    case reports::Verdict::kFailed:
      return UnitVerdict::kFailed;
  }
  sim::Unreachable("a verdict has no name");
}

void FillFailure(const reports::RunSummary& summary, UnitResult& result) {
  result.signature = SignatureOf(summary);
  if (const reports::Finding* const finding = FirstFinding(summary)) {
    result.oracle = finding->oracle;
    result.witness = finding->witness;
  }
  for (const reports::FiredFault& fault : summary.faults) {
    result.story.push_back(
        fmt::format("{}  {}  {}", reports::ShowClock(fault.at), fault.kind, fault.target));
  }
}

void FillSummary(const reports::RunSummary& summary, UnitResult& result) {
  result.verdict = VerdictOf(summary.verdict);
  result.digest = sim::Show(summary.digest).substr(0, 16);
  result.events = summary.events;
  result.sim_ns = (summary.sim_time - sim::SimTime()).count();
  result.checkpoints = summary.checkpoints_completed;
  for (const reports::Judged& judged : summary.judged) {
    if (judged.events == 0) {
      result.blind.push_back(judged.oracle);
    }
  }
  for (const reports::FiredFault& fault : summary.faults) {
    ++result.faults[fault.kind];
  }
  if (summary.verdict == reports::Verdict::kFailed) {
    FillFailure(summary, result);
  } else if (summary.verdict == reports::Verdict::kInconclusive) {
    result.witness = summary.reason;
  }
}

void FillDivergence(const sim::Divergence& divergence, UnitResult& result) {
  result.verdict = UnitVerdict::kNondeterministic;
  result.signature = "nondeterministic: two runs of one seed differ";
  result.oracle = "";
  result.witness =
      "Something besides the seed decides. " + sim::Show(divergence, "first run", "second run");
}

std::vector<std::string> AimsIn(const Scenario& scenario) {
  std::vector<std::string> names;
  for (const uint32_t cell : ReachableCells(BuildGraph(scenario))) {
    names.push_back(CellName(cell));
  }
  return InMixedOrder(std::move(names));
}

// How the units are told apart that are not made by a search but by a list.
std::string SearchOf(const Unit& unit) {
  switch (unit.crashes.size()) {
    case 0:
      return std::string(Name(unit.search));
    case 1:
      return "crash";
    default:
      return "crash-pairs";
  }
}

}  // namespace

sim::Result<HuntTarget> LoadTarget(const RunArguments& run) {
  HuntTarget target{.run = run, .label = {}, .scenario = {}, .settled = {}, .content_hash = {}};
  sim::Result<Scenario> scenario = LoadScenario(run.scenario);
  if (!scenario) {
    return sim::Fail(scenario);
  }
  target.scenario = *std::move(scenario);
  target.label = text::Printable(target.scenario.name);
  sim::Result<PreparedRun> prepared = Prepare(run, target.scenario);
  if (!prepared) {
    return sim::Fail(prepared);
  }
  target.settled = std::move(prepared->unvaried);
  target.run = ArgumentsOf(prepared->token);
  target.content_hash = prepared->token.content_hash;
  if (const faults::FaultPlan* const plan = WrittenPlan(prepared->request)) {
    target.plan = *plan;
    target.has_faults = !plan->faults.empty();
  } else if (target.settled.faults.source == FaultSource::kSwarm) {
    target.has_faults = true;
    target.aims = AimsIn(target.settled);
  }
  return target;
}

RunArguments SeedRunner::ArgumentsFor(const Unit& unit) const {
  RunArguments run = targets_[unit.target].run;
  run.seed = unit.seed;
  run.settings.insert(run.settings.end(), unit.settings.begin(), unit.settings.end());
  if (!unit.strategy.empty()) {
    const sim::Result<sim::Scheduling> scheduling = sim::ParseScheduling(unit.strategy);
    sim::Check(scheduling.has_value(), "{} is no strategy", unit.strategy);
    run.scheduling = *scheduling;
  }
  for (const faults::Fault& fault : PlanOfCrashes(unit.crashes).faults) {
    run.faults.push_back(faults::ShowInline(fault));
  }
  return run;
}

UnitResult SeedRunner::Describe(const Unit& unit) const {
  return {.unit = unit.number,
          .scenario = targets_[unit.target].label,
          .seed = unit.seed,
          .search = SearchOf(unit),
          .twice = unit.twice,
          .replay = RunWords(unit)};
}

UnitResult SeedRunner::Perform(const Unit& unit) const {
  UnitResult result = Describe(unit);
  sim::Result<PreparedRun> prepared = Prepare(ArgumentsFor(unit), targets_[unit.target].scenario);
  // The first seed's run was prepared before; what comes here is about this seed's rows alone.
  if (!prepared) {
    result.verdict = UnitVerdict::kInconclusive;
    result.witness = prepared.error().message;
    return result;
  }
  RunRequest& request = prepared->request;
  const RunResult run = Run(request);
  FillSummary(run.summary, result);
  if (const faults::FaultPlan* const plan = WrittenPlan(request)) {
    result.faults_planned = plan->faults.size();
    std::set<uint32_t> fired;
    for (const reports::FiredFault& fault : run.summary.faults) {
      fired.insert(static_cast<uint32_t>(fault.fault));
    }
    result.planned_fired = {fired.begin(), fired.end()};
  }
  result.cells = run.cells;
  for (const auto& [field, value] : prepared->varied) {
    result.varied.push_back(field);
  }
  prepared->token.digest = result.digest;
  prepared->token.verdict = reports::Name(run.summary.verdict);
  if (result.verdict != UnitVerdict::kPassed) {
    result.replay = "replay " + ShowToken(prepared->token);
  } else {
    result.replay.clear();
  }
  if (!unit.twice) {
    return result;
  }
  const sim::Trail first = TrailOf(run);
  bool is_first = true;
  const std::optional<sim::Divergence> divergence = sim::RunTwice([&](const sim::Lens& lens) {
    return std::exchange(is_first, false) ? first : PerformForTrail(request, lens);
  });
  if (divergence) {
    FillDivergence(*divergence, result);
    result.replay = RunWords(unit) + " --twice";
  }
  return result;
}

std::string SeedRunner::RunWords(const Unit& unit) const {
  const RunArguments run = ArgumentsFor(unit);
  const auto from_here = [](const std::string& path) { return PathFromHere(path).value_or(path); };
  std::string line =
      "run " + ShellWord(IsScenarioPath(run.scenario) ? from_here(run.scenario) : run.scenario);
  const auto add = [&line](std::string_view flag, const std::string& value) {
    line += fmt::format(" {} {}", flag, ShellWord(value));
  };
  add("--seed", std::to_string(run.seed));
  if (run.scheduling != sim::Scheduling{}) {
    add("--strategy", sim::Show(run.scheduling));
  }
  for (const Setting& setting : run.settings) {
    add("--set", fmt::format("{}={}", setting.key, setting.value));
  }
  for (const std::string& defect : run.defects) {
    add("--defect", defect);
  }
  if (run.plan) {
    add("--plan", from_here(*run.plan));
  }
  for (const std::string& fault : run.faults) {
    add("--fault", fault);
  }
  if (run.input) {
    add("--input", from_here(*run.input));
  }
  return line;
}

sim::Result<std::vector<CrashTrace>> TraceCrashPoints(const std::vector<HuntTarget>& targets,
                                                      uint64_t seed,
                                                      const std::function<bool()>& stop) {
  std::vector<CrashTrace> traces;
  for (const HuntTarget& target : targets) {
    RunArguments run = target.run;
    run.seed = seed;
    sim::Result<PreparedRun> prepared = Prepare(run, target.scenario);
    if (!prepared) {
      return sim::Fail(prepared);
    }
    prepared->request.plan = faults::FaultPlan();
    prepared->request.keep = sim::Keep::kTrace;
    prepared->request.stop = stop;
    const RunResult result = Run(prepared->request);
    if (result.stopped) {
      return sim::Fail(sim::ErrorCode::kUnavailable,
                       fmt::format("The fault-free run of {} was not over when the time of --for "
                                   "was, so that no crash point is known. Give it more time.",
                                   text::Printable(target.run.scenario)));
    }
    if (result.summary.verdict != reports::Verdict::kPassed) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("The fault-free run of {} with seed {} did not pass: mend that "
                                   "first. `flinch run {} --seed {} --set faults.source=none` "
                                   "shows it.",
                                   target.run.scenario, seed, target.run.scenario, seed));
    }
    CrashTrace trace{.points = CrashPointsOf(result.recording)};
    // What no fault may wait for cannot be written down, and so not be replayed.
    const faults::Cast cast = CastOf(prepared->request.scenario);
    std::erase_if(trace.points,
                  [&cast](const CrashPoint& point) { return !cast.events.contains(point.event); });
    // Nothing breaks any more from the healing on: it comes behind the last point.
    const auto end = std::chrono::ceil<std::chrono::seconds>(std::max(
        result.summary.sim_time - sim::kEpoch, prepared->request.scenario.limits.heal_after));
    trace.settings = {{.key = "limits.heal_after", .value = fmt::format("{}s", end.count() + 1)}};
    traces.push_back(std::move(trace));
  }
  return traces;
}

}  // namespace flinch::scenarios
