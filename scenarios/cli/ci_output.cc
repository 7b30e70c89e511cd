#include "scenarios/cli/ci_output.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/plain_text.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/shard_variables.h"
#include "scenarios/lab/token.h"
#include "scenarios/lab/version.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/stage/signature.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using reports::CiCase;
using reports::CiFinding;
using reports::CiOutcome;
using reports::CiReport;

constexpr std::string_view kSummaryVariable = "GITHUB_STEP_SUMMARY";
constexpr std::string_view kDecides = "has a verdict";

// What becomes of a run that no oracle sees.
struct ProcessEnding {
  UnitVerdict verdict;
  std::string_view name;
  std::string_view promise;
};

constexpr auto kProcessEndings = std::to_array<ProcessEnding>(
    {{UnitVerdict::kCrashed, "survives", "No run ends its process."},
     {UnitVerdict::kHung, "ends in time", "Every run ends within its time."},
     {UnitVerdict::kOutOfMemory, "ends in memory", "Every run gets by with its memory."},
     {UnitVerdict::kNondeterministic, "deterministic", "The same seed gives the same run."}});

std::string PromiseOfOracle(std::string_view oracle) {
  const OracleInfo* const info = FindOracle(oracle);
  return info == nullptr ? "No invariant is broken." : std::string(info->promise);
}

std::vector<std::string> StoryOf(const reports::RunSummary& summary,
                                 const reports::Finding& finding) {
  std::vector<std::string> story;
  for (const reports::FiredFault& fault : summary.faults) {
    story.push_back(
        fmt::format("{}  {}  {}", reports::ShowClock(fault.at), fault.kind, fault.target));
  }
  story.insert(story.end(), finding.details.begin(), finding.details.end());
  return story;
}

CiFinding FindingOf(const reports::RunSummary& summary, const reports::Finding& finding) {
  reports::RunSummary alone;
  alone.findings = {finding};
  return {.signature = SignatureOf(alone),
          .message = finding.witness,
          .story = StoryOf(summary, finding),
          .replay = summary.replay};
}

CiFinding FindingOf(const HuntReport& report, const FailureGroup& group) {
  const UnitResult& run = group.exemplar;
  const bool is_small = group.smallest.has_value();
  std::vector<std::string> story = is_small ? group.smallest->story : run.story;
  story.insert(story.begin(), fmt::format("{} seed {}", run.scenario, run.seed));
  return {.signature = group.signature,
          .message = is_small ? group.smallest->witness : run.witness,
          .story = std::move(story),
          .count = group.count,
          .replay =
              fmt::format("{} {}", report.program, is_small ? group.smallest->replay : run.replay)};
}

// The case of this name, made anew where there is none.
CiCase& FindOrAdd(CiReport& report, const CiCase& like) {
  const auto found = std::ranges::find_if(report.cases, [&like](const CiCase& each) {
    return each.suite == like.suite && each.name == like.name;
  });
  return found == report.cases.end() ? report.cases.emplace_back(like) : *found;
}

void AddFailure(CiReport& report, const CiCase& like, CiFinding finding) {
  CiCase& failed = FindOrAdd(report, like);
  failed.outcome = CiOutcome::kFailed;
  failed.findings.push_back(std::move(finding));
}

// What a group of failures is about: an oracle's promise, or how its process ended.
CiCase CaseOfGroup(const UnitResult& run, CiCase like) {
  like.name = run.oracle;
  like.promise = run.oracle.empty() ? "" : PromiseOfOracle(run.oracle);
  const auto ending = std::ranges::find(kProcessEndings, run.verdict, &ProcessEnding::verdict);
  if (run.oracle.empty() && ending != kProcessEndings.end()) {
    like.name = ending->name;
    like.promise = ending->promise;
  }
  return like;
}

// Whether some run of the targets that it judges held an event that concerns it. Nothing: it
// judges none of them.
std::optional<bool> HasSeen(std::string_view oracle, const Tally& tally,
                            const std::vector<HuntTarget>& targets) {
  std::optional<bool> seen;
  for (const HuntTarget& target : targets) {
    const std::vector<std::string>& chosen = target.settled.oracles;
    const auto own = tally.scenarios().find(target.label);
    if (!chosen.empty() && std::ranges::find(chosen, oracle) == chosen.end()) {
      continue;
    }
    uint64_t seeing = 0;
    if (own != tally.scenarios().end()) {
      const auto blind = own->second.blind.find(std::string(oracle));
      seeing = own->second.runs - (blind == own->second.blind.end() ? 0 : blind->second);
    }
    seen = seen.value_or(false) || seeing > 0;
  }
  return seen;
}

// Why a hunt without failures proves less than it was to; "" where it does.
std::string WhyUndecided(const HuntReport& report) {
  const uint64_t passed = report.tally.count(UnitVerdict::kPassed);
  const uint64_t open = report.tally.count(UnitVerdict::kInconclusive);
  std::string why;
  if (passed < open || report.tally.runs() == 0) {
    why = fmt::format("{} of {} runs decided nothing.", open, report.tally.runs());
  }
  for (const std::string& hole : report.holes) {
    why += fmt::format("{}missing: {}", why.empty() ? "" : " ", hole);
  }
  return why;
}

sim::Result<void> Append(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::app | std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("The summary of the step cannot be written to {}, which {} names.",
                                 text::QuotePath(path), kSummaryVariable));
  }
  return {};
}

}  // namespace

sim::Result<CiOutput> CiOutput::Open(const CiArguments& arguments,
                                     std::span<const std::string> read_files, std::ostream& out,
                                     std::ostream& err) {
  struct Asked {
    std::optional<std::string> path;
    Show show;
  };

  CiOutput output(arguments, out, err);
  if (arguments.github) {
    output.held_back_ = std::make_unique<std::ostringstream>();
  }
  std::set<std::filesystem::path> known;
  for (const Asked& asked : std::to_array<Asked>(
           {{arguments.junit, reports::ShowJunit},
            {arguments.sarif, reports::ShowSarif},
            {arguments.gitlab, reports::ShowGitlab},
            {arguments.tap == "-" ? std::nullopt : arguments.tap, reports::ShowTap}})) {
    if (!asked.path) {
      continue;
    }
    std::error_code ignored;
    if (!known.insert(std::filesystem::weakly_canonical(*asked.path, ignored)).second) {
      return sim::Fail(sim::ErrorCode::kInvalidArgument,
                       fmt::format("{} is named for two formats; give each its own file.",
                                   text::QuotePath(*asked.path)));
    }
    sim::Result<OutputFile> file = OutputFile::Open(*asked.path, read_files);
    if (!file) {
      return sim::Fail(file);
    }
    output.files_.emplace_back(*std::move(file), asked.show);
  }
  return output;
}

sim::Result<void> CiOutput::Finish(const CiReport& report) {
  if (arguments_.github) {
    if (sim::Result<void> told = TellGithub(report); !told) {
      return told;
    }
  }
  if (arguments_.tap == "-") {
    *out_ << reports::ShowTap(report);
  }
  for (const auto& [file, show] : files_) {
    if (sim::Result<void> written = file.Write(show(report)); !written) {
      return written;
    }
  }
  return {};
}

sim::Result<void> CiOutput::TellGithub(const CiReport& report) {
  const std::string text = held_back_->str();
  // A word that the text cannot hold, for it is made of it.
  const std::string word = fmt::format("flinch-{}{}", HashContent({text}), HashContent({"", text}));
  told_to() << fmt::format("::stop-commands::{}\n{}::{}::\n", word, text, word)
            << reports::ShowAnnotations(report);
  const std::optional<std::string> path = EnvironmentVariable(kSummaryVariable);
  return path && !path->empty() ? Append(*path, reports::ShowStepSummary(report))
                                : sim::Result<void>();
}

std::string FileOfScenario(const std::string& scenario) {
  return IsScenarioPath(scenario) ? PortablePath(scenario)
                                  : fmt::format("scenarios/library/{}.toml", scenario);
}

CiReport CiReportOf(const reports::RunSummary& summary, const std::string& scenario) {
  CiReport report{.command = "run", .version = std::string(kVersion)};
  CiCase each{
      .suite = summary.scenario, .name = "", .promise = "", .file = FileOfScenario(scenario)};
  for (const reports::Judged& judged : summary.judged) {
    each.name = judged.oracle;
    each.promise = PromiseOfOracle(judged.oracle);
    CiCase& added = report.cases.emplace_back(each);
    if (judged.events == 0) {
      added.outcome = CiOutcome::kUndecided;
      added.why = "The run held no event that concerns it.";
    }
  }
  each.name = kDecides;
  each.promise = "The run decides whether its promises hold.";
  CiCase& decides = report.cases.emplace_back(each);
  if (summary.verdict == reports::Verdict::kInconclusive) {
    decides.outcome = CiOutcome::kUndecided;
    decides.why = summary.reason;
  }
  if (summary.verdict == reports::Verdict::kFailed) {
    for (const reports::Finding& finding : summary.findings) {
      each.name = finding.oracle;
      each.promise = PromiseOfOracle(finding.oracle);
      AddFailure(report, each, FindingOf(summary, finding));
    }
  }
  return report;
}

CiReport CiReportOf(const HuntReport& report, const std::vector<HuntTarget>& targets) {
  CiReport ci{.command = "hunt", .version = std::string(kVersion)};
  CiCase each{.suite = fmt::format("{}", fmt::join(report.names, " ")),
              .name = "",
              .promise = "",
              .file = targets.empty() ? "" : FileOfScenario(targets.front().run.scenario)};
  for (const OracleInfo& oracle : OracleCatalogue()) {
    const std::optional<bool> seen = HasSeen(oracle.name, report.tally, targets);
    if (!seen) {
      continue;
    }
    CiCase promised = each;
    promised.name = oracle.name;
    promised.promise = oracle.promise;
    promised.outcome = *seen ? CiOutcome::kPassed : CiOutcome::kUndecided;
    promised.why = *seen ? "" : "No run held an event that concerns it.";
    ci.cases.push_back(std::move(promised));
  }
  for (const ProcessEnding& ending : kProcessEndings) {
    CiCase& promised = ci.cases.emplace_back(each);
    promised.name = ending.name;
    promised.promise = ending.promise;
  }
  CiCase& decides = ci.cases.emplace_back(each);
  decides.name = kDecides;
  decides.promise = "All that was asked for was run, and most of it decides something.";
  decides.why = WhyUndecided(report);
  decides.outcome = decides.why.empty() ? CiOutcome::kPassed : CiOutcome::kUndecided;
  for (const FailureGroup& group : report.tally.groups()) {
    AddFailure(ci, CaseOfGroup(group.exemplar, each), FindingOf(report, group));
  }
  return ci;
}

}  // namespace flinch::scenarios
