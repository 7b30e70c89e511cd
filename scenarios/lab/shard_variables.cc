#include "scenarios/lab/shard_variables.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

constexpr std::string_view kByHand = "FLINCH_SHARD";
constexpr std::string_view kCountByHand = "FLINCH_SHARDS";

struct Scheduler {
  std::string_view name;
  std::string_view index;
  uint64_t first = 0;          // the smallest index
  std::string_view count{};    // "": it does not tell
  std::string_view minimum{};  // where the smallest index is told instead
  std::string_view step{};     // from one index to the next
};

constexpr auto kSchedulers = std::to_array<Scheduler>({
    {"Slurm", "SLURM_ARRAY_TASK_ID", 0, "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
     "SLURM_ARRAY_TASK_STEP"},
    {"Slurm", "SLURM_PROCID", 0, "SLURM_NTASKS"},
    {"Kubernetes", "JOB_COMPLETION_INDEX", 0},
    {"GoogleTest", "GTEST_SHARD_INDEX", 0, "GTEST_TOTAL_SHARDS"},
    {"Bazel", "TEST_SHARD_INDEX", 0, "TEST_TOTAL_SHARDS"},
    {"GitLab", "CI_NODE_INDEX", 1, "CI_NODE_TOTAL"},
    {"CircleCI", "CIRCLE_NODE_INDEX", 0, "CIRCLE_NODE_TOTAL"},
    {"Buildkite", "BUILDKITE_PARALLEL_JOB", 0, "BUILDKITE_PARALLEL_JOB_COUNT"},
    {"OpenMPI", "OMPI_COMM_WORLD_RANK", 0, "OMPI_COMM_WORLD_SIZE"},
    {"GNU parallel", "PARALLEL_SEQ", 1},
    {"Nomad", "NOMAD_ALLOC_INDEX", 0},
    {"AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", 0},
    {"PBS", "PBS_ARRAY_INDEX", 0},
    {"LSF", "LSB_JOBINDEX", 1},
});

std::unexpected<sim::Error> Wrong(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, std::move(message));
}

// `otherwise` where the variable has no name or is not set.
sim::Result<uint64_t> NumberIn(const Variables& variables, std::string_view name,
                               uint64_t otherwise) {
  const std::optional<std::string> text = name.empty() ? std::nullopt : variables(name);
  if (!text) {
    return otherwise;
  }
  const sim::Result<uint64_t> number = text::ParseSeed(*text);
  return number ? number : Wrong(fmt::format("{}={} is no whole number.", name, *text));
}

sim::Result<uint64_t> CountFor(const Scheduler& scheduler, const Variables& variables) {
  for (const std::string_view name : {scheduler.count, kCountByHand}) {
    if (!name.empty() && variables(name)) {
      return NumberIn(variables, name, 0);
    }
  }
  return Wrong(fmt::format("{} is set, but {}{} is not: how many shards there are must be told.",
                           scheduler.index, scheduler.count.empty() ? "" : scheduler.count,
                           scheduler.count.empty() ? kCountByHand : ""));
}

// The scheduler's index is set.
sim::Result<FoundShard> ShardBy(const Scheduler& scheduler, const Variables& variables) {
  const sim::Result<uint64_t> index = NumberIn(variables, scheduler.index, 0);
  const sim::Result<uint64_t> first = NumberIn(variables, scheduler.minimum, scheduler.first);
  const sim::Result<uint64_t> step = NumberIn(variables, scheduler.step, 1);
  const sim::Result<uint64_t> count = CountFor(scheduler, variables);
  for (const sim::Result<uint64_t>& number : {index, first, step, count}) {
    if (!number) {
      return Fail(number);
    }
  }
  const bool is_dense = *index >= *first && *step > 0 && (*index - *first) % *step == 0;
  const uint64_t place = is_dense ? (*index - *first) / *step : 0;
  if (!is_dense || place >= *count) {
    return Wrong(fmt::format("{}={} is none of {} shards; name this one with --shard i/n.",
                             scheduler.index, *index, *count));
  }
  return FoundShard{.shard = {.index = place, .count = *count}, .by = std::string(scheduler.index)};
}

}  // namespace

sim::Result<std::optional<FoundShard>> ShardByHand(const Variables& variables) {
  const std::optional<std::string> text = variables(kByHand);
  if (!text) {
    return std::optional<FoundShard>();
  }
  const sim::Result<Shard> shard = ParseShard(*text);
  if (!shard) {
    return Wrong(fmt::format("{}: {}", kByHand, shard.error().message));
  }
  return std::optional(FoundShard{.shard = *shard, .by = std::string(kByHand)});
}

sim::Result<FoundShard> FindShard(const Variables& variables) {
  const sim::Result<std::optional<FoundShard>> by_hand = ShardByHand(variables);
  if (!by_hand || *by_hand) {
    return by_hand ? sim::Result<FoundShard>(**by_hand) : Fail(by_hand);
  }
  std::vector<FoundShard> found;
  std::set<std::string_view> asked;
  for (const Scheduler& scheduler : kSchedulers) {
    if (asked.contains(scheduler.name) || !variables(scheduler.index)) {
      continue;
    }
    asked.insert(scheduler.name);
    const sim::Result<FoundShard> shard = ShardBy(scheduler, variables);
    if (!shard) {
      return shard;
    }
    if (!found.empty() && found.front().shard != shard->shard) {
      return Wrong(fmt::format("By {} this is shard {}, by {} it is {}; name it with --shard i/n.",
                               found.front().by, Show(found.front().shard), shard->by,
                               Show(shard->shard)));
    }
    found.push_back(*shard);
  }
  if (found.empty()) {
    return Wrong(
        fmt::format("--shard auto: no variable tells which shard this is; set {}=i/n.", kByHand));
  }
  return found.front();
}

std::optional<std::string> EnvironmentVariable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace flinch::scenarios
