#include "scenarios/cli/command_line.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/cli/build_identity.h"
#include "scenarios/cli/campaign_options.h"
#include "scenarios/cli/ci_options.h"
#include "scenarios/cli/hunt_options.h"
#include "scenarios/cli/inspect_options.h"
#include "scenarios/cli/limit_options.h"
#include "scenarios/cli/picture_options.h"
#include "scenarios/cli/text_options.h"
#include "scenarios/cli/token_options.h"
#include "scenarios/cli/trail_text.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/version.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using text::Quote;

constexpr auto kVerbs = std::to_array<std::string_view>(
    {"run",     "hunt",   "merge",  "replay", "shrink", "explain",    "diff",    "keep",
     "regress", "verify", "report", "trace",  "study",  "campaign",   "defects", "list",
     "check",   "bench",  "state",  "new",    "demo",   "completion", "man",     "schema"});

constexpr std::string_view kPurpose =
    "flinch runs stream jobs through seeded failures in a deterministic simulation.\n";

constexpr std::string_view kUsage =
    R"(
Commands:
  run SCENARIO      one seeded run: verdict, counts, faults that fired, digest
  hunt SCENARIO…    many seeds in worker processes: failures by kind, each with a line to replay it
  merge DIR…        the results of a hunt's shards as one
  campaign emit     a hunt as a script for Slurm, GNU parallel, Kubernetes, GitHub or GitLab
  replay TOKEN      the same run again, from the line that a run printed
  shrink TOKEN      the smallest run that fails like this one
  explain TOKEN     why it failed: from the faults to the broken promise
  diff TOKEN TOKEN  the first event in which two runs differ
  report TOKEN      a page about a run: one file, opened from disk
  trace export TOKEN  a run for other viewers: Perfetto, ShiViz, JSON Lines
  state ls SNAPSHOT   what a kept snapshot holds; cat: its entries, diff: what has changed
  study SCENARIO    what becomes of it when an option changes: CSV and pictures
  keep TOKEN        write a failure down as a regression
  regress [FILE…]   run what was kept, and say what is no longer so
  verify SCENARIO…  every seed twice, in fresh processes under different surroundings
  defects           for each planted defect, how many seeds until an oracle finds it
  list [WHAT]       scenarios, jobs, faults, events, oracles or defects
  check FILE...     read scenario and fault-plan files and say what is wrong
  bench SUITE       how fast flinch is here, beside its budgets: kernel, engine, state, nexmark
  demo              a folder with three scenarios to hunt: begin here
  new KIND NAME     a project of your own to begin with: a job, a sink or a system
  completion SHELL  for bash, zsh, fish; `man` and `schema` print the manual, and what editors read

Example:
  flinch run url_clicks --seed 7

`flinch COMMAND --help` explains a command; `flinch --version` says which build this is.
Exit codes: 0 passed, 1 violation, 2 usage or scenario error, 3 inconclusive, 4 nondeterminism,
70 internal error, 74 the output could not be written, 75 not done yet: the same command goes on.
)";

// What the shells' scripts ask; a command nobody types.
constexpr std::string_view kComplete = "complete";

// CLI11 shows no option of a group without a name.
constexpr std::string_view kHidden;

// One parse: the parser and the values its options write to.
class Parser {
 public:
  Parser() {
    app_.set_help_flag("--help,-h", "show this");
    // One verb, or a word of its own such as that of `list defects` would be taken for another.
    app_.require_subcommand(0, 1);
    DefineRun();
    DefineReplay();
    DefineVerify();
    DefineHunts();
    inspect_options_.Define(app_);
    text_options_.Define(app_);
    token_options_.Define(app_);
    picture_options_.Define(app_);
  }

  sim::Result<Command> Parse(std::span<const std::string> given) {
    std::vector<std::string> words(given.begin(), given.end());
    if (words.front() == "run" && std::ranges::any_of(words, IsSeedRange)) {
      words.front() = "hunt";
    }
    if (const sim::Result<void> valued = RejectValuedFlags(words); !valued) {
      return Fail(valued);
    }
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      return Command(TextCommand{.text = ChosenVerb()->help("flinch")});
    } catch (const CLI::ParseError& error) {
      return Usage(Explain(error));
    }
    if (run_->parsed()) {
      return FinishRun();
    }
    if (replay_->parsed()) {
      return FinishReplay();
    }
    if (verify_->parsed()) {
      return FinishVerify();
    }
    if (campaign_->parsed()) {
      return FinishCampaign(words);
    }
    if (hunt_->parsed() || merge_->parsed() || defects_->parsed()) {
      return FinishHunts();
    }
    if (token_options_.parsed()) {
      return token_options_.Finish();
    }
    if (picture_options_.parsed()) {
      return picture_options_.Finish();
    }
    return inspect_options_.parsed() ? inspect_options_.Finish() : text_options_.Finish();
  }

  // All commands and what they take, in the order in which the help lists them.
  std::vector<VerbInfo> Describe() const {
    std::vector<VerbInfo> verbs;
    for (const std::string_view name : kVerbs) {
      const CLI::App* const app = app_.get_subcommand(std::string(name));
      VerbInfo& verb = verbs.emplace_back(std::string(name), app->get_description());
      for (const CLI::Option* const option : app->get_options()) {
        if (option->get_group() == kHidden) {
          continue;
        }
        const bool is_word = option->get_positional();
        (is_word ? verb.words : verb.flags)
            .push_back(
                {.name = is_word ? option->get_name(true) : "--" + option->get_lnames().front(),
                 .letter = option->get_snames().empty() ? "" : option->get_snames().front(),
                 .what = option->get_description(),
                 .takes_value = option->get_items_expected_max() > 0,
                 .may_repeat = option->get_items_expected_max() > 1});
      }
    }
    return verbs;
  }

 private:
  void DefineRun() {
    run_ = app_.add_subcommand("run", "One seeded run of a scenario.");
    run_->add_option("SCENARIO", arguments_.scenario, "a name from `flinch list`, or a .toml file")
        ->required();
    run_->add_option("--seed", seed_, "decimal or 0x hexadecimal; 1 unless given");
    run_->add_option("--seeds", seeds_,
                     "A..B, both included: many runs, as `flinch hunt` does them");
    DefineVariations(*run_);
    run_->add_option("--output", output_, "where the committed output goes, as JSON Lines");
    run_->add_option("--tape", tape_, "where the choices of the run go, for `flinch replay`");
    run_->add_option("--trail", trail_)->group(std::string(kHidden));
    limits_.Define(*run_, "never", "all");
    run_->add_flag("--strict", arguments_.strict,
                   "exit with 3 when a fault of the plan never fired");
    run_->add_flag("--twice", arguments_.twice, "run twice and compare event by event");
    run_->add_flag("--timeline", arguments_.timeline, "print what happened, event by event");
    run_->add_flag("--checkpoints", arguments_.checkpoints,
                   "print every checkpoint and what each subtask did for it");
    run_->add_option("--keep-snapshots", keep_snapshots_,
                     "a new folder for all checkpoints and savepoints of the run");
    run_->add_flag("--json", arguments_.json, "print one JSON object and nothing else");
    ci_options_.Define(*run_);
  }

  // What makes a run another than the scenario's own.
  void DefineVariations(CLI::App& verb) {
    verb.add_option("--plan", plan_, "a fault plan (TOML) instead of the scenario's own faults");
    verb.add_option("--fault", arguments_.faults,
                    "'{ when = { … }, do = { … } }': one fault of such a plan; may be repeated")
        ->allow_extra_args(false);
    verb.add_option("--input", input_, "the file whose rows the job reads");
    verb.add_option("--from", from_, "a kept snapshot that the job starts from");
    verb.add_option("--set", settings_, "key=value: override a field or an engine option")
        ->allow_extra_args(false);
    verb.add_option("--strategy", strategy_,
                    "who runs next: fifo, random, pct:D, pos or round-robin; random unless given");
    verb.add_option("--defect", arguments_.defects, "plant a wrong behaviour; see list defects")
        ->allow_extra_args(false);
  }

  void DefineVerify() {
    verify_ = app_.add_subcommand("verify", "Every seed twice, in fresh processes.");
    verify_->add_option("SCENARIO", scenarios_, "names from `flinch list`, or .toml files")
        ->required();
    verify_->add_option("--seeds", seeds_, "A..B, both included; 1..20 unless given");
    DefineVariations(*verify_);
    verify_->add_flag("--json", arguments_.json, "print one JSON object and nothing else");
    ci_options_.Define(*verify_);
  }

  void DefineReplay() {
    replay_ = app_.add_subcommand("replay", "The same run again, from its token.");
    replay_->add_option("TOKEN", pasted_, "the token, the whole line it stands in, or a file")
        ->required();
    elsewhere_.Define(*replay_);
    replay_->add_flag("--force", replay_arguments_.force,
                      "go on although the scenario or its input has changed");
    replay_->add_flag("--timeline", replay_arguments_.timeline,
                      "print what happened, event by event");
    replay_->add_flag("--checkpoints", replay_arguments_.checkpoints,
                      "print every checkpoint and what each subtask did for it");
    replay_->add_option("--until", until_,
                        "the number of an event: tell what each protocol stood at after it");
    replay_->add_option("--break-at", break_at_,
                        "the number of an event: tell where in the code it is done; a debugger "
                        "may stop there, in flinch_at_event");
    replay_->add_flag("--gdb", replay_arguments_.gdb,
                      "in gdb, stopped at that event, else at that of the first finding; its "
                      "`info fibers` lists the fibers");
    replay_->add_flag("--json", replay_arguments_.json, "print one JSON object and nothing else");
    replay_->allow_extras();
  }

  void DefineHunts() {
    hunt_ = app_.add_subcommand(
        "hunt",
        "Many seeds, in worker processes. What an interrupted hunt has done is not done again:\n"
        "the same command goes on.");
    hunt_options_.Define(*hunt_);
    DefineVariations(*hunt_);
    ci_options_.Define(*hunt_);
    merge_ = app_.add_subcommand("merge", "The results of a hunt's shards as one.");
    merge_options_.Define(*merge_);
    defects_ = app_.add_subcommand(
        "defects", "For each planted defect, how many seeds until an oracle finds it.");
    defects_options_.Define(*defects_);
    campaign_ = app_.add_subcommand(
        "campaign",
        "A hunt on many machines, as a script for who runs jobs there: one shard each, then the\n"
        "merge. A shard that is run again does only what is missing.");
    campaign_options_.Define(*campaign_);
    DefineVariations(*campaign_);
  }

  sim::Result<Command> FinishCampaign(std::span<const std::string> words) {
    if (const sim::Result<void> read = ReadVariations(*campaign_); !read) {
      return sim::Fail(read);
    }
    sim::Result<CampaignArguments> arguments =
        campaign_options_.Finish(std::move(arguments_), words);
    return arguments ? sim::Result<Command>(*std::move(arguments)) : sim::Fail(arguments);
  }

  sim::Result<Command> FinishHunts() {
    if (merge_->parsed()) {
      return Command(merge_options_.Finish());
    }
    if (defects_->parsed()) {
      sim::Result<DefectsArguments> arguments = defects_options_.Finish();
      return arguments ? sim::Result<Command>(*std::move(arguments)) : sim::Fail(arguments);
    }
    if (const sim::Result<void> read = ReadVariations(*hunt_); !read) {
      return sim::Fail(read);
    }
    sim::Result<HuntArguments> arguments = hunt_options_.Finish(std::move(arguments_));
    if (arguments) {
      const sim::Result<CiArguments> ci = ci_options_.Finish(*hunt_, arguments->run.json);
      if (!ci) {
        return sim::Fail(ci);
      }
      arguments->run.ci = *ci;
    }
    return arguments ? sim::Result<Command>(*std::move(arguments)) : sim::Fail(arguments);
  }

  CLI::App* ChosenVerb() {
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    return chosen.empty() ? &app_ : chosen.front();
  }

  static std::vector<std::string> FlagsOf(const CLI::App& app) {
    std::vector<std::string> flags;
    for (const CLI::Option* const option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (option->get_group() != kHidden) {
          flags.push_back("--" + name);
        }
      }
    }
    return flags;
  }

  // Of many seeds a run is a hunt, and takes what that takes.
  static bool IsSeedRange(const std::string& word) {
    return word == "--seeds" || word.starts_with("--seeds=");
  }

  // A flag is there or not: "--json=no" would be taken for one.
  sim::Result<void> RejectValuedFlags(std::span<const std::string> words) {
    const CLI::App* const verb = app_.get_subcommand(words.front());
    for (const std::string& word : words.subspan(1)) {
      const size_t equals = word.find('=');
      if (!word.starts_with("--") || equals == std::string::npos) {
        continue;
      }
      const std::string name = word.substr(0, equals);
      const CLI::Option* const option = verb->get_option_no_throw(name);
      if (option != nullptr && option->get_items_expected_max() == 0) {
        return Usage(
            fmt::format("{} takes no value; write {} alone, or leave it out.", Quote(word), name));
      }
    }
    return {};
  }

  // An option that was given twice or without its value.
  static std::string ExplainMismatch(const CLI::App& verb, const CLI::ParseError& error) {
    const std::string what = error.what();
    const std::string name = what.substr(0, what.find(':'));
    const CLI::Option* const option = verb.get_option_no_throw(name);
    const bool is_twice = option != nullptr && option->count() > 1;
    return is_twice ? fmt::format("{} is given {} times; give it once.", name, option->count())
                    : fmt::format("{} needs a value.", name);
  }

  // CLI11's messages, made whole sentences, with what was probably meant.
  std::string Explain(const CLI::ParseError& error) {
    const CLI::App* const verb = ChosenVerb();
    const std::string help = fmt::format("`flinch {} --help` explains.", verb->get_name());
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
      const std::vector<std::string> rest = app_.remaining(true);
      const auto flag =
          std::ranges::find_if(rest, [](const std::string& word) { return word.starts_with("-"); });
      if (flag != rest.end()) {
        const std::vector<std::string> flags = FlagsOf(*verb);
        return fmt::format("There is no flag {} of `flinch {}`.{} {}",
                           Quote(flag->substr(0, flag->find('='))), verb->get_name(),
                           text::DidYouMean(*flag, std::span<const std::string>(flags)), help);
      }
      return fmt::format("{} is one word too many. {}",
                         rest.empty() ? "A word" : Quote(rest.front()), help);
    }
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      const std::string of_token =
          token_options_.MissingOf(*verb) + picture_options_.MissingOf(*verb) +
          inspect_options_.MissingOf(*verb) + text_options_.MissingOf(*verb);
      const std::string missing = !of_token.empty() ? of_token
                                  : verb == run_    ? "SCENARIO"
                                  : verb == verify_ ? "SCENARIO"
                                  : verb == hunt_   ? "SCENARIO"
                                  : verb == merge_  ? "DIR"
                                  : verb == replay_ ? "TOKEN"
                                                    : "word emit, an --engine and a SCENARIO";
      return fmt::format("`flinch {}` needs a {}. {}", verb->get_name(), missing, help);
    }
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      return fmt::format("{} {}", ExplainMismatch(*verb, error), help);
    }
    return fmt::format("{}. {}", text::Printable(error.what()), help);
  }

  static std::optional<std::string> Given(const CLI::App& app, const std::string& option,
                                          const std::string& value) {
    return app.count(option) == 0 ? std::nullopt : std::optional(value);
  }

  sim::Result<Command> FinishRun() {
    if (run_->count("--seed") > 0) {
      const sim::Result<uint64_t> seed = text::ParseSeed(seed_);
      if (!seed) {
        return Usage("--seed: " + seed.error().message);
      }
      arguments_.seed = *seed;
    }
    if (const sim::Result<void> read = ReadVariations(*run_); !read) {
      return sim::Fail(read);
    }
    if (run_->count("--trail") > 0) {
      const sim::Result<sim::Lens> lens = ParseLens(trail_);
      if (!lens) {
        return Usage("--trail: " + lens.error().message);
      }
      arguments_.trail = *lens;
    }
    const sim::Result<SeedLimits> limits = limits_.Finish();
    if (!limits) {
      return sim::Fail(limits);
    }
    arguments_.limits = *limits;
    arguments_.output = Given(*run_, "--output", output_);
    arguments_.keep_snapshots = Given(*run_, "--keep-snapshots", keep_snapshots_);
    arguments_.tape = Given(*run_, "--tape", tape_);
    if (arguments_.timeline && arguments_.json) {
      return Usage("--json prints one object and nothing else; leave --timeline out.");
    }
    const sim::Result<CiArguments> ci = ci_options_.Finish(*run_, arguments_.json);
    if (!ci) {
      return sim::Fail(ci);
    }
    if (ci->any() && run_->count("--seed-timeout") + run_->count("--seed-memory") > 0) {
      return Usage(
          "A run that is ended at a limit writes nothing for a CI; `flinch hunt` with --seeds and "
          "these limits does.");
    }
    arguments_.ci = *ci;
    return Command(std::move(arguments_));
  }

  sim::Result<void> ReadVariations(const CLI::App& verb) {
    for (const std::string& text : settings_) {
      sim::Result<Setting> setting = ParseSetting(text);
      if (!setting) {
        return Usage("--set: " + setting.error().message);
      }
      arguments_.settings.push_back(*std::move(setting));
    }
    if (verb.count("--strategy") > 0) {
      const sim::Result<sim::Scheduling> scheduling = sim::ParseScheduling(strategy_);
      if (!scheduling) {
        return Usage("--strategy: " + scheduling.error().message);
      }
      arguments_.scheduling = *scheduling;
    }
    arguments_.plan = Given(verb, "--plan", plan_);
    if (arguments_.plan && arguments_.plan->empty()) {
      return Usage("--plan names no file; leave it out, or name one.");
    }
    if (arguments_.plan && !arguments_.faults.empty()) {
      return Usage("--plan and --fault both say what breaks; give one of them.");
    }
    arguments_.input = Given(verb, "--input", input_);
    arguments_.from = Given(verb, "--from", from_);
    return {};
  }

  sim::Result<Command> FinishVerify() {
    if (const sim::Result<void> read = ReadVariations(*verify_); !read) {
      return sim::Fail(read);
    }
    VerifyArguments arguments{.scenarios = std::move(scenarios_)};
    if (verify_->count("--seeds") > 0) {
      const sim::Result<SeedRange> seeds = ParseSeeds(seeds_);
      if (!seeds) {
        return Usage("--seeds: " + seeds.error().message);
      }
      arguments.seeds = *seeds;
    }
    const sim::Result<CiArguments> ci = ci_options_.Finish(*verify_, arguments_.json);
    if (!ci) {
      return sim::Fail(ci);
    }
    arguments_.ci = *ci;
    arguments.run = std::move(arguments_);
    return Command(std::move(arguments));
  }

  sim::Result<Command> FinishReplay() {
    if (replay_arguments_.timeline && replay_arguments_.json) {
      return Usage("--json prints one object and nothing else; leave --timeline out.");
    }
    for (const auto& [flag, text, event] :
         {std::tuple("--until", &until_, &replay_arguments_.until),
          std::tuple("--break-at", &break_at_, &replay_arguments_.break_at)}) {
      if (replay_->count(flag) == 0) {
        continue;
      }
      const sim::Result<uint64_t> number = text::ParseSeed(*text);
      if (!number) {
        return Usage(fmt::format("{}: {} is no number of an event.", flag, Quote(*text)));
      }
      if (replay_arguments_.timeline || replay_arguments_.json) {
        return Usage(fmt::format("{} tells of one moment; leave --timeline and --json out.", flag));
      }
      *event = *number;
    }
    if (replay_arguments_.until && (replay_arguments_.break_at || replay_arguments_.gdb)) {
      return Usage("--until tells and goes on, --break-at and --gdb stop; leave one out.");
    }
    // Before the token stands what was pasted with it; behind it only flags do, and known ones.
    const std::vector<std::string> flags = FlagsOf(*replay_);
    for (const std::string& word : replay_->remaining()) {
      if (word.size() > 1 && word.starts_with("-")) {
        return Usage(
            fmt::format("There is no flag {} of `flinch replay`: the token says how the "
                        "run goes.{}",
                        Quote(word.substr(0, word.find('='))),
                        text::DidYouMean(word, std::span<const std::string>(flags))));
      }
      pasted_.push_back(word);
    }
    const auto has_token = [](const std::string& word) { return word.contains("fl1~"); };
    const auto first = std::ranges::find_if(pasted_, has_token);
    const auto surplus = std::find_if_not(first, pasted_.end(), has_token);
    if (surplus != pasted_.end()) {
      return Usage(
          fmt::format("{} is one word too many: it stands behind the token. `flinch "
                      "replay --help` explains.",
                      Quote(*surplus)));
    }
    replay_arguments_.text = fmt::format("{}", fmt::join(pasted_, " "));
    replay_arguments_.elsewhere = elsewhere_.Finish(*replay_);
    return Command(std::move(replay_arguments_));
  }

  CLI::App app_{"", "flinch"};
  CLI::App* run_ = nullptr;
  CLI::App* replay_ = nullptr;
  CLI::App* verify_ = nullptr;
  CLI::App* hunt_ = nullptr;
  CLI::App* merge_ = nullptr;
  CLI::App* defects_ = nullptr;
  CLI::App* campaign_ = nullptr;
  LimitOptions limits_;
  CiOptions ci_options_;
  HuntOptions hunt_options_;
  MergeOptions merge_options_;
  DefectsOptions defects_options_;
  CampaignOptions campaign_options_;
  TokenOptions token_options_;
  PictureOptions picture_options_;
  InspectOptions inspect_options_;
  TextOptions text_options_;
  ElsewhereOptions elsewhere_;
  RunArguments arguments_;
  ReplayArguments replay_arguments_;
  std::string seed_;
  std::string seeds_;
  std::string trail_;
  std::string plan_;
  std::string input_;
  std::string from_;
  std::string keep_snapshots_;
  std::string output_;
  std::string tape_;
  std::string until_;
  std::string break_at_;
  std::string strategy_;
  std::vector<std::string> settings_;
  std::vector<std::string> scenarios_;
  std::vector<std::string> pasted_;
};

sim::Result<Command> ShowVersion(std::span<const std::string> options) {
  for (const std::string& option : options) {
    if (option != "--json") {
      return Usage(fmt::format("{} is one word too many behind --version; only --json may follow.",
                               Quote(option)));
    }
  }
  return Command(TextCommand{
      .text = options.empty() ? fmt::format("flinch {} (build {})\n", kVersion, BuildIdentity())
                              : fmt::format("{{\"version\":\"{}\",\"build\":\"{}\"}}\n", kVersion,
                                            BuildIdentity())});
}

}  // namespace

std::vector<VerbInfo> DescribeVerbs() { return Parser().Describe(); }

std::string_view PurposeOfProgram() { return kPurpose; }

sim::Result<Command> ParseCommandLine(std::span<const std::string> words) {
  if (words.empty()) {
    return Command(
        TextCommand{.text = std::string(kPurpose).append(kUsage), .exit_code = kExitUsage});
  }
  const std::string& first = words.front();
  if (first == "--help" || first == "-h" || first == "help") {
    return Command(TextCommand{.text = std::string(kPurpose).append(kUsage)});
  }
  if (first == "--version") {
    return ShowVersion(words.subspan(1));
  }
  if (first == kComplete) {
    return Command(CompleteArguments{.words = {words.begin() + 1, words.end()}});
  }
  if (std::ranges::find(kVerbs, first) == kVerbs.end()) {
    const bool is_flag = first.starts_with("-");
    return Usage(fmt::format("There is no {} {}; {}.{}", is_flag ? "flag" : "command", Quote(first),
                             is_flag ? "write a command first, such as `flinch run url_clicks`"
                                     : fmt::format("there are {}", fmt::join(kVerbs, ", ")),
                             text::DidYouMean(first, std::span<const std::string_view>(kVerbs))));
  }
  return Parser().Parse(WithoutPastedCommand({words.begin(), words.end()}));
}

}  // namespace flinch::scenarios
