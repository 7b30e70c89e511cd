// The engine's vocabulary: what it tells the world about itself.
//
// A kind is what fault plans wait for, oracles judge and timelines print, so a kind and its fields
// are a contract: add, do not rename. Subtasks are written "sink[1]", attempts are numbers, times
// are nanoseconds. One header per protocol defines its events; this one has them all.
#pragma once

#include <array>

#include "engine/events/checkpoint.h"
#include "engine/events/event.h"
#include "engine/events/job.h"
#include "engine/events/task.h"
#include "engine/events/transaction.h"

namespace flinch::engine::events {

// All of them, for `flinch list events` and for checking the names in fault plans.
inline constexpr auto kAll = std::to_array<EventInfo>({
    InfoOf<JobStatusChanged>(),
    InfoOf<JobUnrecoverable>(),
    InfoOf<JobRestored>(),
    InfoOf<TaskManagerRegistered>(),
    InfoOf<TaskManagerLost>(),
    InfoOf<ExecutionStateChanged>(),
    InfoOf<CheckpointDue>(),
    InfoOf<CheckpointTriggered>(),
    InfoOf<CheckpointAckReceived>(),
    InfoOf<CheckpointCompleted>(),
    InfoOf<CheckpointStored>(),
    InfoOf<CheckpointNotified>(),
    InfoOf<CheckpointSubsumed>(),
    InfoOf<CheckpointDeleted>(),
    InfoOf<CheckpointAborted>(),
    InfoOf<BarrierSent>(),
    InfoOf<BarrierReceived>(),
    InfoOf<BarrierAligned>(),
    InfoOf<SnapshotTaken>(),
    InfoOf<SnapshotUploaded>(),
    InfoOf<CheckpointAcknowledged>(),
    InfoOf<TaskRestoring>(),
    InfoOf<TaskStarted>(),
    InfoOf<TaskEndOfInput>(),
    InfoOf<TaskFinished>(),
    InfoOf<TaskFailed>(),
    InfoOf<TaskCanceled>(),
    InfoOf<FirstRecord>(),
    InfoOf<WindowLateRecord>(),
    InfoOf<SinkPreCommitted>(),
    InfoOf<SinkCommitting>(),
    InfoOf<SinkCommitted>(),
    InfoOf<SinkAborted>(),
    InfoOf<BrokerStarted>(),
    InfoOf<TransactionBegun>(),
    InfoOf<TransactionCommitted>(),
    InfoOf<TransactionAborted>(),
    InfoOf<ProducerFenced>(),
    InfoOf<TopicSealed>(),
});

}  // namespace flinch::engine::events
