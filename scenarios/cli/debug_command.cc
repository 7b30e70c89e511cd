#include "scenarios/cli/debug_command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/cli/fresh_process.h"
#include "scenarios/cli/gdb_commands.h"
#include "scenarios/cli/pasted.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/version.h"

namespace flinch::scenarios {

namespace {

constexpr int kNoGdb = 127;

sim::Result<uint64_t> EventOfFirstFinding(const ReplayArguments& arguments, std::ostream& err) {
  const sim::Result<Pasted> pasted = ReadPasted(arguments.text, arguments.elsewhere);
  if (!pasted) {
    return sim::Fail(pasted);
  }
  const sim::Result<PreparedRun> prepared = PreparePasted(*pasted, err);
  if (!prepared) {
    return sim::Fail(prepared);
  }
  for (const reports::Finding& finding : Run(prepared->request).summary.findings) {
    if (finding.event) {
      return finding.event->value();
    }
  }
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   "No finding of this run names an event to stop at; say which: --break-at EVENT. "
                   "`flinch replay TOKEN --timeline` tells their numbers.");
}

// The commands as a file in memory, which gdb inherits. The error is why there is none.
sim::Result<int> OpenCommands() {
  const int file = memfd_create("flinch-gdb", 0);
  const ssize_t size = static_cast<ssize_t>(kGdbCommands.size());
  if (file >= 0 && write(file, kGdbCommands.data(), kGdbCommands.size()) == size) {
    return file;
  }
  return sim::Fail(
      sim::ErrorCode::kIo,
      fmt::format("gdb's commands cannot be written to memory: {}.", std::strerror(errno)));
}

std::vector<std::string> WordsForGdb(const ReplayArguments& arguments, uint64_t event,
                                     int commands) {
  std::vector<std::string> words = {"gdb",        "-q",
                                    "-x",         fmt::format("/proc/self/fd/{}", commands),
                                    "-ex",        "break flinch_at_event",
                                    "-ex",        "run",
                                    "--args",     OwnProgram(),
                                    "replay",     arguments.text,
                                    "--break-at", std::to_string(event)};
  if (arguments.force) {
    words.emplace_back("--force");
  }
  using Place = std::pair<const char*, const std::optional<std::string>&>;
  for (const auto& [flag, file] :
       {Place{"--scenario", arguments.elsewhere.scenario},
        Place{"--plan", arguments.elsewhere.plan}, Place{"--input", arguments.elsewhere.input}}) {
    if (file) {
      words.insert(words.end(), {flag, *file});
    }
  }
  return words;
}

// As the shell does it: what the terminal sends is for gdb. Its exit code, or kNoGdb.
int Await(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  struct sigaction former{};
  sigaction(SIGINT, &ignore, &former);
  const pid_t child = fork();
  if (child == 0) {
    sigaction(SIGINT, &former, nullptr);
    execvp(arguments.front(), arguments.data());
    _exit(kNoGdb);
  }
  int status = kNoGdb << 8;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  sigaction(SIGINT, &former, nullptr);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

sim::Result<std::string> ShowStackAt(uint64_t event, const RunResult& result) {
  if (event == 0 || event > result.summary.events) {
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("There is no event {}: the run has {}.", event, result.summary.events));
  }
  std::string text = fmt::format("Event #{} is of {}:\n", event, result.recording.actor);
  for (const std::string& function : result.recording.stack) {
    text += fmt::format("  at {}\n", function);
  }
  return text;
}

int GdbCommand(const ReplayArguments& arguments, std::ostream& err) {
  const sim::Result<uint64_t> event =
      arguments.break_at ? *arguments.break_at : EventOfFirstFinding(arguments, err);
  if (!event) {
    return ComplainAboutInput(err, event.error().message);
  }
  const sim::Result<int> commands = OpenCommands();
  if (!commands) {
    return Complain(err, commands.error());
  }
  err << fmt::format("flinch: gdb will stop in flinch_at_event, at event {}.\n", *event);
  err.flush();
  const int exit_code = Await(WordsForGdb(arguments, *event, *commands));
  close(*commands);
  if (exit_code == kNoGdb) {
    return Complain(
        err,
        {sim::ErrorCode::kUnavailable,
         fmt::format("gdb cannot be started: is it installed? In another debugger, stop at the "
                     "function flinch_at_event, and run `flinch replay TOKEN --break-at {}`.",
                     *event)});
  }
  return exit_code;
}

}  // namespace flinch::scenarios
