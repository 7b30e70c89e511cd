#include "scenarios/cli/defects_command.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/defects.h"
#include "faults/text.h"
#include "reports/plain_text.h"
#include "scenarios/cli/complaint.h"
#include "scenarios/cli/hunt_command.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/seed_runner.h"
#include "scenarios/cli/version.h"
#include "scenarios/hunt/worker_pool.h"
#include "scenarios/scenario_toml.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::ShowCount;

struct Ground {
  std::string_view scenario;
  std::string_view setting{};  // "key=value"; may be empty
};

// Where a defect is looked for, one after the other. Without lags in nanoseconds some timestamps
// lie on the border of a window; healed after the end of its input a job has faults there, too.
constexpr auto kGrounds = std::to_array<Ground>({
    {.scenario = "small_job"},
    {.scenario = "small_job", .setting = "workload.out_of_order=0s"},
    {.scenario = "small_job", .setting = "limits.heal_after=8s"},
    {.scenario = "url_clicks"},
});

std::string Show(const Ground& ground) {
  return ground.setting.empty() ? std::string(ground.scenario)
                                : fmt::format("{} --set {}", ground.scenario, ground.setting);
}

// So many seeds at least are run of what is found, to tell how many of them fail.
constexpr uint64_t kSample = 100;

// What came of one defect; of the engine as it is when there is none.
struct Quarry {
  const engine::DefectInfo* defect = nullptr;
  size_t ground = 0;
  uint64_t begun = 0;  // seeds, on this ground
  uint64_t runs = 0;
  uint64_t failures = 0;
  std::optional<UnitResult> first{};  // failure, by seed

  uint64_t pending() const { return begun - runs; }
};

// What to run next, and what came of it.
class Chase {
 public:
  Chase(const DefectsArguments& arguments, std::vector<Quarry> quarries)
      : arguments_(arguments), quarries_(std::move(quarries)) {}

  // "quarry ground index", or nothing for now.
  std::optional<std::string> Next() {
    for (size_t index = 0; index < quarries_.size(); ++index) {
      Quarry& quarry = quarries_[index];
      if (!IsSatisfied(quarry) && quarry.begun == seeds() && quarry.pending() == 0) {
        MoveOn(quarry);
      }
      if (!IsSatisfied(quarry) && quarry.begun < seeds()) {
        return fmt::format("{} {} {}", index, quarry.ground, quarry.begun++);
      }
    }
    return std::nullopt;
  }

  void Done(size_t index, const UnitResult& result) {
    Quarry& quarry = quarries_[index];
    ++quarry.runs;
    ++all_runs_;
    if (!result.IsFailure()) {
      return;
    }
    ++quarry.failures;
    if (!quarry.first || result.seed < quarry.first->seed) {
      quarry.first = result;
    }
  }

  const std::vector<Quarry>& quarries() const { return quarries_; }

  uint64_t all_runs() const { return all_runs_; }

  // Of the engine as it is, on all grounds.
  uint64_t control_runs() const { return control_runs_ + quarries_.back().runs; }

 private:
  uint64_t seeds() const { return arguments_.seeds.last - arguments_.seeds.first + 1; }

  bool IsSatisfied(const Quarry& quarry) const {
    const uint64_t enough = arguments_.quick ? 1 : std::min(kSample, seeds());
    return quarry.defect != nullptr && quarry.first && quarry.begun >= enough;
  }

  // To the next ground, if there is one. The engine as it is goes where others had to.
  void MoveOn(Quarry& quarry) {
    const bool others = std::ranges::any_of(quarries_, [&quarry](const Quarry& other) {
      return other.defect != nullptr && other.ground > quarry.ground;
    });
    if (quarry.first || quarry.ground + 1 == kGrounds.size() ||
        (quarry.defect == nullptr && !others)) {
      return;
    }
    const uint64_t silent = quarry.defect == nullptr ? quarry.runs : 0;
    quarry = {.defect = quarry.defect, .ground = quarry.ground + 1};
    control_runs_ += silent;
  }

  const DefectsArguments& arguments_;
  std::vector<Quarry> quarries_;
  uint64_t all_runs_ = 0;
  uint64_t control_runs_ = 0;  // on earlier grounds
};

struct Errand {
  size_t quarry = 0;
  size_t ground = 0;
  uint64_t index = 0;
};

Errand ParseErrand(const std::string& text) {
  const size_t first = text.find(' ');
  const size_t second = text.find(' ', first + 1);
  const sim::Result<uint64_t> quarry = faults::ParseSeed(text.substr(0, first));
  const sim::Result<uint64_t> ground =
      faults::ParseSeed(text.substr(first + 1, second - first - 1));
  const sim::Result<uint64_t> index = faults::ParseSeed(text.substr(second + 1));
  sim::Check(quarry && ground && index, "{} is no work", text);
  return {.quarry = *quarry, .ground = *ground, .index = *index};
}

sim::Result<SeedRunner> MakeRunner(const std::vector<Quarry>& quarries) {
  std::vector<HuntTarget> targets;
  for (const Quarry& quarry : quarries) {
    for (const Ground& ground : kGrounds) {
      RunArguments run{.scenario = std::string(ground.scenario)};
      if (!ground.setting.empty()) {
        const sim::Result<Setting> setting = ParseSetting(ground.setting);
        sim::Check(setting.has_value(), "{} is no setting", ground.setting);
        run.settings.push_back(*setting);
      }
      if (quarry.defect != nullptr) {
        run.defects.emplace_back(quarry.defect->name);
      }
      sim::Result<HuntTarget> target = LoadTarget(run);
      if (!target) {
        return sim::Fail(target);
      }
      targets.push_back(*std::move(target));
    }
  }
  return SeedRunner(std::move(targets));
}

Unit UnitFor(const DefectsArguments& arguments, const Errand& work) {
  Unit unit = UnitOf({.first_seed = arguments.seeds.first,
                      .search = arguments.search,
                      .swarm = SwarmSettings(),
                      .cells = CellNames()},
                     work.index);
  unit.target = work.quarry * kGrounds.size() + work.ground;
  unit.twice = false;
  return unit;
}

// Seeds until the first failure, that one included.
std::optional<uint64_t> SeedsUntil(const DefectsArguments& arguments, const Quarry& quarry) {
  return quarry.first ? std::optional(quarry.first->seed - arguments.seeds.first + 1)
                      : std::nullopt;
}

std::string OracleOf(const Quarry& quarry) {
  if (!quarry.first) {
    return "";
  }
  return quarry.first->oracle.empty() ? quarry.first->signature : quarry.first->oracle;
}

// Of those that were found and those that were not, which count as more than any.
std::map<std::string, std::string> MediansByClass(const DefectsArguments& arguments,
                                                  const std::vector<Quarry>& quarries) {
  std::map<std::string, std::vector<uint64_t>> seeds;
  for (const Quarry& quarry : quarries) {
    if (quarry.defect != nullptr) {
      seeds[std::string(quarry.defect->mutation)].push_back(
          SeedsUntil(arguments, quarry).value_or(UINT64_MAX));
    }
  }
  std::map<std::string, std::string> medians;
  for (auto& [name, counts] : seeds) {
    std::ranges::sort(counts);
    const uint64_t median = counts[(counts.size() - 1) / 2];
    medians[name] = median == UINT64_MAX ? "not found" : ShowCount(median);
  }
  return medians;
}

double ShareOf(const Quarry& quarry) {
  return quarry.runs == 0 ? 0
                          : static_cast<double>(quarry.failures) / static_cast<double>(quarry.runs);
}

std::string ShowTable(const DefectsArguments& arguments, const Chase& chase) {
  size_t width = 6;
  size_t class_width = 5;
  size_t oracle_width = 9;
  size_t found = 0;
  size_t planted = 0;
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect != nullptr) {
      width = std::max(width, quarry.defect->name.size());
      class_width = std::max(class_width, quarry.defect->mutation.size());
      oracle_width = std::max(oracle_width, OracleOf(quarry).size());
      found += quarry.first ? 1U : 0U;
      ++planted;
    }
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}}  {:>6}  {:>7}  {:<{}}  {}\n", "defect", width, "class",
                  class_width, "seeds", "failing", "found by", oracle_width, "in");
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect == nullptr) {
      continue;
    }
    const std::optional<uint64_t> seeds = SeedsUntil(arguments, quarry);
    text +=
        fmt::format("{:<{}}  {:<{}}  {:>6}  {:>6.1f}%  {:<{}}  {}\n", quarry.defect->name, width,
                    quarry.defect->mutation, class_width, seeds ? ShowCount(*seeds) : "-",
                    100 * ShareOf(quarry), seeds ? OracleOf(quarry) : "not found", oracle_width,
                    seeds ? Show(kGrounds.at(quarry.ground)) : "any");
  }
  text += fmt::format("\n{} of {} found; search: {}, seeds {}..{}\n", found, planted,
                      Name(arguments.search), arguments.seeds.first, arguments.seeds.last);
  for (const auto& [name, median] : MediansByClass(arguments, chase.quarries())) {
    text += fmt::format("  {:<{}}  median {} {}\n", name, class_width, median,
                        median == "1" ? "seed" : "seeds");
  }
  const Quarry& control = chase.quarries().back();
  text += fmt::format("control: {} alarms in {} runs of the engine as it is\n",
                      ShowCount(control.failures), ShowCount(chase.control_runs()));
  if (control.first) {
    text +=
        reports::Wrap(fmt::format("{}: {}", control.first->signature, control.first->witness), 2);
    text += fmt::format("replay:\nflinch {}\n", control.first->replay);
  }
  return text;
}

std::string ShowJson(const DefectsArguments& arguments, const Chase& chase) {
  ordered_json rows = ordered_json::array();
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect == nullptr) {
      continue;
    }
    rows.push_back({{"defect", quarry.defect->name},
                    {"source", quarry.defect->source},
                    {"class", quarry.defect->mutation},
                    {"found", quarry.first.has_value()},
                    {"first_seed", nullptr},
                    {"failing_share", ShareOf(quarry)},
                    {"oracle", OracleOf(quarry)},
                    {"scenario", Show(kGrounds.at(quarry.ground))},
                    {"runs", quarry.runs}});
    if (quarry.first) {
      rows.back()["first_seed"] = std::to_string(quarry.first->seed);
    }
  }
  ordered_json classes = ordered_json::object();
  for (const auto& [name, median] : MediansByClass(arguments, chase.quarries())) {
    classes[name] = median;
  }
  const Quarry& control = chase.quarries().back();
  return ordered_json{{"search", Name(arguments.search)},
                      {"rows", rows},
                      {"median_seeds", classes},
                      {"control", {{"runs", chase.control_runs()}, {"alarms", control.failures}}}}
             .dump(-1, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

int VerdictOf(const Chase& chase) {
  const bool as_planted = std::ranges::all_of(chase.quarries(), [](const Quarry& quarry) {
    return quarry.first.has_value() == (quarry.defect != nullptr);
  });
  return as_planted ? kExitPassed : kExitViolation;
}

std::vector<Quarry> QuarriesFor(const DefectsArguments& arguments) {
  std::vector<Quarry> quarries;
  for (const engine::DefectInfo& info : engine::kDefects) {
    if (arguments.only.empty() ||
        std::ranges::find(arguments.only, info.name) != arguments.only.end()) {
      quarries.push_back({.defect = &info});
    }
  }
  quarries.push_back({});  // the last: the engine as it is
  return quarries;
}

}  // namespace

int DefectsCommand(const DefectsArguments& arguments, ProgressStyle style, std::ostream& out,
                   std::ostream& err) {
  Chase chase(arguments, QuarriesFor(arguments));
  const sim::Result<SeedRunner> runner = MakeRunner(chase.quarries());
  if (!runner) {
    return ComplainAboutInput(err, runner.error().message);
  }
  const InterruptWatch interrupt;
  const int64_t begin = RealNow();
  HuntProgressPrinter printer(arguments.json ? ProgressStyle::kQuiet : style, 0, err);
  const auto progress = [&] {
    return HuntProgress{
        .runs = chase.all_runs(), .runs_now = chase.all_runs(), .elapsed_ns = RealNow() - begin};
  };
  WorkerPool pool(
      {.workers = arguments.jobs.value_or(WorkersByDefault()),
       .patience_ns = arguments.seed_timeout_ns},
      [&](const std::string& work) {
        return ShowLine(runner->Perform(UnitFor(arguments, ParseErrand(work))));
      },
      RealNow);
  const sim::Result<void> ran =
      pool.Run({.next = [&] { return chase.Next(); },
                .done =
                    [&](const std::string& work, const Answer& answer) {
                      const Errand place = ParseErrand(work);
                      UnitResult result = runner->Describe(UnitFor(arguments, place));
                      if (answer.fate == Fate::kAnswered) {
                        result = ParseLine(answer.text).value_or(result);
                      } else {
                        JudgeFate(answer, arguments.seed_timeout_ns, result);
                      }
                      chase.Done(place.quarry, result);
                      HuntProgress now = progress();
                      now.news.unit = true;
                      printer.Show(now);
                    },
                .tick =
                    [&] {
                      printer.Show(progress());
                      return interrupt.signal() == 0;
                    }});
  if (!ran) {
    err << "flinch: " << ran.error().message << '\n';
    return kExitOutput;
  }
  printer.Finish(progress());
  out << (arguments.json ? ShowJson(arguments, chase) : ShowTable(arguments, chase));
  return interrupt.signal() == 0 ? VerdictOf(chase) : kExitInterrupted;
}

}  // namespace flinch::scenarios
