#include "scenarios/cli/commands.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <variant>

#include "scenarios/cli/bench_command.h"
#include "scenarios/cli/campaign_command.h"
#include "scenarios/cli/command_line.h"
#include "scenarios/cli/completion.h"
#include "scenarios/cli/debug_command.h"
#include "scenarios/cli/defects_command.h"
#include "scenarios/cli/demo_command.h"
#include "scenarios/cli/explain_commands.h"
#include "scenarios/cli/fresh_process.h"
#include "scenarios/cli/hunt_command.h"
#include "scenarios/cli/inspect_commands.h"
#include "scenarios/cli/keep_commands.h"
#include "scenarios/cli/manual.h"
#include "scenarios/cli/new_project.h"
#include "scenarios/cli/picture_commands.h"
#include "scenarios/cli/run_commands.h"
#include "scenarios/cli/shrink_commands.h"
#include "scenarios/cli/state_command.h"
#include "scenarios/cli/study_command.h"
#include "scenarios/cli/verify_command.h"
#include "scenarios/files/file_schema.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt_progress.h"
#include "scenarios/lab/version.h"

namespace flinch::scenarios {

namespace {

// A line may be drawn over itself where a person looks at a terminal that can.
ProgressStyle StyleOf(const std::ostream& err) {
  const char* const terminal = std::getenv("TERM");
  const bool can = terminal != nullptr && std::string_view(terminal) != "dumb";
  return &err == &std::cerr && can && isatty(STDERR_FILENO) == 1 ? ProgressStyle::kTerminal
                                                                 : ProgressStyle::kLines;
}

// How wide a list may be: as COLUMNS says, or the terminal. 0: any, for nobody looks at it.
size_t ColumnsOf(const std::ostream& out) {
  constexpr size_t kFewest = 20;
  const char* const told = std::getenv("COLUMNS");
  const std::string_view text(told == nullptr ? "" : told);
  size_t columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (error == std::errc() && end == text.data() + text.size() && columns > 0) {
    return std::max(columns, kFewest);
  }
  return &out == &std::cout && isatty(STDOUT_FILENO) == 1 ? TerminalColumns(STDOUT_FILENO) : 0;
}

struct Dispatcher {
  const std::string& program;
  std::ostream& out;
  std::ostream& err;

  int operator()(const RunArguments& arguments) const {
    return RunCommand(arguments, program, out, err);
  }

  int operator()(const ReplayArguments& arguments) const {
    return arguments.gdb ? GdbCommand(arguments, err) : ReplayCommand(arguments, program, out, err);
  }

  int operator()(const VerifyArguments& arguments) const {
    return VerifyCommand(arguments, program, OwnProgram(), out, err);
  }

  int operator()(const ListArguments& arguments) const {
    return ListCommand(arguments, ColumnsOf(out), out);
  }

  int operator()(const CheckArguments& arguments) const {
    return CheckCommand(arguments, out, err);
  }

  int operator()(const BenchArguments& arguments) const {
    return BenchCommand(arguments, out, err);
  }

  int operator()(const StateArguments& arguments) const {
    return StateCommand(arguments, out, err);
  }

  int operator()(const HuntArguments& arguments) const {
    return HuntCommand(arguments, program, StyleOf(err), out, err);
  }

  int operator()(const MergeArguments& arguments) const {
    return MergeCommand(arguments, program, out, err);
  }

  int operator()(const DefectsArguments& arguments) const {
    return DefectsCommand(arguments, StyleOf(err), out, err);
  }

  int operator()(const ShrinkArguments& arguments) const {
    return ShrinkCommand(arguments, program, out, err);
  }

  int operator()(const DiffArguments& arguments) const { return DiffCommand(arguments, out, err); }

  int operator()(const ExplainArguments& arguments) const {
    return ExplainCommand(arguments, program, out, err);
  }

  int operator()(const KeepArguments& arguments) const {
    return KeepCommand(arguments, program, out, err);
  }

  int operator()(const RegressArguments& arguments) const {
    return RegressCommand(arguments, program, out, err);
  }

  int operator()(const ReportArguments& arguments) const {
    return ReportCommand(arguments, program, out, err);
  }

  int operator()(const TraceArguments& arguments) const {
    return TraceCommand(arguments, program, out, err);
  }

  int operator()(const StudyArguments& arguments) const {
    return StudyCommand(arguments, out, err);
  }

  int operator()(const NewArguments& arguments) const { return NewCommand(arguments, out, err); }

  int operator()(const CampaignArguments& arguments) const {
    return CampaignCommand(arguments, program, out);
  }

  int operator()(const CompletionArguments& arguments) const {
    return CompletionCommand(arguments, out);
  }

  int operator()(const CompleteArguments& arguments) const {
    return CompleteCommand(arguments, out);
  }

  int operator()(const ManArguments& arguments) const { return ManCommand(arguments, out, err); }

  int operator()(const SchemaArguments& arguments) const {
    out << (arguments.what == SchemaOf::kScenario ? ScenarioSchema() : PlanSchema());
    return kExitPassed;
  }

  int operator()(const DemoArguments& arguments) const {
    return DemoCommand(arguments, program, out, err);
  }

  int operator()(const TextCommand& command) const {
    (command.exit_code == kExitPassed ? out : err) << command.text;
    return command.exit_code;
  }
};

}  // namespace

int RunProgram(const std::string& program, std::span<const std::string> words, std::ostream& out,
               std::ostream& err) {
  const sim::Result<Command> command = ParseCommandLine(words);
  if (!command) {
    return ComplainAboutInput(err, command.error().message);
  }
  const int exit_code =
      std::visit(Dispatcher{.program = program, .out = out, .err = err}, *command);
  out.flush();
  if (!out) {
    err << "flinch: The result cannot be written: the standard output is closed or full.\n";
    return kExitOutput;
  }
  return exit_code;
}

}  // namespace flinch::scenarios
