#include "scenarios/oracles/catalogue.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "scenarios/model/delivery.h"
#include "scenarios/oracles/alignment.h"
#include "scenarios/oracles/channel_counts.h"
#include "scenarios/oracles/checkpoint_ids_grow.h"
#include "scenarios/oracles/commit_after_durable.h"
#include "scenarios/oracles/committed_stays.h"
#include "scenarios/oracles/consistent_cut.h"
#include "scenarios/oracles/exactly_once.h"
#include "scenarios/oracles/job_finishes.h"
#include "scenarios/oracles/no_open_transaction.h"
#include "scenarios/oracles/no_zombie.h"
#include "scenarios/oracles/one_attempt.h"
#include "scenarios/oracles/one_leader.h"
#include "scenarios/oracles/progress.h"
#include "scenarios/oracles/restored_state.h"
#include "scenarios/oracles/restores_newest.h"
#include "scenarios/oracles/retained_files.h"
#include "scenarios/oracles/split_owners.h"
#include "scenarios/oracles/watermarks_grow.h"

namespace flinch::scenarios {

namespace {

template <typename Kind>
constexpr OracleInfo Entry() {
  constexpr bool kChannels = requires { Kind::kNeedsChannels; };
  constexpr bool kAlignment = requires { Kind::kNeedsAlignment; };
  constexpr bool kRest = requires { Kind::kNeedsRest; };
  constexpr bool kStream = requires { Kind::kNeedsStream; };
  return {.name = Kind::kName,
          .promise = Kind::kPromise,
          .make = [] { return std::unique_ptr<Oracle>(std::make_unique<Kind>()); },
          .needs_channels = kChannels,
          .needs_alignment = kAlignment,
          .needs_rest = kRest,
          .needs_stream = kStream};
}

constexpr auto kCatalogue = std::to_array<OracleInfo>({
    Entry<ExactlyOnce>(),
    Entry<CommittedStays>(),
    Entry<ConsistentCut>(),
    Entry<CommitAfterDurable>(),
    Entry<NoZombie>(),
    Entry<OneLeader>(),
    Entry<RestoredState>(),
    Entry<RestoresNewest>(),
    Entry<RetainedFiles>(),
    Entry<SplitOwners>(),
    Entry<ChannelCounts>(),
    Entry<WatermarksGrow>(),
    Entry<OneAttempt>(),
    Entry<CheckpointIdsGrow>(),
    Entry<Alignment>(),
    Entry<NoOpenTransaction>(),
    Entry<Progress>(),
    Entry<JobFinishes>(),
});

std::string KnownNames() {
  std::string text;
  for (const OracleInfo& info : kCatalogue) {
    text += text.empty() ? "" : ", ";
    text += info.name;
  }
  return text;
}

}  // namespace

JudgedRun JudgedRunOf(const Scenario& scenario) {
  return {.channel_events = scenario.limits.channel_events,
          .aligned = CountsOnce(scenario),
          .at_rest = !scenario.options.checkpoint.overtakes(),
          .streams = !scenario.options.execution.is_batch()};
}

std::span<const OracleInfo> OracleCatalogue() { return kCatalogue; }

const OracleInfo* FindOracle(std::string_view name) {
  const auto found = std::ranges::find(kCatalogue, name, &OracleInfo::name);
  return found == kCatalogue.end() ? nullptr : &*found;
}

sim::Result<std::vector<std::unique_ptr<Oracle>>> MakeOracles(std::span<const std::string> names,
                                                              const JudgedRun& run) {
  for (const std::string& name : names) {
    if (FindOracle(name) == nullptr) {
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("There is no oracle \"{}\"; use one of {}.", name, KnownNames()));
    }
  }
  std::vector<std::unique_ptr<Oracle>> oracles;
  for (const OracleInfo& info : kCatalogue) {
    const bool can_judge = (run.channel_events || !info.needs_channels) &&
                           (run.aligned || !info.needs_alignment) &&
                           (run.at_rest || !info.needs_rest) && (run.streams || !info.needs_stream);
    const bool is_wanted =
        names.empty() ? can_judge : std::ranges::find(names, info.name) != names.end();
    if (is_wanted) {
      oracles.push_back(info.make());
    }
  }
  return oracles;
}

}  // namespace flinch::scenarios
