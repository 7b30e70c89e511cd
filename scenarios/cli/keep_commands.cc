#include "scenarios/cli/keep_commands.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "faults/fault_plan_toml.h"
#include "reports/plain_text.h"
#include "scenarios/cli/ci_output.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/step_progress.h"
#include "scenarios/lab/version.h"
#include "scenarios/model/field_text.h"
#include "scenarios/regressions/regression.h"
#include "scenarios/shrink/tape_edits.h"
#include "scenarios/stage/signature.h"
#include "sim/text/text.h"
#include "sim/world/scheduling.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::Verdict;

constexpr std::string_view kFolder = "scenarios/regressions";
constexpr std::string_view kExtension = ".toml";
constexpr size_t kNameMax = 100;

// Below the current folder, or where the program lies in a clone.
std::string RegressionFolder(const std::string& program) {
  std::error_code ignored;
  if (std::filesystem::is_directory(kFolder, ignored)) {
    return std::string(kFolder);
  }
  for (const std::filesystem::path& folder :
       {std::filesystem::path(program).parent_path(), std::filesystem::path(ProgramFolder())}) {
    if (std::filesystem::is_directory(folder / kFolder, ignored)) {
      return (folder / kFolder).string();
    }
  }
  return std::string(kFolder);
}

// What a file name is made of: letters, digits and '_'.
std::string PlainName(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_plain) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  return name;
}

// What stays in its folder, and is seen there.
bool IsName(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.").contains(c);
  });
  return is_plain && !text.empty() && text.size() <= kNameMax && text.front() != '.' &&
         text.front() != '-';
}

sim::Result<std::filesystem::path> PathOf(const KeepArguments& arguments,
                                          const Regression& regression,
                                          const std::string& program) {
  std::string name = arguments.name.value_or(
      PlainName(regression.defects.empty()
                    ? fmt::format("{} {} seed {}", regression.scenario, regression.expect.signature,
                                  regression.seed)
                    : fmt::format("{} {}", regression.defects.front(), regression.expect.signature))
          .substr(0, kNameMax));
  if (name.ends_with(kExtension)) {
    name.resize(name.size() - kExtension.size());
  }
  if (!IsName(name)) {
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("--name: {} is no name of a file. Write letters, digits, '_', '-' and '.', at "
                    "most {} of them; the folder is said by --out DIR.",
                    text::Quote(*arguments.name), kNameMax));
  }
  return std::filesystem::path(arguments.out.value_or(RegressionFolder(program))) /
         (name + std::string(kExtension));
}

// The run, in words that need no other file.
sim::Result<Regression> Describe(const PreparedRun& prepared, const reports::RunSummary& summary) {
  const RunRequest& run = prepared.request;
  const ReplayToken& token = prepared.token;
  if (!token.input.empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The run reads {}, which no regression file can hold. Keep a "
                                 "failure of a scenario that generates its rows.",
                                 token.input));
  }
  const bool is_of_library = !IsScenarioPath(token.scenario);
  const Scenario base = is_of_library ? *FindLibraryScenario(token.scenario) : Scenario();
  Regression regression{.scenario = is_of_library ? token.scenario : "",
                        .seed = token.seed,
                        .strategy = token.strategy,
                        .defects = token.defects,
                        .settings = SettingsBetween(base, run.scenario)};
  if (run.plan) {
    regression.plan = *run.plan;
  } else if (run.scenario.faults.source == FaultSource::kPlan) {
    regression.plan = run.scenario.faults.plan;
    // The faults say it themselves.
    std::erase_if(regression.settings,
                  [](const Setting& setting) { return setting.key == "faults.source"; });
  }
  if (run.play) {
    regression.tape = Shortened(*run.play);
  }
  // What was planted must be found again; what was an accident must go.
  regression.expect = {.verdict = token.defects.empty() ? Verdict::kPassed : Verdict::kFailed,
                       .signature = SignatureOf(summary),
                       .fired = summary.faults.size(),
                       .digest = ShortDigest(summary.digest),
                       .build = token.build_id};
  return regression;
}

std::string CommentOf(const reports::RunSummary& summary) {
  const reports::Finding& finding = *FirstFinding(summary);
  std::string comment = fmt::format("# {}\n#\n", finding.oracle);
  std::string text = reports::Wrap(finding.witness, 0);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t begin = std::min(text.find_first_not_of(' '), end);
    comment += "# " + text.substr(begin, end + 1 - begin);
    text.erase(0, end + 1);
  }
  return comment + "#\n# Written by `flinch keep`, run by `flinch regress`.\n";
}

// A regression of today.
struct Reviewed {
  std::string file;
  Review review;
  std::string trouble{};  // it cannot be read at all
};

sim::Result<PreparedRun> PrepareKept(const Regression& regression) {
  RunArguments arguments{.scenario = regression.scenario,
                         .seed = regression.seed,
                         .settings = regression.settings,
                         .defects = regression.defects};
  std::ranges::transform(regression.plan.faults, std::back_inserter(arguments.faults),
                         faults::ShowInline);
  if (!regression.strategy.empty()) {
    const sim::Result<sim::Scheduling> scheduling = sim::ParseScheduling(regression.strategy);
    if (!scheduling) {
      return sim::Fail(scheduling);
    }
    arguments.scheduling = *scheduling;
  }
  sim::Result<PreparedRun> prepared =
      regression.scenario.empty() ? Prepare(arguments, Scenario()) : Prepare(arguments);
  if (prepared) {
    prepared->request.play = regression.tape;
  }
  return prepared;
}

Reviewed ReviewFile(const std::string& file) {
  Reviewed reviewed{.file = file, .review = {}};
  const sim::Result<Regression> regression = ReadRegression(file);
  if (!regression) {
    reviewed.trouble = regression.error().message;
    return reviewed;
  }
  const sim::Result<PreparedRun> prepared = PrepareKept(*regression);
  reviewed.review =
      prepared ? Judge(*regression, Run(prepared->request).summary)
               : Review{.standing = Standing::kStale,
                        .sentence = "it cannot be run any more: " + prepared.error().message};
  return reviewed;
}

std::vector<std::string> FilesOf(const RegressArguments& arguments, const std::string& program) {
  std::vector<std::string> files = arguments.files;
  if (files.empty()) {
    std::error_code ignored;
    for (const auto& entry :
         std::filesystem::directory_iterator(RegressionFolder(program), ignored)) {
      if (entry.path().extension() == kExtension) {
        files.push_back(entry.path().string());
      }
    }
    std::ranges::sort(files);
  }
  // One file under two paths is one.
  std::set<std::filesystem::path> known;
  std::erase_if(files, [&known](const std::string& file) {
    std::error_code ignored;
    return !known.insert(std::filesystem::weakly_canonical(file, ignored)).second;
  });
  return files;
}

// What each file is called: two of one name by their paths.
std::vector<std::string> LabelsOf(const std::vector<std::string>& files) {
  std::map<std::string, size_t> stems;
  for (const std::string& file : files) {
    ++stems[std::filesystem::path(file).stem().string()];
  }
  std::vector<std::string> labels;
  for (const std::string& file : files) {
    const std::string stem = std::filesystem::path(file).stem().string();
    labels.push_back(text::Printable(stems[stem] > 1 ? file : stem));
  }
  return labels;
}

// How many of each standing, and the exit code they come to.
struct Standings {
  explicit Standings(const std::vector<Reviewed>& reviews) {
    for (const Reviewed& reviewed : reviews) {
      const Standing standing = reviewed.review.standing;
      size_t& count = !reviewed.trouble.empty()       ? unreadable
                      : standing == Standing::kStale  ? stale
                      : standing == Standing::kBroken ? broken
                                                      : good;
      ++count;
    }
  }

  int exit_code() const {
    return broken > 0       ? kExitViolation
           : unreadable > 0 ? kExitUsage
           : stale > 0      ? kExitInconclusive
                            : kExitPassed;
  }

  size_t good = 0;
  size_t stale = 0;
  size_t broken = 0;
  size_t unreadable = 0;
};

std::string_view WordOf(const Reviewed& reviewed) {
  return reviewed.trouble.empty() ? Name(reviewed.review.standing) : "unreadable";
}

const std::string& SentenceOf(const Reviewed& reviewed) {
  return reviewed.trouble.empty() ? reviewed.review.sentence : reviewed.trouble;
}

reports::CiCase RegressCase(const Reviewed& reviewed, const std::string& label,
                            const std::string& program) {
  reports::CiCase each{.suite = "regressions",
                       .name = label,
                       .promise = "What was kept is as it must be.",
                       .file = PortablePath(reviewed.file)};
  if (reviewed.trouble.empty() && reviewed.review.standing == Standing::kStale) {
    each.outcome = reports::CiOutcome::kUndecided;
    each.why = reviewed.review.sentence;
  } else if (!reviewed.trouble.empty() || reviewed.review.standing == Standing::kBroken) {
    each.outcome = reports::CiOutcome::kFailed;
    each.findings.push_back(
        {.signature = std::string(WordOf(reviewed)),
         .message = SentenceOf(reviewed),
         .replay = fmt::format("{} regress {}", program, ShellWord(reviewed.file))});
  }
  return each;
}

}  // namespace

int KeepCommand(const KeepArguments& arguments, const std::string& program, std::ostream& out,
                std::ostream& err) {
  const sim::Result<Pasted> pasted = ReadPasted(arguments.text, arguments.elsewhere);
  if (!pasted) {
    return ComplainAboutInput(err, pasted.error().message);
  }
  const sim::Result<PreparedRun> prepared = PreparePasted(*pasted, err);
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error().message);
  }
  const reports::RunSummary summary = Run(prepared->request).summary;
  if (summary.verdict != Verdict::kFailed) {
    return ComplainAboutInput(
        err, fmt::format("The run {}; only failures are kept.",
                         summary.verdict == Verdict::kPassed ? "passes" : "is inconclusive"));
  }
  const sim::Result<Regression> regression = Describe(*prepared, summary);
  if (!regression) {
    return ComplainAboutInput(err, regression.error().message);
  }
  const sim::Result<std::filesystem::path> path = PathOf(arguments, *regression, program);
  if (!path) {
    return ComplainAboutInput(err, path.error().message);
  }
  if (!arguments.out) {
    // The first one that is kept. Where it cannot be made, writing the file says why.
    std::error_code ignored;
    std::filesystem::create_directories(path->parent_path(), ignored);
  }
  const sim::Result<void> written =
      WriteNewFile(path->string(), ShowToml(*regression, CommentOf(summary)));
  if (!written && written.error().code == sim::ErrorCode::kInvalidArgument) {
    return ComplainAboutInput(
        err, fmt::format("{} What was kept stays: give another --name, or delete it first.",
                         written.error().message));
  }
  if (!written) {
    return Complain(err, written.error());
  }
  out << fmt::format("{}: {}, must be {}\n\nregress:\n{} regress {}\n", path->string(),
                     regression->expect.signature, reports::Name(regression->expect.verdict),
                     program, ShellWord(path->string()));
  return kExitPassed;
}

int RegressCommand(const RegressArguments& arguments, const std::string& program, std::ostream& out,
                   std::ostream& err) {
  const std::vector<std::string> files = FilesOf(arguments, program);
  if (files.empty()) {
    return ComplainAboutInput(
        err, fmt::format("There is nothing to run: {} holds no .toml file. `flinch "
                         "keep TOKEN` writes one.",
                         RegressionFolder(program)));
  }
  sim::Result<CiOutput> ci = CiOutput::Open(arguments.ci, files, out, err);
  if (!ci) {
    return Complain(err, ci.error());
  }
  reports::CiReport report{.command = "regress", .version = std::string(kVersion)};
  std::vector<Reviewed> reviews;
  const std::vector<std::string> labels = LabelsOf(files);
  const size_t width = std::ranges::max(labels, {}, &std::string::size).size();
  StepProgress progress(StyleOnTerminal(err), "kept runs", files.size(), RealNow, err);
  for (const std::string& file : files) {
    progress.Show(reviews.size());
    reviews.push_back(ReviewFile(file));
    progress.Clear();
    const Reviewed& reviewed = reviews.back();
    const std::string& label = labels[reviews.size() - 1];
    report.cases.push_back(RegressCase(reviewed, label, program));
    if (!arguments.json) {
      ci->text() << fmt::format("{:<10}  {:<{}}  {}\n", WordOf(reviewed), label, width,
                                SentenceOf(reviewed))
                 << std::flush;
    }
  }
  const Standings tally(reviews);
  if (arguments.json) {
    ordered_json object = {{"kept", reviews.size()},         {"good", tally.good},
                           {"stale", tally.stale},           {"broken", tally.broken},
                           {"unreadable", tally.unreadable}, {"files", ordered_json::array()}};
    for (const Reviewed& reviewed : reviews) {
      object["files"].push_back({{"file", reviewed.file},
                                 {"standing", WordOf(reviewed)},
                                 {"sentence", SentenceOf(reviewed)}});
    }
    out << object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
  } else {
    ci->text() << fmt::format("{} kept: {} good, {} stale, {} broken, {} unreadable\n",
                              reviews.size(), tally.good, tally.stale, tally.broken,
                              tally.unreadable);
  }
  if (const sim::Result<void> written = ci->Finish(report); !written) {
    return Complain(err, written.error());
  }
  return tally.exit_code();
}

}  // namespace flinch::scenarios
