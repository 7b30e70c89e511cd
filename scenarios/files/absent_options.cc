#include "scenarios/files/absent_options.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

constexpr auto kAbsentOptions = std::to_array<std::string_view>({
    "akka.ask.timeout",
    "cleanup-strategy",
    "cluster.registration.initial-timeout",
    "cluster.registration.max-timeout",
    "dstl.dfs.preemptive-persist-threshold",
    "execution.checkpointing.approximate-local-recovery",
    "execution.checkpointing.checkpoints-after-tasks-finish.enabled",
    "execution.checkpointing.cleaner.parallel-mode",
    "execution.checkpointing.create-subdir",
    "execution.checkpointing.dir",
    "execution.checkpointing.during-recovery.enabled",
    "execution.checkpointing.file-merging.enabled",
    "execution.checkpointing.file-merging.max-file-size",
    "execution.checkpointing.force",
    "execution.checkpointing.interval-during-backlog",
    "execution.checkpointing.local-backup.enabled",
    "execution.checkpointing.recover-without-channel-state.checkpoint-id",
    "execution.checkpointing.savepoint-dir",
    "execution.checkpointing.unaligned.forced",
    "execution.checkpointing.unaligned.interruptible-timers.enabled",
    "execution.checkpointing.unaligned.max-subtasks-per-channel-state-file",
    "execution.savepoint-restore-mode",
    "execution.state-recovery.claim-mode",
    "heartbeat.rpc-failure-threshold",
    "high-availability.kubernetes.leader-election.lease-duration",
    "high-availability.kubernetes.leader-election.renew-deadline",
    "high-availability.kubernetes.leader-election.retry-period",
    "high-availability.storageDir",
    "high-availability.zookeeper.client.max-retry-attempts",
    "high-availability.zookeeper.client.retry-wait",
    "high-availability.zookeeper.client.session-timeout",
    "high-availability.zookeeper.client.tolerate-suspended-connections",
    "job-result-store.delete-on-commit",
    "jobmanager.adaptive-scheduler.rescale-trigger.max-delay",
    "pipeline.operator-chaining.chain-operators-with-different-max-parallelism",
    "pipeline.watermark-alignment.allow-unaligned-source-splits",
    "resourcemanager.job.timeout",
    "sink.committer.retries",
    "slot.request.timeout",
    "state.backend.changelog.enabled",
    "state.backend.changelog.max-failures-allowed",
    "state.backend.changelog.periodic-materialize.interval",
    "state.backend.local-recovery",
    "state.backend.rocksdb.checkpoint.transfer.thread.num",
    "state.backend.rocksdb.memory.managed",
    "state.backend.rocksdb.timer-service.factory",
    "state.changelog.periodic-materialize.interval",
    "state.checkpoint-id",
    "state.checkpoints.create-subdir",
    "state.checkpoints.dir",
    "state.checkpoints.num-retained",
    "state.savepoints.dir",
    "task.cancellation.interval",
    "taskmanager.network.memory.max-overdraft-buffers-per-gate",
    "taskmanager.network.retries",
    "taskmanager.registration.timeout",
    "taskmanager.slot.timeout",
    "taskmanager.state.local.root-dirs",
});

struct OldName {
  std::string_view old;
  std::string_view now;
};

constexpr auto kOldNames = std::to_array<OldName>({
    {"akka.ask.timeout", "pekko.ask.timeout"},
    {"state.backend.incremental", "execution.checkpointing.incremental"},
    {"state.checkpoint-storage", "execution.checkpointing.storage"},
    {"state.checkpoints.num-retained", "execution.checkpointing.num-retained"},
    {"state.storage.fs.memory-threshold", "execution.checkpointing.data-inline-threshold"},
});

}  // namespace

std::span<const std::string_view> AbsentOptions() { return kAbsentOptions; }

std::string TellAbsentOption(std::string_view name) {
  if (const auto* const old = std::ranges::find(kOldNames, name, &OldName::old);
      old != kOldNames.end()) {
    return fmt::format("{} is Flink's older name of {}; write that.", name, old->now);
  }
  return std::ranges::binary_search(kAbsentOptions, name)
             ? fmt::format("{} is an option of Flink that flinch does not have yet.", name)
             : "";
}

}  // namespace flinch::scenarios
