#include "scenarios/cli/shrink_commands.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "faults/fault_plan_toml.h"
#include "reports/diff_page.h"
#include "reports/plain_text.h"
#include "reports/run_summary.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/cli/trail_text.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/interrupt.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/step_progress.h"
#include "scenarios/lab/version.h"
#include "scenarios/shrink/shrink.h"
#include "sim/check.h"
#include "sim/recording/divergence.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

void PrintHeading(std::ostream& out) {
  out << fmt::format("  {:<9} {:>7} {:>9} {:>10} {:>9} {:>10} {:>6}\n", "", "faults", "records",
                     "processes", "settings", "events", "runs");
}

void PrintStep(const ShrinkStep& step, std::ostream& out) {
  const RunSize& size = step.size;
  out << fmt::format("  {:<9} {:>7} {:>9} {:>10} {:>9} {:>10} {:>6}\n",
                     step.pass.empty() ? "given" : step.pass, size.faults, size.records,
                     size.processes, size.settings, reports::ShowCount(size.events), step.runs);
  out.flush();
}

ordered_json JsonOf(const RunSize& size) {
  return {{"faults", size.faults},     {"records", size.records}, {"processes", size.processes},
          {"settings", size.settings}, {"choices", size.choices}, {"events", size.events}};
}

std::string ShowJson(const Shrunk& shrunk, const WrittenRun& written, int64_t wall_ns) {
  ordered_json settings = ordered_json::array();
  for (const Setting& setting : written.arguments.settings) {
    settings.push_back(setting.key + "=" + setting.value);
  }
  const ordered_json object = {{"scenario", written.summary.scenario},
                               {"seed", fmt::format("{}", written.summary.seed)},
                               {"signature", shrunk.signature},
                               {"runs", shrunk.runs},
                               {"known", shrunk.known},
                               {"stopped", shrunk.stopped},
                               {"from", JsonOf(shrunk.steps.front().size)},
                               {"to", JsonOf(shrunk.steps.back().size)},
                               {"faults", written.arguments.faults},
                               {"settings", settings},
                               {"defects", written.arguments.defects},
                               {"strategy", sim::Show(written.arguments.scheduling)},
                               {"digest", sim::Show(written.summary.digest)},
                               {"wall_ns", wall_ns},
                               {"replay", written.summary.replay}};
  return object.dump() + "\n";
}

std::string ShowLeft(const Shrunk& shrunk, const WrittenRun& written) {
  std::string text = "left:\n";
  for (const std::string& fault : written.arguments.faults) {
    text += fmt::format("  --fault    {}\n", fault);
  }
  for (const Setting& setting : written.arguments.settings) {
    text += fmt::format("  --set      {}={}\n", setting.key, setting.value);
  }
  for (const std::string& defect : written.arguments.defects) {
    text += fmt::format("  --defect   {}\n", defect);
  }
  if (const uint64_t choices = shrunk.steps.back().size.choices; shrunk.run.play) {
    text += fmt::format("  {} choice{} on a tape\n", choices, choices == 1 ? "" : "s");
  } else if (written.arguments.scheduling != sim::Scheduling()) {
    text += fmt::format("  --strategy {}\n", sim::Show(written.arguments.scheduling));
  }
  return text + "\n";
}

// The file that was asked for, or nothing.
sim::Result<std::optional<OutputFile>> OpenTape(const ShrinkArguments& arguments) {
  if (!arguments.tape) {
    return std::optional<OutputFile>();
  }
  // A token is no file; its name does no harm.
  sim::Result<OutputFile> opened =
      OutputFile::Open(*arguments.tape, std::vector<std::string>{arguments.text});
  if (!opened) {
    return sim::Fail(opened);
  }
  return std::optional(*std::move(opened));
}

// Tells each step, and between them on a terminal how many runs there were.
sim::Result<Shrunk> ShrinkTold(RunRequest run, ShrinkOptions options, bool json, std::ostream& out,
                               std::ostream& err) {
  StepProgress progress(StyleOnTerminal(err), "runs", 0, RealNow, err);
  options.tried = [&progress](uint64_t runs) { progress.Show(runs); };
  if (!json) {
    options.tell = [&progress, &out](const ShrinkStep& step) {
      progress.Clear();
      if (step.pass.empty()) {
        PrintHeading(out);
      }
      PrintStep(step, out);
    };
  }
  return Shrink(std::move(run), options);
}

}  // namespace

WrittenRun WriteDown(const Shrunk& shrunk, const RunArguments& given, const Scenario& base,
                     const std::string& program) {
  WrittenRun written{.arguments = given, .summary = {}};
  RunArguments& arguments = written.arguments;
  arguments.plan.reset();
  arguments.faults.clear();
  for (const faults::Fault& fault : shrunk.run.plan->faults) {
    arguments.faults.push_back(faults::ShowInline(fault));
  }
  arguments.settings = SettingsBetween(base, shrunk.run.scenario);
  arguments.defects = NamesOf(shrunk.run.defects);
  arguments.scheduling = shrunk.run.scheduling;
  sim::Result<PreparedRun> prepared = Prepare(arguments);
  sim::Check(prepared.has_value(), "what was shrunk cannot be written down: {}",
             prepared ? std::string() : prepared.error().message);
  if (shrunk.stopped) {
    // Who has no time left gets no run more.
    written.summary = shrunk.summary;
  } else {
    prepared->request.play = shrunk.run.play;
    const auto begin = std::chrono::steady_clock::now();
    written.summary = Run(prepared->request).summary;
    written.summary.wall_ns =
        std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
    sim::Check(written.summary.digest == shrunk.summary.digest,
               "what was shrunk is another run when it is written down");
  }
  written.summary.replay =
      program + " replay " + ShowToken(TokenOf(std::move(prepared->token), written.summary));
  return written;
}

int ShrinkCommand(const ShrinkArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err) {
  std::optional<Alarm> alarm;
  if (arguments.for_ns) {
    alarm.emplace(*arguments.for_ns);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [begin] {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
  };
  const sim::Result<Pasted> pasted = ReadPasted(arguments.text, arguments.elsewhere);
  if (!pasted) {
    return ComplainAboutInput(err, pasted.error().message);
  }
  if (pasted->tape && !arguments.tape) {
    return ComplainAboutInput(err,
                              "This run chooses by a tape. Say where the smaller one goes: --tape "
                              "FILE.");
  }
  sim::Result<PreparedRun> prepared = PreparePasted(*pasted, err);
  if (!prepared) {
    return ComplainAboutInput(err, prepared.error().message);
  }
  const sim::Result<Scenario> base = LoadScenario(pasted->token.scenario);
  if (!base) {
    return ComplainAboutInput(err, base.error().message);
  }
  sim::Result<std::optional<OutputFile>> tape = OpenTape(arguments);
  if (!tape) {
    return Complain(err, tape.error());
  }
  const RunArguments given = ArgumentsOf(pasted->token);
  const InterruptWatch watch;
  ShrinkOptions options{
      .input = given.input, .base = *base, .may_use_tape = arguments.tape.has_value()};
  options.stop = [&] { return watch.signal() != 0 || (alarm && alarm->is_over()); };
  const sim::Result<Shrunk> shrunk =
      ShrinkTold(std::move(prepared->request), std::move(options), arguments.json, out, err);
  if (!shrunk) {
    return Complain(err, shrunk.error());
  }
  WrittenRun written = WriteDown(*shrunk, given, *base, program);
  if (shrunk->run.play) {
    const std::string text = ShowTapeFile(written.summary.replay, *shrunk->run.play);
    if (const sim::Result<void> kept = (*tape)->Write(text); !kept) {
      return Complain(err, kept.error());
    }
    // The token alone would be another run.
    written.summary.replay =
        program + " replay " + ShellWord(PathFromHere(*arguments.tape).value_or(*arguments.tape));
  }
  const int64_t wall_ns = elapsed();
  if (arguments.json) {
    out << ShowJson(*shrunk, written, wall_ns);
    return kExitPassed;
  }
  out << fmt::format("\n{} {} runs in {:.1f} s, {} fails like the first: {}\n\n",
                     shrunk->stopped ? "Stopped after" : "Nothing smaller: of", shrunk->runs,
                     static_cast<double>(wall_ns) / 1e9,
                     shrunk->stopped ? "the smallest so far" : "the smallest", shrunk->signature)
      << ShowLeft(*shrunk, written) << reports::ShowText(written.summary);
  return kExitPassed;
}

namespace {

// Both once more, with all that they told.
sim::Result<void> WriteDiffPage(const OutputFile& page, std::vector<RunRequest> runs) {
  std::vector<RunResult> results;
  for (RunRequest& run : runs) {
    run.keep = sim::Keep::kTrace;
    results.push_back(Run(run));
  }
  return page.Write(reports::ShowDiffPage({results[0].summary, results[0].recording},
                                          {results[1].summary, results[1].recording}));
}

}  // namespace

int DiffCommand(const DiffArguments& arguments, std::ostream& out, std::ostream& err) {
  std::vector<RunRequest> runs;
  for (const std::string& written : {arguments.first, arguments.second}) {
    const sim::Result<Pasted> pasted = ReadPasted(written);
    if (!pasted) {
      return ComplainAboutInput(err, pasted.error().message);
    }
    sim::Result<PreparedRun> prepared = PreparePasted(*pasted, err);
    if (!prepared) {
      return ComplainAboutInput(err, prepared.error().message);
    }
    runs.push_back(std::move(prepared->request));
  }
  std::optional<OutputFile> page;
  if (arguments.report) {
    sim::Result<OutputFile> opened = OutputFile::Open(*arguments.report, {});
    if (!opened) {
      return Complain(err, opened.error());
    }
    page = *std::move(opened);
  }
  const auto experiment = [&runs](size_t index) {
    return [&run = runs[index]](const sim::Lens& lens) { return PerformForTrail(run, lens); };
  };
  const std::optional<sim::Divergence> divergence =
      sim::FindDivergence(experiment(0), experiment(1));
  if (arguments.json) {
    ordered_json object = {{"identical", !divergence.has_value()}};
    if (divergence) {
      object["event"] = divergence->event.value();
      object["first"] = divergence->first.event;
      object["second"] = divergence->second.event;
    }
    out << object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
  } else {
    out << (divergence ? sim::Show(*divergence, "first run", "second run")
                       : "Both are the same run.\n");
  }
  if (page) {
    if (const sim::Result<void> written = WriteDiffPage(*page, std::move(runs)); !written) {
      return Complain(err, written.error());
    }
  }
  return divergence ? kExitViolation : kExitPassed;
}

}  // namespace flinch::scenarios
