#include "scenarios/cli/picture_options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kExport = "export";
constexpr uint64_t kJobsMost = 1'024;
constexpr auto kTraceFormats = std::to_array<std::string_view>({"chrome", "shiviz", "jsonl"});

// What is varied of a scenario that is about nothing else, where nobody says what.
std::vector<std::string> UsualSweep(std::string_view scenario) {
  if (scenario == "state_size") {
    // Ten keys of state each.
    return {"workload.keys=500,1000,2000,4000,8000,16000,32000",
            "execution.checkpointing.incremental=false,true"};
  }
  if (scenario != "backpressure") {
    return {};
  }
  // From a quarter of what its slow operator can do to nearly three times as much.
  return {"workload.rows_per_second=200,400,600,800,1000,1200,1600,2200",
          "execution.checkpointing.unaligned.enabled=false,true",
          "execution.checkpointing.aligned-checkpoint-timeout=0s,300ms"};
}

}  // namespace

void PictureOptions::Define(CLI::App& app) {
  CLI::App* const report =
      app.add_subcommand("report", "A page about a run: one file, opened from disk.");
  CLI::App* const trace = app.add_subcommand("trace", "A run for other viewers.");
  report->add_option("TOKEN", words_, "a token, the line it stands in, a file, or a scenario")
      ->required();
  trace
      ->add_option("WORDS", words_,
                   "export TOKEN: a token, the line it stands in, a file, or a scenario")
      ->required();
  trace->add_option("--format", format_,
                    "chrome: for Perfetto; shiviz: with vector clocks; jsonl: every event. chrome "
                    "unless given");
  for (CLI::App* const verb : {report, trace}) {
    verb->add_option("--seed", seed_, "of a scenario; 1 unless given");
    elsewhere_.Define(*verb);
  }
  report->add_option("-o,--out", out_, "the file; run.html unless given");
  trace->add_option("-o,--out", out_, "the file; the standard output unless given");
  CLI::App* const study = app.add_subcommand(
      "study", "What becomes of a scenario when an option changes, over many seeds.");
  study->add_option("SCENARIO", scenario_, "a name from `flinch list`, or a .toml file")
      ->required();
  study
      ->add_option("--vary", varied_,
                   "key=a,b,c: a field or an engine option, and what is tried for it. The first "
                   "goes across the pictures; each choice of the others is a line")
      ->allow_extra_args(false);
  study->add_option("--set", settings_, "key=value, of all runs")->allow_extra_args(false);
  study->add_option("--seeds", seeds_, "A..B, both included; 1..20 unless given");
  study->add_option("-j,--jobs", jobs_, "worker processes; as many as processors unless given");
  study->add_option("-o,--out", out_, "the folder; study unless given");
  study_ = study;
  report_ = report;
  trace_ = trace;
}

sim::Result<ShownRun> PictureOptions::FinishRun(const CLI::App& verb,
                                                std::vector<std::string> words) const {
  ShownRun run{.text = fmt::format("{}", fmt::join(words, " ")),
               .elsewhere = elsewhere_.Finish(verb)};
  if (verb.count("--seed") > 0) {
    const sim::Result<uint64_t> seed = text::ParseSeed(seed_);
    if (!seed) {
      return Usage("--seed: " + seed.error().message);
    }
    run.seed = *seed;
  }
  return run;
}

sim::Result<Command> PictureOptions::FinishStudy() const {
  StudyArguments arguments{.scenario = scenario_};
  for (const std::string& text : varied_.empty() ? UsualSweep(scenario_) : varied_) {
    const sim::Result<Setting> setting = ParseSetting(text);
    if (!setting) {
      return Usage("--vary: " + setting.error().message);
    }
    VariedOption& option = arguments.varied.emplace_back(setting->key);
    std::string_view rest = setting->value;
    for (size_t comma = 0; comma != std::string_view::npos;) {
      comma = rest.find(',');
      option.values.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  if (arguments.varied.empty()) {
    return Usage(
        "`flinch study` needs something to vary: --vary "
        "execution.checkpointing.interval=100ms,500ms,1s.");
  }
  for (const std::string& text : settings_) {
    sim::Result<Setting> setting = ParseSetting(text);
    if (!setting) {
      return Usage("--set: " + setting.error().message);
    }
    arguments.settings.push_back(*std::move(setting));
  }
  if (study_->count("--seeds") > 0) {
    const sim::Result<SeedRange> seeds = ParseSeeds(seeds_);
    if (!seeds) {
      return Usage("--seeds: " + seeds.error().message);
    }
    arguments.seeds = *seeds;
  }
  if (study_->count("--jobs") > 0) {
    const sim::Result<uint64_t> jobs = text::ParseSeed(jobs_);
    if (!jobs || *jobs == 0 || *jobs > kJobsMost) {
      return Usage(fmt::format("--jobs: {} is no whole number from 1 to {}.", text::Quote(jobs_),
                               kJobsMost));
    }
    arguments.jobs = static_cast<uint32_t>(*jobs);
  }
  arguments.out = study_->count("--out") > 0 ? out_ : arguments.out;
  return Command(std::move(arguments));
}

sim::Result<Command> PictureOptions::Finish() const {
  if (study_->parsed()) {
    return FinishStudy();
  }
  if (report_->parsed()) {
    sim::Result<ShownRun> run = FinishRun(*report_, words_);
    if (!run) {
      return sim::Fail(run);
    }
    ReportArguments arguments{.run = *std::move(run)};
    arguments.out = report_->count("--out") > 0 ? out_ : arguments.out;
    return Command(std::move(arguments));
  }
  if (words_.front() != kExport || words_.size() < 2) {
    return Usage("Write `flinch trace export TOKEN`; exporting is all that `trace` does.");
  }
  sim::Result<ShownRun> run = FinishRun(*trace_, {words_.begin() + 1, words_.end()});
  if (!run) {
    return sim::Fail(run);
  }
  TraceArguments arguments{.run = *std::move(run)};
  if (trace_->count("--format") > 0) {
    const auto format = std::ranges::find(kTraceFormats, format_);
    if (format == kTraceFormats.end()) {
      return Usage(
          fmt::format("--format: There is no {}; there are {}.{}", text::Quote(format_),
                      fmt::join(kTraceFormats, ", "),
                      text::DidYouMean(format_, std::span<const std::string_view>(kTraceFormats))));
    }
    arguments.format = static_cast<reports::TraceFormat>(format - kTraceFormats.begin());
  }
  if (trace_->count("--out") > 0) {
    arguments.out = out_;
  }
  return Command(std::move(arguments));
}

std::string PictureOptions::MissingOf(const CLI::App& verb) const {
  return &verb == study_    ? "SCENARIO"
         : &verb == report_ ? "TOKEN"
         : &verb == trace_  ? "word to say what: export TOKEN"
                            : "";
}

}  // namespace flinch::scenarios
