#include "scenarios/cli/picture_commands.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/waits.h"
#include "reports/plain_text.h"
#include "reports/run_page.h"
#include "reports/trace_export.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/cli/request.h"
#include "scenarios/files/registry.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/portable_path.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/version.h"
#include "scenarios/stage/checkpoint_rows.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

using sim::RecordedEvent;

// The run, its summary with the line that runs it again, and all that it recorded.
struct Shown {
  RunResult result;
  std::vector<std::string> files;  // that it was made from
};

bool IsScenario(const std::string& text) {
  return !text.contains("fl1~") &&
         (FindLibraryScenario(text) != nullptr || text.ends_with(".toml") ||
          text.find_first_of("/. ") == std::string::npos);
}

sim::Result<PreparedRun> PrepareShown(const ShownRun& run, std::ostream& err) {
  if (IsScenario(run.text)) {
    return Prepare(
        {.scenario = run.text, .seed = run.seed.value_or(1), .input = run.elsewhere.input});
  }
  if (run.seed) {
    return Usage("The token says the seed; leave --seed out.");
  }
  const sim::Result<Pasted> pasted = ReadPasted(run.text, run.elsewhere);
  return pasted ? PreparePasted(*pasted, err) : sim::Fail(pasted);
}

sim::Result<Shown> PerformShown(const ShownRun& run, const std::string& program,
                                std::ostream& err) {
  sim::Result<PreparedRun> prepared = PrepareShown(run, err);
  if (!prepared) {
    return sim::Fail(prepared);
  }
  Shown shown;
  for (const std::string& file :
       {prepared->token.scenario, prepared->token.plan, prepared->token.input}) {
    if (const std::optional<std::string> found = FindPortable(file); !file.empty() && found) {
      shown.files.push_back(*found);
    }
  }
  prepared->request.keep = sim::Keep::kEverything;
  shown.result = Run(prepared->request);
  reports::RunSummary& summary = shown.result.summary;
  summary.replay =
      fmt::format("{} replay {}", program,
                  prepared->request.play ? ShellWord(PathFromHere(run.text).value_or(run.text))
                                         : ShowToken(TokenOf(prepared->token, summary)));
  return shown;
}

reports::TraceHeader HeaderOf(const reports::RunSummary& summary) {
  return {.scenario = summary.scenario,
          .seed = summary.seed,
          .verdict = std::string(reports::Name(summary.verdict)),
          .digest = summary.digest,
          .replay = summary.replay};
}

}  // namespace

std::vector<reports::CheckpointRow> CheckpointRowsOf(const sim::Recording& recording) {
  CheckpointRows rows(SIZE_MAX);
  for (const RecordedEvent& event : recording.events) {
    rows.OnEvent(event);
  }
  return rows.rows();
}

std::vector<reports::TaskTime> TaskTimesOf(const std::vector<sim::FiberTime>& fibers) {
  std::map<std::string, reports::TaskTime> times;  // a task may have lived in several processes
  for (const sim::FiberTime& fiber : fibers) {
    if (!fiber.fiber.starts_with(engine::kTaskFiber)) {
      continue;
    }
    const auto waited = [&fiber](std::string_view reason) {
      const auto found = fiber.waited.find(reason);
      return found == fiber.waited.end() ? sim::Duration() : found->second;
    };
    const std::string subtask = fiber.fiber.substr(engine::kTaskFiber.size());
    reports::TaskTime& time = times[subtask];
    time.subtask = subtask;
    time.lived += fiber.lived;
    time.back_pressured += waited(engine::kWaitForRoom);
    time.idle += waited(engine::kWaitForInput) + waited(engine::kWaitForFinalCheckpoint);
  }
  std::vector<reports::TaskTime> list;
  for (auto& [subtask, time] : times) {
    list.push_back(std::move(time));
  }
  return list;
}

int ReportCommand(const ReportArguments& arguments, const std::string& program, std::ostream& out,
                  std::ostream& err) {
  const sim::Result<Shown> shown = PerformShown(arguments.run, program, err);
  if (!shown) {
    return ComplainAboutInput(err, shown.error().message);
  }
  const sim::Result<OutputFile> file = OutputFile::Open(arguments.out, shown->files);
  if (!file) {
    return Complain(err, file.error());
  }
  const RunResult& result = shown->result;
  const std::string page =
      reports::ShowRunPage(result.summary, result.recording, CheckpointRowsOf(result.recording),
                           TaskTimesOf(result.fiber_times));
  if (const sim::Result<void> written = file->Write(page); !written) {
    return Complain(err, written.error());
  }
  out << fmt::format("{}  seed {}  {}\n{}: {} bytes; open it in a browser\n",
                     reports::OneLine(result.summary.scenario), result.summary.seed,
                     reports::Name(result.summary.verdict), reports::OneLine(arguments.out),
                     reports::ShowCount(page.size()));
  return kExitPassed;
}

int TraceCommand(const TraceArguments& arguments, const std::string& program, std::ostream& out,
                 std::ostream& err) {
  const sim::Result<Shown> shown = PerformShown(arguments.run, program, err);
  if (!shown) {
    return ComplainAboutInput(err, shown.error().message);
  }
  const RunResult& result = shown->result;
  const std::string trace =
      reports::ExportTrace(result.recording, arguments.format, HeaderOf(result.summary),
                           CheckpointRowsOf(result.recording));
  if (!arguments.out) {
    out << trace;
    return kExitPassed;
  }
  const sim::Result<OutputFile> file = OutputFile::Open(*arguments.out, shown->files);
  if (!file) {
    return Complain(err, file.error());
  }
  const sim::Result<void> written = file->Write(trace);
  return written ? kExitPassed : Complain(err, written.error());
}

}  // namespace flinch::scenarios
