// Wrong behaviours, planted on purpose and off by default: the test of the oracles.
//
// Each is one place in the engine that asks `defects.Has(Defect::k…)`. In a build with
// FLINCH_DEFECTS=0 `Has` is a constant false and the branches vanish; with the default build it is
// one test of a bit. Each has a witness, a seed under which an oracle catches it: see
// tests/scenarios/witnesses.md.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#ifndef FLINCH_DEFECTS
#define FLINCH_DEFECTS 1
#endif

namespace flinch::engine {

enum class Defect : uint8_t {
  kSinkCommitsAtSnapshot,
  kSinkCommitsOnlyMatchingId,
  kKeyGroupRangeEndExclusive,
  kSourceAdvancesBeforeEmit,
  kNotifiesBeforeStored,
  kCompletesOneAckShort,
  kCountsDuplicateAck,
  kCountsAckOfAnyCheckpoint,
  kPointerNotSynced,
  kCheckpointIdsStartAgain,
  kRecoveryNeedsEqualLogs,
  kRecoversTheOldest,
  kFinalIsDecidedAtCompletion,
  kFinalNotificationSentOnce,
  kFinalWaitsAfterRestore,
  kAbortNoticeNamesThePrevious,
  kCleanUpByAge,
  kLateSnapshotIsLeft,
  kAttemptNumbersStartAgain,
  kCancelSentOnce,
  kAcceptsStatesOfLostTasks,
  kAlignerKeepsReceived,
  kAlignmentBlocksNobody,
  kTrackerMissesOne,
  kBarriersOfEndedChannelsAreLost,
  kUploadReadsLiveState,
  kListStateByReference,
  kListStateToTheFirstSubtask,
  kRestoreForgetsTimers,
  kFiredTimersStayInState,
  kWindowIncludesItsEnd,
  kSilentChannelCountsAsIdle,
  kSinkReusesOpenHandle,
  kSinkDedupesByCheckpointId,
  kSinkTagsTheEndAlike,
  kSinkExpectsNotificationsInOrder,
  kSinkCommitsAllPending,
  kSinkCommitsLeftovers,
  kSinkAbortsWithItsCheckpoint,
  kSinkSnapshotsBeforeFlush,
  kSinkCommitsWithoutWaiting,
  kMinPauseByWallClock,
  kTriggersWhileRestoring,
  kReconnectsWithoutSequence,
  kTasksOutliveTheirMaster,
  kSinkForgetsTheFinalCheckpoint,
  kSinkSwallowsFailedCommits,
  kSinkKeepsTheNewestPendingOnly,
  kRestartsCountTwice,
  kFinalIsNotTriedAgain,
  kCancelRepeatedSeldom,
  kSourceRestoresOneLate,
  kSourceRestoresOneEarly,
  kSourceEndsWithRecordsLeft,
  kEndWithoutWatermark,
  kWindowIsLateByItsStart,
  kWatermarkOfTheFastest,
  kMetadataMissesTheLastSnapshot,
  kRetainsOneFewer,
  kRestartsBeforeAllStopped,
  kUnansweredDeploymentCounts,
  kStateIsReportedOnce,
  kCancelOfUnknownIsIgnored,
  kRepeatedAckDiscards,
  kUnreadableCheckpointIsPassedOver,
  kSplitsComeBackAtTheFailure,
  kTasksAreTriggeredBeforeCoordinators,
  kLostEventCountsAsHeard,
  kReaderForgetsUntouchedSplits,
  kReaderForgetsTheSplitItReads,
  kPartitionsByTheirPlaceInTheReply,
  kStopEndsTheInput,
  kTasksStopBeforeItIsStored,
  kRestorePrefersCheckpoints,
  kRetentionCountsSavepoints,
  kStopIsAskedForOnce,
  kCheckpointsGoOnDuringAStop,
  kUnknownStoreDiscardsFiles,
  kStepDownCleansUp,
  kOldTermsStillWrite,
  kRevocationWhileRecoveringIsLost,
  kCounterStaysSuspended,
  kFailedStoreIsForgotten,
};

struct DefectInfo {
  Defect defect;
  std::string_view name;      // as on the command line
  std::string_view what;      // what is done wrongly
  std::string_view breaks;    // the promise that falls
  std::string_view mutation;  // the class: what kind of mistake it is
  std::string_view source;    // real bug or mutation operator (reference known-bugs)
};

inline constexpr auto kDefects = std::to_array<DefectInfo>({
    {Defect::kSinkCommitsAtSnapshot, "sink_commits_at_snapshot",
     "The sink commits its transaction when it takes its snapshot instead of when the checkpoint "
     "is complete.",
     "Output is committed only with a durable checkpoint.", "early commit",
     "known-bugs 26 (its class: acknowledged before the checkpoint)"},
    {Defect::kSinkCommitsOnlyMatchingId, "sink_commits_only_matching_id",
     "On a notification for checkpoint n the sink commits only the transactions of n, not those "
     "of earlier ones.",
     "A lost notification is made good by the next one.", "lost commit", "G37"},
    {Defect::kKeyGroupRangeEndExclusive, "key_group_range_end_exclusive",
     "On restore the last key group of each subtask's range is left out.",
     "Key groups are neither lost nor doubled.", "lost state", "G29"},
    {Defect::kSourceAdvancesBeforeEmit, "source_advances_before_emit",
     "A snapshot of the source holds the position fetched, not the position emitted.",
     "A source's position and what it emitted are one cut.", "cut", "G16"},
    {Defect::kNotifiesBeforeStored, "notifies_before_stored",
     "The coordinator notifies of a completed checkpoint before the store has it.",
     "A commit implies a durable checkpoint.", "early commit", "G05"},
    {Defect::kCompletesOneAckShort, "completes_one_ack_short",
     "A checkpoint completes when one acknowledgement is still missing.",
     "A completed checkpoint holds the state of every subtask.", "counting", "G01"},
    {Defect::kCountsDuplicateAck, "counts_duplicate_ack",
     "An acknowledgement that comes twice, for its reply was lost, is counted twice.",
     "A completed checkpoint holds the state of every subtask.", "counting", "G01"},
    {Defect::kCountsAckOfAnyCheckpoint, "counts_ack_of_any_checkpoint",
     "An acknowledgement is counted whatever its attempt and its checkpoint: only the subtask is "
     "compared.",
     "A checkpoint is made of its own snapshots.", "fencing", "G02"},
    {Defect::kPointerNotSynced, "pointer_not_synced",
     "The pointer to a completed checkpoint is written and not synced.",
     "A stored checkpoint survives a crash of the JobManager.", "durability", "G04"},
    {Defect::kCheckpointIdsStartAgain, "checkpoint_ids_start_again",
     "After a crash of the JobManager checkpoint ids are counted from 1 again.",
     "Checkpoint ids only grow.", "ids", "G07"},
    {Defect::kRecoveryNeedsEqualLogs, "recovery_needs_equal_logs",
     "A JobManager recovers only if the last checkpoint id that was given out belongs to the last "
     "stored checkpoint.",
     "A crash in mid-checkpoint is survived like any other.", "liveness",
     "known-bugs 127: SPARK-51682"},
    {Defect::kRecoversTheOldest, "recovers_the_oldest",
     "A JobManager that finds several checkpoints in the store starts from the oldest.",
     "A restart starts from the latest completed checkpoint.", "wrong version",
     "known-bugs 107: FLINK-20441"},
    {Defect::kFinalIsDecidedAtCompletion, "final_is_decided_at_completion",
     "Whether a checkpoint is the final one is asked when it is complete, not when it is "
     "triggered.",
     "Tasks end only when all of their output is committed.", "end of input",
     "known-bugs 38: FLINK-38614"},
    {Defect::kFinalNotificationSentOnce, "final_notification_sent_once",
     "The notification of the final checkpoint is not repeated.",
     "A lost message delays the end of a job and does not prevent it.", "liveness",
     "known-bugs 37, 38 (their class: the end of input)"},
    {Defect::kFinalWaitsAfterRestore, "final_waits_after_restore",
     "A job whose tasks are all at their end when they start waits a whole interval for its final "
     "checkpoint.",
     "The end of the input is answered at once, whoever has seen it.", "liveness",
     "known-bugs 37, 38 (their class: the end of input)"},
    {Defect::kAbortNoticeNamesThePrevious, "abort_notice_names_the_previous",
     "With the notice that checkpoint n was aborted tasks are told that n - 1 is complete.",
     "A task learns completion only of checkpoints that completed.", "early commit",
     "known-bugs 58: FLINK-23759"},
    {Defect::kCleanUpByAge, "clean_up_by_age",
     "The clean-up of an aborted checkpoint takes older directories with it, also that of the "
     "last completed one.",
     "Files live as long as a checkpoint that may be restored refers to them.", "ownership", "G28"},
    {Defect::kLateSnapshotIsLeft, "late_snapshot_is_left",
     "A snapshot that is acknowledged after its checkpoint was given up is left on the volume.",
     "What no checkpoint refers to is removed.", "ownership",
     "G28 (its class: who owns a file); FLINK-7783"},
    {Defect::kAttemptNumbersStartAgain, "attempt_numbers_start_again",
     "After a crash of the JobManager attempts are counted from 1 again: a sink meets its own "
     "name.",
     "Every attempt has a number of its own, durable before its first effect.", "fencing",
     "known-bugs 31: Materialize #13749 (its class); G40"},
    {Defect::kCancelSentOnce, "cancel_sent_once", "The request to cancel a task is sent once.",
     "A lost message delays a restart and does not prevent it.", "liveness",
     "G47 (its class: lost and never asked again)"},
    {Defect::kAcceptsStatesOfLostTasks, "accepts_states_of_lost_tasks",
     "Reports of a task whose TaskManager has been given up still change its state.",
     "An attempt that has ended has ended for good.", "fencing", "G50"},
    {Defect::kAlignerKeepsReceived, "aligner_keeps_received",
     "When an alignment is given up the channels that had delivered its barrier still count as "
     "received.",
     "A snapshot waits for the barrier of every channel.", "alignment", "G13"},
    {Defect::kAlignmentBlocksNobody, "alignment_blocks_nobody",
     "Channels that have delivered their barrier are read on during an alignment.",
     "What lies behind a barrier belongs to the next checkpoint.", "alignment",
     "Flink's at-least-once mode; G13"},
    {Defect::kTrackerMissesOne, "tracker_misses_one",
     "Where barriers do not wait, a checkpoint is taken when all channels but one have delivered.",
     "A snapshot waits for the barrier of every channel.", "counting",
     "G13 (of the tracker); known-bugs 77"},
    {Defect::kBarriersOfEndedChannelsAreLost, "barriers_of_ended_channels_are_lost",
     "A barrier that comes on a channel whose data has ended is ignored.",
     "Checkpoints complete also while inputs end.", "alignment", "G14"},
    {Defect::kUploadReadsLiveState, "upload_reads_live_state",
     "The asynchronous part of a snapshot reads keyed state as it is by then.",
     "A snapshot is frozen when its barrier passes.", "snapshot isolation", "G22"},
    {Defect::kListStateByReference, "list_state_by_reference",
     "The asynchronous part of a snapshot reads the source's positions as they are by then.",
     "A snapshot is frozen when its barrier passes.", "snapshot isolation", "G23"},
    {Defect::kListStateToTheFirstSubtask, "list_state_to_the_first_subtask",
     "On restore only the first subtask of an operator gets its list state.",
     "Every entry of list state is restored once.", "lost state", "G31"},
    {Defect::kRestoreForgetsTimers, "restore_forgets_timers",
     "Timers are not made anew from the restored state.", "A timer that was registered fires.",
     "lost state", "G32; known-bugs 47: FLINK-19300"},
    {Defect::kFiredTimersStayInState, "fired_timers_stay_in_state",
     "A timer that has fired is not deleted from the state: after a restore it fires again.",
     "A timer fires once.", "lost delete", "G25 (its class: a delete that the snapshot misses)"},
    {Defect::kWindowIncludesItsEnd, "window_includes_its_end",
     "A record at the very end of a window counts to it, not to the next one.",
     "A window holds its start and not its end.", "window rule", "G52"},
    {Defect::kSilentChannelCountsAsIdle, "silent_channel_counts_as_idle",
     "A channel that has given no watermark yet does not hold the watermark back.",
     "No record that keeps to the bound is late.", "window rule", "G53"},
    {Defect::kSinkReusesOpenHandle, "sink_reuses_open_handle",
     "While a transaction is pending the next one begins under its name and epoch.",
     "A transaction holds the records of one checkpoint.", "early commit",
     "known-bugs 1: FLINK-8132"},
    {Defect::kSinkDedupesByCheckpointId, "sink_dedupes_by_checkpoint_id",
     "On restore the sink takes everything up to the restored checkpoint's id for committed.",
     "What is pending in a restored checkpoint is committed.", "lost commit",
     "known-bugs 28: Iceberg #10892"},
    {Defect::kSinkTagsTheEndAlike, "sink_tags_the_end_alike",
     "What the sink flushes at the end of its input belongs to checkpoint 0 instead of the next "
     "one.",
     "A transaction is committed with the checkpoint that holds it.", "early commit",
     "known-bugs 37: FLINK-37605"},
    {Defect::kSinkExpectsNotificationsInOrder, "sink_expects_notifications_in_order",
     "The sink asserts that notifications of completion come in order.",
     "Notifications may come late, twice, never, and in any order.", "liveness",
     "known-bugs 100: FLINK-10377"},
    {Defect::kSinkCommitsAllPending, "sink_commits_all_pending",
     "A notification for checkpoint n commits also the transactions of later ones.",
     "Output is committed only with a durable checkpoint.", "early commit", "G38"},
    {Defect::kSinkCommitsLeftovers, "sink_commits_leftovers",
     "A new attempt commits the transactions that earlier ones left open instead of aborting them.",
     "What belongs to no completed checkpoint is never committed.", "early commit", "G40, G41"},
    {Defect::kSinkAbortsWithItsCheckpoint, "sink_aborts_with_its_checkpoint",
     "When checkpoint n is aborted the sink aborts the transaction of n, whose records are in no "
     "other.",
     "An aborted checkpoint loses no output.", "lost commit",
     "known-bugs 58 (its class: the abort notice); 32: Iceberg #11008"},
    {Defect::kSinkSnapshotsBeforeFlush, "sink_snapshots_before_flush",
     "A snapshot leaves what is buffered to the next transaction.",
     "A snapshot covers all records before its barrier.", "cut", "known-bugs 136: Pravega #70"},
    {Defect::kSinkCommitsWithoutWaiting, "sink_commits_without_waiting",
     "The sink sends its commit once and does not wait for the broker's answer.",
     "A pending transaction is kept until the broker has confirmed its commit.", "lost commit",
     "known-bugs 134: FLINK-39056 (its class: commits that fail unseen)"},
    {Defect::kMinPauseByWallClock, "min_pause_by_wall_clock",
     "The pause between two checkpoints is measured with the wall clock.",
     "Spans are measured with a clock that never goes back.", "liveness", "G08"},
    {Defect::kTriggersWhileRestoring, "triggers_while_restoring",
     "Checkpoints are triggered as soon as one task runs; a source that still restores its state "
     "gives an empty one.",
     "A checkpoint holds the state of every subtask.", "cut", "G10"},
    {Defect::kReconnectsWithoutSequence, "reconnects_without_sequence",
     "When a connection breaks in mid-stream the consumer asks again and reads on; what was under "
     "way is missed by nobody.",
     "A channel delivers everything once and in order, or fails.", "lost data", "G46"},
    {Defect::kTasksOutliveTheirMaster, "tasks_outlive_their_master",
     "A TaskManager that has lost its JobManager neither cancels its tasks nor tells of them.",
     "A subtask has one attempt at a time.", "fencing", "G49"},
    {Defect::kSinkForgetsTheFinalCheckpoint, "sink_forgets_the_final_checkpoint",
     "The sink is not told that the final checkpoint is complete: its last results are never "
     "committed.",
     "A job that finishes has all its output.", "lost commit",
     "known-bugs 37, 38 (their class: the end of input)"},
    {Defect::kSinkSwallowsFailedCommits, "sink_swallows_failed_commits",
     "A commit that the broker refuses counts as done.",
     "A job whose output is lost fails, and does not finish.", "lost commit",
     "known-bugs 134: FLINK-39056"},
    {Defect::kSinkKeepsTheNewestPendingOnly, "sink_keeps_the_newest_pending_only",
     "A snapshot of the sink holds its newest pending transaction, and not those of checkpoints "
     "that were given up.",
     "A restored checkpoint commits everything before it.", "lost commit",
     "G37 (its class: a lost notification)"},
    {Defect::kRestartsCountTwice, "restarts_count_twice", "Each restart of the job counts as two.",
     "A job is restarted as often as it may be.", "liveness",
     "G47 (its class: what is counted wrongly is missing later)"},
    {Defect::kFinalIsNotTriedAgain, "final_is_not_tried_again",
     "When the final checkpoint has failed the next one comes with the interval.",
     "The end of the input is answered at once, however often it fails.", "liveness",
     "known-bugs 37, 38 (their class: the end of input)"},
    {Defect::kCancelRepeatedSeldom, "cancel_repeated_seldom",
     "A request to cancel that was lost is repeated after more than a minute.",
     "A healed job stands still no longer than its time-outs.", "liveness",
     "G47 (its class: lost and asked again too late)"},
    {Defect::kSourceRestoresOneLate, "source_restores_one_late",
     "A source goes on behind the next record of its restored position.",
     "A source goes on where the checkpoint left it.", "lost data",
     "G16 (its class: a position is off by one)"},
    {Defect::kSourceRestoresOneEarly, "source_restores_one_early",
     "A source takes its restored position for the last record emitted, and emits that again.",
     "A source goes on where the checkpoint left it.", "doubled data",
     "G16 (its class: a position is off by one)"},
    {Defect::kSourceEndsWithRecordsLeft, "source_ends_with_records_left",
     "A source ends when it has fetched everything, whatever it has not emitted yet.",
     "Every record of the input is read.", "lost data",
     "known-bugs 37, 38 (their class: the end of input)"},
    {Defect::kEndWithoutWatermark, "end_without_watermark",
     "A source ends without the last watermark: what waits for it never fires.",
     "At the end of its input a job gives all its results.", "lost data",
     "known-bugs 37, 38 (their class: the end of input)"},
    {Defect::kWindowIsLateByItsStart, "window_is_late_by_its_start",
     "A record is late once the watermark has passed the start of its window.",
     "No record that keeps to the bound is late.", "window rule", "G52"},
    {Defect::kWatermarkOfTheFastest, "watermark_of_the_fastest",
     "The watermark of a task is that of its fastest channel.",
     "No record that keeps to the bound is late.", "window rule", "G53"},
    {Defect::kMetadataMissesTheLastSnapshot, "metadata_misses_the_last_snapshot",
     "The metadata of a checkpoint leave the last snapshot out.",
     "A completed checkpoint holds the state of every subtask.", "lost state",
     "G01 (its class: a snapshot is missing)"},
    {Defect::kRetainsOneFewer, "retains_one_fewer",
     "The store keeps one completed checkpoint fewer than asked.",
     "The newest completed checkpoint is there.", "ownership",
     "G28 (its class: what is deleted too early)"},
    {Defect::kRestartsBeforeAllStopped, "restarts_before_all_stopped",
     "A new attempt of the job starts while tasks of the old one still run.",
     "A subtask has one attempt at a time.", "fencing", "G49 (its class: two attempts at once)"},
    {Defect::kUnansweredDeploymentCounts, "unanswered_deployment_counts",
     "A deployment that got no answer counts as accepted.",
     "A lost message delays a restart and does not prevent it.", "liveness",
     "G47 (its class: lost and never asked again)"},
    {Defect::kStateIsReportedOnce, "state_is_reported_once",
     "A task tells once that it runs, has ended or has seen its end of input.",
     "A lost message delays a job and does not stop it.", "liveness",
     "G47 (its class: lost and never asked again)"},
    {Defect::kCancelOfUnknownIsIgnored, "cancel_of_unknown_is_ignored",
     "A TaskManager that is to cancel a task which it does not have says nothing.",
     "A lost message delays a restart and does not prevent it.", "liveness",
     "G47 (its class: lost and never asked again)"},
    {Defect::kRepeatedAckDiscards, "repeated_ack_discards",
     "An acknowledgement that comes again after its checkpoint was stored discards the snapshot.",
     "Files live as long as a checkpoint that may be restored refers to them.", "ownership", "G28"},
    {Defect::kUnreadableCheckpointIsPassedOver, "unreadable_checkpoint_is_passed_over",
     "A JobManager that cannot read a stored checkpoint recovers without it, in silence.",
     "A restart starts from the latest completed checkpoint.", "wrong version",
     "known-bugs 34: FLINK-19816, FLINK-22502"},
    {Defect::kSplitsComeBackAtTheFailure, "splits_come_back_at_the_failure",
     "What a reader was given since the last complete checkpoint comes back to its enumerator when "
     "the reader fails, not when it is known from where it starts.",
     "A split has one reader at a time.", "wrong version",
     "known-bugs 8: FLINK-20396, FLINK-20413, FLINK-20290"},
    {Defect::kTasksAreTriggeredBeforeCoordinators, "tasks_are_triggered_before_coordinators",
     "A checkpoint's tasks are triggered at once, before the coordinators of sources have taken "
     "their part.",
     "A split is in the state of its enumerator or of one reader.", "cut",
     "known-bugs 52: FLINK-18641"},
    {Defect::kLostEventCountsAsHeard, "lost_event_counts_as_heard",
     "An event to a reader that is not acknowledged fails neither the reader nor the checkpoints "
     "that wait for it.",
     "A split that was given out is read.", "lost message", "known-bugs 53: FLINK-23233"},
    {Defect::kReaderForgetsUntouchedSplits, "reader_forgets_untouched_splits",
     "A snapshot of a source leaves out the partitions of which it has emitted nothing yet.",
     "A split is in the state of its enumerator or of one reader.", "lost state",
     "known-bugs 113: Jet #2751"},
    {Defect::kReaderForgetsTheSplitItReads, "reader_forgets_the_split_it_reads",
     "A snapshot of a source leaves out the partition that it is reading.",
     "A source's position and what it emitted are one cut.", "lost state",
     "known-bugs 133: flink-cdc #926"},
    {Defect::kPartitionsByTheirPlaceInTheReply, "partitions_by_their_place_in_the_reply",
     "Each subtask of a source takes the partitions by their places in a list, which comes to each "
     "in another order.",
     "A partition has one reader.", "assignment", "known-bugs 98: FLINK-7143"},
    {Defect::kStopEndsTheInput, "stop_ends_the_input",
     "A stop without drain ends the input of the sources all the same: windows fire early.",
     "A job that stops without drain goes on later as if nothing had been.", "wrong end",
     "known-bugs 101: FLINK-21132, FLINK-24161"},
    {Defect::kTasksStopBeforeItIsStored, "tasks_stop_before_it_is_stored",
     "A task that was asked to stop with a savepoint finishes when its own part is written.",
     "A job has stopped when its savepoint is durable.", "wrong end",
     "known-bugs 85: Arroyo #1124"},
    {Defect::kRestorePrefersCheckpoints, "restore_prefers_checkpoints",
     "A restore passes over savepoints, though what they hold has been committed.",
     "A restart starts from the newest that has effects outside.", "wrong version",
     "known-bugs 107: FLINK-20441"},
    {Defect::kRetentionCountsSavepoints, "retention_counts_savepoints",
     "A savepoint counts among the checkpoints that are kept, and pushes the last one out.",
     "Files live as long as a checkpoint that may be restored refers to them.", "ownership",
     "known-bugs 16: FLINK-21351"},
    {Defect::kStopIsAskedForOnce, "stop_is_asked_for_once",
     "The sources are told once of a savepoint that stops the job, and no time-out waits for it.",
     "A lost message delays a stop and does not prevent it.", "liveness",
     "known-bugs 115: Jet #1435, #1377"},
    {Defect::kCheckpointsGoOnDuringAStop, "checkpoints_go_on_during_a_stop",
     "Periodic checkpoints are triggered while a savepoint is taken with which the job is to end.",
     "Nothing is committed behind the savepoint that a job ends with.", "early commit",
     "known-bugs 79: Jet #868, #1016"},
    {Defect::kUnknownStoreDiscardsFiles, "unknown_store_discards_files",
     "When nobody answers whether a checkpoint was stored its files are deleted, as if it was not.",
     "Files live as long as a checkpoint that may be restored refers to them.", "ownership",
     "known-bugs 11: FLINK-22494"},
    {Defect::kStepDownCleansUp, "step_down_cleans_up",
     "A JobManager that leads no more removes the pointers to the job's checkpoints.",
     "What the next leader must find is removed only when the job has ended.", "ownership",
     "known-bugs 13: FLINK-25486"},
    {Defect::kOldTermsStillWrite, "old_terms_still_write",
     "What a leader writes to the coordination service does not depend on whether it still leads.",
     "What an older term does touches no newer one.", "fencing", "known-bugs 14: FLINK-11665"},
    {Defect::kRevocationWhileRecoveringIsLost, "revocation_while_recovering_is_lost",
     "A JobManager that learns while it recovers the job that it leads no more goes on to lead.",
     "Every change of the leadership is acted upon.", "liveness",
     "known-bugs 76: KAFKA-16077 (its class: one pending action overwrites another)"},
    {Defect::kCounterStaysSuspended, "counter_stays_suspended",
     "The counter of checkpoint ids fails for good once the coordination service did not answer.",
     "A short interruption delays a checkpoint and prevents none.", "liveness",
     "known-bugs 97: FLINK-14091"},
    {Defect::kFailedStoreIsForgotten, "failed_store_is_forgotten",
     "When a checkpoint cannot be stored nothing is done about it.",
     "An error of the store stops no later checkpoint.", "liveness", "known-bugs 106: FLINK-5158"},
});

// The set of planted defects of one run. A value; travels in options.
class Defects {
 public:
  bool Has([[maybe_unused]] Defect defect) const {
#if FLINCH_DEFECTS
    return planted_.test(static_cast<size_t>(defect));
#else
    return false;
#endif
  }

  // The right value, but the wrong one where the defect is planted.
  template <typename Value>
  Value Right(Value right, Defect defect, std::type_identity_t<Value> wrong) const {
    return Has(defect) ? std::move(wrong) : std::move(right);
  }

  void Plant(Defect defect) { planted_.set(static_cast<size_t>(defect)); }

  bool empty() const { return planted_.none(); }

 private:
  std::bitset<256> planted_;
};

static_assert(kDefects.size() <= 256);

constexpr std::optional<Defect> FindDefect(std::string_view name) {
  for (const DefectInfo& info : kDefects) {
    if (info.name == name) {
      return info.defect;
    }
  }
  return std::nullopt;
}

}  // namespace flinch::engine
