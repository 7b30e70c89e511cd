#include "scenarios/lab/hunt_text.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "faults/generators.h"
#include "reports/plain_text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::ShowCount;

constexpr double kSecondInNanos = 1e9;
constexpr double kMicrosPerSecond = 1e6;
constexpr double kSecondsPerHour = 3600;
constexpr size_t kStoryLines = 8;
// What fewer runs never did says nothing.
constexpr uint64_t kTellingRuns = 20;

// Of this session; where it did nothing, of the workers of earlier ones.
double SeedsPerSecond(const HuntProgress& progress, const Tally* tally) {
  if (progress.runs_now > 0 && progress.elapsed_ns > 0) {
    return static_cast<double>(progress.runs_now) * kSecondInNanos /
           static_cast<double>(progress.elapsed_ns);
  }
  if (tally == nullptr || tally->wall_us() == 0) {
    return 0;
  }
  return static_cast<double>(tally->runs()) * kMicrosPerSecond /
         static_cast<double>(tally->wall_us());
}

std::string ShowSimulated(int64_t sim_ns) {
  const double seconds = static_cast<double>(sim_ns) / kSecondInNanos;
  return seconds < kSecondsPerHour ? fmt::format("{:.0f} s", seconds)
                                   : fmt::format("{:.1f} h", seconds / kSecondsPerHour);
}

std::string ShowCells(size_t hit, size_t total) {
  return total == 0 ? "" : fmt::format("  steps struck {}/{}", hit, total);
}

std::string Plural(uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", ShowCount(count), one, count == 1 ? "" : "s");
}

std::string ShowVerdicts(const Tally& tally) {
  std::string text = fmt::format("{} passed", ShowCount(tally.count(UnitVerdict::kPassed)));
  for (const UnitVerdict verdict :
       {UnitVerdict::kFailed, UnitVerdict::kCrashed, UnitVerdict::kHung, UnitVerdict::kOutOfMemory,
        UnitVerdict::kNondeterministic, UnitVerdict::kInconclusive}) {
    if (const uint64_t count = tally.count(verdict); count > 0) {
      text += fmt::format(", {} {}", ShowCount(count), Name(verdict));
    }
  }
  return text;
}

// "as found" and "smallest", where there is a smaller one.
std::string ShowReplays(const HuntReport& report, const FailureGroup& group) {
  const std::string found = fmt::format("{} {}\n", report.program, group.exemplar.replay);
  if (!group.smallest) {
    return "   replay:\n" + found;
  }
  const ShrunkGroup& smallest = *group.smallest;
  // Not everything that is hunted has records.
  const std::string records =
      smallest.records == 0 ? "" : Plural(smallest.records, "record") + ", ";
  return fmt::format("   replay, as found:\n{}   replay, {} ({}, {}{}):\n{} {}\n", found,
                     smallest.stopped ? "the smallest so far" : "the smallest",
                     Plural(smallest.faults, "fault"), records, Plural(smallest.events, "event"),
                     report.program, smallest.replay);
}

std::string ShowGroup(const HuntReport& report, size_t index, const FailureGroup& group) {
  const UnitResult& run = group.exemplar;
  std::string text = fmt::format("\n{}. {}\n   {} of {}; the simplest: {} seed {} ({}, {})\n",
                                 index + 1, group.signature, ShowCount(group.count),
                                 Plural(report.tally.runs(), "run"), run.scenario, run.seed,
                                 Plural(run.faults_fired(), "fault"), Plural(run.events, "event"));
  text += group.smallest ? ShowStory(group.smallest->story, group.smallest->witness)
                         : ShowStory(run.story, run.witness);
  return text + ShowReplays(report, group);
}

std::string Row(std::string_view name, const std::string& text) {
  return reports::Wrap(fmt::format("{:<13} {}", name, text), 2);
}

std::string ShowCounts(const std::map<std::string, uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, ShowCount(count));
  }
  return text;
}

std::vector<std::string> NeverFired(const HuntReport& report) {
  std::vector<std::string> never;
  for (const std::string& kind : report.fault_kinds) {
    if (!report.tally.faults().contains(kind)) {
      never.push_back(kind);
    }
  }
  return never;
}

// "bit_rot, late_listing (faults.damages_storage = false), restart": those that a switch would
// bring come first.
std::string ShowUndrawn(const std::vector<std::string>& kinds) {
  std::vector<std::string> damaging;
  std::vector<std::string> others;
  for (const std::string& kind : kinds) {
    const bool damages =
        std::ranges::find(faults::kDamagingKinds, kind) != faults::kDamagingKinds.end();
    (damages ? damaging : others).push_back(kind);
  }
  if (!damaging.empty()) {
    others.insert(others.begin(),
                  fmt::format("{} (faults.damages_storage = false)", fmt::join(damaging, ", ")));
  }
  return fmt::format("{}", fmt::join(others, ", "));
}

std::vector<std::string> NeverVaried(const HuntReport& report) {
  std::vector<std::string> never;
  std::ranges::copy_if(report.dimensions, std::back_inserter(never), [&](const std::string& name) {
    return !report.tally.varied().contains(name);
  });
  return never;
}

std::string_view TableOf(std::string_view name) { return name.substr(0, name.find('.')); }

// "job.* (4), restart-strategy.fixed-delay.attempts": a table of which nothing varied in one.
std::string ShowNeverVaried(const HuntReport& report) {
  const std::vector<std::string> never = NeverVaried(report);
  const auto in = [](const std::vector<std::string>& names, std::string_view table) {
    return std::ranges::count(names, table, TableOf);
  };
  std::vector<std::string> told;
  for (const std::string& name : never) {
    const std::string_view table = TableOf(name);
    const auto all = in(report.dimensions, table);
    std::string word =
        all > 1 && all == in(never, table) ? fmt::format("{}.* ({})", table, all) : name;
    if (told.empty() || told.back() != word) {
      told.push_back(std::move(word));
    }
  }
  return fmt::format("{}", fmt::join(told, ", "));
}

// What one run of it is called.
std::string_view UnitWord(const HuntReport& report) {
  // Of a list of runs they are a sample, too, but all of one seed.
  return report.is_exhaustive                   ? "crash point"
         : report.search.starts_with("exhaust") ? "run"
                                                : "seed";
}

bool IsCutShort(const HuntReport& report) {
  return report.progress.of && report.tally.runs() < *report.progress.of;
}

// "42 crash points", or "42 of 2,162 crash points".
std::string ShowShare(const HuntReport& report, uint64_t count) {
  return IsCutShort(report) ? fmt::format("{} of {}", ShowCount(count),
                                          Plural(*report.progress.of, UnitWord(report)))
                            : Plural(count, UnitWord(report));
}

// How sure one may be: the rule of three, of the runs that decided something. Last of all, what
// nothing is known of.
std::string ShowConfidence(const HuntReport& report) {
  const Tally& tally = report.tally;
  const uint64_t decided = tally.runs() - tally.count(UnitVerdict::kInconclusive);
  const std::string cut =
      IsCutShort(report) ? fmt::format("cut short: {} were run\n", ShowShare(report, tally.runs()))
                         : "";
  if (tally.failures() > 0 || decided == 0) {
    return cut;
  }
  if (report.is_exhaustive) {
    return fmt::format("0 failures at {} of this seed; other seeds have others\n{}",
                       ShowShare(report, decided), cut);
  }
  const double most = std::min(100.0, 300.0 / static_cast<double>(decided));
  return fmt::format("0 failures in {}: at most {:.3g} % of such runs fail (3/{}, at 95 %)\n{}",
                     ShowShare(report, decided), most, decided, cut);
}

// What of it was tried by no run.
std::string ShowNever(const HuntReport& report) {
  std::string text;
  if (const std::vector<std::string> never = NeverFired(report);
      !never.empty() && !report.tally.faults().empty()) {
    text += Row("never fired", fmt::format("{}", fmt::join(never, ", ")));
  }
  if (!report.faults_undrawn.empty()) {
    text += Row("never drawn", ShowUndrawn(report.faults_undrawn));
  }
  if (!report.never_struck.empty() && report.tally.cells_hit() > 0) {
    text += Row("not struck", fmt::format("{}", fmt::join(report.never_struck, ", ")));
  }
  if (const std::string never = ShowNeverVaried(report); !never.empty()) {
    text += Row("never varied", never);
  }
  return text;
}

std::string ShowTried(const HuntReport& report) {
  const Tally& tally = report.tally;
  const HuntProgress& progress = report.progress;
  std::string text =
      Row("runs", fmt::format("{} ({})", ShowCount(tally.runs()), ShowVerdicts(tally)));
  if (progress.runs_now < tally.runs() && progress.elapsed_ns > 0) {
    text +=
        Row("", fmt::format("{} of them done before", ShowCount(tally.runs() - progress.runs_now)));
  }
  text += Row("search", fmt::format("{}: {}", report.search, ShowCounts(tally.searches())));
  const std::string took =
      progress.runs_now == 0
          ? ""
          : fmt::format(" in {:.1f} s", static_cast<double>(progress.elapsed_ns) / kSecondInNanos);
  text += Row("simulated", fmt::format("{}{}, {:.0f} seeds/s", ShowSimulated(tally.sim_ns()), took,
                                       SeedsPerSecond(progress, &tally)));
  text += Row("faults", tally.faults().empty() ? "none fired" : ShowCounts(tally.faults()));
  if (!report.cells.empty()) {
    text += Row("steps struck",
                fmt::format("{} of {}, by a fault right before or behind (`{} list cells`)",
                            tally.cells_hit(), report.cells.size(), report.program));
  }
  text += tally.runs() < kTellingRuns ? "" : ShowNever(report);
  if (tally.twice() > 0) {
    text += Row("run twice", fmt::format("{}, {}", ShowCount(tally.twice()),
                                         tally.count(UnitVerdict::kNondeterministic) == 0
                                             ? "all identical"
                                             : "not all identical"));
  }
  if (!report.stored.empty()) {
    text += Row("results", report.stored);
  }
  return text;
}

ordered_json ShowGroupJson(const HuntReport& report, const FailureGroup& group) {
  const UnitResult& run = group.exemplar;
  ordered_json object = {{"signature", group.signature},
                         {"count", group.count},
                         {"verdict", Name(run.verdict)},
                         {"scenario", run.scenario},
                         {"seed", std::to_string(run.seed)},
                         {"oracle", run.oracle},
                         {"witness", run.witness},
                         {"story", run.story},
                         {"faults", run.faults_fired()},
                         {"events", run.events},
                         {"replay", report.program + " " + run.replay},
                         {"smallest", nullptr}};
  if (group.smallest) {
    const ShrunkGroup& smallest = *group.smallest;
    object["smallest"] = {{"witness", smallest.witness},
                          {"story", smallest.story},
                          {"faults", smallest.faults},
                          {"records", smallest.records},
                          {"events", smallest.events},
                          {"stopped", smallest.stopped},
                          {"replay", report.program + " " + smallest.replay}};
  }
  return object;
}

}  // namespace

std::string ShowStatus(const HuntProgress& progress, size_t cells_total, size_t columns) {
  std::string text = ShowCount(progress.runs);
  if (progress.of) {
    text += " of " + ShowCount(*progress.of);
  }
  text += fmt::format("  {:.0f} seeds/s  {} simulated{}", SeedsPerSecond(progress, nullptr),
                      ShowSimulated(progress.sim_ns), ShowCells(progress.cells_hit, cells_total));
  text += progress.failures == 0 ? "  no failure"
                                 : fmt::format("  {} in {}", Plural(progress.failures, "failure"),
                                               Plural(progress.groups, "group"));
  text += fmt::format("  nothing new for {:.0f} s",
                      static_cast<double>(progress.since_news_ns) / kSecondInNanos);
  return text.substr(0, columns);
}

std::string ShowStep(const HuntProgress& progress, std::string_view what, size_t cells_total) {
  const std::string steps =
      cells_total == 0 ? "" : fmt::format(" steps: {}/{}", progress.cells_hit, cells_total);
  return fmt::format("#{} {:<11}{} failures: {} groups: {} sim: {} seeds/s: {:.0f}{}{}",
                     progress.runs, what, steps, progress.failures, progress.groups,
                     ShowSimulated(progress.sim_ns), SeedsPerSecond(progress, nullptr),
                     progress.signature.empty() ? "" : " ", progress.signature);
}

std::string ShowStory(const std::vector<std::string>& faults, const std::string& witness_text) {
  const std::string witness = reports::Wrap(reports::OneLine(witness_text), 3);
  std::vector<std::string> lines;
  for (const std::string& told : faults) {
    lines.push_back(reports::Wrap(reports::OneLine(told), 3));
  }
  const auto told = static_cast<size_t>(std::ranges::count(witness, '\n'));
  // The witness comes last and whole, if it fits at all; of the faults, the last ones.
  const size_t room = told < kStoryLines ? kStoryLines - told : 0;
  std::string text;
  if (lines.size() <= room) {
    text = fmt::format("{}", fmt::join(lines, ""));
  } else if (room > 0) {
    const size_t left_out = lines.size() - room + 1;
    text = fmt::format(
        "   … {} before\n{}", Plural(left_out, "fault"),
        fmt::join(lines.begin() + static_cast<std::ptrdiff_t>(left_out), lines.end(), ""));
  }
  for (size_t line = 0, at = 0; line < kStoryLines && at < witness.size(); ++line) {
    const size_t end = witness.find('\n', at) + 1;
    text += witness.substr(at, end - at);
    at = end;
  }
  return text;
}

std::string ShowText(const HuntReport& report) {
  const Tally& tally = report.tally;
  const std::vector<FailureGroup> groups = tally.groups();
  std::string text =
      fmt::format("{}  {}\n", fmt::join(report.names, " "),
                  groups.empty() ? "no failure"
                                 : fmt::format("{} in {}", Plural(tally.failures(), "failure"),
                                               Plural(groups.size(), "group")));
  for (size_t index = 0; index < groups.size(); ++index) {
    text += ShowGroup(report, index, groups[index]);
  }
  text += '\n' + ShowTried(report);
  for (const HealthWarning& warning : report.warnings) {
    text += reports::Wrap(fmt::format("warning: {}: {}", warning.name, warning.sentence), 0);
  }
  for (const std::string& hole : report.holes) {
    text += reports::Wrap(fmt::format("missing: {}", hole), 0);
  }
  if (!report.ended.empty()) {
    text += fmt::format("ended early: {}\n", report.ended);
  }
  if (!report.interrupted.empty()) {
    text +=
        fmt::format("interrupted by {}; the same command goes on from here\n", report.interrupted);
  }
  return text + ShowConfidence(report);
}

std::string ShowJson(const HuntReport& report) {
  const Tally& tally = report.tally;
  ordered_json object = {{"scenarios", report.names},
                         {"search", report.search},
                         {"runs", tally.runs()},
                         {"passed", tally.count(UnitVerdict::kPassed)},
                         {"failed", tally.failures() - tally.count(UnitVerdict::kNondeterministic)},
                         {"inconclusive", tally.count(UnitVerdict::kInconclusive)},
                         {"nondeterministic", tally.count(UnitVerdict::kNondeterministic)},
                         {"crashed", tally.count(UnitVerdict::kCrashed)},
                         {"hung", tally.count(UnitVerdict::kHung)},
                         {"out_of_memory", tally.count(UnitVerdict::kOutOfMemory)},
                         {"runs_now", report.progress.runs_now},
                         {"run_twice", tally.twice()},
                         {"seeds_per_second", SeedsPerSecond(report.progress, &tally)},
                         {"sim_seconds", static_cast<double>(tally.sim_ns()) / kSecondInNanos},
                         {"cells_hit", tally.cells_hit()},
                         {"cells_total", report.cells.size()},
                         {"cells_missed", report.never_struck},
                         {"searches", tally.searches()},
                         {"faults", ordered_json::object()},
                         {"faults_never_fired", NeverFired(report)},
                         {"faults_never_drawn", report.faults_undrawn},
                         {"never_varied", NeverVaried(report)},
                         {"warnings", ordered_json::array()},
                         {"interrupted", report.interrupted},
                         {"ended", report.ended},
                         {"missing", report.holes},
                         {"results", report.stored},
                         {"groups", ordered_json::array()}};
  for (const auto& [kind, count] : tally.faults()) {
    object["faults"][kind] = count;
  }
  for (const HealthWarning& warning : report.warnings) {
    object["warnings"].push_back({{"name", warning.name}, {"sentence", warning.sentence}});
  }
  for (const FailureGroup& group : tally.groups()) {
    object["groups"].push_back(ShowGroupJson(report, group));
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace flinch::scenarios
