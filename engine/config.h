// The engine's options, under Flink's names.
//
// Plain values with defaults; `Validate` says in whole sentences what cannot be: also a span of
// time with which no job gets on, and one above a year (of checkpoints: above ten). `Visit` names
// each option once: it serves printing, `--set`, the [options] table of scenario files, and
// generators.
// Defaults are Flink's unless the comment says why not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/checkpoint_meta.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

using namespace std::chrono_literals;
using sim::Duration;

// How a job runs whose input ends. Flink's execution.runtime-mode.
enum class RuntimeMode : uint8_t {
  kStreaming,
  // Exchanges are blocking: consumers are deployed when their producers have finished, whose
  // results lie on disk till then (engine/network/kept_results.h). Keyed input is sorted, so that
  // one key's state is there at a time (engine/runtime/input_sorter.h). There are no watermarks but
  // the last, and no checkpoints but the one that commits what sinks have.
  kBatch,
};

struct ExecutionOptions {
  RuntimeMode mode = RuntimeMode::kStreaming;
  // Bytes of a keyed task's input that are sorted in memory; of more, sorted parts go to the disk.
  // Flink: 128 MiB; smaller, as inputs are.
  uint32_t sort_bytes = 1024 * 1024;

  bool is_batch() const { return mode == RuntimeMode::kBatch; }
};

// What becomes of a job's last checkpoints when a user cancels it.
enum class CheckpointRetention : uint8_t { kDeleteOnCancellation, kRetainOnCancellation };

// Whether a task waits for the barriers of all its channels (engine/network/barrier_core.h), or
// takes what overtook them into its snapshot, to see it again after a restore (barrier_tracker.h).
enum class CheckpointingMode : uint8_t { kExactlyOnce, kAtLeastOnce };

// Where a subtask's part of a checkpoint lies (engine/checkpoint/checkpoint_storage.h). Savepoints
// are files always, and so is what was in flight.
enum class CheckpointStorageType : uint8_t {
  kFileSystem,  // in a file on the shared volume
  // With the JobManager: in the acknowledgement, in its memory, and in `_metadata`. It is to be
  // small; checkpoints share no files then.
  kJobManager,
};

struct CheckpointOptions {
  CheckpointingMode mode = CheckpointingMode::kExactlyOnce;
  // Barriers overtake records, which the checkpoint then holds (engine/network/alternating_core.h).
  // Savepoints stay aligned. Without an effect where no barrier waits: at least once.
  bool unaligned = false;
  // Of unaligned checkpoints: so long after their trigger they overtake nothing yet. 0: at once.
  Duration aligned_timeout = 0s;
  // From one trigger to the next. Flink: unset (off); a second here, since a run without
  // checkpoints tests nothing.
  Duration interval = 1s;
  // From a checkpoint's trigger until it is given up. Flink: 10 min; shorter, for simulated hours
  // cost real time.
  Duration timeout = 30s;
  // At least this long between the completion of one and the trigger of the next.
  Duration min_pause = 0s;
  // So many may be under way at the same time.
  uint32_t max_concurrent = 1;
  // Consecutive failures that are tolerated before the job fails over. Flink: 0.
  uint32_t tolerable_failures = 0;
  // Completed checkpoints that are kept.
  uint32_t retained = 1;
  // Flink: NO_EXTERNALIZED_CHECKPOINTS, which also removes them when the job fails.
  CheckpointRetention retention = CheckpointRetention::kDeleteOnCancellation;
  // Flink: jobmanager, unless a directory is given; there is one here.
  CheckpointStorageType storage = CheckpointStorageType::kFileSystem;
  // A part that has no more bytes needs no file: it lies in `_metadata`. Flink: 20 kb; 0 here, so
  // that what a file's loss does is seen in small jobs, too.
  uint32_t inline_threshold_bytes = 0;

  bool overtakes() const { return unaligned && mode == CheckpointingMode::kExactlyOnce; }

  // Of those that the engine takes for itself.
  CheckpointKind kind() const {
    if (!overtakes()) {
      return CheckpointKind::kAligned;
    }
    return aligned_timeout > Duration(0) ? CheckpointKind::kTimeoutable
                                         : CheckpointKind::kUnaligned;
  }
};

// Where keyed state lies (engine/state/README.md): on the heap, or in LevelDB on the TaskManager's
// own disk. The last three are what Flink's documents called them before 1.13.
enum class StateBackendType : uint8_t {
  kHashMap,
  kLevelDb,
  kMemoryStateBackend,
  kFsStateBackend,
  kRocksDbStateBackend,
};

constexpr bool IsOnDisk(StateBackendType type) {
  return type == StateBackendType::kLevelDb || type == StateBackendType::kRocksDbStateBackend;
}

struct StateOptions {
  StateBackendType type = StateBackendType::kHashMap;
  // Checkpoints of state on disk share the files that have not changed. Savepoints never do.
  bool incremental = false;
  // Of LevelDB: what is written stays in memory until it is so much, and becomes a file then.
  // Flink's state.backend.rocksdb.writebuffer.size, 64 MiB; smaller, as state is.
  uint32_t write_buffer_bytes = 1024 * 1024;
};

// A decimal with two places: 150 is 1.5.
struct Hundredths {
  uint32_t value = 0;

  friend bool operator==(const Hundredths&, const Hundredths&) = default;
};

// When a job that failed is started anew (engine/master/restart_strategy.h).
enum class RestartStrategyType : uint8_t { kNone, kFixedDelay, kFailureRate, kExponentialDelay };

// Refused when more failures than these lie within the interval.
struct FailureRateOptions {
  uint32_t max_failures = 1;
  Duration interval = 1min;
  Duration delay = 1s;
};

// The first restart waits for `initial`, each further one `multiplier` times as long up to `max`.
struct ExponentialDelayOptions {
  Duration initial = 1s;
  Duration max = 1min;
  Hundredths multiplier{150};
  // A job that ran for so long begins with `initial` again.
  Duration reset_threshold = 1h;
  // A delay is longer or shorter by up to this part of it.
  Hundredths jitter{10};
  // Restarts until then. Flink: infinite, which is this number there.
  uint32_t attempts = 2147483647;
};

// What starts anew when a task fails: what exchanges records with it (master/execution_graph.h), or
// the whole job.
enum class FailoverStrategy : uint8_t { kRegion, kFull };

struct RestartOptions {
  // Flink: exponential-delay since 1.19, with checkpoints on. Here what it was before, fixed-delay
  // with practically unlimited attempts: short runs would see little else of a delay that grows.
  RestartStrategyType type = RestartStrategyType::kFixedDelay;
  // Of fixed-delay.
  uint32_t attempts = 2147483647;
  Duration delay = 1s;
  FailureRateOptions failure_rate;
  ExponentialDelayOptions exponential;

  // So many failures bring a restart each, whenever they come.
  uint32_t failures_allowed() const;
  // No restart waits longer.
  Duration longest_delay() const;
  // The option that ends the restarts, and its value: "restart-strategy.type = none", with what
  // stands in between.
  std::string LimitText(std::string_view between) const;
};

// Who decides with how many subtasks a job runs.
enum class SchedulerType : uint8_t {
  kDefault,   // the code: a job waits until there are enough slots
  kAdaptive,  // the slots: a job runs in those that there are (master/adaptive_phases.h)
};

enum class SchedulerMode : uint8_t {
  kNone,
  kReactive,  // adaptive, and it uses all slots, whatever the code says
};

struct SchedulerOptions {
  SchedulerType type = SchedulerType::kDefault;
  SchedulerMode mode = SchedulerMode::kNone;
  // Of adaptive. How long a job waits for its first slot before it fails; in reactive mode for
  // ever. Flink: 5 min.
  Duration resource_wait = 5min;
  // How long a job that could run with fewer subtasks waits for more slots. Flink: 10 s; shorter,
  // as heart-beats are.
  Duration resource_stabilization = 1s;
  // So many subtasks more are worth a restart.
  uint32_t min_increase = 1;
  // No rescale within this time after a start. Flink: 30 s; shorter, as runs are.
  Duration scaling_interval = 3s;

  bool is_adaptive() const { return type == SchedulerType::kAdaptive; }
};

struct HeartbeatOptions {
  // Flink: 10 s and 50 s; a tenth of it here, for the same reason as the checkpoint timeout.
  Duration interval = 1s;
  Duration timeout = 5s;
};

// Buffers that are no larger than what a task reads in a given time (network/buffer_debloater.h).
struct DebloatOptions {
  bool enabled = false;
  Duration period = 200ms;
  // What is in flight shall be read in this time.
  Duration target = 1s;
  // A size that differs by less from the last one is not told.
  uint32_t threshold_percentages = 25;
  uint32_t samples = 20;
};

struct NetworkOptions {
  // Bytes of records that make a buffer full; Flink: 32 KiB.
  uint32_t buffer_bytes = 32 * 1024;
  // A buffer that is not full leaves after this time.
  Duration buffer_timeout = 100ms;
  // Buffers a subpartition holds before its task counts as back-pressured.
  uint32_t buffers_per_subpartition = 10;
  // Of these, those that a channel from another TaskManager has for itself at its consumer. 0: as
  // many, and none are shared. Flink: 2.
  uint32_t buffers_per_channel = 0;
  // Those that the channels of a task share at their consumer: who has more to come than buffers
  // of its own borrows some. Flink: 8. None here, so that credit is told in portions.
  uint32_t floating_buffers = 0;
  // Back-off of a consumer whose producer is not there yet: from the first pause, each twice as
  // long up to the last, behind which it gives up (request_backoff.h). Flink: 100 ms and 10 s. A
  // last one of 0: always the same, for runs are short and would see little else of it.
  Duration request_backoff = 100ms;
  Duration request_backoff_max = 0s;
  // When it gives up whatever it was told.
  Duration request_timeout = 10s;
  DebloatOptions debloat;
};

struct TaskOptions {
  // How long one record keeps a task busy. Flink has no such option: there it is the speed of the
  // machine. Without it a task would empty every queue in no time, and nothing would ever be in
  // flight.
  Duration record_time = 100us;
  // Records after which a task looks for mails and lets its time pass. Flink: one; more here, since
  // each pause costs events. A buffer counts as a whole.
  uint32_t turn_records = 10;
  // A task that has not ended so long after its cancellation ends its TaskManager. 0: never.
  Duration cancellation_timeout = 180s;
};

// Who says which subtask of a source reads which partition of the log.
enum class SourceAssignment : uint8_t {
  kStatic,      // each subtask by itself: those whose number leaves its own, divided by all
  kEnumerator,  // an enumerator at the JobManager, also of partitions that come later (FLIP-27)
};

// Where a source begins that no checkpoint tells.
enum class StartupMode : uint8_t {
  kEarliest,
  // What is there is passed over, also after a failure without a checkpoint. Of kStatic.
  kLatest,
};

struct SourceOptions {
  StartupMode startup = StartupMode::kEarliest;
  // Flink: always an enumerator. Static here, as simple runs need no more.
  SourceAssignment assignment = SourceAssignment::kStatic;
  // From one look of an enumerator for new partitions to the next; 0: one look. Flink's Kafka
  // connector: 5 min; shorter, as runs are.
  Duration discovery_interval = 500ms;
  // A fetch waits at the log until there are so many records, or for so long. Kafka's
  // fetch.min.bytes (1) and fetch.max.wait.ms (500).
  uint32_t fetch_records_min = 1;
  Duration fetch_wait = 500ms;
  // The most of one fetch and partition: Kafka's max.poll.records (500).
  uint32_t fetch_records_max = 250;
  // How often a source sends a watermark while records go on coming. Flink: 200 ms. 0: after each
  // record.
  Duration watermark_interval = 200ms;
};

// Where a master finds again what the one before it left, and who leads.
enum class HighAvailabilityType : uint8_t {
  // On the shared volume; whoever starts leads. For a single JobManager.
  kNone,
  // At the coordination service (engine/outside/coordination_service.h), where one is elected.
  kCoordination,
};

// What a job starts from that has no checkpoint of its own.
struct RestoreOptions {
  // A snapshot on the shared volume: its directory. "": nothing. It is never removed: Flink's mode
  // NO_CLAIM.
  std::string path;
  // State of operators that the job does not have is left behind, and not refused.
  bool ignore_unclaimed_state = false;
};

struct HighAvailabilityOptions {
  // Flink knows zookeeper and kubernetes; this service is neither, though made after the first.
  HighAvailabilityType type = HighAvailabilityType::kNone;
  // A JobManager that the service has not heard for so long leads no more. Flink's
  // high-availability.zookeeper.client.session-timeout, 60 s; a tenth of it, as of heart-beats.
  Duration session_timeout = 6s;
};

struct RpcOptions {
  // How long a caller waits for a reply. Flink: 10 s.
  Duration ask_timeout = 2s;
};

// What a sink of the log promises of a record (engine/connectors/direct_log_writer.h). Flink's
// DeliveryGuarantee.
enum class DeliveryGuarantee : uint8_t { kExactlyOnce, kAtLeastOnce, kNone };

struct SinkOptions {
  DeliveryGuarantee guarantee = DeliveryGuarantee::kExactlyOnce;
  // After this the broker aborts a transaction by itself. Must exceed the longest recovery, or data
  // is lost: Flink's documents warn of just this. Kafka: 15 min.
  Duration transaction_timeout = 15min;
  // How long sinks and sources ask the log again before they give up: Kafka's delivery.timeout.ms,
  // 2 min; shorter, as all outages are.
  Duration delivery_timeout = 30s;
  // So many records are sent at once, or what there is at a checkpoint.
  uint32_t batch_records = 100;
};

// Of the log, which is not Flink's: a broker has options of its own.
struct LogOptions {
  // The longest time-out that a transaction may ask for; the log refuses a longer one. Kafka's
  // transaction.max.timeout.ms.
  Duration transaction_timeout_max = 15min;
};

struct EngineOptions {
  ExecutionOptions execution;
  CheckpointOptions checkpoint;
  StateOptions state;
  RestartOptions restart;
  FailoverStrategy failover = FailoverStrategy::kRegion;
  SchedulerOptions scheduler;
  HeartbeatOptions heartbeat;
  NetworkOptions network;
  TaskOptions task;
  SourceOptions source;
  RpcOptions rpc;
  SinkOptions sink;
  LogOptions log;
  HighAvailabilityOptions high_availability;
  RestoreOptions restore;
  // 0: derived from the parallelism (engine/state/key_groups.h).
  uint32_t max_parallelism = 0;

  sim::Result<void> Validate() const;

  // Whether parts of checkpoints lie with the JobManager: MemoryStateBackend says so, too.
  bool keeps_parts_in_memory() const {
    return checkpoint.storage == CheckpointStorageType::kJobManager ||
           state.type == StateBackendType::kMemoryStateBackend;
  }

  // As tasks keep it: parts in memory share no files, and a batch job has one key's at a time.
  StateOptions keyed_state() const {
    StateOptions kept = state;
    if (execution.is_batch()) {
      kept.type = StateBackendType::kHashMap;
    }
    kept.incremental = state.incremental && !keeps_parts_in_memory();
    return kept;
  }
};

template <typename Restart, typename Visitor>
void VisitRestart(Restart& restart, Visitor&& visit) {
  visit("restart-strategy.type", restart.type);
  visit("restart-strategy.fixed-delay.attempts", restart.attempts);
  visit("restart-strategy.fixed-delay.delay", restart.delay);
  visit("restart-strategy.failure-rate.max-failures-per-interval",
        restart.failure_rate.max_failures);
  visit("restart-strategy.failure-rate.failure-rate-interval", restart.failure_rate.interval);
  visit("restart-strategy.failure-rate.delay", restart.failure_rate.delay);
  visit("restart-strategy.exponential-delay.initial-backoff", restart.exponential.initial);
  visit("restart-strategy.exponential-delay.max-backoff", restart.exponential.max);
  visit("restart-strategy.exponential-delay.backoff-multiplier", restart.exponential.multiplier);
  visit("restart-strategy.exponential-delay.reset-backoff-threshold",
        restart.exponential.reset_threshold);
  visit("restart-strategy.exponential-delay.jitter-factor", restart.exponential.jitter);
  visit("restart-strategy.exponential-delay.attempts-before-reset-backoff",
        restart.exponential.attempts);
}

template <typename Debloat, typename Visitor>
void VisitDebloat(Debloat& debloat, Visitor&& visit) {
  visit("taskmanager.network.memory.buffer-debloat.enabled", debloat.enabled);
  visit("taskmanager.network.memory.buffer-debloat.period", debloat.period);
  visit("taskmanager.network.memory.buffer-debloat.target", debloat.target);
  visit("taskmanager.network.memory.buffer-debloat.threshold-percentages",
        debloat.threshold_percentages);
  visit("taskmanager.network.memory.buffer-debloat.samples", debloat.samples);
}

// visit(name, field) for every option, in the order of the file.
template <typename Options, typename Visitor>
void Visit(Options& options, Visitor&& visit) {
  visit("execution.runtime-mode", options.execution.mode);
  visit("execution.sorted-inputs.memory", options.execution.sort_bytes);
  visit("execution.checkpointing.mode", options.checkpoint.mode);
  visit("execution.checkpointing.unaligned.enabled", options.checkpoint.unaligned);
  visit("execution.checkpointing.aligned-checkpoint-timeout", options.checkpoint.aligned_timeout);
  visit("execution.checkpointing.interval", options.checkpoint.interval);
  visit("execution.checkpointing.timeout", options.checkpoint.timeout);
  visit("execution.checkpointing.min-pause", options.checkpoint.min_pause);
  visit("execution.checkpointing.max-concurrent-checkpoints", options.checkpoint.max_concurrent);
  visit("execution.checkpointing.tolerable-failed-checkpoints",
        options.checkpoint.tolerable_failures);
  visit("execution.checkpointing.num-retained", options.checkpoint.retained);
  visit("execution.checkpointing.externalized-checkpoint-retention", options.checkpoint.retention);
  visit("execution.checkpointing.storage", options.checkpoint.storage);
  visit("execution.checkpointing.data-inline-threshold", options.checkpoint.inline_threshold_bytes);
  visit("execution.checkpointing.incremental", options.state.incremental);
  visit("state.backend.type", options.state.type);
  visit("state.backend.leveldb.write-buffer-size", options.state.write_buffer_bytes);
  VisitRestart(options.restart, visit);
  visit("jobmanager.execution.failover-strategy", options.failover);
  visit("jobmanager.scheduler", options.scheduler.type);
  visit("jobmanager.adaptive-scheduler.resource-wait-timeout", options.scheduler.resource_wait);
  visit("jobmanager.adaptive-scheduler.resource-stabilization-timeout",
        options.scheduler.resource_stabilization);
  visit("jobmanager.adaptive-scheduler.min-parallelism-increase", options.scheduler.min_increase);
  visit("jobmanager.adaptive-scheduler.scaling-interval.min", options.scheduler.scaling_interval);
  visit("scheduler-mode", options.scheduler.mode);
  visit("heartbeat.interval", options.heartbeat.interval);
  visit("heartbeat.timeout", options.heartbeat.timeout);
  visit("taskmanager.memory.segment-size", options.network.buffer_bytes);
  visit("execution.buffer-timeout.interval", options.network.buffer_timeout);
  visit("taskmanager.network.memory.max-buffers-per-channel",
        options.network.buffers_per_subpartition);
  visit("taskmanager.network.memory.buffers-per-channel", options.network.buffers_per_channel);
  visit("taskmanager.network.memory.floating-buffers-per-gate", options.network.floating_buffers);
  VisitDebloat(options.network.debloat, visit);
  visit("taskmanager.network.request-backoff.initial", options.network.request_backoff);
  visit("taskmanager.network.request-backoff.max", options.network.request_backoff_max);
  visit("taskmanager.network.request-timeout", options.network.request_timeout);
  visit("task.record-time", options.task.record_time);
  visit("task.turn-records", options.task.turn_records);
  visit("task.cancellation.timeout", options.task.cancellation_timeout);
  visit("scan.startup.mode", options.source.startup);
  visit("source.assignment", options.source.assignment);
  visit("partition.discovery.interval.ms", options.source.discovery_interval);
  visit("source.fetch.min-records", options.source.fetch_records_min);
  visit("source.fetch.max-wait", options.source.fetch_wait);
  visit("source.fetch.max-records", options.source.fetch_records_max);
  visit("pipeline.auto-watermark-interval", options.source.watermark_interval);
  visit("pekko.ask.timeout", options.rpc.ask_timeout);
  visit("sink.delivery-guarantee", options.sink.guarantee);
  visit("sink.transaction-timeout", options.sink.transaction_timeout);
  visit("sink.delivery-timeout", options.sink.delivery_timeout);
  visit("sink.batch-records", options.sink.batch_records);
  visit("transaction.max.timeout", options.log.transaction_timeout_max);
  visit("high-availability.type", options.high_availability.type);
  visit("high-availability.coordination.session-timeout",
        options.high_availability.session_timeout);
  visit("execution.savepoint.path", options.restore.path);
  visit("execution.savepoint.ignore-unclaimed-state", options.restore.ignore_unclaimed_state);
  visit("pipeline.max-parallelism", options.max_parallelism);
}

}  // namespace flinch::engine
