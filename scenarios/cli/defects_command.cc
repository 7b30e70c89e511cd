#include "scenarios/cli/defects_command.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/defects.h"
#include "reports/plain_text.h"
#include "scenarios/cli/defect_grounds.h"
#include "scenarios/cli/seed_runner.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/version.h"
#include "scenarios/lab/worker_pool.h"
#include "sim/check.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::ShowCount;

// So many seeds at least are run of what is found, to tell how many of them fail.
constexpr uint64_t kSample = 100;

// Runs on one ground.
struct Counts {
  uint64_t begun = 0;
  uint64_t runs = 0;
  uint64_t failures = 0;
};

// What came of one defect in one search; of the engine as it is when there is none.
struct Quarry {
  const engine::DefectInfo* defect = nullptr;
  Search search = Search::kPortfolio;
  size_t targets = 0;  // the first of the runner's; one per ground
  uint64_t tried = 0;  // runs begun in search of it: each seed on all grounds in turn
  int64_t processor_ns = 0;
  std::vector<Counts> on = std::vector<Counts>(kDefectGrounds.size());  // by ground
  // Of the failure that such a search meets first.
  std::optional<UnitResult> first{};
  size_t ground = 0;
  uint64_t index = 0;

  uint64_t runs() const { return Sum(&Counts::runs); }

  uint64_t failures() const { return Sum(&Counts::failures); }

  // Nothing that is still under way could be met sooner.
  bool IsFound() const { return first && Sum(&Counts::begun) == runs(); }

 private:
  uint64_t Sum(uint64_t Counts::* count) const {
    return std::accumulate(on.begin(), on.end(), uint64_t{0},
                           [count](uint64_t sum, const Counts& each) { return sum + each.*count; });
  }
};

// What to run next, and what came of it.
class Chase {
 public:
  Chase(const DefectsArguments& arguments, std::vector<Quarry> quarries)
      : arguments_(arguments), quarries_(std::move(quarries)), found_(kDefectGrounds.size()) {}

  // "quarry ground index", or nothing for now.
  std::optional<std::string> Next() {
    for (size_t index = 0; index < quarries_.size(); ++index) {
      Quarry& quarry = quarries_[index];
      if (const std::optional<size_t> ground = NextGround(quarry)) {
        return fmt::format("{} {} {}", index, *ground, quarry.on[*ground].begun++);
      }
    }
    return std::nullopt;
  }

  void Done(size_t which, size_t ground, uint64_t index, const UnitResult& result,
            int64_t processor_ns) {
    Quarry& quarry = quarries_[which];
    ++quarry.on[ground].runs;
    quarry.processor_ns += processor_ns;
    ++all_.runs;
    ++all_.runs_now;
    all_.sim_ns += result.sim_ns;
    if (!result.IsFailure()) {
      return;
    }
    ++all_.failures;
    all_.groups += quarry.first ? 0U : 1U;
    ++quarry.on[ground].failures;
    const bool is_sooner = std::pair(index, ground) < std::pair(quarry.index, quarry.ground);
    if (!quarry.first || is_sooner) {
      quarry.first = result;
      quarry.ground = ground;
      quarry.index = index;
    }
  }

  const std::vector<Quarry>& quarries() const { return quarries_; }

  // A group is what one search found of one defect.
  HuntProgress Progress(int64_t elapsed_ns) const {
    HuntProgress progress = all_;
    progress.elapsed_ns = elapsed_ns;
    return progress;
  }

 private:
  uint64_t seeds() const { return arguments_.seeds.last - arguments_.seeds.first + 1; }

  std::optional<size_t> NextGround(Quarry& quarry) {
    if (quarry.defect == nullptr) {
      return NextForControl(quarry);
    }
    if (!quarry.first) {
      return quarry.tried < seeds() * kDefectGrounds.size()
                 ? std::optional(quarry.tried++ % kDefectGrounds.size())
                 : std::nullopt;
    }
    if (!quarry.IsFound()) {
      return std::nullopt;
    }
    found_[quarry.ground] = true;
    const uint64_t enough = arguments_.quick ? 1 : std::min(kSample, seeds());
    return quarry.on[quarry.ground].begun < enough ? std::optional(quarry.ground) : std::nullopt;
  }

  // The engine as it is: wherever a defect was found.
  std::optional<size_t> NextForControl(const Quarry& control) const {
    for (size_t ground = 0; ground < found_.size(); ++ground) {
      if (found_[ground] && control.on[ground].begun < seeds()) {
        return ground;
      }
    }
    return std::nullopt;
  }

  const DefectsArguments& arguments_;
  std::vector<Quarry> quarries_;
  std::vector<bool> found_;  // by ground
  HuntProgress all_;
};

struct Errand {
  size_t quarry = 0;
  size_t ground = 0;
  uint64_t index = 0;
};

Errand ParseErrand(const std::string& text) {
  const size_t first = text.find(' ');
  const size_t second = text.find(' ', first + 1);
  const sim::Result<uint64_t> quarry = text::ParseSeed(text.substr(0, first));
  const sim::Result<uint64_t> ground = text::ParseSeed(text.substr(first + 1, second - first - 1));
  const sim::Result<uint64_t> index = text::ParseSeed(text.substr(second + 1));
  sim::Check(quarry && ground && index, "{} is no work", text);
  return {.quarry = *quarry, .ground = *ground, .index = *index};
}

// Searches of one defect share its targets.
sim::Result<SeedRunner> MakeRunner(const std::vector<Quarry>& quarries) {
  std::vector<HuntTarget> targets;
  for (const Quarry& quarry : quarries) {
    if (quarry.targets < targets.size()) {
      continue;
    }
    for (const DefectGround& ground : kDefectGrounds) {
      sim::Result<HuntTarget> target = TargetOn(ground, quarry.defect);
      if (!target) {
        return sim::Fail(target);
      }
      targets.push_back(*std::move(target));
    }
  }
  return SeedRunner(std::move(targets));
}

Unit UnitFor(const DefectsArguments& arguments, const SeedRunner& runner, const Quarry& quarry,
             const Errand& work) {
  const size_t target = quarry.targets + work.ground;
  Unit unit = UnitOn(runner.targets()[target], quarry.search, arguments.seeds.first, work.index);
  unit.target = target;
  return unit;
}

// On the ground where it was found, that one included; as many were tried on the others.
std::optional<uint64_t> SeedsUntil(const Quarry& quarry) {
  return quarry.first ? std::optional(quarry.index + 1) : std::nullopt;
}

std::string OracleOf(const Quarry& quarry) {
  if (!quarry.first) {
    return "";
  }
  return quarry.first->oracle.empty() ? quarry.first->signature : quarry.first->oracle;
}

// By class, then by search; nothing: most of them were not found. Of those that were found and
// those that were not, which count as more than any.
using Medians = std::map<std::string, std::map<Search, std::optional<uint64_t>>>;

Medians MediansByClass(const std::vector<Quarry>& quarries) {
  std::map<std::pair<std::string, Search>, std::vector<uint64_t>> seeds;
  for (const Quarry& quarry : quarries) {
    if (quarry.defect != nullptr) {
      seeds[{std::string(quarry.defect->mutation), quarry.search}].push_back(
          SeedsUntil(quarry).value_or(UINT64_MAX));
    }
  }
  Medians medians;
  for (auto& [group, counts] : seeds) {
    std::ranges::sort(counts);
    const uint64_t median = counts[(counts.size() - 1) / 2];
    medians[group.first][group.second] =
        median == UINT64_MAX ? std::nullopt : std::optional(median);
  }
  return medians;
}

double ShareOf(const Quarry& quarry) {
  const Counts& counts = quarry.on[quarry.ground];
  return counts.runs == 0 ? 0
                          : static_cast<double>(counts.failures) / static_cast<double>(counts.runs);
}

std::string_view NameOfSearches(const DefectsArguments& arguments) {
  return arguments.searches.size() == 1 ? Name(arguments.searches.front()) : "all";
}

std::string ShowSeeds(const std::optional<uint64_t>& seeds) {
  return seeds ? ShowCount(*seeds) : "-";
}

struct Widths {
  size_t defect = 6;
  size_t mutation = 5;
  size_t oracle = 9;
};

Widths WidthsOf(const std::vector<Quarry>& quarries) {
  Widths widths;
  for (const Quarry& quarry : quarries) {
    if (quarry.defect != nullptr) {
      widths.defect = std::max(widths.defect, quarry.defect->name.size());
      widths.mutation = std::max(widths.mutation, quarry.defect->mutation.size());
      widths.oracle = std::max(widths.oracle, OracleOf(quarry).size());
    }
  }
  return widths;
}

std::string ShowRows(const Chase& chase, const Widths& widths) {
  std::string text =
      fmt::format("{:<{}}  {:<{}}  {:>6}  {:>7}  {:<{}}  {}\n", "defect", widths.defect, "class",
                  widths.mutation, "seeds", "failing", "found by", widths.oracle, "in");
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect == nullptr) {
      continue;
    }
    const std::optional<uint64_t> seeds = SeedsUntil(quarry);
    text += fmt::format("{:<{}}  {:<{}}  {:>6}  {:>6.1f}%  {:<{}}  {}\n", quarry.defect->name,
                        widths.defect, quarry.defect->mutation, widths.mutation, ShowSeeds(seeds),
                        100 * ShareOf(quarry), seeds ? OracleOf(quarry) : "not found",
                        widths.oracle, seeds ? Show(kDefectGrounds.at(quarry.ground)) : "any");
  }
  return text;
}

// One column of seeds per search; the quarries of a defect follow one another in their order.
std::string ShowColumns(const DefectsArguments& arguments, const Chase& chase,
                        const Widths& widths) {
  std::string text =
      fmt::format("{:<{}}  {:<{}}", "defect", widths.defect, "class", widths.mutation);
  for (const Search search : arguments.searches) {
    text += fmt::format("  {:>9}", Name(search));
  }
  text += "  found by\n";
  const std::vector<Quarry>& quarries = chase.quarries();
  for (size_t first = 0; first + 1 < quarries.size(); first += arguments.searches.size()) {
    const engine::DefectInfo& defect = *quarries[first].defect;
    text +=
        fmt::format("{:<{}}  {:<{}}", defect.name, widths.defect, defect.mutation, widths.mutation);
    std::string oracle = "not found";
    for (size_t column = 0; column < arguments.searches.size(); ++column) {
      const Quarry& quarry = quarries[first + column];
      text += fmt::format("  {:>9}", ShowSeeds(SeedsUntil(quarry)));
      oracle = quarry.first ? OracleOf(quarry) : oracle;
    }
    text += "  " + oracle + "\n";
  }
  return text;
}

bool FoundAny(const Chase& chase, const engine::DefectInfo& defect) {
  return std::ranges::any_of(chase.quarries(), [&defect](const Quarry& quarry) {
    return quarry.defect == &defect && quarry.first;
  });
}

// The defects that were looked for, each once.
std::vector<const engine::DefectInfo*> Planted(const Chase& chase) {
  std::vector<const engine::DefectInfo*> planted;
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect != nullptr && (planted.empty() || planted.back() != quarry.defect)) {
      planted.push_back(quarry.defect);
    }
  }
  return planted;
}

std::string ShowMedians(const Chase& chase, const Widths& widths) {
  std::string text;
  for (const auto& [name, medians] : MediansByClass(chase.quarries())) {
    text += fmt::format("  {:<{}}  median seeds", name, widths.mutation);
    for (const auto& [search, median] : medians) {
      text += fmt::format("  {} {}", Name(search), median ? ShowCount(*median) : "not found");
    }
    text += '\n';
  }
  return text;
}

// What a search came to over all defects: by it the shares of the portfolio are chosen
// (scenarios/lab/README.md).
struct Yield {
  uint64_t found = 0;  // defects
  uint64_t runs = 0;
  uint64_t failures = 0;
  int64_t processor_ns = 0;

  void Add(const Quarry& quarry) {
    found += quarry.first ? 1U : 0U;
    runs += quarry.runs();
    failures += quarry.failures();
    processor_ns += quarry.processor_ns;
  }

  double PerSecond() const {
    return static_cast<double>(failures) * 1e9 /
           static_cast<double>(std::max<int64_t>(processor_ns, 1));
  }
};

// Defects that fewer runs show, whatever the search, are rare: what others come to hides them.
constexpr double kRareShare = 0.05;

enum class Which : uint8_t { kAll, kRare };

bool IsRare(const Chase& chase, const engine::DefectInfo* defect) {
  Yield all;
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect == defect) {
      all.Add(quarry);
    }
  }
  return static_cast<double>(all.failures) < kRareShare * static_cast<double>(all.runs);
}

Yield YieldOf(const Chase& chase, Search search, Which which) {
  Yield yield;
  for (const Quarry& quarry : chase.quarries()) {
    if (quarry.defect != nullptr && quarry.search == search &&
        (which == Which::kAll || IsRare(chase, quarry.defect))) {
      yield.Add(quarry);
    }
  }
  return yield;
}

std::string ShowYields(const DefectsArguments& arguments, const Chase& chase) {
  std::string text = fmt::format("\n{:<9}  {:>5}  {:>9}  {:>9}  {:>8}  {:>14}\n", "search", "found",
                                 "runs", "failing", "a second", "rare, a second");
  for (const Search search : arguments.searches) {
    const Yield all = YieldOf(chase, search, Which::kAll);
    text += fmt::format("{:<9}  {:>5}  {:>9}  {:>9}  {:>8.3f}  {:>14.3f}\n", Name(search),
                        all.found, ShowCount(all.runs), ShowCount(all.failures), all.PerSecond(),
                        YieldOf(chase, search, Which::kRare).PerSecond());
  }
  return text + fmt::format(
                    "failures in a second of a processor; rare: of defects that fewer than "
                    "{:.0f} % of runs show\n",
                    100 * kRareShare);
}

ordered_json ShowYieldsJson(const DefectsArguments& arguments, const Chase& chase) {
  ordered_json rows = ordered_json::array();
  for (const Search search : arguments.searches) {
    const Yield all = YieldOf(chase, search, Which::kAll);
    rows.push_back({{"search", Name(search)},
                    {"found", all.found},
                    {"runs", all.runs},
                    {"failures", all.failures},
                    {"processor_seconds", static_cast<double>(all.processor_ns) / 1e9},
                    {"failures_per_second", all.PerSecond()},
                    {"rare_per_second", YieldOf(chase, search, Which::kRare).PerSecond()}});
  }
  return rows;
}

std::string ShowTable(const DefectsArguments& arguments, const Chase& chase) {
  const Widths widths = WidthsOf(chase.quarries());
  const std::vector<const engine::DefectInfo*> planted = Planted(chase);
  const auto found = std::ranges::count_if(
      planted, [&chase](const engine::DefectInfo* defect) { return FoundAny(chase, *defect); });
  std::string text = arguments.searches.size() == 1 ? ShowRows(chase, widths)
                                                    : ShowColumns(arguments, chase, widths);
  text += fmt::format("\n{} of {} found; search: {}, seeds {}..{}\n", found, planted.size(),
                      NameOfSearches(arguments), arguments.seeds.first, arguments.seeds.last);
  text += ShowMedians(chase, widths);
  text += arguments.searches.size() == 1 ? "" : ShowYields(arguments, chase);
  const Quarry& control = chase.quarries().back();
  text += fmt::format("control: {} alarms in {} runs of the engine as it is\n",
                      ShowCount(control.failures()), ShowCount(control.runs()));
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
                    {"search", Name(quarry.search)},
                    {"found", quarry.first.has_value()},
                    {"first_seed", nullptr},
                    {"seeds", nullptr},
                    {"failing_share", ShareOf(quarry)},
                    {"oracle", OracleOf(quarry)},
                    {"scenario", Show(kDefectGrounds.at(quarry.ground))},
                    {"runs", quarry.runs()}});
    if (quarry.first) {
      rows.back()["first_seed"] = std::to_string(quarry.first->seed);
      rows.back()["seeds"] = *SeedsUntil(quarry);
    }
  }
  ordered_json classes = ordered_json::object();
  for (const auto& [name, medians] : MediansByClass(chase.quarries())) {
    for (const auto& [search, median] : medians) {
      classes[name][std::string(Name(search))] = median ? ordered_json(*median) : ordered_json();
    }
  }
  const Quarry& control = chase.quarries().back();
  return ordered_json{{"search", NameOfSearches(arguments)},
                      {"rows", rows},
                      {"median_seeds", classes},
                      {"searches", ShowYieldsJson(arguments, chase)},
                      {"control", {{"runs", control.runs()}, {"alarms", control.failures()}}}}
             .dump(-1, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

int VerdictOf(const Chase& chase) {
  const std::vector<const engine::DefectInfo*> planted = Planted(chase);
  const bool as_planted = !chase.quarries().back().first &&
                          std::ranges::all_of(planted, [&chase](const engine::DefectInfo* defect) {
                            return FoundAny(chase, *defect);
                          });
  return as_planted ? kExitPassed : kExitViolation;
}

std::vector<Quarry> QuarriesFor(const DefectsArguments& arguments) {
  std::vector<Quarry> quarries;
  size_t targets = 0;
  for (const engine::DefectInfo& info : engine::kDefects) {
    if (!arguments.only.empty() &&
        std::ranges::find(arguments.only, info.name) == arguments.only.end()) {
      continue;
    }
    for (const Search search : arguments.searches) {
      quarries.push_back({.defect = &info, .search = search, .targets = targets});
    }
    targets += kDefectGrounds.size();
  }
  // The last: the engine as it is.
  quarries.push_back({.search = arguments.searches.back(), .targets = targets});
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
  const auto progress = [&] { return chase.Progress(RealNow() - begin); };
  const WorkerPool::Options limits{.workers = arguments.jobs.value_or(WorkersByDefault()),
                                   .patience_ns = arguments.seed_timeout_ns};
  WorkerPool pool(
      limits,
      [&](const std::string& work) {
        const Errand errand = ParseErrand(work);
        return ShowLine(
            runner->Perform(UnitFor(arguments, *runner, chase.quarries()[errand.quarry], errand)));
      },
      RealNow);
  const sim::Result<void> ran = pool.Run(
      {.next = [&] { return chase.Next(); },
       .done =
           [&](const std::string& work, const Answer& answer) {
             const Errand place = ParseErrand(work);
             UnitResult result = runner->Describe(
                 UnitFor(arguments, *runner, chase.quarries()[place.quarry], place));
             if (answer.fate == Fate::kAnswered) {
               result = ParseLine(answer.text).value_or(result);
             } else {
               JudgeFate(answer, limits, result);
             }
             chase.Done(place.quarry, place.ground, place.index, result, answer.processor_ns);
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
  return interrupt.signal() == 0 ? VerdictOf(chase) : ExitCodeOfSignal(interrupt.signal());
}

}  // namespace flinch::scenarios
