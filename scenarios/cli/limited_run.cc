#include "scenarios/cli/limited_run.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/plain_text.h"
#include "scenarios/cli/run_commands.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/version.h"
#include "scenarios/lab/worker_pool.h"
#include "sim/check.h"
#include "sim/text/text.h"
#include "sim/time.h"

namespace flinch::scenarios {

namespace {

std::string WhatWillBeDone(const SeedLimits& limits) {
  std::string text = "flinch: This run is ended where a hunt would end it:";
  if (limits.timeout_ns) {
    text += fmt::format(" after {} of its own time{}", sim::Show(sim::Duration(*limits.timeout_ns)),
                        limits.memory ? " and" : "");
  }
  if (limits.memory) {
    text += fmt::format(" at {} of memory", ShowBytes(*limits.memory));
  }
  return text + ". Without these limits it goes on until it is over.\n";
}

// What the process of the run says: exit code, length of the output, both streams.
std::string Pack(int exit_code, const std::string& out, const std::string& err) {
  return fmt::format("{} {} {}{}", exit_code, out.size(), out, err);
}

int Unpack(const std::string& text, std::ostream& out, std::ostream& err) {
  std::istringstream in(text);
  int exit_code = 0;
  size_t size = 0;
  in >> exit_code >> size;
  sim::Check(!in.fail(), "a run answered {}", text::Quote(text));
  const auto begin = static_cast<size_t>(in.tellg()) + 1;
  out << text.substr(begin, size);
  err << text.substr(begin + size);
  return exit_code;
}

void Tell(const RunArguments& arguments, const UnitResult& result, std::ostream& out) {
  if (arguments.json) {
    out << nlohmann::ordered_json{{"scenario", result.scenario},
                                  {"seed", std::to_string(result.seed)},
                                  {"verdict", Name(result.verdict)},
                                  {"signature", result.signature},
                                  {"witness", result.witness}}
               .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
        << '\n';
    return;
  }
  out << fmt::format("{}  seed {}  {}\n\n", text::Printable(result.scenario), result.seed,
                     Name(result.verdict))
      << reports::Wrap(result.witness, 2);
}

}  // namespace

int LimitedRunCommand(const RunArguments& arguments, const std::string& program, std::ostream& out,
                      std::ostream& err) {
  err << WhatWillBeDone(arguments.limits);
  err.flush();
  const WorkerPool::Options limits{
      .workers = 1,
      .patience_ns = arguments.limits.timeout_ns.value_or(std::numeric_limits<int64_t>::max()),
      .memory_bytes = arguments.limits.memory.value_or(0)};
  WorkerPool pool(
      limits,
      [&](const std::string&) {
        RunArguments unlimited = arguments;
        unlimited.limits = {};
        std::ostringstream own_out;
        std::ostringstream own_err;
        const int exit_code = RunCommand(unlimited, program, own_out, own_err);
        return Pack(exit_code, own_out.str(), own_err.str());
      },
      RealNow);
  bool is_given = false;
  int exit_code = kExitInternal;
  const sim::Result<void> ran =
      pool.Run({.next = [&]() -> std::optional<std::string> {
                  return std::exchange(is_given, true) ? std::nullopt : std::optional("run");
                },
                .done =
                    [&](const std::string&, const Answer& answer) {
                      if (answer.fate == Fate::kAnswered) {
                        exit_code = Unpack(answer.text, out, err);
                        return;
                      }
                      UnitResult result{.scenario = arguments.scenario, .seed = arguments.seed};
                      JudgeFate(answer, limits, result);
                      Tell(arguments, result, out);
                      exit_code = result.verdict == UnitVerdict::kNondeterministic
                                      ? kExitNondeterminism
                                      : kExitViolation;
                    },
                .tick = [] { return true; }});
  return ran ? exit_code : Complain(err, ran.error());
}

}  // namespace flinch::scenarios
