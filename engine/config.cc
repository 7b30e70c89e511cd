#include "engine/config.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

sim::Result<void> Refuse(std::string sentence) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(sentence));
}

// What no option exceeds: sums of several must stay within the simulated clock.
constexpr sim::Duration kYear = 365 * 24h;

// What Flink takes of an interval: that no checkpoint is to come.
constexpr sim::Duration kNever = 10 * kYear;

// What LevelDB takes.
constexpr uint32_t kWriteBufferMin = 64 * 1024;
constexpr uint32_t kWriteBufferMax = 1024 * 1024 * 1024;

constexpr uint32_t kDebloatSamplesMax = 10'000;

struct SpanBounds {
  std::string_view name;
  sim::Duration min;  // 1 ns: anything above nothing
  sim::Duration max = kYear;
};

constexpr sim::Duration kAnything{1};

// Spans of time that may be nothing, or must be more than just something. The others lie between
// 1 ns and a year.
constexpr auto kSpanBounds = std::to_array<SpanBounds>({
    // Flink's CheckpointCoordinatorConfiguration.MINIMAL_CHECKPOINT_TIME. The limits are about what
    // no run could make progress with, not about what is wise.
    {.name = "execution.checkpointing.interval", .min = 10ms, .max = kNever},
    {.name = "execution.checkpointing.timeout", .min = 10ms, .max = kNever},
    {.name = "execution.checkpointing.min-pause", .min = 0ns, .max = kNever},
    {.name = "execution.checkpointing.aligned-checkpoint-timeout", .min = 0ns},
    {.name = "restart-strategy.fixed-delay.delay", .min = 0ns},
    {.name = "restart-strategy.failure-rate.delay", .min = 0ns},
    // Flink counts them in whole milliseconds.
    {.name = "restart-strategy.failure-rate.failure-rate-interval", .min = 1ms},
    {.name = "restart-strategy.exponential-delay.initial-backoff", .min = 1ms},
    {.name = "restart-strategy.exponential-delay.max-backoff", .min = 1ms},
    {.name = "restart-strategy.exponential-delay.reset-backoff-threshold", .min = 1ms},
    {.name = "jobmanager.adaptive-scheduler.resource-stabilization-timeout", .min = 0ns},
    {.name = "jobmanager.adaptive-scheduler.scaling-interval.min", .min = 0ns},
    {.name = "taskmanager.network.request-backoff.max", .min = 0ns},
    // A request and its reply cross the network in the meantime, and a disk may be between them.
    {.name = "taskmanager.network.request-timeout", .min = 10ms},
    {.name = "pekko.ask.timeout", .min = 10ms},
    {.name = "high-availability.coordination.session-timeout", .min = 10ms},
    {.name = "sink.delivery-timeout", .min = 10ms},
    // A turn of task.turn-records must end some day.
    {.name = "task.record-time", .min = 0ns, .max = 1min},
    {.name = "task.cancellation.timeout", .min = 0ns},
    {.name = "partition.discovery.interval.ms", .min = 0ns},
    {.name = "source.fetch.max-wait", .min = 0ns},
    {.name = "pipeline.auto-watermark-interval", .min = 0ns},
});

SpanBounds BoundsOf(std::string_view name) {
  const auto* const found = std::ranges::find(kSpanBounds, name, &SpanBounds::name);
  return found == kSpanBounds.end() ? SpanBounds{.name = name, .min = kAnything} : *found;
}

sim::Result<void> CheckSpan(std::string_view name, sim::Duration span) {
  const SpanBounds bounds = BoundsOf(name);
  if (span < bounds.min) {
    const bool is_any = bounds.min <= kAnything;
    return Refuse(fmt::format("{} is {}: give {}.", name, sim::Show(span),
                              is_any ? "a time above 0" : "at least " + sim::Show(bounds.min)));
  }
  if (span > bounds.max) {
    return Refuse(
        fmt::format("{} is {}: give at most {}.", name, sim::Show(span), sim::Show(bounds.max)));
  }
  return {};
}

sim::Result<void> CheckNetwork(const NetworkOptions& network) {
  if (network.buffer_bytes == 0) {
    return Refuse("taskmanager.memory.segment-size is 0: give at least 1 byte.");
  }
  if (network.buffers_per_subpartition == 0) {
    return Refuse(
        "taskmanager.network.memory.max-buffers-per-channel is 0: without a buffer no record "
        "travels; give at least 1.");
  }
  if (network.request_backoff_max > 0s && network.request_backoff_max < network.request_backoff) {
    return Refuse(fmt::format(
        "taskmanager.network.request-backoff.max ({}) must not be below "
        "taskmanager.network.request-backoff.initial ({}); 0s: the pause does not grow.",
        sim::Show(network.request_backoff_max), sim::Show(network.request_backoff)));
  }
  if (network.debloat.threshold_percentages > 100) {
    return Refuse(fmt::format(
        "taskmanager.network.memory.buffer-debloat.threshold-percentages is {}; it may be at most "
        "100.",
        network.debloat.threshold_percentages));
  }
  if (network.debloat.samples == 0 || network.debloat.samples > kDebloatSamplesMax) {
    return Refuse(
        fmt::format("taskmanager.network.memory.buffer-debloat.samples is {}: give between 1 and "
                    "{}.",
                    network.debloat.samples, kDebloatSamplesMax));
  }
  return {};
}

// All options that are spans of time.
sim::Result<void> CheckSpans(const EngineOptions& options) {
  sim::Result<void> result;
  Visit(options, [&result](std::string_view name, const auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, sim::Duration>) {
      if (result) {
        result = CheckSpan(name, field);
      }
    }
  });
  return result;
}

// What its strategies refuse in Flink.
sim::Result<void> CheckRestart(const RestartOptions& options) {
  if (options.failure_rate.max_failures == 0) {
    return Refuse(
        "restart-strategy.failure-rate.max-failures-per-interval is 0: give at least 1, or "
        "restart-strategy.type = \"none\".");
  }
  const ExponentialDelayOptions& exponential = options.exponential;
  if (exponential.max < exponential.initial) {
    return Refuse(
        fmt::format("restart-strategy.exponential-delay.max-backoff ({}) must not be below "
                    "restart-strategy.exponential-delay.initial-backoff ({}).",
                    sim::Show(exponential.max), sim::Show(exponential.initial)));
  }
  if (exponential.multiplier.value <= 100) {
    return Refuse(
        "restart-strategy.exponential-delay.backoff-multiplier must be above 1: otherwise no delay "
        "grows.");
  }
  if (exponential.jitter.value > 100) {
    return Refuse(
        "restart-strategy.exponential-delay.jitter-factor must be at most 1: a delay cannot shrink "
        "by more than itself.");
  }
  return {};
}

// As Flink's CheckpointCoordinatorConfiguration.
sim::Result<void> CheckUnaligned(const CheckpointOptions& options) {
  if (options.overtakes() && options.max_concurrent > 1) {
    return Refuse(
        fmt::format("execution.checkpointing.max-concurrent-checkpoints is {}: unaligned "
                    "checkpoints come one at a time; give 1, or "
                    "execution.checkpointing.unaligned.enabled = false.",
                    options.max_concurrent));
  }
  return {};
}

// What a batch job cannot have.
sim::Result<void> CheckExecution(const EngineOptions& options) {
  if (options.execution.sort_bytes == 0) {
    return Refuse("execution.sorted-inputs.memory is 0: give at least 1 byte.");
  }
  if (!options.execution.is_batch()) {
    return {};
  }
  if (options.scheduler.is_adaptive()) {
    return Refuse(
        "execution.runtime-mode = \"BATCH\" needs jobmanager.scheduler = \"default\": the adaptive "
        "scheduler runs all tasks of a job at the same time.");
  }
  if (!options.restore.path.empty()) {
    return Refuse(
        "execution.runtime-mode = \"BATCH\" starts from nothing: leave execution.savepoint.path "
        "empty.");
  }
  return {};
}

}  // namespace

uint32_t RestartOptions::failures_allowed() const {
  switch (type) {
    case RestartStrategyType::kNone:
      return 0;
    case RestartStrategyType::kFixedDelay:
      return attempts;
    case RestartStrategyType::kFailureRate:
      return failure_rate.max_failures;
    case RestartStrategyType::kExponentialDelay:
      return exponential.attempts;
  }
  sim::Unreachable("a restart strategy has no limit");
}

Duration RestartOptions::longest_delay() const {
  switch (type) {
    case RestartStrategyType::kNone:
      return Duration(0);
    case RestartStrategyType::kFixedDelay:
      return delay;
    case RestartStrategyType::kFailureRate:
      return failure_rate.delay;
    case RestartStrategyType::kExponentialDelay:
      return exponential.max;
  }
  sim::Unreachable("a restart strategy has no delay");
}

std::string RestartOptions::LimitText(std::string_view between) const {
  static constexpr std::array<std::string_view, 4> kNames = {
      "restart-strategy.type", "restart-strategy.fixed-delay.attempts",
      "restart-strategy.failure-rate.max-failures-per-interval",
      "restart-strategy.exponential-delay.attempts-before-reset-backoff"};
  return fmt::format(
      "{}{}{}", kNames.at(static_cast<size_t>(type)), between,
      type == RestartStrategyType::kNone ? "none" : std::to_string(failures_allowed()));
}

sim::Result<void> EngineOptions::Validate() const {
  if (sim::Result<void> spans = CheckSpans(*this); !spans) {
    return spans;
  }
  if (sim::Result<void> restarts = CheckRestart(restart); !restarts) {
    return restarts;
  }
  if (sim::Result<void> execution_checked = CheckExecution(*this); !execution_checked) {
    return execution_checked;
  }
  if (heartbeat.timeout <= heartbeat.interval) {
    return Refuse(fmt::format(
        "heartbeat.timeout ({}) must be above heartbeat.interval ({}): otherwise everybody is lost "
        "before the first heartbeat.",
        sim::Show(heartbeat.timeout), sim::Show(heartbeat.interval)));
  }
  if (source.startup == StartupMode::kLatest &&
      source.assignment == SourceAssignment::kEnumerator) {
    return Refuse(
        "scan.startup.mode = \"latest-offset\" needs source.assignment = \"static\": an enumerator "
        "gives partitions out from their beginning.");
  }
  if (scheduler.mode == SchedulerMode::kReactive && !scheduler.is_adaptive()) {
    return Refuse(
        "scheduler-mode = \"reactive\" is of the adaptive scheduler: give jobmanager.scheduler = "
        "\"adaptive\" too.");
  }
  if (scheduler.min_increase == 0) {
    return Refuse(
        "jobmanager.adaptive-scheduler.min-parallelism-increase is 0: a job would restart for "
        "nothing; give at least 1.");
  }
  if (checkpoint.max_concurrent == 0) {
    return Refuse(
        "execution.checkpointing.max-concurrent-checkpoints is 0: without any nothing is ever "
        "stored; give at least 1.");
  }
  if (sim::Result<void> unaligned = CheckUnaligned(checkpoint); !unaligned) {
    return unaligned;
  }
  if (checkpoint.retained == 0) {
    return Refuse("execution.checkpointing.num-retained is 0: keep at least 1 checkpoint.");
  }
  if (state.write_buffer_bytes < kWriteBufferMin || state.write_buffer_bytes > kWriteBufferMax) {
    return Refuse(
        fmt::format("state.backend.leveldb.write-buffer-size is {}: give between {} and {} bytes.",
                    state.write_buffer_bytes, kWriteBufferMin, kWriteBufferMax));
  }
  if (sim::Result<void> checked = CheckNetwork(network); !checked) {
    return checked;
  }
  if (task.turn_records == 0) {
    return Refuse("task.turn-records is 0: without a record a turn does nothing; give at least 1.");
  }
  if (source.fetch_records_max == 0) {
    return Refuse("source.fetch.max-records is 0: a fetch needs room for at least 1 record.");
  }
  if (sink.batch_records == 0) {
    return Refuse("sink.batch-records is 0: a batch holds at least 1 record.");
  }
  if (max_parallelism > 32768) {
    return Refuse(
        fmt::format("pipeline.max-parallelism is {}; it may be at most 32768.", max_parallelism));
  }
  return {};
}

}  // namespace flinch::engine
