#include "scenarios/cli/run_commands.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "build_id.h"
#include "faults/text.h"
#include "reports/run_summary.h"
#include "reports/timeline_text.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/request.h"
#include "scenarios/cli/version.h"
#include "scenarios/input_file.h"
#include "scenarios/jobs.h"
#include "scenarios/run.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;
using reports::Verdict;

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

int Complain(std::ostream& err, const sim::Error& error) {
  err << "flinch: " << error.message << '\n';
  return error.code == sim::ErrorCode::kIo ? kExitOutput : kExitUsage;
}

// What is wrong with a scenario, a plan or an input is the user's to mend, whatever its code.
int ComplainAboutInput(std::ostream& err, const sim::Error& error) {
  err << "flinch: " << error.message << '\n';
  return kExitUsage;
}

std::string ShortDigest(const sim::Digest& digest) { return sim::Show(digest).substr(0, 16); }

RunResult RunTimed(const RunRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  RunResult result = Run(request);
  const auto end = std::chrono::steady_clock::now();
  result.summary.wall_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count();
  return result;
}

void FillReplay(ReplayToken token, reports::RunSummary& summary) {
  token.digest = ShortDigest(summary.digest);
  token.verdict = reports::Name(summary.verdict);
  summary.replay = "./flinch replay " + ShowToken(token);
}

// One object, with more members behind the summary's own.
std::string WithMembers(const reports::RunSummary& summary, const ordered_json& more) {
  ordered_json object = ordered_json::parse(reports::ShowJson(summary));
  object.update(more);
  return object.dump() + "\n";
}

struct Compared {
  RunResult result;
  sim::Comparison comparison;
};

Compared RunBoth(const RunRequest& request) {
  Compared compared;
  bool is_first = true;
  compared.comparison = sim::RunTwice([&](sim::Keep keep) {
    RunRequest one = request;
    one.keep = keep;
    RunResult result = RunTimed(one);
    sim::Recording recording = result.recording;
    if (std::exchange(is_first, false)) {
      compared.result = std::move(result);
    }
    return recording;
  });
  return compared;
}

std::string ShowComparison(const Compared& compared) {
  if (compared.comparison.identical) {
    return fmt::format("Both runs are identical: {} events, digest {}.\n",
                       compared.result.summary.events, sim::Show(compared.result.summary.digest));
  }
  const auto shown = [](const std::string& event) {
    return event.empty() ? std::string("(the run had ended)") : event;
  };
  return fmt::format(
      "The two runs differ: something besides the seed decides. The first events that differ:\n"
      "  first run:  {}\n  second run: {}\n",
      shown(compared.comparison.first), shown(compared.comparison.second));
}

int RunTwiceCommand(const RunArguments& arguments, PreparedRun prepared, std::ostream& out) {
  Compared compared = RunBoth(prepared.request);
  reports::RunSummary& summary = compared.result.summary;
  FillReplay(std::move(prepared.token), summary);
  if (arguments.json) {
    ordered_json more = {{"identical", compared.comparison.identical}};
    if (!compared.comparison.identical) {
      more["first"] = compared.comparison.first;
      more["second"] = compared.comparison.second;
    }
    out << WithMembers(summary, more);
  } else {
    if (arguments.timeline) {
      out << reports::ShowTimeline(compared.result.recording) << '\n';
    }
    out << reports::ShowText(summary) << ShowComparison(compared);
  }
  return compared.comparison.identical ? ExitCodeOf(summary.verdict) : kExitNondeterminism;
}

// The text of a file that was named instead of a token; otherwise what was written.
sim::Result<std::string> TextWithToken(const std::string& written) {
  std::error_code ignored;
  if (written.contains("fl1~") || !std::filesystem::exists(written, ignored)) {
    return written;
  }
  return ReadWholeFile(written);
}

// Says whether the run came out as recorded; the exit code when it did not though it should have.
struct Judgement {
  std::string text;
  bool identical = false;
  std::optional<int> exit_code{};
};

Judgement CompareWithToken(const ReplayToken& token, const PreparedRun& prepared,
                           const reports::RunSummary& summary) {
  const std::string digest = ShortDigest(summary.digest);
  const std::string verdict(reports::Name(summary.verdict));
  if (token.digest == digest && token.verdict == verdict) {
    return {.text = "The run is identical to the recorded one.\n", .identical = true};
  }
  const std::string differs =
      fmt::format("The run differs from the recorded one: recorded {} {}, now {} {}.\n",
                  token.verdict, token.digest, verdict, digest);
  const bool should_be_equal = token.content_hash == prepared.token.content_hash &&
                               token.build_id == prepared.token.build_id;
  if (should_be_equal) {
    return {.text = differs +
                    "Build, scenario and input are the same, so something besides the "
                    "seed decides; `flinch run … --twice` finds it.\n",
            .exit_code = kExitNondeterminism};
  }
  return {.text = differs + "That proves nothing: build, scenario or input have changed.\n"};
}

}  // namespace

int RunCommand(const RunArguments& arguments, std::ostream& out, std::ostream& err) {
  sim::Result<PreparedRun> prepared = Prepare(arguments);
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error());
  }
  if (arguments.twice && !arguments.output) {
    return RunTwiceCommand(arguments, *std::move(prepared), out);
  }
  if (arguments.twice) {
    return ComplainAboutInput(err, {.code = sim::ErrorCode::kInvalidArgument,
                                    .message = "--twice compares two runs and writes no output; "
                                               "leave --output out."});
  }
  prepared->request.keep = arguments.timeline ? sim::Keep::kTrace : sim::Keep::kNothing;
  RunResult result = RunTimed(prepared->request);
  FillReplay(prepared->token, result.summary);
  if (arguments.json) {
    out << reports::ShowJson(result.summary);
  } else {
    if (arguments.timeline) {
      out << reports::ShowTimeline(result.recording) << '\n';
    }
    out << reports::ShowText(result.summary);
  }
  if (arguments.output) {
    const RegisteredJob* const job = FindJob(prepared->request.scenario.job.name);
    sim::Check(job != nullptr, "a scenario that was run has no job");
    if (const sim::Result<void> written = WriteOutput(*arguments.output, *job, result.output);
        !written) {
      return Complain(err, written.error());
    }
  }
  return ExitCodeOf(result.summary.verdict);
}

int ReplayCommand(const ReplayArguments& arguments, std::ostream& out, std::ostream& err) {
  const sim::Result<std::string> text = TextWithToken(arguments.text);
  if (!text) {
    return ComplainAboutInput(err, text.error());
  }
  const sim::Result<ReplayToken> token = FindToken(*text);
  if (!token) {
    return ComplainAboutInput(err, token.error());
  }
  sim::Result<PreparedRun> prepared = Prepare(ArgumentsOf(*token));
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error());
  }
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
  if (token->build_id != prepared->token.build_id) {
    err << fmt::format("flinch: The build has changed: recorded {}, now {}.\n", token->build_id,
                       prepared->token.build_id);
  }
  prepared->request.keep = arguments.timeline ? sim::Keep::kTrace : sim::Keep::kNothing;
  RunResult result = RunTimed(prepared->request);
  FillReplay(prepared->token, result.summary);
  const Judgement judgement = CompareWithToken(*token, *prepared, result.summary);
  if (arguments.json) {
    out << WithMembers(result.summary, {{"identical", judgement.identical},
                                        {"recorded_digest", token->digest},
                                        {"recorded_verdict", token->verdict}});
  } else {
    if (arguments.timeline) {
      out << reports::ShowTimeline(result.recording) << '\n';
    }
    out << reports::ShowText(result.summary) << judgement.text;
  }
  return judgement.exit_code.value_or(ExitCodeOf(result.summary.verdict));
}

}  // namespace flinch::scenarios
