// Every field of a scenario, named once: for decoding, `--set`, printing and documentation.
//
// `VisitFields(scenario, visit)` calls `visit(field, member)` for each; the member's type says how
// it is written:
//   whole number 3 · duration "250ms" · text · list of texts · one of some words ·
//   decimal "1.1" · time "2026-01-01T00:00:00Z" · "auto" or a duration · rows "1-5,9"
// The engine's options have Flink's names and no range of their own: EngineOptions::Validate knows.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "engine/config.h"
#include "scenarios/model/scenario.h"

namespace flinch::scenarios {

// When a field has an effect.
enum class Applies : uint8_t { kAlways, kGenerated, kFile, kSwarm, kSql };

struct FieldInfo {
  std::string_view path;  // "workload.records"
  // Of numbers, and of durations in nanoseconds.
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  Applies applies = Applies::kAlways;
};

inline constexpr std::string_view kOptionsPrefix = "options.";

namespace detail {

inline constexpr int64_t kYear = 365LL * 24 * 3600 * 1'000'000'000;
inline constexpr int64_t kMilli = 1'000'000;

template <typename AnyWorkload, typename Visitor>
void VisitWorkload(AnyWorkload& workload, Visitor&& visit) {
  constexpr auto kGenerated = Applies::kGenerated;
  constexpr auto kFile = Applies::kFile;
  visit(FieldInfo{"workload.source"}, workload.source);
  visit(FieldInfo{"workload.partitions", 1, 1024}, workload.partitions);
  visit(FieldInfo{"workload.rows_per_second", 1, 1'000'000}, workload.rows_per_second);
  visit(FieldInfo{"workload.linger", 0, kYear}, workload.linger);
  visit(FieldInfo{"workload.late_partition", 0, kYear}, workload.late_partition);
  visit(FieldInfo{"workload.rows"}, workload.rows);
  visit(FieldInfo{"workload.records", 1, 10'000'000, kGenerated}, workload.records);
  visit(FieldInfo{"workload.keys", 1, 100'000, kGenerated}, workload.keys);
  visit(FieldInfo{"workload.keys_per_record", 1, 100, kGenerated}, workload.keys_per_record);
  visit(FieldInfo{.path = "workload.key_prefix", .applies = kGenerated}, workload.key_prefix);
  visit(FieldInfo{"workload.zipf_exponent", 0, 400, kGenerated}, workload.zipf_exponent);
  visit(FieldInfo{.path = "workload.start", .applies = kGenerated}, workload.start);
  visit(FieldInfo{"workload.event_step", 0, kYear, kGenerated}, workload.event_step);
  visit(FieldInfo{"workload.out_of_order", 0, kYear, kGenerated}, workload.out_of_order);
  visit(FieldInfo{.path = "workload.file.format", .applies = kFile}, workload.file.format);
  visit(FieldInfo{.path = "workload.file.delimiter", .applies = kFile}, workload.file.delimiter);
  visit(FieldInfo{.path = "workload.file.header", .applies = kFile}, workload.file.header);
  visit(FieldInfo{.path = "workload.file.timestamp_fields", .applies = kFile},
        workload.file.timestamp_fields);
  visit(FieldInfo{.path = "workload.file.timestamp_format", .applies = kFile},
        workload.file.timestamp_format);
  visit(FieldInfo{.path = "workload.file.key_field", .applies = kFile}, workload.file.key_field);
  visit(FieldInfo{.path = "workload.file.value_field", .applies = kFile},
        workload.file.value_field);
  visit(FieldInfo{.path = "workload.file.on_bad_row", .applies = kFile}, workload.file.on_bad_row);
}

template <typename AnySwarm, typename Visitor>
void VisitSwarm(AnySwarm& swarm, Visitor&& visit) {
  constexpr auto kSwarm = Applies::kSwarm;
  visit(FieldInfo{"faults.crashes_min", 0, 1000, kSwarm}, swarm.crashes_min);
  visit(FieldInfo{"faults.crashes_max", 0, 1000, kSwarm}, swarm.crashes_max);
  visit(FieldInfo{"faults.control_crashes_max", 0, 1000, kSwarm}, swarm.control_crashes_max);
  visit(FieldInfo{"faults.restart_min", 1, kYear, kSwarm}, swarm.restart_min);
  visit(FieldInfo{"faults.restart_max", 1, kYear, kSwarm}, swarm.restart_max);
  visit(FieldInfo{"faults.link_faults_max", 0, 1000, kSwarm}, swarm.link_faults_max);
  visit(FieldInfo{"faults.link_min", 1, kYear, kSwarm}, swarm.link_min);
  visit(FieldInfo{"faults.link_max", 1, kYear, kSwarm}, swarm.link_max);
  visit(FieldInfo{"faults.delay_min", 1, kYear, kSwarm}, swarm.delay_min);
  visit(FieldInfo{"faults.delay_max", 1, kYear, kSwarm}, swarm.delay_max);
  visit(FieldInfo{"faults.others_max", 0, 1000, kSwarm}, swarm.others_max);
  visit(FieldInfo{.path = "faults.damages_storage", .applies = kSwarm}, swarm.damages_storage);
  visit(FieldInfo{.path = "faults.aim", .applies = kSwarm}, swarm.aim);
  visit(FieldInfo{"faults.anchored_weight", 0, 1000, kSwarm}, swarm.anchored_weight);
  visit(FieldInfo{"faults.timed_weight", 0, 1000, kSwarm}, swarm.timed_weight);
}

}  // namespace detail

template <typename AnyScenario, typename Visitor>
void VisitFields(AnyScenario& scenario, Visitor&& visit) {
  visit(FieldInfo{"name"}, scenario.name);
  visit(FieldInfo{"why"}, scenario.why);
  visit(FieldInfo{"oracles"}, scenario.oracles);
  visit(FieldInfo{"cluster.task_managers", 1, 500}, scenario.cluster.task_managers);
  visit(FieldInfo{"cluster.job_managers", 1, 9}, scenario.cluster.job_managers);
  visit(FieldInfo{"cluster.slots_each", 1, 1000}, scenario.cluster.slots_each);
  visit(FieldInfo{"job.name"}, scenario.job.name);
  visit(FieldInfo{"job.parallelism", 1, 1024}, scenario.job.parallelism);
  visit(FieldInfo{"job.window", 1, detail::kYear}, scenario.job.window);
  visit(FieldInfo{"job.out_of_orderness", 0, detail::kYear}, scenario.job.out_of_orderness);
  visit(FieldInfo{"job.chaining"}, scenario.job.chaining);
  visit(FieldInfo{"job.steps"}, scenario.job.steps);
  visit(FieldInfo{.path = "job.sql", .applies = Applies::kSql}, scenario.job.sql);
  visit(FieldInfo{.path = "job.tables", .applies = Applies::kSql}, scenario.job.tables);
  visit(FieldInfo{.path = "job.program", .applies = Applies::kSql}, scenario.job.program);
  detail::VisitWorkload(scenario.workload, visit);
  visit(FieldInfo{"faults.source"}, scenario.faults.source);
  detail::VisitSwarm(scenario.faults.swarm, visit);
  visit(FieldInfo{"limits.heal_after", 100 * detail::kMilli, detail::kYear},
        scenario.limits.heal_after);
  visit(FieldInfo{"limits.simulated_time", 100 * detail::kMilli, detail::kYear},
        scenario.limits.simulated_time);
  visit(FieldInfo{"limits.events", 1000}, scenario.limits.events);
  visit(FieldInfo{"limits.checkpoints_after_healing", 1},
        scenario.limits.checkpoints_after_healing);
  visit(FieldInfo{"limits.channel_events"}, scenario.limits.channel_events);
  visit(FieldInfo{"vary.cluster"}, scenario.vary.cluster);
  visit(FieldInfo{"vary.options"}, scenario.vary.options);
  visit(FieldInfo{"vary.knobs"}, scenario.vary.knobs);
  visit(FieldInfo{"vary.healing"}, scenario.vary.healing);
  engine::Visit(scenario.options, [&visit](std::string_view name, auto& option) {
    visit(FieldInfo{std::string(kOptionsPrefix).append(name)}, option);
  });
}

}  // namespace flinch::scenarios
