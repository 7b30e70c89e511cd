// The part of StreamTask that takes its snapshots.
#include <algorithm>
#include <utility>

#include "engine/checkpoint/shared_state.h"
#include "engine/events.h"
#include "engine/runtime/stream_task.h"

namespace flinch::engine {

void StreamTask::Trigger(const CheckpointMeta& meta) {
  if (defects_.Has(Defect::kTriggersWhileRestoring) && !started_) {
    last_checkpoint_ = meta.id;
    SendBarrier(meta);
    fibers_.Spawn("upload", [this, meta] { Upload(meta, {}); });
    return;
  }
  Post([this, meta] { return started_ ? PerformCheckpoint(meta) : sim::Result<void>(); });
}

void StreamTask::NotifyComplete(CheckpointId id, bool is_final) {
  Post([this, id, is_final] { return OnComplete(id, is_final); });
}

sim::Result<void> StreamTask::OnComplete(CheckpointId id, bool is_final) {
  const bool is_forgotten = is_final && defects_.Has(Defect::kSinkForgetsTheFinalCheckpoint);
  if (sim::Result<void> notified = is_forgotten ? sim::Result<void>() : chain_.NotifyComplete(id);
      !notified) {
    return notified;
  }
  if (is_final && (end_of_input_ || held_ == id)) {
    finished_ = true;
  }
  return {};
}

void StreamTask::NotifyAborted(CheckpointId id) {
  Post([this, id] { return OnAborted(id); });
}

sim::Result<void> StreamTask::OnAborted(CheckpointId id) {
  if (sim::Result<void> fed = Feed(barrier_input::Aborted{.id = id}); !fed) {
    return fed;
  }
  last_checkpoint_ = std::max(last_checkpoint_, id);
  DropInFlight(id);
  if (held_ == id) {
    held_.reset();  // the job goes on
  }
  return chain_.NotifyAborted(id);
}

sim::Result<void> StreamTask::PerformCheckpoint(const CheckpointMeta& triggered) {
  CheckpointMeta meta = triggered;
  if (meta.options.kind == CheckpointKind::kForcedAligned) {
    meta.options.kind = engine_.checkpoint.kind();  // from here on as it was meant
  }
  const CheckpointId id = meta.id;
  if (id <= last_checkpoint_ && !defects_.Has(Defect::kLateBarrierStartsAgain)) {
    return {};  // aborted, or overtaken by a newer one
  }
  DropInFlight(CheckpointId(id.value() - 1));
  last_checkpoint_ = id;
  const CheckpointKind kind = meta.options.kind;
  const bool drains = kind == CheckpointKind::kSavepointTerminate ||
                      (IsSynchronous(kind) && defects_.Has(Defect::kStopEndsTheInput));
  if (drains && chain_.has_source() && !end_of_input_) {
    if (sim::Result<void> ended = EndInput(); !ended) {
      return ended;
    }
  }
  if (sim::Result<void> prepared = chain_.PrepareSnapshotPreBarrier(meta); !prepared) {
    return prepared;
  }
  SendBarrier(meta);
  if (defects_.Has(Defect::kSourceEmitsBehindItsBarrier) && chain_.has_source() && !end_of_input_) {
    (void)chain_.EmitNext();
  }
  sim::Result<FrozenTask> snapshot = chain_.Snapshot(meta);
  if (!snapshot) {
    return sim::Fail(snapshot);
  }
  frozen_[id] = *std::move(snapshot);
  chain_.SettleState();
  events::Trace(environment_, events::SnapshotTaken{.id = id,
                                                    .subtask = name_,
                                                    .attempt = id_.attempt,
                                                    .entries = chain_.keyed_entries(),
                                                    .watermark = watermark().nanos()});
  in_flight_[id].meta = meta;
  in_flight_[id].is_taken = true;
  UploadWhenWhole(id);
  if (IsSynchronous(kind) && !in_flight_.contains(id)) {
    held_ = id;  // else when it has gone round
  }
  return {};
}

void StreamTask::SendBarrier(const CheckpointMeta& meta) {
  if (batch_) {
    return;  // whoever takes part hears of it from the coordinator
  }
  uint64_t sent = 0;
  for (const std::unique_ptr<ResultPartition>& partition : partitions_) {
    sent += partition->records();
  }
  for (size_t i = 0; i < partitions_.size(); ++i) {
    SendBarrier(meta, i);
  }
  if (!partitions_.empty()) {
    events::Trace(environment_,
                  events::BarrierSent{
                      .id = meta.id, .subtask = name_, .attempt = id_.attempt, .records = sent});
  }
}

sim::Result<SnapshotHandle> StreamTask::WriteFiles(const CheckpointMeta& meta, FrozenTask& snapshot,
                                                   const InFlight& in_flight) {
  const sim::Result<TransferredBytes> tables =
      UploadTables(environment_.disk(), environment_.shared(), snapshot);
  if (!tables) {
    return sim::Fail(tables);
  }
  sim::Result<SnapshotHandle> handle =
      WriteSnapshot(environment_.shared(), deployment_.job_name, meta.id, id_, snapshot,
                    meta.options.kind, in_flight,
                    engine_.keeps_parts_in_memory()
                        ? PartPlacement::InMemory()
                        : PartPlacement{.inline_max = engine_.checkpoint.inline_threshold_bytes});
  if (handle && tables->is_any) {
    chain_.OnUploaded(*handle);
    events::Trace(
        environment_,
        events::TablesUploaded{
            .id = meta.id, .subtask = name_, .bytes = tables->uploaded, .reused = tables->reused});
  }
  return handle;
}

void StreamTask::Upload(const CheckpointMeta& meta, const InFlight& in_flight) {
  const CheckpointId id = meta.id;
  const CheckpointKind kind = meta.options.kind;
  FrozenTask& snapshot = frozen_[id];
  if (defects_.Has(Defect::kUploadReadsLiveState) || defects_.Has(Defect::kListStateByReference)) {
    // Anything that takes time: the task goes on meanwhile.
    (void)environment_.shared().List(CheckpointDirectory(deployment_.job_name, id));
    chain_.ReadAgain(meta, snapshot);
  }
  const sim::Result<SnapshotHandle> handle = WriteFiles(meta, snapshot, in_flight);
  if (cancelled_ || !handle) {
    // Nobody else knows of these; what stays is swept when a later checkpoint is stored.
    (void)RemoveUploads(environment_.shared(), snapshot);
  }
  frozen_.erase(id);
  if (cancelled_ || !handle) {
    // Nobody waits for it any more; or nobody knows whether it was written.
    const sim::Result<void> removed =
        RemoveSnapshot(environment_.shared(), SnapshotPath(deployment_.job_name, id, id_, kind));
    // The coordinator gives the checkpoint up, or has, and then removes what is left of it.
    if (!cancelled_ || !removed) {
      listener_.OnDecline(id_, id, handle ? removed.error().message : handle.error().message);
    }
    return;
  }
  events::Trace(environment_,
                events::SnapshotUploaded{.id = id, .subtask = name_, .bytes = handle->size});
  listener_.OnSnapshot(id_, id, *handle);
  if (IsSynchronous(kind) && defects_.Has(Defect::kTasksStopBeforeItIsStored)) {
    Post([this] {
      finished_ = true;
      return sim::Result<void>();
    });
  }
}

}  // namespace flinch::engine
