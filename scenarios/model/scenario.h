// A scenario: what runs, on what, fed with what, tormented how, and judged by whom. A plain value.
//
// It is written in C++ (scenarios/files/registry.cc) or in TOML (scenarios/files/scenario_toml.h);
// both give the same value. With a seed it determines a run completely; what a field means and may
// be is said once, in scenarios/model/scenario_fields.h.
//
// Units: durations are simulated time except `job.window`, `job.out_of_orderness`,
//        `workload.event_step` and `workload.out_of_order`, which are spans of event time.
// Names: the processes, and the hosts they run on, are jm (and jm-2 … jm-N), tm-1 … tm-N, broker,
//        publisher; client where there is a story, and with high availability coordination.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.h"
#include "engine/ids.h"
#include "faults/fault_plan.h"
#include "scenarios/model/row_selection.h"
#include "scenarios/model/story.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::scenarios {

struct ClusterSpec {
  uint32_t task_managers = 3;
  // More than one need a coordination service, which elects who leads.
  uint32_t job_managers = 1;
  uint32_t slots_each = 2;
};

struct JobSpec {
  std::string name{};  // of a registered job: scenarios/jobs/jobs.h
  uint32_t parallelism = 1;
  // The length of the tumbling windows; jobs without windows ignore it.
  sim::Duration window = std::chrono::minutes(1);
  // How far a record may lie behind the newest one of its partition. Nothing ("auto"): as measured
  // in the workload, so that no record is ever late and the result does not depend on chance.
  std::optional<sim::Duration> out_of_orderness{};
  // Operators that follow each other on the same subtasks run as one task. The result is the same.
  bool chaining = true;
  // Of the job "algebra" (scenarios/jobs/algebra.h); others have none.
  std::vector<std::string> steps{};
  // Of the job "sql" (scenarios/sql/README.md): the script, and where the rows of its tables are
  // ("clicks=clicks.csv"), where it does not say so itself.
  std::string sql{};
  std::vector<std::string> tables{};
  // The same by hand in C++ instead of the script's own operators: scenarios/jobs/sql_programs.h.
  std::string program{};
};

inline constexpr std::string_view kSqlJob = "sql";

// kTables: the rows are those of the tables of job.sql.
enum class WorkloadSource : uint8_t { kGenerated, kFile, kTables };
enum class FileFormat : uint8_t { kCsv, kJsonLines, kBlank };
enum class OnBadRow : uint8_t { kFail, kSkip };

// How often the r-th key comes: in proportion to 1 / r^exponent. In hundredths: 110 is "1.1".
struct ZipfExponent {
  uint32_t hundredths = 100;
};

// How rows are read from a file. A field is the name of a column (CSV with a header), of a member
// (JSON Lines), or the number of a column from 1 (CSV, blank-separated).
struct FileSpec {
  FileFormat format = FileFormat::kBlank;
  std::string delimiter = ",";  // CSV only
  bool header = false;          // CSV only
  // Several are joined by a blank before they are read as one timestamp.
  std::vector<std::string> timestamp_fields{};
  std::string timestamp_format = "%Y-%m-%dT%H:%M:%S%z";  // scenarios/model/timestamp.h
  std::string key_field{};
  // The record's value. Empty: the row as it stands.
  std::string value_field{};
  OnBadRow on_bad_row = OnBadRow::kFail;
};

struct WorkloadSpec {
  WorkloadSource source = WorkloadSource::kGenerated;
  uint32_t partitions = 4;
  uint32_t rows_per_second = 200;  // how fast rows are published, in simulated time
  // Rows that become due within this time of each other are sent together: Kafka's linger.ms.
  sim::Duration linger = std::chrono::milliseconds(20);
  // When the last partition comes, if there are several: its rows before that go to the one before.
  // 0: with the others, at the start.
  sim::Duration late_partition{0};
  // The rows that are published, at the times at which they are when all are. Shrinking a failure
  // leaves rows out with it.
  RowSelection rows{};

  // Generated: each record holds `keys_per_record` keys, drawn by rank.
  uint64_t records = 2000;
  uint32_t keys = 20;
  uint32_t keys_per_record = 1;
  std::string key_prefix = "key-";
  ZipfExponent zipf_exponent{};
  engine::EventTime start{1'767'225'600'000'000'000};         // 2026-01-01
  sim::Duration event_step = std::chrono::milliseconds(300);  // from one record to the next
  sim::Duration out_of_order = std::chrono::seconds(5);       // a record is at most this much older

  FileSpec file{};
};

enum class FaultSource : uint8_t { kNone, kSwarm, kPlan };

// Faults drawn from the seed: see faults/generators.h.
struct SwarmSpec {
  uint32_t crashes_min = 1;  // of TaskManagers
  uint32_t crashes_max = 2;
  uint32_t control_crashes_max = 1;  // of the JobManager and the broker
  sim::Duration restart_min = std::chrono::milliseconds(50);
  sim::Duration restart_max = std::chrono::seconds(1);
  uint32_t link_faults_max = 4;
  sim::Duration link_min = std::chrono::milliseconds(20);
  sim::Duration link_max = std::chrono::seconds(3);
  sim::Duration delay_min = std::chrono::milliseconds(1);
  sim::Duration delay_max = std::chrono::milliseconds(500);
  uint32_t others_max = 3;  // of all other kinds
  // Whether they may destroy or hide what was durable. Then a run may be inconclusive.
  bool damages_storage = false;
  // "ack_sent/sink/crash/before": a cell of the protocol that the plan aims at, or "".
  std::string aim{};
  // How readily a fault waits for a protocol event rather than for a time.
  uint32_t anchored_weight = 4;
  uint32_t timed_weight = 1;
};

struct FaultsSpec {
  FaultSource source = FaultSource::kNone;
  SwarmSpec swarm{};
  faults::FaultPlan plan{};  // [[fault]]
};

struct LimitsSpec {
  // From here on nothing breaks any more, and what is down comes back. An input that lasts longer
  // shows whether the healed job gets on.
  sim::Duration heal_after = std::chrono::seconds(6);
  sim::Duration simulated_time = std::chrono::minutes(10);
  uint64_t events = 50'000'000;
  // A job that is healed and has all its input must finish within so many more checkpoints.
  uint64_t checkpoints_after_healing = 1000;
  // Whether tasks tell what arrives on each channel. There are as many channels as pairs of
  // subtasks: without them a wide job costs less, and oracles that need them do not judge.
  bool channel_events = true;
};

// What differs from seed to seed: see scenarios/model/vary.h.
struct VarySpec {
  bool cluster = false;  // TaskManagers, slots, parallelism
  bool options = false;  // intervals, time-outs, how much is tolerated and kept
  bool knobs = false;    // sizes, speeds and keys far from the usual
  bool healing = false;  // whether faults go on for twice as long

  friend bool operator==(const VarySpec&, const VarySpec&) = default;
};

struct Scenario {
  std::string name{};
  std::string why{};
  std::vector<std::string> oracles{};  // by name; none: all of them
  ClusterSpec cluster{};
  JobSpec job{};
  WorkloadSpec workload{};
  FaultsSpec faults{};
  StorySteps story{};  // [[story]]
  LimitsSpec limits{};
  VarySpec vary{};
  engine::EngineOptions options{};
};

// How the paths of problems of a scenario's own plan start: "fault[0].when.event".
inline constexpr std::string_view kFaultPath = "fault";

// Whether there is a coordination service.
inline bool IsHighlyAvailable(const Scenario& scenario) {
  return scenario.cluster.job_managers > 1 ||
         scenario.options.high_availability.type == engine::HighAvailabilityType::kCoordination;
}

// The processes of its cluster: JobManagers, TaskManagers, broker, publisher, and who else is
// there.
inline size_t CountProcesses(const Scenario& scenario) {
  return scenario.cluster.job_managers + scenario.cluster.task_managers +
         (IsHighlyAvailable(scenario) ? 3U : 2U);
}

// How many TaskManagers, whichever they are, the job can do without.
inline uint32_t SpareTaskManagers(const Scenario& scenario) {
  const uint32_t each = scenario.cluster.slots_each;
  uint32_t widest = scenario.job.parallelism;
  for (const StoryStep& step : scenario.story) {
    widest = std::max(widest, step.parallelism);
  }
  const uint32_t needed = scenario.options.scheduler.is_adaptive() ? 1 : (widest + each - 1) / each;
  return scenario.cluster.task_managers - std::min(needed, scenario.cluster.task_managers);
}

}  // namespace flinch::scenarios
