#include "scenarios/cli/inspect_options.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr auto kCatalogues = std::to_array<std::string_view>(
    {"scenarios", "jobs", "faults", "events", "cells", "oracles", "defects", "contracts"});
constexpr auto kStateVerbs = std::to_array<std::string_view>({"ls", "cat", "diff"});
constexpr auto kSuites = std::to_array<std::string_view>({"kernel", "engine", "state", "nexmark"});
constexpr uint32_t kRunsMax = 1'000;

}  // namespace

void InspectOptions::Define(CLI::App& app) {
  CLI::App* const list = app.add_subcommand("list", "What there is to choose from.");
  list->add_option("WHAT", topic_,
                   fmt::format("{}; scenarios unless given", fmt::join(kCatalogues, ", ")));
  list->add_flag("--names", list_arguments_.names_only, "names only, one per line");
  list->add_flag("--all", list_arguments_.all, "of cells: each by itself, with its fault");
  list->add_flag("--json", list_arguments_.json, "print one JSON array and nothing else");
  CLI::App* const check = app.add_subcommand("check", "Reads scenario and fault-plan files.");
  check->add_option("FILE", files_, "TOML files")->required();
  CLI::App* const bench = app.add_subcommand(
      "bench",
      "The figures of a suite of benchmarks, beside what they must and should be. A missed\n"
      "figure is printed as such; the exit code tells it only with --strict.");
  bench->add_option("SUITE", suite_, fmt::format("{}", fmt::join(kSuites, ", ")))->required();
  bench->add_option("--runs", runs_, "the figure is the median of so many; 5 unless given");
  bench->add_flag("--strict", bench_arguments_.strict, "exit with 1 when a must is missed");
  bench->add_flag("--json", bench_arguments_.json, "print one JSON array and nothing else");
  bench->add_option("--once", once_, "run this workload alone, once, untimed: for a profiler");
  CLI::App* const state =
      app.add_subcommand("state", "What is in snapshots that `run --keep-snapshots` has kept.");
  state->add_option("WHAT", state_verb_, fmt::format("{}", fmt::join(kStateVerbs, ", ")))
      ->required();
  state
      ->add_option("SNAPSHOT", state_arguments_.snapshots,
                   "its folder, which holds `_metadata`; diff takes two")
      ->required();
  state->add_option("--operator", operator_, "of this operator only");
  state->add_option("--state", state_name_, "of this state only");
  state->add_flag("--json", state_arguments_.json, "ls: print one JSON object and nothing else");
  state_ = state;
  list_ = list;
  check_ = check;
  bench_ = bench;
}

sim::Result<Command> InspectOptions::FinishList() const {
  ListArguments arguments = list_arguments_;
  const std::string_view topic = list_->count("WHAT") == 0 ? kCatalogues.front() : topic_;
  const auto found = std::ranges::find(kCatalogues, topic);
  if (found == kCatalogues.end()) {
    return Usage(fmt::format(
        "There is no list of {}; there are {}.{}", text::Quote(topic), fmt::join(kCatalogues, ", "),
        text::DidYouMean(topic, std::span<const std::string_view>(kCatalogues))));
  }
  arguments.what = static_cast<Catalogue>(found - kCatalogues.begin());
  if (arguments.all && arguments.what != Catalogue::kCells) {
    return Usage("--all goes with `list cells`; of all else everything is listed.");
  }
  return Command(arguments);
}

sim::Result<Command> InspectOptions::FinishBench() const {
  BenchArguments arguments = bench_arguments_;
  const auto suite = std::ranges::find(kSuites, suite_);
  if (suite == kSuites.end()) {
    return Usage(fmt::format("There is no suite {} of benchmarks; there are {}.{}",
                             text::Quote(suite_), fmt::join(kSuites, ", "),
                             text::DidYouMean(suite_, std::span<const std::string_view>(kSuites))));
  }
  arguments.suite = static_cast<BenchSuite>(suite - kSuites.begin());
  if (bench_->count("--runs") > 0) {
    const sim::Result<uint64_t> runs = text::ParseSeed(runs_);
    if (!runs || *runs == 0 || *runs > kRunsMax) {
      return Usage(
          fmt::format("--runs: {} is no whole number from 1 to {}.", text::Quote(runs_), kRunsMax));
    }
    arguments.runs = static_cast<uint32_t>(*runs);
  }
  if (bench_->count("--once") > 0) {
    arguments.once = once_;
  }
  for (const char* const flag : {"--runs", "--strict", "--json"}) {
    if (arguments.once && bench_->count(flag) > 0) {
      return Usage(fmt::format("--once measures nothing; leave {} out.", flag));
    }
  }
  return Command(std::move(arguments));
}

sim::Result<Command> InspectOptions::FinishState() const {
  StateArguments arguments = state_arguments_;
  const auto verb = std::ranges::find(kStateVerbs, state_verb_);
  if (verb == kStateVerbs.end()) {
    return Usage(
        fmt::format("There is no `state {}`; there are {}.{}", text::Printable(state_verb_),
                    fmt::join(kStateVerbs, ", "),
                    text::DidYouMean(state_verb_, std::span<const std::string_view>(kStateVerbs))));
  }
  arguments.what = static_cast<StateVerb>(verb - kStateVerbs.begin());
  const size_t wanted = arguments.what == StateVerb::kDiff ? 2 : 1;
  if (arguments.snapshots.size() != wanted) {
    return Usage(fmt::format("`state {}` takes {}, not {}.", *verb,
                             wanted == 1 ? "one snapshot" : "two snapshots",
                             arguments.snapshots.size()));
  }
  if (arguments.json && arguments.what != StateVerb::kList) {
    return Usage(fmt::format("`state {}` prints lines of JSON anyhow; leave --json out.", *verb));
  }
  if (state_->count("--operator") > 0) {
    arguments.operator_name = operator_;
  }
  if (state_->count("--state") > 0) {
    arguments.state = state_name_;
  }
  return Command(std::move(arguments));
}

sim::Result<Command> InspectOptions::Finish() const {
  return list_->parsed()    ? FinishList()
         : bench_->parsed() ? FinishBench()
         : state_->parsed() ? FinishState()
                            : Command(CheckArguments{.files = files_});
}

std::string InspectOptions::MissingOf(const CLI::App& verb) const {
  return &verb == bench_   ? fmt::format("SUITE: {}", fmt::join(kSuites, ", "))
         : &verb == check_ ? "FILE"
         : &verb == state_ ? fmt::format("one of {}, and a SNAPSHOT", fmt::join(kStateVerbs, ", "))
                           : "";
}

}  // namespace flinch::scenarios
