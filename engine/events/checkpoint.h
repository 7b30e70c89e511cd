// Events of a checkpoint: the first group by the JobManager, the second by tasks.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

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
inline constexpr std::string_view kChannelPersisted = "checkpoint.channel_persisted";
inline constexpr std::string_view kInFlightPersisted = "checkpoint.persisted";
inline constexpr std::string_view kSnapshotUploaded = "checkpoint.uploaded";
inline constexpr std::string_view kTablesUploaded = "checkpoint.tables_uploaded";
inline constexpr std::string_view kSharedFileDeleted = "checkpoint.shared_deleted";
inline constexpr std::string_view kCheckpointAcknowledged = "checkpoint.acknowledged";

struct CheckpointDue {
  static constexpr std::string_view kKind = kCheckpointDue;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the coordinator draws an id for the next checkpoint";

  bool after_restore = false;

  static constexpr auto Fields(auto&& take) {
    return take(Named("after_restore", &CheckpointDue::after_restore));
  }
};

struct CheckpointTriggered {
  static constexpr std::string_view kKind = kCheckpointTriggered;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the coordinator asked the sources for a checkpoint that so many subtasks must acknowledge "
      "(after_restore: 1 until the first one after a restore is stored)";

  CheckpointId id;
  bool after_restore = false;
  uint64_t subtasks = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &CheckpointTriggered::id),
                Named("after_restore", &CheckpointTriggered::after_restore),
                Named("subtasks", &CheckpointTriggered::subtasks));
  }
};

struct CheckpointAckReceived {
  static constexpr std::string_view kKind = kCheckpointAckReceived;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the coordinator has this subtask's acknowledgement";

  CheckpointId id;
  std::string_view subtask;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &CheckpointAckReceived::id),
                Named("subtask", &CheckpointAckReceived::subtask));
  }
};

struct CheckpointCompleted {
  static constexpr std::string_view kKind = kCheckpointCompleted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "all subtasks have acknowledged";

  CheckpointId id;

  static constexpr auto Fields(auto&& take) { return take(Named("id", &CheckpointCompleted::id)); }
};

struct CheckpointStored {
  static constexpr std::string_view kKind = kCheckpointStored;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the checkpoint is in the store, durable";

  CheckpointId id;
  bool after_restore = false;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &CheckpointStored::id),
                Named("after_restore", &CheckpointStored::after_restore));
  }
};

struct CheckpointNotified {
  static constexpr std::string_view kKind = kCheckpointNotified;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "notifications of completion were sent";

  CheckpointId id;

  static constexpr auto Fields(auto&& take) { return take(Named("id", &CheckpointNotified::id)); }
};

struct CheckpointSubsumed {
  static constexpr std::string_view kKind = kCheckpointSubsumed;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "a newer checkpoint replaced this one; its files go";

  CheckpointId id;

  static constexpr auto Fields(auto&& take) { return take(Named("id", &CheckpointSubsumed::id)); }
};

struct CheckpointDeleted {
  static constexpr std::string_view kKind = kCheckpointDeleted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat =
      "the files of a subsumed or aborted checkpoint are gone";

  CheckpointId id;

  static constexpr auto Fields(auto&& take) { return take(Named("id", &CheckpointDeleted::id)); }
};

struct CheckpointAborted {
  static constexpr std::string_view kKind = kCheckpointAborted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the coordinator gave the checkpoint up";

  CheckpointId id;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &CheckpointAborted::id), Named("reason", &CheckpointAborted::reason));
  }
};

struct BarrierSent {
  static constexpr std::string_view kKind = kBarrierSent;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the subtask sent its barrier downstream, behind so many records";

  CheckpointId id;
  std::string_view subtask;
  AttemptNumber attempt;
  uint64_t records = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &BarrierSent::id), Named("subtask", &BarrierSent::subtask),
                Named("attempt", &BarrierSent::attempt), Named("records", &BarrierSent::records));
  }
};

struct BarrierReceived {
  static constexpr std::string_view kKind = kBarrierReceived;
  static constexpr EventLevel kLevel = EventLevel::kChannel;
  static constexpr std::string_view kWhat =
      "a barrier arrived on one input channel, behind so many records (place: first, middle, last "
      "or stale)";

  CheckpointId id;
  std::string_view subtask;
  uint64_t channel = 0;
  AttemptNumber attempt;
  std::string_view place;
  std::string_view from;
  uint64_t records = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &BarrierReceived::id), Named("subtask", &BarrierReceived::subtask),
                Named("channel", &BarrierReceived::channel),
                Named("attempt", &BarrierReceived::attempt),
                Named("place", &BarrierReceived::place), Named("from", &BarrierReceived::from),
                Named("records", &BarrierReceived::records));
  }
};

struct BarrierAligned {
  static constexpr std::string_view kKind = kBarrierAligned;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "all input channels have delivered it";

  CheckpointId id;
  std::string_view subtask;
  AttemptNumber attempt;
  uint64_t channels = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &BarrierAligned::id), Named("subtask", &BarrierAligned::subtask),
                Named("attempt", &BarrierAligned::attempt),
                Named("channels", &BarrierAligned::channels));
  }
};

struct SnapshotTaken {
  static constexpr std::string_view kKind = kSnapshotTaken;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the synchronous part of the snapshot is done: so many entries of keyed state";

  CheckpointId id;
  std::string_view subtask;
  AttemptNumber attempt;
  uint64_t entries = 0;
  int64_t watermark = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &SnapshotTaken::id), Named("subtask", &SnapshotTaken::subtask),
                Named("attempt", &SnapshotTaken::attempt),
                Named("entries", &SnapshotTaken::entries),
                Named("watermark", &SnapshotTaken::watermark));
  }
};

struct ChannelPersisted {
  static constexpr std::string_view kKind = kChannelPersisted;
  static constexpr EventLevel kLevel = EventLevel::kChannel;
  static constexpr std::string_view kWhat =
      "an unaligned checkpoint holds so many records that `from` had sent before its barrier and "
      "nobody had processed (side: input or output of the subtask)";

  CheckpointId id;
  std::string_view subtask;
  AttemptNumber attempt;
  std::string_view from;
  std::string_view side;
  uint64_t records = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &ChannelPersisted::id), Named("subtask", &ChannelPersisted::subtask),
                Named("attempt", &ChannelPersisted::attempt),
                Named("from", &ChannelPersisted::from), Named("side", &ChannelPersisted::side),
                Named("records", &ChannelPersisted::records));
  }
};

struct InFlightPersisted {
  static constexpr std::string_view kKind = kInFlightPersisted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "all that was in flight at the subtask is there for an unaligned checkpoint: so many bytes";

  CheckpointId id;
  std::string_view subtask;
  AttemptNumber attempt;
  uint64_t bytes = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &InFlightPersisted::id), Named("subtask", &InFlightPersisted::subtask),
                Named("attempt", &InFlightPersisted::attempt),
                Named("bytes", &InFlightPersisted::bytes));
  }
};

struct SnapshotUploaded {
  static constexpr std::string_view kKind = kSnapshotUploaded;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the snapshot's file, of so many bytes, is durable";

  CheckpointId id;
  std::string_view subtask;
  uint64_t bytes = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &SnapshotUploaded::id), Named("subtask", &SnapshotUploaded::subtask),
                Named("bytes", &SnapshotUploaded::bytes));
  }
};

struct TablesUploaded {
  static constexpr std::string_view kKind = kTablesUploaded;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "of the tables in the snapshot, so many bytes were copied and so many lay there already";

  CheckpointId id;
  std::string_view subtask;
  uint64_t bytes = 0;
  uint64_t reused = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &TablesUploaded::id), Named("subtask", &TablesUploaded::subtask),
                Named("bytes", &TablesUploaded::bytes), Named("reused", &TablesUploaded::reused));
  }
};

struct SharedFileDeleted {
  static constexpr std::string_view kKind = kSharedFileDeleted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "no checkpoint holds the table any more; it is gone";

  std::string_view path;

  static constexpr auto Fields(auto&& take) {
    return take(Named("path", &SharedFileDeleted::path));
  }
};

struct CheckpointAcknowledged {
  static constexpr std::string_view kKind = kCheckpointAcknowledged;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the subtask sent its acknowledgement";

  CheckpointId id;
  std::string_view subtask;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &CheckpointAcknowledged::id),
                Named("subtask", &CheckpointAcknowledged::subtask));
  }
};

}  // namespace flinch::engine::events
