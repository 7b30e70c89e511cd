#include "scenarios/model/vary.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "scenarios/model/delivery.h"
#include "scenarios/model/field_text.h"
#include "scenarios/model/scenario_fields.h"
#include "sim/random.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;

constexpr uint32_t kTaskManagersMax = 5;
constexpr uint32_t kSlotsMax = 3;
constexpr uint32_t kJobManagersMax = 3;

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
  if (!has_plan && scenario.cluster.job_managers > 1) {
    scenario.cluster.job_managers = variation.Between("job_managers", 2, kJobManagersMax);
  }
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
  variation.Choose("restart.attempts", options.restart.attempts,
                   std::to_array<uint32_t>({3, 10, 2147483647}));
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
  // The shortest lasts for two checkpoints, and less than many an outage.
  const sim::Duration brief = std::clamp<sim::Duration>(
      2 * (options.checkpoint.interval + options.checkpoint.min_pause), 2s, 15min);
  const sim::Duration most =
      std::max(options.sink.transaction_timeout, options.log.transaction_timeout_max);
  variation.Choose("sink.transaction_timeout", options.sink.transaction_timeout,
                   std::to_array<sim::Duration>({brief, 10s, 1min, 15min}));
  options.sink.transaction_timeout = std::min(options.sink.transaction_timeout, most);
  if (options.checkpoint.overtakes()) {
    // What was in flight is processed again before the first checkpoint; savepoints wait for it.
    options.sink.transaction_timeout = std::max<sim::Duration>(options.sink.transaction_timeout,
                                                               std::min<sim::Duration>(most, 30s));
  }
  if (options.execution.is_batch()) {
    options.sink.transaction_timeout = most;  // one transaction lasts until the job's end
  }
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
  variation.Choose("network.request_timeout", options.network.request_timeout,
                   std::to_array<sim::Duration>({1s, 3s, 10s}));
  variation.Choose("task.record_time", options.task.record_time,
                   std::to_array<sim::Duration>({0s, 10us, 1ms}));
  variation.Choose("task.turn_records", options.task.turn_records,
                   std::to_array<uint32_t>({1, 2, 50}));
  if (options.max_parallelism == 0) {
    variation.Choose("max_parallelism", options.max_parallelism,
                     std::to_array<uint32_t>({parallelism, parallelism + 1, 7 * parallelism}));
  }
}

// What the rows are like, but not how many there are: a run costs what its scenario says.
void VaryInput(const Variation& variation, Scenario& scenario) {
  variation.Choose("workload.linger", scenario.workload.linger,
                   std::to_array<sim::Duration>({0s, 5ms, 100ms}));
  if (scenario.workload.source != WorkloadSource::kGenerated) {
    return;
  }
  variation.Choose("workload.keys", scenario.workload.keys, std::to_array<uint32_t>({1, 5, 100}));
  // Never more, which a bound of the job's might not allow.
  const sim::Duration most = scenario.workload.out_of_order;
  variation.Choose("workload.out_of_order", scenario.workload.out_of_order,
                   std::to_array<sim::Duration>({0s, most / 10, most / 2}));
}

// In half of the seeds faults go on for twice as long, so that some strike at the end of the input.
void VaryHealing(const Variation& variation, LimitsSpec& limits) {
  if (2 * limits.heal_after < limits.simulated_time / 2 && variation.Between("heal", 0, 1) == 0) {
    limits.heal_after *= 2;
  }
}

// Fields that say which scenario it is, how it is judged, what is drawn, how a row looks.
constexpr auto kNoDimensions = std::to_array<std::string_view>(
    {"name", "why", "oracles", "job.name", "job.steps", "workload.source", "workload.rows",
     "workload.key_prefix", "workload.start", "limits.simulated_time", "limits.events",
     "limits.checkpoints_after_healing"});
constexpr auto kNoDimensionsIn =
    std::to_array<std::string_view>({"faults.", "vary.", "workload.file."});

// An option's name is that of Flink.
std::string_view NameOfField(std::string_view path) {
  return path.starts_with(kOptionsPrefix) ? path.substr(kOptionsPrefix.size()) : path;
}

// Where nobody is elected.
bool IsOfNoElection(const Scenario& scenario, std::string_view path) {
  return !IsHighlyAvailable(scenario) &&
         (path == "cluster.job_managers" || path.starts_with("options.high-availability."));
}

// Options of a restart strategy that the scenario does not have do nothing.
bool IsOfAnotherStrategy(const Scenario& scenario, std::string_view path) {
  constexpr std::string_view kStrategies = "options.restart-strategy.";
  if (!path.starts_with(kStrategies) || path.ends_with(".type")) {
    return false;
  }
  const auto type = static_cast<size_t>(scenario.options.restart.type);
  return !path.substr(kStrategies.size()).starts_with(kRestartStrategyWords.at(type));
}

// All fields with their texts, in the order of the file.
std::vector<std::pair<std::string, std::string>> TextsOf(const Scenario& scenario) {
  std::vector<std::pair<std::string, std::string>> texts;
  VisitFields(scenario, [&texts](const FieldInfo& field, const auto& value) {
    texts.emplace_back(field.path, ShowField(value));
  });
  return texts;
}

uint32_t WidestOf(const Scenario& scenario) {
  uint32_t widest = scenario.job.parallelism;
  for (const StoryStep& step : scenario.story) {
    widest = std::max(widest, step.parallelism);
  }
  return widest;
}

}  // namespace

Scenario Vary(Scenario scenario, uint64_t seed) {
  const Variation variation(seed);
  if (scenario.vary.cluster && scenario.story.empty()) {  // a story names its parallelisms
    VaryCluster(variation, scenario);
  }
  if (scenario.vary.options) {
    const std::optional<Delivery> promised = DeliveryOf(scenario);
    const sim::Duration interval = scenario.options.checkpoint.interval;
    VaryOptions(variation, scenario.options);
    if (DeliveryOf(scenario) != promised) {
      scenario.options.checkpoint.interval = interval;  // what is promised rests on it
    }
    if (IsHighlyAvailable(scenario)) {
      variation.Choose("high_availability.session_timeout",
                       scenario.options.high_availability.session_timeout,
                       std::to_array<sim::Duration>({500ms, 2s, 4s}));
    }
  }
  if (scenario.vary.healing) {
    VaryHealing(variation, scenario.limits);
  }
  if (scenario.vary.knobs) {
    VaryKnobs(variation, scenario.options, WidestOf(scenario));
    VaryInput(variation, scenario);
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
    const std::string_view path = after[index].first;
    if (after[index].second == before[index].second || path.starts_with("vary.")) {
      continue;
    }
    differences.emplace_back(NameOfField(path), after[index].second);
  }
  return differences;
}

std::vector<std::string> Dimensions(const Scenario& scenario) {
  const bool is_generated = scenario.workload.source == WorkloadSource::kGenerated;
  std::vector<std::string> names;
  VisitFields(scenario, [&](const FieldInfo& field, const auto&) {
    const bool is_other = std::ranges::find(kNoDimensions, field.path) != kNoDimensions.end() ||
                          std::ranges::any_of(kNoDimensionsIn, [&field](std::string_view table) {
                            return field.path.starts_with(table);
                          });
    if (!is_other && !IsOfAnotherStrategy(scenario, field.path) &&
        !IsOfNoElection(scenario, field.path) &&
        (field.applies != Applies::kGenerated || is_generated)) {
      names.emplace_back(NameOfField(field.path));
    }
  });
  return names;
}

}  // namespace flinch::scenarios
