#include "scenarios/files/field_notes.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/model/field_text.h"
#include "scenarios/model/scenario.h"
#include "scenarios/model/scenario_fields.h"
#include "sim/check.h"
#include "sim/time.h"

namespace flinch::scenarios {

namespace {

struct Note {
  std::string_view path;
  std::string_view text;
};

constexpr auto kNotes = std::to_array<Note>({
    {"name", "What the scenario is called."},
    {"why", "What it is for, in a sentence."},
    {"oracles", "The promises that are watched, by name (flinch list oracles); none: all."},
    {"cluster.task_managers", "How many TaskManagers there are: tm-1, tm-2 and so on."},
    {"cluster.job_managers",
     "How many JobManagers there are: jm, jm-2 and so on; with several, one is elected."},
    {"cluster.slots_each", "How many subtasks of an operator a TaskManager takes."},
    {"job.name", "The job that runs (flinch list jobs)."},
    {"job.parallelism", "Into how many subtasks each operator is split."},
    {"job.window", "The length of the tumbling windows, in event time."},
    {"job.out_of_orderness",
     "How far a record may lie behind the newest one of its partition; auto: as in the input, so "
     "that none is late."},
    {"job.chaining", "Whether operators that follow each other run as one task."},
    {"job.steps", "The steps of the job algebra; other jobs have none."},
    {"job.sql", "Of the job sql: tables and queries in Flink's dialect (sql_file: in a file)."},
    {"job.tables", "Of the job sql: which files hold the rows of its tables, clicks=clicks.csv."},
    {"job.program",
     "Of the job sql: the same written by hand in C++ (clicks_per_url, clicks_by_location, "
     "average_age); none: the script's own operators."},
    {"workload.source", "Where the rows come from."},
    {"workload.partitions", "How many partitions the input topic has."},
    {"workload.rows_per_second", "How fast rows are published, in simulated time."},
    {"workload.linger", "Rows that become due within this time are sent together."},
    {"workload.late_partition",
     "When the last partition is added to the topic; 0s: it is there from the start. Only an "
     "enumerator finds it (options.source.assignment)."},
    {"workload.rows", "The rows that are published; shrinking leaves some out."},
    {"workload.records", "How many rows are made."},
    {"workload.keys", "How many different keys they have."},
    {"workload.keys_per_record", "How many keys a row holds."},
    {"workload.key_prefix", "How each key begins."},
    {"workload.zipf_exponent", "How much more often the first keys come: in proportion to 1/r^e."},
    {"workload.start", "The event time of the first row."},
    {"workload.event_step", "From the event time of one row to that of the next."},
    {"workload.out_of_order", "A row is older than its place says by at most this."},
    {"workload.file.format", "How the rows of the file are written."},
    {"workload.file.delimiter", "What separates the columns of a CSV file."},
    {"workload.file.header", "Whether the first row of a CSV file names the columns."},
    {"workload.file.timestamp_fields", "The fields of the event time; several are joined."},
    {"workload.file.timestamp_format", "How the event time is written, as of strftime."},
    {"workload.file.key_field", "The field that is the key."},
    {"workload.file.value_field", "The field that is the value; empty: the whole row."},
    {"workload.file.on_bad_row", "What becomes of a row that cannot be read."},
    {"faults.source", "Nothing breaks, faults are drawn from the seed, or [[fault]] lists them."},
    {"faults.crashes_min", "The fewest crashes of TaskManagers."},
    {"faults.crashes_max", "The most crashes of TaskManagers."},
    {"faults.control_crashes_max", "The most crashes of the JobManager and the broker."},
    {"faults.restart_min", "A dead process stays away for at least this."},
    {"faults.restart_max", "A dead process stays away for at most this."},
    {"faults.link_faults_max", "The most faults of links."},
    {"faults.link_min", "A fault of a link lasts for at least this."},
    {"faults.link_max", "A fault of a link lasts for at most this."},
    {"faults.delay_min", "What is delayed is late by at least this."},
    {"faults.delay_max", "What is delayed is late by at most this."},
    {"faults.others_max", "The most faults of all other kinds."},
    {"faults.damages_storage",
     "Whether faults may destroy what was durable; then a run may be inconclusive."},
    {"faults.aim", "A cell of the protocol that the plan aims at (flinch list cells)."},
    {"faults.anchored_weight", "How readily a fault waits for an event of the protocol."},
    {"faults.timed_weight", "How readily a fault comes at a time."},
    {"limits.heal_after", "From here on nothing breaks any more, and what is down comes back."},
    {"limits.simulated_time", "The run ends at the latest after this."},
    {"limits.events", "The run ends at the latest after so many events."},
    {"limits.checkpoints_after_healing",
     "A healed job that has all its input finishes within so many more checkpoints."},
    {"limits.channel_events", "Whether tasks tell what arrives on each channel."},
    {"vary.cluster", "Whether TaskManagers, slots and parallelism differ from seed to seed."},
    {"vary.options", "Whether intervals and time-outs differ from seed to seed."},
    {"vary.knobs", "Whether sizes and speeds far from the usual are tried."},
    {"vary.healing", "Whether faults may go on for twice as long."},
    {"options.execution.runtime-mode",
     "With BATCH tasks begin when what they read is complete, and nothing is checkpointed; "
     "job.mode = \"batch\" says the same."},
    {"options.execution.sorted-inputs.memory",
     "Bytes of a batch task's keyed input that are sorted in memory; more goes to its disk."},
    {"options.execution.checkpointing.mode",
     "Whether barriers wait for each other, so that a record counts once, or not."},
    {"options.execution.checkpointing.unaligned.enabled",
     "Whether barriers overtake records, which the checkpoint then holds."},
    {"options.execution.checkpointing.aligned-checkpoint-timeout",
     "How long barriers that may overtake records wait for them first."},
    {"options.execution.checkpointing.interval",
     "From the trigger of one checkpoint to that of the next."},
    {"options.execution.checkpointing.timeout",
     "From the trigger of a checkpoint until it is given up."},
    {"options.execution.checkpointing.min-pause",
     "At least this long between the completion of one and the trigger of the next."},
    {"options.execution.checkpointing.max-concurrent-checkpoints",
     "So many checkpoints may be under way at the same time."},
    {"options.execution.checkpointing.tolerable-failed-checkpoints",
     "Consecutive failures that are tolerated before the job fails over."},
    {"options.execution.checkpointing.num-retained", "Completed checkpoints that are kept."},
    {"options.execution.checkpointing.externalized-checkpoint-retention",
     "Whether a job that a user cancels leaves its last checkpoints, to be resumed from."},
    {"options.execution.checkpointing.storage",
     "Where the parts of checkpoints lie: in files (filesystem), or with the JobManager "
     "(jobmanager)."},
    {"options.execution.checkpointing.data-inline-threshold",
     "A part of a checkpoint that has no more bytes lies in its metadata, and is no file."},
    {"options.execution.checkpointing.incremental",
     "Whether checkpoints of state on disk share the files that have not changed."},
    {"options.state.backend.type",
     "Where keyed state lies: on the heap (hashmap), or on the TaskManager's disk (leveldb)."},
    {"options.state.backend.leveldb.write-buffer-size",
     "Bytes that LevelDB keeps in memory until they become a file."},
    {"options.jobmanager.execution.failover-strategy",
     "What is started anew when a task fails: its region, or the whole job (full)."},
    {"options.jobmanager.scheduler",
     "Whether a job waits for the slots that it wants, or runs in those that there are "
     "(adaptive)."},
    {"options.jobmanager.adaptive-scheduler.resource-wait-timeout",
     "How long an adaptive job waits for its first slot."},
    {"options.jobmanager.adaptive-scheduler.resource-stabilization-timeout",
     "How long an adaptive job waits for more slots when it has some."},
    {"options.jobmanager.adaptive-scheduler.min-parallelism-increase",
     "So many subtasks more are worth a restart."},
    {"options.jobmanager.adaptive-scheduler.scaling-interval.min",
     "An adaptive job runs for at least this long before it restarts for more slots."},
    {"options.scheduler-mode",
     "With reactive an adaptive job uses all slots, whatever its parallelism."},
    {"options.restart-strategy.type", "When a job that failed is restarted, and when it ends."},
    {"options.restart-strategy.fixed-delay.attempts", "How often the job is restarted."},
    {"options.restart-strategy.fixed-delay.delay", "From a failure to the restart."},
    {"options.restart-strategy.failure-rate.max-failures-per-interval",
     "With more failures than these in the interval the job ends."},
    {"options.restart-strategy.failure-rate.failure-rate-interval",
     "The interval in which failures are counted."},
    {"options.restart-strategy.failure-rate.delay", "From a failure to the restart."},
    {"options.restart-strategy.exponential-delay.initial-backoff",
     "From the first failure to the restart."},
    {"options.restart-strategy.exponential-delay.max-backoff", "No restart waits longer."},
    {"options.restart-strategy.exponential-delay.backoff-multiplier",
     "By how much each delay is longer than the one before."},
    {"options.restart-strategy.exponential-delay.reset-backoff-threshold",
     "A job that ran for so long begins with the first delay again."},
    {"options.restart-strategy.exponential-delay.jitter-factor",
     "By up to this part of it a delay is longer or shorter, drawn from the seed."},
    {"options.restart-strategy.exponential-delay.attempts-before-reset-backoff",
     "How often the job is restarted until the delay is reset."},
    {"options.heartbeat.interval", "How often processes ask each other whether they live."},
    {"options.heartbeat.timeout", "Who has not answered for so long is taken for dead."},
    {"options.taskmanager.memory.segment-size", "Bytes of records that make a buffer full."},
    {"options.execution.buffer-timeout.interval",
     "A buffer that is not full leaves after this time."},
    {"options.taskmanager.network.memory.max-buffers-per-channel",
     "Buffers a subpartition holds before its task counts as back-pressured."},
    {"options.taskmanager.network.request-backoff.initial",
     "How long a consumer waits before it asks again for a producer that is not there yet."},
    {"options.taskmanager.network.memory.buffers-per-channel",
     "Of these, those that a remote channel has for itself at its consumer; 0: as many."},
    {"options.taskmanager.network.memory.floating-buffers-per-gate",
     "Buffers that the channels of a task borrow from at their consumer, as their backlog asks."},
    {"options.taskmanager.network.memory.buffer-debloat.enabled",
     "Buffers become smaller until what is in flight is read in the target time."},
    {"options.taskmanager.network.memory.buffer-debloat.period",
     "How often a task reckons how large buffers should be."},
    {"options.taskmanager.network.memory.buffer-debloat.target",
     "In what time that which is in flight shall be read."},
    {"options.taskmanager.network.memory.buffer-debloat.threshold-percentages",
     "A size that differs by less from the last one is not told."},
    {"options.taskmanager.network.memory.buffer-debloat.samples",
     "Over how many of its own figures a size is smoothed."},
    {"options.taskmanager.network.request-backoff.max",
     "The longest such pause: each is twice as long as the one before; 0s: it does not grow."},
    {"options.taskmanager.network.request-timeout",
     "When a consumer gives up a producer that does not come."},
    {"options.task.record-time",
     "How long one record keeps a task busy; Flink has no such option."},
    {"options.task.turn-records",
     "Records after which a task looks for other work; Flink has no such option."},
    {"options.task.cancellation.timeout",
     "A task that does not end so long after its cancellation ends its TaskManager; 0s: never."},
    {"options.scan.startup.mode",
     "Where a source begins that no checkpoint tells: with all there is, or with what is to come."},
    {"options.source.assignment",
     "Who says which subtask reads which partition: each by its number, or an enumerator."},
    {"options.partition.discovery.interval.ms",
     "How often an enumerator looks for new partitions; 0s: once. Kafka's connector has it."},
    {"options.source.fetch.min-records",
     "A fetch waits at the log until there are so many: Kafka's fetch.min.bytes."},
    {"options.source.fetch.max-wait",
     "A fetch waits at the log for so long: Kafka's fetch.max.wait.ms."},
    {"options.source.fetch.max-records",
     "The most of one fetch and partition: Kafka's max.poll.records."},
    {"options.pipeline.auto-watermark-interval",
     "How often a source sends a watermark; 0s: after each record."},
    {"options.pekko.ask.timeout", "How long a caller waits for a reply."},
    {"options.sink.delivery-guarantee",
     "Whether output is committed with checkpoints, or written at once, waited for or not."},
    {"options.sink.transaction-timeout",
     "After this the broker aborts a transaction by itself; it must exceed the longest recovery."},
    {"options.sink.delivery-timeout",
     "How long sinks and sources ask the log again: Kafka's delivery.timeout.ms."},
    {"options.sink.batch-records", "So many records are sent at once."},
    {"options.transaction.max.timeout",
     "The longest time-out of a transaction that the log allows: Kafka's "
     "transaction.max.timeout.ms."},
    {"options.high-availability.type",
     "Where a JobManager finds what the one before it left: on the shared volume, or at a "
     "coordination service, as always with several JobManagers."},
    {"options.high-availability.coordination.session-timeout",
     "A JobManager that the coordination service has not heard for so long leads no more."},
    {"options.execution.savepoint.path",
     "A snapshot on the shared volume that the job starts from; \"\": none. Use --from."},
    {"options.execution.savepoint.ignore-unclaimed-state",
     "Whether state of operators that the job does not have is left behind, and not refused."},
    {"options.pipeline.max-parallelism",
     "How many key groups there are; 0: derived from the parallelism."},
});

template <typename T>
concept NumberField = std::same_as<T, uint32_t> || std::same_as<T, uint64_t>;

// By type, in the order of the overloads of ParseField.
void TakeForm(const std::string&, DescribedField& field) { field.form = FieldForm::kText; }

void TakeForm(bool, DescribedField& field) { field.form = FieldForm::kTruth; }

template <NumberField T>
void TakeForm(T, DescribedField& field) {
  field.form = FieldForm::kNumber;
  constexpr uint64_t kMost =
      std::min<uint64_t>(std::numeric_limits<T>::max(), std::numeric_limits<int64_t>::max());
  field.max = std::min(field.max, static_cast<int64_t>(kMost));
}

void TakeForm(sim::Duration, DescribedField& field) { field.form = FieldForm::kSpan; }

void TakeForm(const std::optional<sim::Duration>&, DescribedField& field) {
  field.form = FieldForm::kSpanOrAuto;
}

void TakeForm(ZipfExponent, DescribedField& field) { field.form = FieldForm::kDecimal; }

void TakeForm(engine::Hundredths, DescribedField& field) { field.form = FieldForm::kDecimal; }

void TakeForm(engine::EventTime, DescribedField& field) { field.form = FieldForm::kMoment; }

void TakeForm(const RowSelection&, DescribedField& field) { field.form = FieldForm::kRows; }

void TakeForm(const std::vector<std::string>&, DescribedField& field) {
  field.form = FieldForm::kTexts;
}

template <WordField T>
void TakeForm(T value, DescribedField& field) {
  field.form = FieldForm::kWord;
  field.words = WordsOf(value);
}

}  // namespace

std::vector<DescribedField> DescribeFields() {
  std::vector<DescribedField> fields;
  const Scenario standard;
  VisitFields(standard, [&fields](const FieldInfo& info, const auto& value) {
    DescribedField& field = fields.emplace_back(std::string(info.path));
    const bool is_option = info.path.starts_with(kOptionsPrefix);
    field.setting = info.path.substr(is_option ? kOptionsPrefix.size() : 0);
    field.standard = ShowField(value);
    field.min = info.min;
    field.max = info.max;
    TakeForm(value, field);
    const auto note = std::ranges::find(kNotes, info.path, &Note::path);
    field.note = note == kNotes.end() ? std::string_view() : note->text;
  });
  return fields;
}

std::string ShowForm(const DescribedField& field) {
  switch (field.form) {
    case FieldForm::kText:
      return "A text.";
    case FieldForm::kTexts:
      return "A list of texts.";
    case FieldForm::kTruth:
      return "true or false.";
    case FieldForm::kNumber:
      return field.max == std::numeric_limits<int64_t>::max()
                 ? fmt::format("A whole number from {} on.", field.min)
                 : fmt::format("A whole number from {} to {}.", field.min, field.max);
    case FieldForm::kSpan:
      return "A time such as \"250ms\".";
    case FieldForm::kSpanOrAuto:
      return "A time such as \"250ms\", or \"auto\".";
    case FieldForm::kWord:
      return fmt::format("One of \"{}\".", fmt::join(field.words, "\", \""));
    case FieldForm::kDecimal:
      return "A decimal such as \"1.1\".";
    case FieldForm::kMoment:
      return "A moment such as \"2026-01-01T00:00:00Z\".";
    case FieldForm::kRows:
      return "\"all\", or rows such as \"1-5,9\".";
  }
  sim::Unreachable("a form of fields has no name");
}

std::vector<std::string_view> NotedPaths() {
  std::vector<std::string_view> paths;
  std::ranges::transform(kNotes, std::back_inserter(paths), &Note::path);
  return paths;
}

}  // namespace flinch::scenarios
