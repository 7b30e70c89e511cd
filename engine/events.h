// The engine's vocabulary: what it tells the world about itself.
//
// A kind is what fault plans wait for, oracles judge and timelines print, so a kind and its fields
// are a contract: add, do not rename. Subtasks are written "sink[1]", attempts are numbers, times
// are nanoseconds.
#pragma once

#include <array>
#include <string_view>

namespace flinch::engine::events {

// Control plane, by the JobManager.
inline constexpr std::string_view kJobStatus = "job.status";
inline constexpr std::string_view kJobUnrecoverable = "job.unrecoverable";
inline constexpr std::string_view kJobRestored = "job.restored";
inline constexpr std::string_view kTaskManagerRegistered = "taskmanager.registered";
inline constexpr std::string_view kTaskManagerLost = "taskmanager.lost";
inline constexpr std::string_view kExecutionState = "execution.state";

// Checkpoints. The first group by the JobManager, the second by tasks.
inline constexpr std::string_view kCheckpointDue = "checkpoint.due";
inline constexpr std::string_view kCheckpointTriggered = "checkpoint.triggered";
inline constexpr std::string_view kCheckpointAckReceived = "checkpoint.ack_received";
inline constexpr std::string_view kCheckpointCompleted = "checkpoint.completed";
inline constexpr std::string_view kCheckpointStored = "checkpoint.stored";
inline constexpr std::string_view kCheckpointNotified = "checkpoint.notified";
inline constexpr std::string_view kCheckpointSubsumed = "checkpoint.subsumed";
inline constexpr std::string_view kCheckpointDeleted = "checkpoint.deleted";
inline constexpr std::string_view kCheckpointAborted = "checkpoint.aborted";
inline constexpr std::string_view kBarrierSent = "checkpoint.barrier_sent";
inline constexpr std::string_view kBarrierReceived = "checkpoint.barrier_received";
inline constexpr std::string_view kBarrierAligned = "checkpoint.aligned";
inline constexpr std::string_view kSnapshotTaken = "checkpoint.snapshot";
inline constexpr std::string_view kSnapshotUploaded = "checkpoint.uploaded";
inline constexpr std::string_view kCheckpointAcknowledged = "checkpoint.acknowledged";

// Tasks, by their TaskManager.
inline constexpr std::string_view kTaskRestoring = "task.restoring";
inline constexpr std::string_view kTaskStarted = "task.started";
inline constexpr std::string_view kTaskEndOfInput = "task.end_of_input";
inline constexpr std::string_view kTaskFinished = "task.finished";
inline constexpr std::string_view kTaskFailed = "task.failed";
inline constexpr std::string_view kTaskCanceled = "task.canceled";
inline constexpr std::string_view kFirstRecord = "task.first_record";

// Operators.
inline constexpr std::string_view kWindowLateRecord = "window.late_record";

// The two-phase-commit sink. A transaction is named by its transactional id.
inline constexpr std::string_view kSinkPreCommitted = "sink.precommitted";
inline constexpr std::string_view kSinkCommitting = "sink.committing";
inline constexpr std::string_view kSinkCommitted = "sink.committed";
inline constexpr std::string_view kSinkAborted = "sink.aborted";

// The log broker.
inline constexpr std::string_view kBrokerStarted = "broker.started";
inline constexpr std::string_view kTransactionBegun = "transaction.begun";
inline constexpr std::string_view kTransactionCommitted = "transaction.committed";
inline constexpr std::string_view kTransactionAborted = "transaction.aborted";
inline constexpr std::string_view kProducerFenced = "transaction.fenced";
inline constexpr std::string_view kTopicSealed = "topic.sealed";

// All of them, for `flinch list events` and for checking the names in fault plans.
struct EventInfo {
  std::string_view kind;
  std::string_view fields;
  std::string_view what;
};

inline constexpr auto kAll = std::to_array<EventInfo>({
    {kJobStatus, "from to reason", "the job changed its status; the reason of a failure, or \"\""},
    {kJobUnrecoverable, "reason",
     "the JobManager cannot read what earlier ones left on the shared volume: the job fails"},
    {kJobRestored, "checkpoint attempt",
     "a new attempt of the job starts from this checkpoint (0: from nothing)"},
    {kTaskManagerRegistered, "name incarnation", "the JobManager knows a TaskManager"},
    {kTaskManagerLost, "name reason", "the JobManager gave a TaskManager up"},
    {kExecutionState, "subtask attempt from to", "one attempt of a subtask changed its state"},
    {kCheckpointDue, "after_restore", "the coordinator draws an id for the next checkpoint"},
    {kCheckpointTriggered, "id after_restore",
     "the coordinator asked the sources for a checkpoint (after_restore: 1 until the first one "
     "after a restore is stored)"},
    {kCheckpointAckReceived, "id subtask", "the coordinator has this subtask's acknowledgement"},
    {kCheckpointCompleted, "id", "all subtasks have acknowledged"},
    {kCheckpointStored, "id after_restore", "the checkpoint is in the store, durable"},
    {kCheckpointNotified, "id", "notifications of completion were sent"},
    {kCheckpointSubsumed, "id", "a newer checkpoint replaced this one; its files go"},
    {kCheckpointDeleted, "id", "the files of a subsumed or aborted checkpoint are gone"},
    {kCheckpointAborted, "id reason", "the coordinator gave the checkpoint up"},
    {kBarrierSent, "id subtask attempt records",
     "the subtask sent its barrier downstream, behind so many records"},
    {kBarrierReceived, "id subtask channel attempt place from records",
     "a barrier arrived on one input channel, behind so many records (place: first, middle, last "
     "or "
     "stale)"},
    {kBarrierAligned, "id subtask attempt channels", "all input channels have delivered it"},
    {kSnapshotTaken, "id subtask attempt entries watermark",
     "the synchronous part of the snapshot is done: so many entries of keyed state"},
    {kSnapshotUploaded, "id subtask", "the snapshot's files are durable"},
    {kCheckpointAcknowledged, "id subtask", "the subtask sent its acknowledgement"},
    {kTaskRestoring, "subtask attempt checkpoint", "the task begins to restore its state"},
    {kTaskStarted, "subtask attempt checkpoint entries",
     "state is restored, so many entries of keyed state; the task runs"},
    {kTaskEndOfInput, "subtask attempt", "the task has seen all of its input"},
    {kTaskFinished, "subtask attempt", "the final checkpoint is complete, the task is done"},
    {kTaskFailed, "subtask attempt reason", "the task failed"},
    {kTaskCanceled, "subtask attempt", "the task was cancelled"},
    {kFirstRecord, "subtask attempt", "the task processed its first record"},
    {kWindowLateRecord, "subtask timestamp watermark", "a record came after its window had fired"},
    {kSinkPreCommitted, "transaction checkpoint subtask",
     "the transaction is flushed and belongs to this checkpoint"},
    {kSinkCommitting, "transaction checkpoint subtask", "the sink asks the broker to commit"},
    {kSinkCommitted, "transaction checkpoint subtask", "the broker confirmed the commit"},
    {kSinkAborted, "transaction subtask", "the sink aborted a transaction left behind"},
    {kBrokerStarted, "records", "the broker has read its journal"},
    {kTransactionBegun, "transaction producer epoch", "a producer opened a transaction"},
    {kTransactionCommitted, "transaction producer epoch records",
     "the transaction's records are visible"},
    {kTransactionAborted, "transaction producer epoch reason",
     "the transaction's records never will be visible"},
    {kProducerFenced, "transaction producer epoch", "a producer with an old epoch was turned away"},
    {kTopicSealed, "topic", "the topic will not grow any more"},
});

}  // namespace flinch::engine::events
