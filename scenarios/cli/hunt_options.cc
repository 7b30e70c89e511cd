#include "scenarios/cli/hunt_options.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/defects.h"
#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using text::Quote;

constexpr uint32_t kJobsMax = 1'024;
constexpr std::string_view kAllSearches = "all";  // of `defects`
constexpr uint64_t kPairsMax = 1'000'000;
constexpr uint64_t kFailuresMax = 1'000'000'000;
constexpr std::string_view kAnyShard = "auto";
constexpr auto kExhaustNames = std::to_array<std::string_view>({"crash", "crash-pairs"});

bool Given(const CLI::App& app, const std::string& flag) { return app.count(flag) > 0; }

sim::Result<uint64_t> ReadCount(std::string_view flag, const std::string& text, uint64_t most) {
  const sim::Result<uint64_t> number = text::ParseSeed(text);
  if (!number || *number == 0 || *number > most) {
    return Usage(fmt::format("{}: {} is no whole number from 1 to {}.", flag, Quote(text), most));
  }
  return *number;
}

sim::Result<Search> ReadSearchName(const std::string& text) {
  if (const std::optional<Search> search = FindSearch(text)) {
    return *search;
  }
  const std::vector<std::string_view> names = SearchNames();
  return Usage(fmt::format("--search: There is no search {}; there are {}.{}", Quote(text),
                           fmt::join(names, ", "),
                           text::DidYouMean(text, std::span<const std::string_view>(names))));
}

sim::Result<SeedRange> ReadSeeds(const std::string& text) {
  const sim::Result<SeedRange> seeds = ParseSeeds(text);
  return seeds ? seeds : Usage("--seeds: " + seeds.error().message);
}

}  // namespace

void HuntOptions::Define(CLI::App& app) {
  app_ = &app;
  app.add_option("SCENARIO", arguments_.scenarios, "names from `flinch list`, or .toml files")
      ->required();
  app.add_option("--seeds", seeds_, "A..B, both included; 1..1000 unless --for is given");
  app.add_option("--for", for_, "how long, in real time: 30s, 5m, 8h");
  app.add_option("-j,--jobs", jobs_, "worker processes; as many as processors unless given");
  app.add_option("--search", search_,
                 fmt::format("how seeds are varied: {}; portfolio unless given",
                             fmt::join(SearchNames(), ", ")));
  app.add_option("--exhaust", exhaust_,
                 "crash: crash each process at each event of the fault-free run, one by one;\n"
                 "crash-pairs: at two of them. Of one seed: --seeds 7 unless given");
  app.add_option("--pairs", pairs_, "how many crash-pairs are drawn; one per event unless given");
  app.add_option("--shard", shard_,
                 "i/n: every n-th unit, from the i-th on; FLINCH_SHARD unless given;\n"
                 "auto: as Slurm, Kubernetes, GitLab and others tell by their variables");
  app.add_option("--out", out_, "the folder of the results; below .flinch/hunts unless given");
  app.add_option("--report", report_, "where a page about the hunt goes: one file, from disk");
  app.add_flag("--fresh", arguments_.how.fresh, "do again what an earlier hunt has done");
  limits_.Define(app, "60s", "2G");
  app.add_flag("--no-shrink", arguments_.how.no_shrink,
               "leave failures as they were found; else each kind has 10s to become small");
  app.add_option("--max-failures", failures_, "end when so many of one kind were found");
  app.add_flag("--exit-zero-on-findings", arguments_.how.exit_zero_on_findings,
               "exit with 0 when something was found: for who takes all else for trouble");
  app.add_flag("--strict", arguments_.how.strict, "exit with 3 when there are warnings");
  app.add_flag("--json", arguments_.how.json, "print one JSON object and nothing else");
}

sim::Result<void> HuntOptions::ReadNumbers(HuntArguments& arguments) const {
  if (Given(*app_, "--jobs")) {
    const sim::Result<uint64_t> jobs = ReadCount("--jobs", jobs_, kJobsMax);
    if (!jobs) {
      return sim::Fail(jobs);
    }
    arguments.how.jobs = static_cast<uint32_t>(*jobs);
  }
  if (Given(*app_, "--pairs")) {
    const sim::Result<uint64_t> pairs = ReadCount("--pairs", pairs_, kPairsMax);
    if (!pairs) {
      return sim::Fail(pairs);
    }
    arguments.pairs = *pairs;
  }
  if (Given(*app_, "--for")) {
    const sim::Result<int64_t> time = ReadTime("--for", for_);
    if (!time) {
      return sim::Fail(time);
    }
    arguments.how.for_ns = *time;
  }
  if (Given(*app_, "--max-failures")) {
    const sim::Result<uint64_t> failures = ReadCount("--max-failures", failures_, kFailuresMax);
    if (!failures) {
      return sim::Fail(failures);
    }
    arguments.how.max_failures = *failures;
  }
  const sim::Result<SeedLimits> limits = limits_.Finish();
  if (!limits) {
    return sim::Fail(limits);
  }
  arguments.how.seed_timeout_ns = limits->timeout_ns.value_or(arguments.how.seed_timeout_ns);
  arguments.how.seed_memory = limits->memory.value_or(arguments.how.seed_memory);
  return {};
}

sim::Result<void> HuntOptions::ReadSearch(HuntArguments& arguments) const {
  const bool has_strategy = arguments.run.scheduling != sim::Scheduling{};
  if (has_strategy) {
    arguments.search = Search::kRandom;
  }
  if (Given(*app_, "--search")) {
    const sim::Result<Search> search = ReadSearchName(search_);
    if (!search) {
      return sim::Fail(search);
    }
    if (has_strategy && *search != Search::kSwarm && *search != Search::kCells &&
        *search != Search::kRandom) {
      return Usage(
          fmt::format("--search {} chooses the scheduler; leave --strategy out.", search_));
    }
    arguments.search = *search;
  }
  if (!Given(*app_, "--exhaust")) {
    return Given(*app_, "--pairs") ? Usage("--pairs goes with --exhaust crash-pairs.")
                                   : sim::Result<void>();
  }
  if (exhaust_ != kExhaustNames[0] && exhaust_ != kExhaustNames[1]) {
    return Usage(
        fmt::format("--exhaust: There is no {}; there are {}.{}", Quote(exhaust_),
                    fmt::join(kExhaustNames, ", "),
                    text::DidYouMean(exhaust_, std::span<const std::string_view>(kExhaustNames))));
  }
  arguments.exhaust = exhaust_ == kExhaustNames[0] ? Exhaust::kCrash : Exhaust::kCrashPairs;
  if (Given(*app_, "--search") || arguments.run.plan || !arguments.run.faults.empty()) {
    return Usage("--exhaust says itself what breaks; leave --search, --plan and --fault out.");
  }
  if (arguments.seeds && arguments.seeds->first != arguments.seeds->last) {
    return Usage("--exhaust takes one seed; write such as --seeds 7.");
  }
  if (arguments.pairs && arguments.exhaust == Exhaust::kCrash) {
    return Usage("--pairs goes with --exhaust crash-pairs.");
  }
  return {};
}

sim::Result<HuntArguments> HuntOptions::Finish(RunArguments run) const {
  HuntArguments arguments = arguments_;
  arguments.run = std::move(run);
  if (Given(*app_, "--seeds")) {
    const sim::Result<SeedRange> seeds = ReadSeeds(seeds_);
    if (!seeds) {
      return sim::Fail(seeds);
    }
    arguments.seeds = *seeds;
  }
  if (const sim::Result<void> read = ReadNumbers(arguments); !read) {
    return sim::Fail(read);
  }
  if (const sim::Result<void> read = ReadSearch(arguments); !read) {
    return sim::Fail(read);
  }
  arguments.how.shard_auto = Given(*app_, "--shard") && shard_ == kAnyShard;
  if (Given(*app_, "--shard") && !arguments.how.shard_auto) {
    arguments.how.shard_given = true;
    const sim::Result<Shard> shard = ParseShard(shard_);
    if (!shard) {
      return Usage("--shard: " + shard.error().message);
    }
    arguments.how.shard = *shard;
  }
  if (Given(*app_, "--out")) {
    arguments.how.out = out_;
  }
  if (Given(*app_, "--report")) {
    arguments.report = report_;
  }
  return arguments;
}

void MergeOptions::Define(CLI::App& app) {
  app.add_option("DIR", arguments_.places, "folders of results, or files")->required();
  app.add_flag("--strict", arguments_.strict, "exit with 3 when there are warnings");
  app.add_flag("--json", arguments_.json, "print one JSON object and nothing else");
}

void DefectsOptions::Define(CLI::App& app) {
  app_ = &app;
  app.add_option("DEFECT", arguments_.only, "names from `flinch list defects`; all unless given");
  app.add_option("--seeds", seeds_, "A..B, both included; 1..1000 unless given");
  app.add_option("--search", search_,
                 fmt::format("how seeds are varied: {}; portfolio unless given;\n"
                             "all: each of them by itself, in columns",
                             fmt::join(SearchNames(), ", ")));
  app.add_option("-j,--jobs", jobs_, "worker processes; as many as processors unless given");
  app.add_flag("--quick", arguments_.quick, "go on to the next defect at the first detection");
  app.add_flag("--json", arguments_.json, "print one JSON object and nothing else");
}

sim::Result<DefectsArguments> DefectsOptions::Finish() const {
  DefectsArguments arguments = arguments_;
  for (const std::string& name : arguments.only) {
    if (!engine::FindDefect(name)) {
      std::vector<std::string_view> known;
      for (const engine::DefectInfo& info : engine::kDefects) {
        known.push_back(info.name);
      }
      return Usage(fmt::format("There is no defect {}; `flinch list defects` shows them.{}",
                               Quote(name),
                               text::DidYouMean(name, std::span<const std::string_view>(known))));
    }
  }
  if (Given(*app_, "--seeds")) {
    const sim::Result<SeedRange> seeds = ReadSeeds(seeds_);
    if (!seeds) {
      return sim::Fail(seeds);
    }
    arguments.seeds = *seeds;
  }
  if (search_ == kAllSearches) {
    arguments.searches.clear();
    for (const std::string_view name : SearchNames()) {
      arguments.searches.push_back(*FindSearch(name));
    }
  } else if (Given(*app_, "--search")) {
    const sim::Result<Search> search = ReadSearchName(search_);
    if (!search) {
      return sim::Fail(search);
    }
    arguments.searches = {*search};
  }
  if (Given(*app_, "--jobs")) {
    const sim::Result<uint64_t> jobs = ReadCount("--jobs", jobs_, kJobsMax);
    if (!jobs) {
      return sim::Fail(jobs);
    }
    arguments.jobs = static_cast<uint32_t>(*jobs);
  }
  return arguments;
}

}  // namespace flinch::scenarios
