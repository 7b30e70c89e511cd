#include "engine/config.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using ::testing::Each;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

TEST(ConfigTest, TheDefaultsAreValid) { EXPECT_TRUE(EngineOptions().Validate()); }

TEST(ConfigTest, DefaultsAreFlinksWhereTheyCanBe) {
  const EngineOptions options;
  EXPECT_EQ(options.checkpoint.min_pause, 0s);
  EXPECT_EQ(options.checkpoint.tolerable_failures, 0U);
  EXPECT_EQ(options.checkpoint.retained, 1U);
  EXPECT_EQ(options.restart.delay, 1s);
  EXPECT_EQ(options.network.buffer_bytes, 32U * 1024);
  EXPECT_EQ(options.network.buffer_timeout, 100ms);
}

struct RefusedCase {
  std::string_view name;
  void (*change)(EngineOptions&);
  std::string_view sentence;
};

class ConfigRefusedTest : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(ConfigRefusedTest, SaysWhatCannotBe) {
  EngineOptions options;
  GetParam().change(options);
  const sim::Result<void> valid = options.Validate();
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_EQ(valid.error().message, GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Options, ConfigRefusedTest,
    ::testing::Values(
        RefusedCase{"no_interval", [](EngineOptions& o) { o.checkpoint.interval = 0s; },
                    "execution.checkpointing.interval is 0s: give at least 10ms."},
        RefusedCase{"negative_pause", [](EngineOptions& o) { o.checkpoint.min_pause = -1ms; },
                    "execution.checkpointing.min-pause is -1ms: give a time above 0."},
        RefusedCase{"no_ask_timeout", [](EngineOptions& o) { o.rpc.ask_timeout = 0s; },
                    "pekko.ask.timeout is 0s: give at least 10ms."},
        RefusedCase{"no_heartbeat", [](EngineOptions& o) { o.heartbeat.interval = 0s; },
                    "heartbeat.interval is 0s: give a time above 0."},
        // With these no run could make progress, and their sums leave the clock's range.
        RefusedCase{"hasty_timeout", [](EngineOptions& o) { o.checkpoint.timeout = 1ns; },
                    "execution.checkpointing.timeout is 1ns: give at least 10ms."},
        RefusedCase{"hasty_interval", [](EngineOptions& o) { o.checkpoint.interval = 9ms; },
                    "execution.checkpointing.interval is 9ms: give at least 10ms."},
        RefusedCase{"hasty_ask", [](EngineOptions& o) { o.rpc.ask_timeout = 1ns; },
                    "pekko.ask.timeout is 1ns: give at least 10ms."},
        RefusedCase{"endless_interval",
                    [](EngineOptions& o) { o.checkpoint.interval = 2'562'047h; },
                    "execution.checkpointing.interval is 2562047h: give at most 87600h."},
        RefusedCase{"endless_delay", [](EngineOptions& o) { o.restart.delay = 2'562'047h; },
                    "restart-strategy.fixed-delay.delay is 2562047h: give at most 8760h."},
        RefusedCase{"endless_pause", [](EngineOptions& o) { o.checkpoint.min_pause = 2'562'047h; },
                    "execution.checkpointing.min-pause is 2562047h: give at most 87600h."},
        RefusedCase{"no_failures",
                    [](EngineOptions& o) { o.restart.failure_rate.max_failures = 0; },
                    "restart-strategy.failure-rate.max-failures-per-interval is 0: give at least "
                    "1, or restart-strategy.type = \"none\"."},
        RefusedCase{"long_backoff", [](EngineOptions& o) { o.restart.exponential.initial = 2min; },
                    "restart-strategy.exponential-delay.max-backoff (1m) must not be below "
                    "restart-strategy.exponential-delay.initial-backoff (2m)."},
        RefusedCase{"short_backoff", [](EngineOptions& o) { o.restart.exponential.initial = 1us; },
                    "restart-strategy.exponential-delay.initial-backoff is 1us: give at least "
                    "1ms."},
        RefusedCase{"no_growth", [](EngineOptions& o) { o.restart.exponential.multiplier = {100}; },
                    "restart-strategy.exponential-delay.backoff-multiplier must be above 1: "
                    "otherwise no delay grows."},
        RefusedCase{"wild_jitter", [](EngineOptions& o) { o.restart.exponential.jitter = {101}; },
                    "restart-strategy.exponential-delay.jitter-factor must be at most 1: a delay "
                    "cannot shrink by more than itself."},
        RefusedCase{"endless_record", [](EngineOptions& o) { o.task.record_time = 61s; },
                    "task.record-time is 61s: give at most 1m."},
        RefusedCase{"late_heartbeat", [](EngineOptions& o) { o.heartbeat.timeout = 1s; },
                    "heartbeat.timeout (1s) must be above heartbeat.interval (1s): otherwise "
                    "everybody is lost before the first heartbeat."},
        RefusedCase{"none_concurrent", [](EngineOptions& o) { o.checkpoint.max_concurrent = 0; },
                    "execution.checkpointing.max-concurrent-checkpoints is 0: without any nothing "
                    "is ever stored; give at least 1."},
        RefusedCase{"none_retained", [](EngineOptions& o) { o.checkpoint.retained = 0; },
                    "execution.checkpointing.num-retained is 0: keep at least 1 checkpoint."},
        RefusedCase{"empty_segment", [](EngineOptions& o) { o.network.buffer_bytes = 0; },
                    "taskmanager.memory.segment-size is 0: give at least 1 byte."},
        RefusedCase{"no_buffers", [](EngineOptions& o) { o.network.buffers_per_subpartition = 0; },
                    "taskmanager.network.memory.max-buffers-per-channel is 0: without a buffer no "
                    "record travels; give at least 1."},
        RefusedCase{"no_turn", [](EngineOptions& o) { o.task.turn_records = 0; },
                    "task.turn-records is 0: without a record a turn does nothing; give at least "
                    "1."},
        RefusedCase{"latest_by_enumerator",
                    [](EngineOptions& o) {
                      o.source.startup = StartupMode::kLatest;
                      o.source.assignment = SourceAssignment::kEnumerator;
                    },
                    "scan.startup.mode = \"latest-offset\" needs source.assignment = \"static\": "
                    "an enumerator gives partitions out from their beginning."},
        RefusedCase{"reactive_alone",
                    [](EngineOptions& o) { o.scheduler.mode = SchedulerMode::kReactive; },
                    "scheduler-mode = \"reactive\" is of the adaptive scheduler: give "
                    "jobmanager.scheduler = \"adaptive\" too."},
        RefusedCase{"no_increase", [](EngineOptions& o) { o.scheduler.min_increase = 0; },
                    "jobmanager.adaptive-scheduler.min-parallelism-increase is 0: a job would "
                    "restart for nothing; give at least 1."},
        RefusedCase{"too_parallel", [](EngineOptions& o) { o.max_parallelism = 32'769; },
                    "pipeline.max-parallelism is 32769; it may be at most 32768."}),
    [](const auto& refused) { return std::string(refused.param.name); });

TEST(ConfigTest, EverySpanButPausesAndDelaysMustBeLongerThanNothing) {
  std::vector<std::string> may_be_zero;
  const EngineOptions defaults;
  Visit(defaults, [&may_be_zero](std::string_view name, const auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, sim::Duration>) {
      EngineOptions options;
      Visit(options, [name](std::string_view other, auto& changed) {
        if constexpr (std::is_same_v<std::decay_t<decltype(changed)>, sim::Duration>) {
          if (other == name) {
            changed = sim::Duration(0);
          }
        }
      });
      if (options.Validate()) {
        may_be_zero.emplace_back(name);
      }
    }
  });
  EXPECT_THAT(
      may_be_zero,
      ::testing::UnorderedElementsAre(
          "execution.checkpointing.aligned-checkpoint-timeout", "execution.checkpointing.min-pause",
          "restart-strategy.fixed-delay.delay", "restart-strategy.failure-rate.delay",
          "jobmanager.adaptive-scheduler.resource-stabilization-timeout",
          "jobmanager.adaptive-scheduler.scaling-interval.min",
          "taskmanager.network.request-backoff.max", "task.record-time",
          "task.cancellation.timeout", "partition.discovery.interval.ms", "source.fetch.max-wait",
          "pipeline.auto-watermark-interval"));
}

TEST(ConfigTest, ExtremesAreNotTakenForNonsense) {
  EngineOptions options;
  options.checkpoint.timeout = 8760h;
  options.checkpoint.min_pause = 8760h;
  options.checkpoint.interval = 10ms;
  options.task.record_time = 1min;
  options.restart.attempts = 0;
  options.max_parallelism = 32'768;
  EXPECT_TRUE(options.Validate());
}

TEST(ConfigTest, UnalignedCheckpointsComeOneAtATime) {
  EngineOptions options;
  options.checkpoint.unaligned = true;
  EXPECT_TRUE(options.Validate());
  EXPECT_EQ(options.checkpoint.kind(), CheckpointKind::kUnaligned);
  options.checkpoint.aligned_timeout = 1s;
  EXPECT_EQ(options.checkpoint.kind(), CheckpointKind::kTimeoutable);
  options.checkpoint.max_concurrent = 2;
  EXPECT_FALSE(options.Validate());
  options.checkpoint.mode = CheckpointingMode::kAtLeastOnce;  // where no barrier waits
  EXPECT_TRUE(options.Validate());
  EXPECT_EQ(options.checkpoint.kind(), CheckpointKind::kAligned);
}

template <typename... Fields>
size_t Count(const Fields&...) {
  return sizeof...(Fields);
}

// How many options there are: this does not compile until it knows a new one.
size_t CountFields() {
  const EngineOptions all;
  const auto& [execution, checkpoint, state, restart, failover, scheduler, heartbeat, network, task,
               source, rpc, sink, log, high_availability, restore, max_parallelism] = all;
  const auto& [runtime_mode, sort_bytes] = execution;
  const auto& [scheduler_type, scheduler_mode, resource_wait, stabilization, increase,
               scaling_interval] = scheduler;
  const auto& [restore_path, ignore_unclaimed] = restore;
  const auto& [mode, unaligned, aligned_timeout, interval, timeout, min_pause, concurrent,
               tolerable, retained, retention, storage, inline_threshold] = checkpoint;
  const auto& [backend, incremental, write_buffer] = state;
  const auto& [type, attempts, delay, failure_rate, exponential] = restart;
  const auto& [max_failures, rate_interval, rate_delay] = failure_rate;
  const auto& [initial, longest, multiplier, reset_threshold, jitter, restarts] = exponential;
  const auto& [beat, silence] = heartbeat;
  const auto& [bytes, buffer_timeout, buffers, own_buffers, floating, backoff, backoff_max,
               request_timeout, debloat] = network;
  const auto& [debloats, debloat_period, debloat_target, debloat_threshold, debloat_samples] =
      debloat;
  const auto& [record_time, turn_records, cancellation_timeout] = task;
  const auto& [startup, assignment, discovery, fetch_min, fetch_wait, fetch_max,
               watermark_interval] = source;
  const auto& [ask] = rpc;
  const auto& [guarantee, transaction, delivery, batch] = sink;
  const auto& [transaction_max] = log;
  const auto& [availability, session_timeout] = high_availability;
  return Count(runtime_mode, sort_bytes, mode, unaligned, aligned_timeout, interval, timeout,
               min_pause, concurrent, tolerable, retained, retention, storage, inline_threshold,
               backend, incremental, write_buffer, failover, type, attempts, delay, max_failures,
               rate_interval, rate_delay, initial, longest, multiplier, reset_threshold, jitter,
               restarts, scheduler_type, scheduler_mode, resource_wait, stabilization, increase,
               scaling_interval, restore_path, ignore_unclaimed, cancellation_timeout, startup,
               guarantee, beat, silence, bytes, buffer_timeout, buffers, own_buffers, floating,
               backoff, backoff_max, request_timeout, debloats, debloat_period, debloat_target,
               debloat_threshold, debloat_samples, record_time, turn_records, assignment, discovery,
               fetch_min, fetch_wait, fetch_max, watermark_interval, ask, transaction, delivery,
               batch, transaction_max, availability, session_timeout, max_parallelism);
}

TEST(ConfigTest, EveryOptionIsVisitedOnce) {
  std::vector<std::string> names;
  std::set<const void*> fields;
  const EngineOptions options;
  Visit(options, [&](std::string_view name, const auto& field) {
    names.emplace_back(name);
    fields.insert(&field);
  });
  EXPECT_THAT(names, SizeIs(CountFields()));
  EXPECT_THAT(fields, SizeIs(CountFields()));
  EXPECT_THAT(std::set<std::string>(names.begin(), names.end()), SizeIs(CountFields()));
  EXPECT_THAT(names, Each(MatchesRegex("[a-z][a-z0-9]*([.-][a-z0-9]+)*")));
}

TEST(ConfigTest, WhatAVisitorSetsIsWhatTheEngineReads) {
  EngineOptions options;
  Visit(options, [](std::string_view name, auto& field) {
    if constexpr (std::is_same_v<std::decay_t<decltype(field)>, sim::Duration>) {
      if (name == "execution.checkpointing.interval") {
        field = 7s;
      }
    }
  });
  EXPECT_EQ(options.checkpoint.interval, 7s);
}

}  // namespace
}  // namespace flinch::engine
