#include "scenarios/shrink/shrink.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/aim/cast.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/input/workload.h"
#include "scenarios/jobs/algebra.h"
#include "scenarios/lab/fault_edits.h"
#include "scenarios/lab/number_ranges.h"
#include "scenarios/lab/removal.h"
#include "scenarios/model/vary.h"
#include "scenarios/shrink/tape_edits.h"
#include "scenarios/stage/signature.h"
#include "sim/world/scheduling.h"

namespace flinch::scenarios {

namespace {

// What nobody needs to shorten: a story with so many records can be read.
constexpr size_t kFewRows = 10;

// Of more rows no single ones are left out at first: they are many because of their load, so that
// nearly all of them matter, and each trial is long.
constexpr Thoroughness kRowChunks{.chunks_max = 64};

// Where nothing else helps: single ones, as long as one of so many goes.
constexpr Thoroughness kSingleRows{.gain_min = 8};

// A number of the scenario that is better small, whatever the scenario's own is.
struct SizeField {
  std::string_view path;
  uint32_t& (*of)(Scenario&);
};

constexpr auto kSizes = std::to_array<SizeField>({
    {"workload.keys", [](Scenario& scenario) -> uint32_t& { return scenario.workload.keys; }},
    {"workload.keys_per_record",
     [](Scenario& scenario) -> uint32_t& { return scenario.workload.keys_per_record; }},
    {"workload.partitions",
     [](Scenario& scenario) -> uint32_t& { return scenario.workload.partitions; }},
    {"job.parallelism", [](Scenario& scenario) -> uint32_t& { return scenario.job.parallelism; }},
    {"cluster.task_managers",
     [](Scenario& scenario) -> uint32_t& { return scenario.cluster.task_managers; }},
    {"cluster.job_managers",
     [](Scenario& scenario) -> uint32_t& { return scenario.cluster.job_managers; }},
    {"cluster.slots_each",
     [](Scenario& scenario) -> uint32_t& { return scenario.cluster.slots_each; }},
});

// What the other passes decide is not set back to the scenario's own.
bool IsDecidedElsewhere(std::string_view path) {
  constexpr auto kOthers = std::to_array<std::string_view>(
      {"name", "why", "workload.rows", "workload.records", "faults.source", "job.steps"});
  // A scenario that varies from seed to seed has been given its values.
  return path.starts_with("vary.") || std::ranges::find(kOthers, path) != kOthers.end() ||
         std::ranges::find(kSizes, path, &SizeField::path) != kSizes.end();
}

// Equal ones have equal contents, and the reverse, for all that chance can do.
using ContentDigest = std::pair<uint64_t, uint64_t>;

ContentDigest DigestOf(const RunRequest& run) {
  const std::string content =
      fmt::format("{}\n{}\n{}\n{}\n{}", ShowToml(run.scenario), faults::ShowToml(*run.plan),
                  sim::Show(run.scheduling), fmt::join(NamesOf(run.defects), " "),
                  run.play ? sim::Show(*run.play) : std::string());
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return {hash.high64, hash.low64};
}

// The rows of inputs, made once: candidates that publish fewer of them pick theirs.
class SharedInput {
 public:
  SharedInput(const std::optional<std::string>& file, uint64_t seed) : file_(file), seed_(seed) {}

  sim::Result<Workload> Pick(const Scenario& scenario) {
    Scenario only{.workload = scenario.workload};
    only.job = scenario.job;
    only.workload.rows = {};
    only.workload.records = 0;
    const std::string spec = ShowToml(only);
    if (spec != spec_ || scenario.workload.records > records_) {
      sim::Result<Workload> whole = LoadWholeInput(scenario, seed_, file_);
      if (!whole) {
        return whole;
      }
      whole_ = *std::move(whole);
      spec_ = spec;
      records_ = scenario.workload.records;
    }
    return PickRows(scenario, whole_);
  }

 private:
  const std::optional<std::string>& file_;
  uint64_t seed_;
  std::string spec_;  // which input it is, but for its length
  uint64_t records_ = 0;
  Workload whole_{};
};

class Shrinker {
 public:
  Shrinker(RunRequest run, const ShrinkOptions& options)
      : options_(options), input_(options.input, run.seed), workload_(std::move(run.workload)) {
    best_.run = std::move(run);
    best_.run.workload = {};
    best_.run.keep = sim::Keep::kNothing;
    best_.run.lens = {};
    best_.run.records_tape = false;
    best_.run.stop = options.stop;
  }

  sim::Result<Shrunk> Perform() {
    if (const sim::Result<void> begun = Begin(); !begun) {
      return sim::Fail(begun);
    }

    struct Pass {
      std::string_view name;
      void (Shrinker::*make)();
    };

    constexpr auto kPasses = std::to_array<Pass>({{"faults", &Shrinker::LeaveFaultsOut},
                                                  {"schedule", &Shrinker::SimplifySchedule},
                                                  {"defects", &Shrinker::LeaveDefectsOut},
                                                  {"rows", &Shrinker::LeaveRowsOut},
                                                  {"cluster", &Shrinker::MakeSmaller},
                                                  {"load", &Shrinker::LightenLoad},
                                                  {"steps", &Shrinker::LeaveStepsOut},
                                                  {"settings", &Shrinker::SetBack},
                                                  {"wording", &Shrinker::SimplifyFaults}});
    bool changed = true;
    while (changed && !best_.stopped) {
      changed = false;
      for (const Pass& pass : kPasses) {
        better_ = false;
        (this->*pass.make)();
        if (better_) {
          Tell(pass.name);
          changed = true;
        }
      }
    }
    best_.run.workload = std::move(workload_);
    best_.run.stop = {};
    return std::move(best_);
  }

 private:
  // The run of a request, and its workload back.
  RunResult RunWith(RunRequest& run, Workload& workload) {
    run.workload = std::move(workload);
    RunResult result = Run(run);
    workload = std::move(run.workload);
    run.workload = {};
    best_.stopped = best_.stopped || result.stopped;
    options_.tried(++best_.runs);
    return result;
  }

  bool Stopped() {
    best_.stopped = best_.stopped || options_.stop();
    return best_.stopped;
  }

  NumberRanges Fewest(NumberRanges items, const std::function<bool(const NumberRanges&)>& holds,
                      Thoroughness thoroughness = {}) {
    return KeepFewest(std::move(items), holds, thoroughness, [this] { return Stopped(); });
  }

  sim::Result<void> Begin() {
    RunRequest& run = best_.run;
    run.scenario = Vary(std::move(run.scenario), run.seed);  // what its faults are drawn for
    const RunResult given = RunWith(run, workload_);
    if (given.stopped) {
      return sim::Fail(sim::ErrorCode::kUnavailable,
                       "The run itself was not over when its time was, so nothing smaller could be "
                       "tried. Give it more time.");
    }
    best_.summary = given.summary;
    best_.signature = SignatureOf(given.summary);
    if (given.summary.verdict != reports::Verdict::kFailed) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("The run {}; only a failure can be shrunk.",
                                   given.summary.verdict == reports::Verdict::kPassed
                                       ? "passes"
                                       : "proves nothing (it is inconclusive)"));
    }
    events_max_ = given.summary.events * 2;
    if (!run.plan) {
      run.plan = PlanOf(run.scenario, workload_, run.seed);
    }
    Tell("");
    RunRequest written = run;
    SetPlan(written, *run.plan);
    if (!Try(std::move(written)) && !best_.stopped) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       "The run fails otherwise when the faults that were drawn for it are written "
                       "down. That is a mistake of flinch; the run cannot be shrunk.");
    }
    return {};
  }

  static void SetFaultSource(RunRequest& run, const Scenario& base) {
    run.scenario.faults = base.faults;
    if (run.plan->faults.empty()) {
      run.scenario.faults.source = FaultSource::kNone;
    }
  }

  void SetPlan(RunRequest& run, faults::FaultPlan plan) const {
    run.plan = std::move(plan);
    SetFaultSource(run, options_.base);
  }

  RunSize SizeOf() const {
    return {.faults = CountFaults(*best_.run.plan),
            .records = workload_.rows.size(),
            .processes = CountProcesses(best_.run.scenario),
            .settings = SettingsBetween(options_.base, best_.run.scenario).size(),
            .choices = best_.run.play ? CountChoices(*best_.run.play) : 0,
            .events = best_.summary.events};
  }

  void Tell(std::string_view pass) {
    best_.steps.push_back({.pass = std::string(pass), .size = SizeOf(), .runs = best_.runs});
    options_.tell(best_.steps.back());
  }

  // Whether the candidate breaks the same promise; it is the best from then on.
  bool Try(RunRequest candidate) {
    if (Stopped() || !Validate(candidate.scenario) ||
        !faults::CheckAgainst(*candidate.plan, CastOf(candidate.scenario)).empty()) {
      return false;
    }
    if (!tried_.insert(DigestOf(candidate)).second) {
      ++best_.known;
      return false;
    }
    sim::Result<Workload> workload = input_.Pick(candidate.scenario);
    if (!workload) {
      return false;
    }
    const uint64_t limit = candidate.scenario.limits.events;
    candidate.scenario.limits.events = std::min(limit, events_max_);
    RunResult result = RunWith(candidate, *workload);
    candidate.scenario.limits.events = limit;
    const bool was_cut = result.summary.events >= events_max_ && events_max_ < limit;
    if (was_cut || result.summary.verdict != reports::Verdict::kFailed ||
        SignatureOf(result.summary) != best_.signature) {
      return false;
    }
    best_.run = std::move(candidate);
    best_.summary = std::move(result.summary);
    workload_ = *std::move(workload);
    better_ = true;
    return true;
  }

  void LeaveFaultsOut() {
    const faults::FaultPlan plan = *best_.run.plan;
    const std::vector<reports::FiredFault> fired = best_.summary.faults;
    Fewest(NumberRanges::From(0, plan.faults.size()), [&](const NumberRanges& kept) {
      RunRequest candidate = best_.run;
      SetPlan(candidate, KeepFaults(plan, kept.Numbers(), fired));
      return Try(std::move(candidate));
    });
    MergeFaults();
  }

  void MergeFaults() {
    const faults::Cast cast = CastOf(best_.run.scenario);
    while (std::ranges::any_of(MergedFaults(*best_.run.plan, best_.summary.faults, cast),
                               [this](const faults::FaultPlan& plan) {
                                 RunRequest candidate = best_.run;
                                 SetPlan(candidate, plan);
                                 return Try(std::move(candidate));
                               })) {
    }
  }

  void SimplifySchedule() {
    const sim::Scheduling fifo{.strategy = sim::Strategy::kFifo};
    const bool has_tape = best_.run.play.has_value();
    if ((!has_tape && best_.run.scheduling == fifo) || TryWithoutTape(fifo)) {
      return;
    }
    if (!has_tape && best_.run.scheduling != sim::Scheduling()) {
      TryWithoutTape({});
    }
    if (!has_tape && options_.may_use_tape) {
      RecordTape();
    }
    if (best_.run.play) {
      const sim::Tape tape = *best_.run.play;
      Fewest(NumberRanges::From(0, CountChoices(tape)), [&](const NumberRanges& kept) {
        RunRequest candidate = best_.run;
        candidate.play = KeepChoices(tape, kept.Numbers());
        return Try(std::move(candidate));
      });
    }
  }

  bool TryWithoutTape(const sim::Scheduling& scheduling) {
    RunRequest candidate = best_.run;
    candidate.play.reset();
    candidate.scheduling = scheduling;
    return Try(std::move(candidate));
  }

  // The same run, with its choices written down.
  void RecordTape() {
    RunRequest candidate = best_.run;
    candidate.records_tape = true;
    candidate.play = RunWith(candidate, workload_).tape;
    candidate.records_tape = false;
    candidate.scheduling = {};
    Try(std::move(candidate));
  }

  void LeaveDefectsOut() {
    std::vector<engine::Defect> planted;
    for (const std::string& name : NamesOf(best_.run.defects)) {
      planted.push_back(*engine::FindDefect(name));
    }
    Fewest(NumberRanges::From(0, planted.size()), [&](const NumberRanges& kept) {
      RunRequest candidate = best_.run;
      candidate.defects = {};
      for (const uint64_t index : kept.Numbers()) {
        candidate.defects.Plant(planted[index]);
      }
      return Try(std::move(candidate));
    });
  }

  NumberRanges KeptRows() const {
    const RowSelection& rows = best_.run.scenario.workload.rows;
    return rows.all() ? NumberRanges::From(1, workload_.rows.size()) : rows.numbers();
  }

  // In the smaller cluster, where each of many trials is shorter.
  void LightenLoad() {
    NumberRanges rows = KeptRows();
    while (!best_.stopped && rows.size() > kFewRows &&
           (TradeRows(rows) || LeaveSingleRowsOut(rows.size()))) {
      rows = KeepFewestRows(kRowChunks);
    }
  }

  // A few less of many are no gain: the next round would take out a few more, and so on.
  bool LeaveSingleRowsOut(size_t count) {
    const RunRequest run = best_.run;
    const reports::RunSummary summary = best_.summary;
    const Workload workload = workload_;
    const bool was_better = better_;
    if (KeepFewestRows(kSingleRows).size() <= count - count / kSingleRows.gain_min) {
      return true;
    }
    best_.run = run;
    best_.summary = summary;
    workload_ = workload;
    better_ = was_better;
    return false;
  }

  void LeaveRowsOut() {
    const NumberRanges rows = KeepFewestRows(kRowChunks);
    WorkloadSpec& spec = best_.run.scenario.workload;
    if (spec.source != WorkloadSource::kGenerated || spec.rows.all() || rows.empty()) {
      return;
    }
    // As many, as the generator gives them one after the other: earlier, and other keys.
    RunRequest candidate = best_.run;
    candidate.scenario.workload.records = rows.size();
    candidate.scenario.workload.rows = {};
    Try(std::move(candidate));
  }

  NumberRanges KeepFewestRows(Thoroughness thoroughness) {
    return Fewest(
        KeptRows(),
        [this](const NumberRanges& kept) {
          RunRequest candidate = best_.run;
          SetRows(candidate.scenario.workload, kept);
          return Try(std::move(candidate));
        },
        thoroughness);
  }

  // Where many rows are left because of how they meet, not because of what they are: one of
  // several, each of which goes its own way, or takes longer. Then there are fewer events, too, and
  // those that a fault waits for come earlier.
  bool TradeRows(const NumberRanges& rows) {
    const std::vector<uint64_t> numbers = rows.Numbers();
    for (const uint64_t share : {10U, 4U, 2U}) {
      for (const uint64_t first : {uint64_t{0}, share / 2}) {
        if (Stopped()) {
          return false;
        }
        std::vector<uint64_t> kept;
        for (size_t index = first; index < numbers.size(); index += share) {
          kept.push_back(numbers[index]);
        }
        if (TryFewerRows(NumberRanges::Of(kept), static_cast<int64_t>(share))) {
          return true;
        }
      }
    }
    return false;
  }

  bool TryFewerRows(const NumberRanges& kept, int64_t share) {
    for (const bool is_apart : {true, false}) {
      for (const int64_t slower : {1, 10, 50}) {
        RunRequest candidate = best_.run;
        SetRows(candidate.scenario.workload, kept);
        candidate.scenario.options.task.record_time *= share * slower;
        if (is_apart) {
          SetApart(candidate.scenario);
        }
        if (TryWithEarlierFaults(candidate)) {
          return true;
        }
      }
    }
    return false;
  }

  bool TryWithEarlierFaults(const RunRequest& run) {
    for (const uint64_t eighths : {8U, 6U, 4U, 2U, 1U}) {
      if (Stopped()) {
        return false;
      }
      RunRequest candidate = run;
      for (faults::Fault& fault : candidate.plan->faults) {
        if (auto* const event = std::get_if<faults::AtEvent>(&fault.when)) {
          event->nth = std::max<uint64_t>(event->nth * eighths / 8, 1);
        }
      }
      if (Try(std::move(candidate))) {
        return true;
      }
    }
    return false;
  }

  // No row waits for another one: not at the publisher, the broker, the source, in a task or in the
  // network.
  static void SetApart(Scenario& scenario) {
    scenario.workload.linger = sim::Duration(0);
    scenario.options.source.fetch_records_min = 1;
    scenario.options.source.watermark_interval = sim::Duration(0);
    scenario.options.task.turn_records = 1;
    scenario.options.network.buffer_timeout = std::chrono::milliseconds(1);
  }

  // Generated rows behind the last that is kept need not be generated: the others stay as they are.
  static void SetRows(WorkloadSpec& spec, const NumberRanges& kept) {
    spec.rows = RowSelection::OfRanges(kept);
    if (spec.source == WorkloadSource::kGenerated && !kept.empty()) {
      spec.records = kept.last();
      if (kept.size() == kept.last()) {
        spec.rows = {};
      }
    }
  }

  void MakeSmaller() {
    RunRequest least = best_.run;
    for (const SizeField& field : kSizes) {
      field.of(least.scenario) = 1;
    }
    Try(std::move(least));
    for (const SizeField& field : kSizes) {
      Scenario scenario = best_.run.scenario;
      FindSmaller(field.of(scenario), 1, [&](uint64_t value) {
        RunRequest candidate = best_.run;
        field.of(candidate.scenario) = static_cast<uint32_t>(value);
        return Try(std::move(candidate));
      });
    }
  }

  // Of a job of the algebra: operators, then what they multiply, divide or repeat by.
  void LeaveStepsOut() {
    const std::vector<std::string> steps = best_.run.scenario.job.steps;
    Fewest(NumberRanges::From(0, steps.size()), [&](const NumberRanges& kept) {
      RunRequest candidate = best_.run;
      candidate.scenario.job.steps.clear();
      for (const uint64_t index : kept.Numbers()) {
        candidate.scenario.job.steps.push_back(steps[index]);
      }
      return Try(std::move(candidate));
    });
    for (size_t index = 0; index < best_.run.scenario.job.steps.size(); ++index) {
      Step step = *ParseStep(best_.run.scenario.job.steps[index]);
      const auto least = static_cast<uint64_t>(AlgebraSteps()[static_cast<size_t>(step.kind)].min);
      FindSmaller(static_cast<uint64_t>(step.n), least, [&](uint64_t n) {
        RunRequest candidate = best_.run;
        step.n = static_cast<int64_t>(n);
        candidate.scenario.job.steps[index] = Show(step);
        return Try(std::move(candidate));
      });
    }
  }

  void SetBack() {
    const Scenario start = best_.run.scenario;
    std::vector<Setting> own = SettingsBetween(start, options_.base);
    std::erase_if(own, [](const Setting& setting) { return IsDecidedElsewhere(setting.key); });
    Fewest(NumberRanges::From(0, own.size()), [&](const NumberRanges& kept) {
      RunRequest candidate = best_.run;
      candidate.scenario = start;
      for (uint64_t index = 0; index < own.size(); ++index) {
        if (!kept.Has(index) &&
            !ApplySetting(candidate.scenario, own[index].key, own[index].value)) {
          return false;
        }
      }
      return Try(std::move(candidate));
    });
  }

  void SimplifyFaults() {
    UseFirstTaskManagers();
    for (size_t fault = 0; fault < best_.run.plan->faults.size(); ++fault) {
      bool simpler = true;
      while (simpler && !Stopped()) {
        const faults::Cast cast = CastOf(best_.run.scenario);
        simpler = std::ranges::any_of(SimplerFaults(*best_.run.plan, fault, cast),
                                      [this](const faults::FaultPlan& plan) {
                                        RunRequest candidate = best_.run;
                                        SetPlan(candidate, plan);
                                        return Try(std::move(candidate));
                                      });
      }
    }
  }

  // So that the others can go.
  void UseFirstTaskManagers() {
    const std::vector<std::string> names = TaskManagerNames(best_.run.scenario.cluster);
    const faults::Cast cast = CastOf(best_.run.scenario);
    for (size_t later = names.size(); later-- > 1;) {
      for (size_t earlier = 0; earlier < later; ++earlier) {
        const faults::FaultPlan& plan = *best_.run.plan;
        if (!Names(plan, names[later]) || Names(plan, names[earlier])) {
          continue;
        }
        RunRequest candidate = best_.run;
        SetPlan(candidate, SwapProcesses(plan, names[later], names[earlier], cast));
        Try(std::move(candidate));
      }
    }
  }

  static bool Names(const faults::FaultPlan& plan, const std::string& process) {
    return faults::ShowToml(plan).contains("\"" + process + "\"");
  }

  const ShrinkOptions& options_;
  SharedInput input_;
  Workload workload_;  // of the best, whose request has none
  Shrunk best_;
  uint64_t events_max_ = 0;
  bool better_ = false;  // since the pass began
  std::set<ContentDigest> tried_;
};

}  // namespace

sim::Result<Shrunk> Shrink(RunRequest run, const ShrinkOptions& options) {
  return Shrinker(std::move(run), options).Perform();
}

std::vector<std::string> NamesOf(const engine::Defects& defects) {
  std::vector<std::string> names;
  for (const engine::DefectInfo& info : engine::kDefects) {
    if (defects.Has(info.defect)) {
      names.emplace_back(info.name);
    }
  }
  return names;
}

}  // namespace flinch::scenarios
