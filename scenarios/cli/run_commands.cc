#include "scenarios/cli/run_commands.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "faults/fault_plan.h"
#include "reports/run_summary.h"
#include "reports/timeline_text.h"
#include "scenarios/cli/ci_output.h"
#include "scenarios/cli/debug_command.h"
#include "scenarios/cli/limited_run.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/cli/request.h"
#include "scenarios/cli/run_progress.h"
#include "scenarios/cli/snapshot_folder.h"
#include "scenarios/cli/trail_text.h"
#include "scenarios/explain/moment.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/version.h"
#include "scenarios/stage/run.h"
#include "sim/text/text.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::Verdict;

// Says which faults of a written plan never fired, and why, where that is known.
void FillMissedFaults(const faults::FaultPlan& plan, const std::vector<std::string>& why_not,
                      reports::RunSummary& summary) {
  std::set<size_t> fired;
  for (const reports::FiredFault& fault : summary.faults) {
    fired.insert(fault.fault);
  }
  summary.faults_planned = plan.faults.size();
  for (size_t index = 0; index < plan.faults.size(); ++index) {
    if (!fired.contains(index)) {
      const std::string& why = why_not.at(index);
      summary.faults_missed.push_back(NameOfFault(plan, index) +
                                      (why.empty() ? "" : fmt::format(" ({})", why)));
    }
  }
}

RunResult RunTimed(const RunRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  RunResult result = Run(request);
  const auto end = std::chrono::steady_clock::now();
  result.summary.wall_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count();
  if (!result.summary.stuck.empty() && request.keep == sim::Keep::kNothing) {
    // Once more, for what came last.
    RunRequest again = request;
    again.keep = sim::Keep::kTrace;
    result.summary.stuck = Run(again).summary.stuck;
  }
  if (const faults::FaultPlan* const plan = WrittenPlan(request)) {
    FillMissedFaults(*plan, result.why_not, result.summary);
  }
  return result;
}

RunResult RunTold(RunRequest& request, std::ostream& err) {
  const RunProgress progress(request, err);
  return RunTimed(request);
}

void FillReplay(const std::string& program, ReplayToken token, reports::RunSummary& summary) {
  summary.replay = program + " replay " + ShowToken(TokenOf(std::move(token), summary));
}

std::string ShowSummary(const reports::RunSummary& summary, bool with_checkpoints) {
  return reports::ShowText(summary, reports::ReplayLine::kUnlessPassed,
                           with_checkpoints ? reports::CheckpointTable::kAllWithSubtasks
                                            : reports::CheckpointTable::kWhereSomeFailed);
}

// One object, with more members behind the summary's own.
std::string WithMembers(const reports::RunSummary& summary, const ordered_json& more) {
  ordered_json object = ordered_json::parse(reports::ShowJson(summary));
  object.update(more);
  return object.dump() + "\n";
}

// What the run was promised, and by which comparison.
ordered_json BudgetOf(const Promise& promise) {
  ordered_json clauses = ordered_json::array();
  for (const Clause& clause : promise.clauses) {
    clauses.push_back({{"clause", clause.name},
                       {"owed", clause.owed == Owed::kFinish ? "finish" : "meanwhile"},
                       {"holds", clause.holds},
                       {"why", clause.sentence}});
  }
  return {{"promised", promise.holds()}, {"clauses", std::move(clauses)}};
}

struct Compared {
  RunResult result;
  std::optional<sim::Divergence> divergence;
};

Compared RunBoth(const RunRequest& request) {
  Compared compared{.result = RunTimed(request), .divergence = {}};
  const sim::Trail first = TrailOf(compared.result);
  bool is_first = true;
  compared.divergence = sim::RunTwice([&](const sim::Lens& lens) {
    return std::exchange(is_first, false) ? first : PerformForTrail(request, lens);
  });
  return compared;
}

std::string ShowComparison(const Compared& compared) {
  if (!compared.divergence) {
    return fmt::format("Both runs are identical: {} events, digest {}.\n",
                       compared.result.summary.events, sim::Show(compared.result.summary.digest));
  }
  return "The two runs differ: something besides the seed decides. " +
         sim::Show(*compared.divergence, "first run", "second run");
}

// What the run is made from, and what its output must not replace.
std::vector<std::string> FilesRead(const PreparedRun& prepared) {
  std::vector<std::string> files;
  for (const std::string& file :
       {prepared.token.scenario, prepared.token.plan, prepared.token.input}) {
    if (const std::optional<std::string> found = FindPortable(file); !file.empty() && found) {
      files.push_back(*found);
    }
  }
  return files;
}

// A case more than one run has.
reports::CiReport CiReportOfBoth(const Compared& compared, const std::string& scenario) {
  reports::CiReport report = CiReportOf(compared.result.summary, scenario);
  reports::CiCase twice{.suite = compared.result.summary.scenario,
                        .name = "deterministic",
                        .promise = "The same seed gives the same run.",
                        .file = FileOfScenario(scenario)};
  if (compared.divergence) {
    twice.outcome = reports::CiOutcome::kFailed;
    twice.findings.push_back({.signature = "nondeterministic: two runs of one seed differ",
                              .message = "The two runs differ: something besides the seed decides.",
                              .story = {sim::Show(*compared.divergence, "first run", "second run")},
                              .replay = compared.result.summary.replay});
  }
  report.cases.push_back(std::move(twice));
  return report;
}

int RunTwiceCommand(const RunArguments& arguments, const std::string& program, PreparedRun prepared,
                    std::ostream& out, std::ostream& err) {
  sim::Result<CiOutput> ci = CiOutput::Open(arguments.ci, FilesRead(prepared), out, err);
  if (!ci) {
    return Complain(err, ci.error());
  }
  prepared.request.keep = arguments.timeline ? sim::Keep::kTrace : sim::Keep::kNothing;
  Compared compared = RunBoth(prepared.request);
  reports::RunSummary& summary = compared.result.summary;
  FillReplay(program, std::move(prepared.token), summary);
  if (arguments.json) {
    ordered_json more = {{"identical", !compared.divergence.has_value()}};
    if (compared.divergence) {
      more["event"] = compared.divergence->event.value();
      more["first"] = compared.divergence->first.event;
      more["second"] = compared.divergence->second.event;
      more["actor"] = compared.divergence->first.actor;
      more["stack"] = compared.divergence->first.stack;
    }
    out << WithMembers(summary, more);
  } else {
    if (arguments.timeline) {
      ci->text() << reports::ShowTimeline(compared.result.recording) << '\n';
    }
    ci->text() << ShowSummary(summary, arguments.checkpoints) << ShowComparison(compared);
  }
  if (const auto written = ci->Finish(CiReportOfBoth(compared, arguments.scenario)); !written) {
    return Complain(err, written.error());
  }
  return compared.divergence ? kExitNondeterminism : ExitCodeOf(summary.verdict);
}

// One JSON object per line.
std::string ShowOutput(const JobCase& job, const std::vector<OutputRecord>& output) {
  std::string lines;
  for (const OutputRecord& record : output) {
    const OutputSpec& spec = job.outputs.at(record.output);
    const std::string line = spec.show_json ? spec.show_json(record.key, record.value)
                                            : ShowBytesJson(record.key, record.value);
    lines += job.outputs.size() == 1
                 ? line
                 : fmt::format("{{\"output\":\"{}\",{}", spec.name, line.substr(1));
    lines += '\n';
  }
  return lines;
}

bool IsSameFile(const std::string& left, const std::string& right) {
  std::error_code ignored;
  return std::filesystem::weakly_canonical(left, ignored) ==
         std::filesystem::weakly_canonical(right, ignored);
}

// What a run leaves behind, as far as it was asked for.
struct RunFiles {
  std::optional<OutputFile> output{};
  std::optional<OutputFile> tape{};
  std::vector<std::string> snapshots{};  // folders, below --keep-snapshots
};

sim::Result<RunFiles> OpenFiles(const RunArguments& arguments, const PreparedRun& prepared) {
  struct Asked {
    std::string_view flag;
    const std::optional<std::string>& path;
    std::optional<OutputFile> RunFiles::* file;
  };

  const auto all = std::to_array<Asked>({{"--output", arguments.output, &RunFiles::output},
                                         {"--tape", arguments.tape, &RunFiles::tape}});
  RunFiles files;
  for (size_t index = 0; index < all.size(); ++index) {
    const Asked& asked = all[index];
    for (size_t earlier = 0; asked.path && earlier < index; ++earlier) {
      if (all[earlier].path && IsSameFile(*all[earlier].path, *asked.path)) {
        return sim::Fail(sim::ErrorCode::kInvalidArgument,
                         fmt::format("{} and {} name the same file; give each its own.",
                                     all[earlier].flag, asked.flag));
      }
    }
    if (!asked.path) {
      continue;
    }
    sim::Result<OutputFile> opened = OutputFile::Open(*asked.path, FilesRead(prepared));
    if (!opened) {
      return sim::Fail(opened);
    }
    (files.*asked.file).emplace(*std::move(opened));
  }
  if (arguments.keep_snapshots) {
    if (const sim::Result<void> fits = CheckKeepFolder(*arguments.keep_snapshots); !fits) {
      return sim::Fail(fits);
    }
  }
  return files;
}

sim::Result<void> WriteFiles(const RunArguments& arguments, const PreparedRun& prepared,
                             const RunResult& result, RunFiles& files) {
  if (arguments.keep_snapshots) {
    sim::Result<std::vector<std::string>> written =
        WriteKept(*arguments.keep_snapshots, result.kept);
    if (!written) {
      return sim::Fail(written);
    }
    files.snapshots = *std::move(written);
  }
  if (files.output) {
    const JobCase* const job = JobOf(prepared.request.scenario);
    sim::Check(job != nullptr, "a scenario that was run has no job");
    if (sim::Result<void> written = files.output->Write(ShowOutput(*job, result.output));
        !written) {
      return written;
    }
  }
  if (files.tape) {
    if (sim::Result<void> written =
            files.tape->Write(ShowTapeFile(result.summary.replay, *result.tape));
        !written) {
      return written;
    }
  }
  return {};
}

// What can be done with what was kept.
std::string ShowKept(const RunArguments& arguments, const std::string& program,
                     const RunFiles& files) {
  if (!arguments.keep_snapshots) {
    return "";
  }
  if (files.snapshots.empty()) {
    return fmt::format("\nkept: no snapshot was stored\n");
  }
  return fmt::format(
      "\nkept {} snapshot{} below {}; to go on from one:\n{} run {} --seed {} --from {}\n",
      files.snapshots.size(), files.snapshots.size() == 1 ? "" : "s", *arguments.keep_snapshots,
      program, arguments.scenario, arguments.seed, files.snapshots.front());
}

// Says whether the run came out as recorded; the exit code when it did not though it should have.
struct Judgement {
  std::string text;
  bool identical = false;
  bool scenario_changed = false;
  bool build_changed = false;
  bool tape_changed = false;
  std::optional<int> exit_code{};
};

std::string_view WhatChanged(const Judgement& judgement) {
  if (judgement.tape_changed) {
    return "the tape has been edited";
  }
  if (judgement.scenario_changed && judgement.build_changed) {
    return "the build and the scenario, its plan or its input have changed";
  }
  return judgement.build_changed ? "the build has changed"
                                 : "the scenario, its plan or its input has changed";
}

Judgement CompareWithToken(const ReplayToken& token, const PreparedRun& prepared,
                           std::string_view file, const reports::RunSummary& summary) {
  const std::string digest = ShortDigest(summary.digest);
  const std::string verdict(reports::Name(summary.verdict));
  Judgement judgement{.identical = token.digest == digest && token.verdict == verdict,
                      .scenario_changed = token.content_hash != prepared.token.content_hash,
                      .build_changed = token.build_id != prepared.token.build_id};
  if (const std::optional<sim::Tape>& tape = prepared.request.play) {
    judgement.tape_changed =
        !file.contains(fmt::format("{}{}\n", kTapeHash, HashContent({sim::Show(*tape)})));
  }
  const bool has_changed =
      judgement.scenario_changed || judgement.build_changed || judgement.tape_changed;
  if (judgement.identical) {
    judgement.text = has_changed
                         ? fmt::format("The run is identical to the recorded one although {}.\n",
                                       WhatChanged(judgement))
                         : "The run is identical to the recorded one.\n";
    return judgement;
  }
  judgement.text =
      fmt::format("The run differs from the recorded one: recorded {} {}, now {} {}.\n",
                  token.verdict, token.digest, verdict, digest);
  if (has_changed) {
    judgement.text += fmt::format("That proves nothing: {}.\n", WhatChanged(judgement));
  } else {
    judgement.text +=
        "Build, scenario and input are the same, so something besides the seed decides; "
        "`flinch run … --twice` finds it.\n";
    judgement.exit_code = kExitNondeterminism;
  }
  return judgement;
}

void TellSkippedRows(const PreparedRun& prepared, std::ostream& err) {
  if (const std::string& text = prepared.request.workload.skipped_text; !text.empty()) {
    err << "flinch: Malformed rows are left out:\n" << text;
  }
}

// What the options ask for that no engine can give.
void TellBrokenPromises(const Promise& promise, std::ostream& err) {
  for (const std::string& sentence : promise.excuses()) {
    err << "flinch: Not promised: " << sentence << '\n';
  }
}

sim::Result<std::string> ShowEventAskedFor(const ReplayArguments& arguments,
                                           const RunResult& result) {
  if (!arguments.until && !arguments.break_at) {
    return std::string();
  }
  sim::Result<std::string> text = arguments.until
                                      ? ShowMoment(result.recording, sim::EventId(*arguments.until))
                                      : ShowStackAt(*arguments.break_at, result);
  return text ? *std::move(text) + "\n" : std::move(text);
}

}  // namespace

int ExitCodeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return kExitPassed;
    case Verdict::kInconclusive:
      return kExitInconclusive;
    case Verdict::kFailed:
      return kExitViolation;
  }
  sim::Unreachable("a verdict has no exit code");
}

int RunCommand(const RunArguments& arguments, const std::string& program, std::ostream& out,
               std::ostream& err) {
  sim::Result<PreparedRun> prepared = Prepare(arguments);
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error().message);
  }
  if (arguments.limits.timeout_ns || arguments.limits.memory) {
    return LimitedRunCommand(arguments, program, out, err);
  }
  if (arguments.trail) {
    out << ShowTrail(PerformForTrail(prepared->request, *arguments.trail));
    return kExitPassed;
  }
  const bool writes = arguments.output || arguments.tape || arguments.keep_snapshots;
  if (arguments.twice && !writes) {
    return RunTwiceCommand(arguments, program, *std::move(prepared), out, err);
  }
  if (arguments.twice) {
    return ComplainAboutInput(
        err,
        "--twice compares two runs and writes no file; leave --output, --tape "
        "and --keep-snapshots out.");
  }
  sim::Result<RunFiles> files = OpenFiles(arguments, *prepared);
  if (!files) {
    return Complain(err, files.error());
  }
  sim::Result<CiOutput> ci = CiOutput::Open(arguments.ci, FilesRead(*prepared), out, err);
  if (!ci) {
    return Complain(err, ci.error());
  }
  TellSkippedRows(*prepared, err);
  prepared->request.keep = arguments.timeline ? sim::Keep::kTrace : sim::Keep::kNothing;
  RunResult result = RunTold(prepared->request, err);
  FillReplay(program, prepared->token, result.summary);
  if (const sim::Result<void> written = WriteFiles(arguments, *prepared, result, *files);
      !written) {
    return Complain(err, written.error());
  }
  if (arguments.json) {
    ordered_json members = {{"budget", BudgetOf(result.promise)}};
    for (const auto& [field, value] : prepared->varied) {
      members["varied"][field] = value;
    }
    if (arguments.checkpoints) {
      members["checkpoints"] = ordered_json::parse(reports::ToJson(result.summary.checkpoints));
    }
    out << WithMembers(result.summary, members);
  } else {
    if (arguments.timeline) {
      ci->text() << reports::ShowTimeline(result.recording) << '\n';
    }
    ci->text() << ShowSummary(result.summary, arguments.checkpoints)
               << ShowKept(arguments, program, *files);
    TellBrokenPromises(result.promise, err);
  }
  if (const auto written = ci->Finish(CiReportOf(result.summary, arguments.scenario)); !written) {
    return Complain(err, written.error());
  }
  const bool misses = arguments.strict && !result.summary.faults_missed.empty();
  return misses && result.summary.verdict == Verdict::kPassed ? kExitInconclusive
                                                              : ExitCodeOf(result.summary.verdict);
}

int ReplayCommand(const ReplayArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err) {
  sim::Result<Pasted> pasted = ReadPasted(arguments.text, arguments.elsewhere);
  if (!pasted) {
    return ComplainAboutInput(err, pasted.error().message);
  }
  const ReplayToken* const token = &pasted->token;
  sim::Result<PreparedRun> prepared = Prepare(ArgumentsOf(*token));
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error().message);
  }
  prepared->request.play = std::move(pasted->tape);
  if (token->content_hash != prepared->token.content_hash) {
    err << fmt::format(
        "flinch: The scenario, its plan or its input has changed: recorded {}, now {}.",
        token->content_hash, prepared->token.content_hash);
    if (!arguments.force) {
      err << " Restore it, or add --force to run what is there now.\n";
      return kExitUsage;
    }
    err << '\n';
  }
  prepared->request.keep = arguments.until      ? sim::Keep::kEverything
                           : arguments.timeline ? sim::Keep::kTrace
                                                : sim::Keep::kNothing;
  prepared->request.lens.stack_at = arguments.break_at.value_or(0);
  RunResult result = RunTold(prepared->request, err);
  const sim::Result<std::string> event = ShowEventAskedFor(arguments, result);
  if (!event) {
    return ComplainAboutInput(err, event.error().message);
  }
  out << *event;
  FillReplay(program, prepared->token, result.summary);
  if (prepared->request.play) {
    // The token alone would be another run: what a tape chose stands on the tape.
    result.summary.replay =
        program + " replay " + ShellWord(PathFromHere(arguments.text).value_or(arguments.text));
  }
  const Judgement judgement = CompareWithToken(*token, *prepared, pasted->text, result.summary);
  if (judgement.build_changed && !judgement.identical) {
    err << fmt::format("flinch: The build has changed: recorded {}, now {}.\n", token->build_id,
                       prepared->token.build_id);
  }
  if (arguments.json) {
    ordered_json more = {{"identical", judgement.identical},
                         {"scenario_changed", judgement.scenario_changed},
                         {"build_changed", judgement.build_changed},
                         {"recorded_digest", token->digest},
                         {"recorded_verdict", token->verdict}};
    if (prepared->request.play) {
      more["tape_changed"] = judgement.tape_changed;
      more["choices_played"] = result.tape_report.followed;
      more["choices_defaulted"] = result.tape_report.defaulted;
      more["choices_unused"] = result.tape_report.unused;
    }
    if (arguments.checkpoints) {
      more["checkpoints"] = ordered_json::parse(reports::ToJson(result.summary.checkpoints));
    }
    out << WithMembers(result.summary, more);
  } else {
    if (arguments.timeline) {
      out << reports::ShowTimeline(result.recording) << '\n';
    }
    out << ShowSummary(result.summary, arguments.checkpoints);
    if (prepared->request.play) {
      out << sim::Show(result.tape_report) << '\n';
    }
    out << judgement.text;
  }
  return judgement.exit_code.value_or(ExitCodeOf(result.summary.verdict));
}

}  // namespace flinch::scenarios
