#include "scenarios/model/vary.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "scenarios/model/field_text.h"
#include "scenarios/model/scenario_fields.h"
#include "sim/random.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;

constexpr uint32_t kTaskManagersMax = 5;
constexpr uint32_t kSlotsMax = 3;

class Variation {
 public:
  explicit Variation(uint64_t seed) : random_(sim::Random(seed).Split("vary")) {}

  // Keeps what the scenario has in half of the seeds: what its author chose is worth trying, too.
  template <typename T, size_t count>
  void Choose(std::string_view name, T& value, const std::array<T, count>& choices) const {
    const sim::Random field = random_.Split(name);
    if (field.Split("varies").Chance({.numerator = 1, .denominator = 2})) {
      value = choices[field.Split("value").Below(count)];
    }
  }

  uint32_t Between(std::string_view name, uint32_t low, uint32_t high) const {
    return static_cast<uint32_t>(random_.Split(name).Between(int64_t{low}, int64_t{high}));
  }

 private:
  sim::Random random_;
};

// A source without a partition of its own has nothing to read.
uint32_t ParallelismMax(const Scenario& scenario) {
  const uint32_t slots = scenario.cluster.task_managers * scenario.cluster.slots_each;
  const uint32_t most = std::min(slots, scenario.workload.partitions);
  return scenario.options.max_parallelism == 0 ? most
                                               : std::min(most, scenario.options.max_parallelism);
}

void VaryCluster(const Variation& variation, Scenario& scenario) {
  // A plan names its victims.
  const bool has_plan = scenario.faults.source == FaultSource::kPlan;
  const uint32_t fewest = has_plan ? scenario.cluster.task_managers : 1;
  scenario.cluster.task_managers =
      variation.Between("task_managers", fewest, std::max(fewest, kTaskManagersMax));
  scenario.cluster.slots_each = variation.Between("slots_each", 1, kSlotsMax);
  scenario.job.parallelism = variation.Between("parallelism", 1, ParallelismMax(scenario));
}

void VaryOptions(const Variation& variation, engine::EngineOptions& options) {
  variation.Choose("checkpoint.interval", options.checkpoint.interval,
                   std::to_array<sim::Duration>({150ms, 300ms, 700ms, 1500ms}));
  variation.Choose("checkpoint.timeout", options.checkpoint.timeout,
                   std::to_array<sim::Duration>({2s, 5s, 20s}));
  variation.Choose("checkpoint.min_pause", options.checkpoint.min_pause,
                   std::to_array<sim::Duration>({0s, 50ms, 200ms}));
  variation.Choose("checkpoint.tolerable_failures", options.checkpoint.tolerable_failures,
                   std::to_array<uint32_t>({0, 1, 10}));
  variation.Choose("checkpoint.retained", options.checkpoint.retained,
                   std::to_array<uint32_t>({1, 2, 3}));
  variation.Choose("restart.delay", options.restart.delay,
                   std::to_array<sim::Duration>({0s, 50ms, 500ms, 1s}));
  variation.Choose("heartbeat.interval", options.heartbeat.interval,
                   std::to_array<sim::Duration>({50ms, 100ms, 500ms}));
  variation.Choose("heartbeat.timeout", options.heartbeat.timeout,
                   std::to_array<sim::Duration>({600ms, 2s, 5s}));
  options.heartbeat.timeout = std::max(options.heartbeat.timeout, 3 * options.heartbeat.interval);
  variation.Choose("source.fetch_records_min", options.source.fetch_records_min,
                   std::to_array<uint32_t>({1, 4}));
  variation.Choose("source.fetch_wait", options.source.fetch_wait,
                   std::to_array<sim::Duration>({0s, 10ms, 500ms}));
  variation.Choose("source.watermark_interval", options.source.watermark_interval,
                   std::to_array<sim::Duration>({0s, 20ms, 1s}));
  variation.Choose("source.fetch_records_max", options.source.fetch_records_max,
                   std::to_array<uint32_t>({20, 60, 1000}));
  variation.Choose("sink.batch_records", options.sink.batch_records,
                   std::to_array<uint32_t>({1, 7, 1000}));
  // Shorter than many an outage of a plan.
  variation.Choose("sink.delivery_timeout", options.sink.delivery_timeout,
                   std::to_array<sim::Duration>({500ms, 2s, 10s}));
  variation.Choose("sink.transaction_timeout", options.sink.transaction_timeout,
                   std::to_array<sim::Duration>({10s, 1min, 15min}));
  variation.Choose("rpc.ask_timeout", options.rpc.ask_timeout,
                   std::to_array<sim::Duration>({200ms, 1s, 3s}));
}

void VaryKnobs(const Variation& variation, engine::EngineOptions& options, uint32_t parallelism) {
  variation.Choose("network.buffer_bytes", options.network.buffer_bytes,
                   std::to_array<uint32_t>({1, 64, 1024}));
  variation.Choose("network.buffer_timeout", options.network.buffer_timeout,
                   std::to_array<sim::Duration>({1ms, 5ms, 200ms}));
  variation.Choose("network.buffers_per_subpartition", options.network.buffers_per_subpartition,
                   std::to_array<uint32_t>({1, 2, 4}));
  variation.Choose("network.request_backoff", options.network.request_backoff,
                   std::to_array<sim::Duration>({10ms, 300ms}));
  variation.Choose("task.record_time", options.task.record_time,
                   std::to_array<sim::Duration>({0s, 10us, 1ms}));
  variation.Choose("task.turn_records", options.task.turn_records,
                   std::to_array<uint32_t>({1, 2, 50}));
  if (options.max_parallelism == 0) {
    variation.Choose("max_parallelism", options.max_parallelism,
                     std::to_array<uint32_t>({parallelism, parallelism + 1, 7 * parallelism}));
  }
}

// In half of the seeds faults go on for twice as long, so that some strike at the end of the input.
void VaryHealing(const Variation& variation, LimitsSpec& limits) {
  if (2 * limits.heal_after < limits.simulated_time / 2 && variation.Between("heal", 0, 1) == 0) {
    limits.heal_after *= 2;
  }
}

// All fields with their texts, in the order of the file.
std::vector<std::pair<std::string, std::string>> TextsOf(const Scenario& scenario) {
  std::vector<std::pair<std::string, std::string>> texts;
  VisitFields(scenario, [&texts](const FieldInfo& field, const auto& value) {
    texts.emplace_back(field.path, ShowField(value));
  });
  return texts;
}

}  // namespace

Scenario Vary(Scenario scenario, uint64_t seed) {
  const Variation variation(seed);
  if (scenario.vary.cluster) {
    VaryCluster(variation, scenario);
  }
  if (scenario.vary.options) {
    VaryOptions(variation, scenario.options);
  }
  if (scenario.vary.healing) {
    VaryHealing(variation, scenario.limits);
  }
  if (scenario.vary.knobs) {
    VaryKnobs(variation, scenario.options, scenario.job.parallelism);
    variation.Choose("workload.linger", scenario.workload.linger,
                     std::to_array<sim::Duration>({0s, 5ms, 100ms}));
  }
  scenario.vary = {};
  return scenario;
}

uint32_t VariedParallelismMax(const Scenario& scenario) {
  Scenario widest = scenario;
  widest.cluster.task_managers = std::max(scenario.cluster.task_managers, kTaskManagersMax);
  widest.cluster.slots_each = kSlotsMax;
  return ParallelismMax(widest);
}

std::vector<std::pair<std::string, std::string>> Differences(const Scenario& first,
                                                             const Scenario& second) {
  std::vector<std::pair<std::string, std::string>> before = TextsOf(first);
  std::vector<std::pair<std::string, std::string>> after = TextsOf(second);
  std::vector<std::pair<std::string, std::string>> differences;
  for (size_t index = 0; index < after.size(); ++index) {
    std::string_view path = after[index].first;
    if (after[index].second == before[index].second || path.starts_with("vary.")) {
      continue;
    }
    if (path.starts_with(kOptionsPrefix)) {
      path.remove_prefix(kOptionsPrefix.size());
    }
    differences.emplace_back(path, after[index].second);
  }
  return differences;
}

}  // namespace flinch::scenarios
