#include "scenarios/cli/campaign_options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using text::Quote;

constexpr std::string_view kEmit = "emit";
constexpr uint64_t kShardsMax = 10'000;
constexpr auto kEngines =
    std::to_array<std::string_view>({"slurm", "parallel", "kubernetes", "github", "gitlab"});
// What is the campaign's own, and no word of its hunts.
constexpr auto kOwnFlags = std::to_array<std::string_view>({"--engine", "--shards", "--out"});

// The words of the hunt: all but "campaign", "emit" and the campaign's own flags with their values.
std::vector<std::string> HuntWords(std::span<const std::string> words) {
  std::vector<std::string> hunt;
  bool emit_is_gone = false;
  for (size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    const std::string_view flag = std::string_view(word).substr(0, word.find('='));
    if (std::ranges::find(kOwnFlags, flag) != kOwnFlags.end()) {
      at += word.contains('=') ? 0U : 1U;
    } else if (word == kEmit && !emit_is_gone) {
      emit_is_gone = true;
    } else {
      hunt.push_back(word);
    }
  }
  return hunt;
}

// A script holds words on one line, and three of its readers put something in place of some.
sim::Result<void> CheckWords(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (!text::IsPrintable(word)) {
      return Usage(
          fmt::format("{} cannot stand in a script: it has control characters.", Quote(word)));
    }
    for (const std::string_view filled_in : {"${{", "$("}) {
      if (word.contains(filled_in)) {
        return Usage(
            fmt::format("{} cannot stand in a script: who runs it would put something in "
                        "place of {}.",
                        Quote(word), filled_in));
      }
    }
  }
  return {};
}

}  // namespace

void CampaignOptions::Define(CLI::App& app) {
  app_ = &app;
  app.add_option("WHAT", what_, "emit: print the script; it is all that `campaign` does")
      ->required();
  hunt_.Define(app);
  app.add_option("--engine", engine_, fmt::format("who runs it: {}", fmt::join(kEngines, ", ")))
      ->required();
  app.add_option("--shards", shards_, "into how many hunts it is split; 8 unless given");
}

sim::Result<CampaignArguments> CampaignOptions::Finish(RunArguments run,
                                                       std::span<const std::string> words) const {
  if (what_ != kEmit) {
    return Usage("Write `flinch campaign emit --engine slurm SCENARIO --seeds A..B`.");
  }
  const auto engine = std::ranges::find(kEngines, engine_);
  if (engine == kEngines.end()) {
    return Usage(fmt::format(
        "--engine: There is no {}; there are {}.{}", Quote(engine_), fmt::join(kEngines, ", "),
        text::DidYouMean(engine_, std::span<const std::string_view>(kEngines))));
  }
  const sim::Result<HuntArguments> hunt = hunt_.Finish(std::move(run));
  if (!hunt) {
    return sim::Fail(hunt);
  }
  if (!hunt->seeds && hunt->exhaust == Exhaust::kNothing) {
    return Usage("A campaign needs --seeds A..B, or nobody could say what is missing of it.");
  }
  for (const char* const flag : {"--shard", "--fresh", "--json", "--report"}) {
    if (app_->count(flag) > 0) {
      return Usage(
          fmt::format("{} is nothing for a campaign: each of its hunts is one shard, goes "
                      "on where it was ended, and `flinch merge` tells the result.",
                      flag));
    }
  }
  CampaignArguments arguments{.engine = static_cast<CampaignEngine>(engine - kEngines.begin()),
                              .has_time = hunt->how.for_ns.has_value(),
                              .hunt = HuntWords(words)};
  arguments.results = hunt->how.out.value_or(arguments.results);
  if (app_->count("--shards") > 0) {
    const sim::Result<uint64_t> shards = text::ParseSeed(shards_);
    if (!shards || *shards == 0 || *shards > kShardsMax) {
      return Usage(
          fmt::format("--shards: {} is no whole number from 1 to {}.", Quote(shards_), kShardsMax));
    }
    arguments.shards = *shards;
  }
  std::vector<std::string> all = arguments.hunt;
  all.push_back(arguments.results);
  if (const sim::Result<void> checked = CheckWords(all); !checked) {
    return sim::Fail(checked);
  }
  return arguments;
}

}  // namespace flinch::scenarios
