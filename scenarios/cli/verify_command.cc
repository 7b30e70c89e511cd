#include "scenarios/cli/verify_command.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/ci_output.h"
#include "scenarios/cli/fresh_process.h"
#include "scenarios/cli/request.h"
#include "scenarios/cli/trail_text.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/step_progress.h"
#include "scenarios/lab/version.h"
#include "sim/recording/divergence.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

// What the message of a refused call begins with (sim/kernel/interpose.h).
constexpr std::string_view kRefused = "flinch: nondeterminism:";

// What came of the seeds of one scenario.
struct Verified {
  std::string scenario;
  uint64_t identical = 0;
  std::vector<uint64_t> different{};
  // Of the first different seed: where, or what ended its runs.
  std::optional<sim::Divergence> divergence{};
  std::string refused{};
  // Our own trouble, which proves nothing.
  std::string trouble{};
};

// The arguments of one seed's run, without the seed. Paths are absolute: workers stand elsewhere.
std::vector<std::string> WordsOf(const RunArguments& run) {
  std::vector<std::string> words = {"run", run.scenario};
  for (const Setting& setting : run.settings) {
    words.insert(words.end(), {"--set", fmt::format("{}={}", setting.key, setting.value)});
  }
  if (run.scheduling != sim::Scheduling{}) {
    words.insert(words.end(), {"--strategy", sim::Show(run.scheduling)});
  }
  for (const std::string& defect : run.defects) {
    words.insert(words.end(), {"--defect", defect});
  }
  for (const std::string& fault : run.faults) {
    words.insert(words.end(), {"--fault", fault});
  }
  for (const auto& [flag, file] :
       {std::pair("--plan", run.plan), std::pair("--input", run.input)}) {
    if (file) {
      words.insert(words.end(), {flag, *file});
    }
  }
  return words;
}

struct Side {
  std::optional<sim::Trail> trail{};
  std::string trouble{};  // what the worker said when it left no trail
};

// Runs one seed of one scenario, on either side.
class Runner {
 public:
  Runner(std::string worker, const RunArguments& run)
      : worker_(std::move(worker)), words_(WordsOf(run)) {}

  sim::Result<FreshProcess> Start(uint64_t seed, const Surroundings& surroundings,
                                  const sim::Lens& lens) const {
    std::vector<std::string> words = {worker_};
    words.insert(words.end(), words_.begin(), words_.end());
    words.insert(words.end(), {"--seed", std::to_string(seed), "--trail", ShowLens(lens)});
    return FreshProcess::Start(words, surroundings);
  }

  static Side Finish(sim::Result<FreshProcess>& process) {
    if (!process) {
      return {.trouble = process.error().message};
    }
    const Ended ended = process->Await();
    sim::Result<sim::Trail> trail = ParseTrail(ended.out);
    if (ended.exit_code == kExitPassed && trail) {
      return {.trail = *std::move(trail)};
    }
    return {.trouble =
                ended.err.empty() ? fmt::format("exit code {}", ended.exit_code) : ended.err};
  }

  // For the search; a side that leaves no trail leaves its last words as judgement.
  sim::Experiment OnSide(uint64_t seed, const Surroundings& surroundings) const {
    return [this, seed, surroundings](const sim::Lens& lens) {
      sim::Result<FreshProcess> process = Start(seed, surroundings, lens);
      Side side = Finish(process);
      return side.trail ? *std::move(side.trail)
                        : sim::Trail{.kept = {}, .judgement = side.trouble};
    };
  }

 private:
  std::string worker_;
  std::vector<std::string> words_;
};

// Both sides of a seed at once. False: go no further with this scenario.
bool VerifySeed(const Runner& runner, uint64_t seed, Verified& verified) {
  const Surroundings plain = PlainSurroundings();
  const Surroundings hostile = HostileSurroundings();
  sim::Result<FreshProcess> first = runner.Start(seed, plain, sim::Lens::Nothing());
  sim::Result<FreshProcess> second = runner.Start(seed, hostile, sim::Lens::Nothing());
  const Side left = Runner::Finish(first);
  const Side right = Runner::Finish(second);
  if (left.trail && right.trail && left.trail->SameRunAs(*right.trail)) {
    ++verified.identical;
    return true;
  }
  const std::string& trouble = left.trail ? right.trouble : left.trouble;
  // A run that ends well on one side only is what uninitialised memory looks like. On both sides it
  // is trouble of another kind.
  const bool one_side_only = left.trail.has_value() != right.trail.has_value();
  if (!trouble.empty() && !one_side_only && !trouble.contains(kRefused)) {
    verified.trouble = fmt::format("seed {}: {}", seed, trouble);
    return false;
  }
  const bool is_first = verified.different.empty();
  verified.different.push_back(seed);
  if (is_first && !trouble.empty()) {
    verified.refused = trouble;
  } else if (is_first) {
    verified.divergence =
        sim::FindDivergence(runner.OnSide(seed, plain), runner.OnSide(seed, hostile));
  }
  return true;
}

std::string ReplayLine(const VerifyArguments& arguments, const std::string& program,
                       const Verified& verified) {
  RunArguments run = arguments.run;
  run.scenario = verified.scenario;
  std::vector<std::string> words = WordsOf(run);
  words.front() = "verify";
  const uint64_t seed = verified.different.front();
  words.insert(words.end(), {"--seeds", fmt::format("{}..{}", seed, seed)});
  std::string line = program;
  for (const std::string& word : words) {
    line += ' ' + ShellWord(word);
  }
  return line;
}

std::string ShowForPeople(const VerifyArguments& arguments, const std::string& program,
                          const Verified& verified, size_t width) {
  std::string text =
      fmt::format("{:<{}}  {} of {} seeds identical\n", verified.scenario, width,
                  verified.identical, verified.identical + verified.different.size());
  if (verified.different.empty()) {
    return text;
  }
  const uint64_t seed = verified.different.front();
  if (!verified.refused.empty()) {
    text += fmt::format("\nSeed {} was stopped.\n{}", seed, verified.refused);
  } else if (verified.divergence) {
    text += fmt::format("\nSeed {} gives two different runs: something besides it decides. {}",
                        seed, sim::Show(*verified.divergence, "plain", "hostile"));
  } else {
    text += fmt::format(
        "\nSeed {} gave two different runs, and then the same: what decides comes "
        "and goes.\n",
        seed);
  }
  return text + fmt::format("replay: {}\n", ReplayLine(arguments, program, verified));
}

ordered_json ShowSide(const sim::Divergence::Side& side) {
  return {{"event", side.event}, {"actor", side.actor}, {"stack", side.stack}};
}

ordered_json ShowAsJson(const VerifyArguments& arguments, const std::string& program,
                        const Verified& verified) {
  ordered_json object = {{"scenario", verified.scenario},
                         {"seeds", verified.identical + verified.different.size()},
                         {"identical", verified.identical},
                         {"different", ordered_json::array()}};
  for (const uint64_t seed : verified.different) {
    object["different"].push_back(std::to_string(seed));
  }
  if (!verified.different.empty()) {
    object["replay"] = ReplayLine(arguments, program, verified);
  }
  if (!verified.refused.empty()) {
    object["refused"] = verified.refused;
  }
  if (verified.divergence) {
    object["event"] = verified.divergence->event.value();
    object["plain"] = ShowSide(verified.divergence->first);
    object["hostile"] = ShowSide(verified.divergence->second);
  }
  return object;
}

struct Settled {
  RunArguments run;     // with absolute paths
  std::string content;  // of the scenario
};

reports::CiCase VerifyCase(const VerifyArguments& arguments, const std::string& program,
                           const Verified& verified) {
  reports::CiCase each{.suite = verified.scenario,
                       .name = "deterministic",
                       .promise = "The same seed gives the same run in any surroundings.",
                       .file = FileOfScenario(verified.scenario)};
  if (!verified.different.empty()) {
    each.outcome = reports::CiOutcome::kFailed;
    each.findings.push_back(
        {.signature = "nondeterministic: two runs of one seed differ",
         .message =
             fmt::format("{} of {} seeds gave two different runs: something besides the "
                         "seed decides.",
                         verified.different.size(), verified.identical + verified.different.size()),
         .story = {verified.divergence ? sim::Show(*verified.divergence, "plain", "hostile")
                                       : verified.refused},
         .replay = ReplayLine(arguments, program, verified)});
  }
  return each;
}

// Refuses what no worker could run, in the words of `run`.
sim::Result<Settled> Settle(const VerifyArguments& arguments, const std::string& scenario) {
  RunArguments run = arguments.run;
  run.scenario = scenario;
  run.seed = arguments.seeds.first;
  const sim::Result<PreparedRun> prepared = Prepare(run);
  if (!prepared) {
    return sim::Fail(prepared);
  }
  return Settled{.run = ArgumentsOf(prepared->token), .content = ShowToml(prepared->unvaried)};
}

// What is verified: each scenario once, whatever it is called.
struct Agenda {
  std::vector<RunArguments> runs{};
  std::vector<std::string> names{};
  size_t width = 0;  // of the longest name
};

sim::Result<Agenda> SettleAll(const VerifyArguments& arguments) {
  Agenda agenda;
  std::set<std::string> known;
  for (const std::string& scenario : arguments.scenarios) {
    sim::Result<Settled> settled = Settle(arguments, scenario);
    if (!settled) {
      return sim::Fail(settled);
    }
    if (known.insert(settled->content).second) {
      agenda.runs.push_back(std::move(settled->run));
      agenda.names.push_back(scenario);
      agenda.width = std::max(agenda.width, scenario.size());
    }
  }
  return agenda;
}

// Of all seeds; those behind a trouble are not run.
Verified VerifyScenario(const VerifyArguments& arguments, const std::string& worker,
                        const std::string& name, const RunArguments& run, std::ostream& err) {
  Verified verified{.scenario = name};
  const uint64_t seeds = arguments.seeds.last - arguments.seeds.first + 1;
  StepProgress progress(StyleOfProgress(err), fmt::format("seeds of {}", name), seeds, RealNow,
                        err);
  const Runner runner(worker, run);
  // The last seed may be the greatest there is.
  for (uint64_t seed = arguments.seeds.first;
       VerifySeed(runner, seed, verified) && seed != arguments.seeds.last; ++seed) {
    progress.Show(seed - arguments.seeds.first + 1);
  }
  return verified;
}

}  // namespace

int VerifyCommand(const VerifyArguments& arguments, const std::string& program,
                  const std::string& worker, std::ostream& out, std::ostream& err) {
  const sim::Result<Agenda> agenda = SettleAll(arguments);
  if (!agenda) {
    return ComplainAboutInput(err, agenda.error().message);
  }
  sim::Result<CiOutput> ci = CiOutput::Open(arguments.run.ci, {}, out, err);
  if (!ci) {
    return Complain(err, ci.error());
  }
  ordered_json scenarios = ordered_json::array();
  reports::CiReport report{.command = "verify", .version = std::string(kVersion)};
  bool all_identical = true;
  for (size_t index = 0; index < agenda->runs.size(); ++index) {
    const Verified verified =
        VerifyScenario(arguments, worker, agenda->names[index], agenda->runs[index], err);
    if (!verified.trouble.empty()) {
      err << fmt::format("flinch: {}, {}\n", verified.scenario, verified.trouble);
      return kExitInternal;
    }
    all_identical = all_identical && verified.different.empty();
    report.cases.push_back(VerifyCase(arguments, program, verified));
    if (arguments.run.json) {
      scenarios.push_back(ShowAsJson(arguments, program, verified));
    } else {
      ci->text() << ShowForPeople(arguments, program, verified, agenda->width) << std::flush;
    }
  }
  const std::vector<std::string> differences = DifferencesOfSurroundings();
  if (arguments.run.json) {
    out << ordered_json{{"identical", all_identical},
                        {"surroundings", differences},
                        {"scenarios", scenarios}}
               .dump(-1, ' ', false, ordered_json::error_handler_t::replace)
        << '\n';
  } else {
    ci->text() << fmt::format("Each seed ran in two fresh processes that differ in {}.\n",
                              fmt::join(differences, ", "));
  }
  if (const sim::Result<void> written = ci->Finish(report); !written) {
    return Complain(err, written.error());
  }
  return all_identical ? kExitPassed : kExitNondeterminism;
}

}  // namespace flinch::scenarios
