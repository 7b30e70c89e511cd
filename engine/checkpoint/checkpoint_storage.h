// The files of checkpoints on the shared volume, and their formats.
//
//   /checkpoints/<job>/chk-<id>/<vertex>-<subtask>-<attempt>   one snapshot of one subtask
//   /checkpoints/<job>/chk-<id>/_metadata                      what belongs to the checkpoint
//   /savepoints/<job>/savepoint-<id>/…                         the same of a savepoint
//
// A small part may be no file, and lie in `_metadata` (PartPlacement).
// A savepoint names its files relative to its directory: moved as a whole it stays one. Its form is
// that of checkpoints, which is Flink's canonical one: state by key group and by entry, whatever
// the parallelism. A directory without `_metadata` is garbage: only the metadata makes a
// checkpoint. Every file starts with a format version; a snapshot is made of blocks with checksums
// (checkpoint_stream.h), other files end with a checksum of all before it. A file that does not fit
// is kCorruption, never a crash.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/state_handles.h"
#include "engine/checkpoint/uploaded_files.h"
#include "engine/checkpoint_meta.h"
#include "engine/ids.h"
#include "engine/serializer.h"
#include "engine/state/keyed_snapshot.h"
#include "engine/stream_operator.h"
#include "sim/disk.h"

namespace flinch::engine {

// What one operator of one subtask has in a snapshot that has been read.
struct OperatorSnapshot {
  OperatorState state;
  std::map<KeyGroup, Bytes> keyed;
  // The tables of a database; they are on the volume still. And what it has beside them: the bytes
  // of a DatabaseContent.
  std::optional<DatabaseHandle> database{};
  Bytes database_content{};
};

// By operator name.
using TaskSnapshot = std::map<std::string, OperatorSnapshot>;

// The same as it is frozen when the snapshot is taken, to be written.
struct FrozenOperator {
  OperatorState state;
  std::map<std::string, ListMode> modes{};   // of its lists that are not split
  std::unique_ptr<KeyedSnapshot> keyed;      // null: the operator has no keyed state
  std::vector<PlannedTable> tables{};        // of its files: where each is to lie, or lies
  std::optional<DatabaseHandle> database{};  // once all of them lie there
};

using FrozenTask = std::map<std::string, FrozenOperator>;

// What was in flight in one channel, to be written.
struct ChannelContent {
  ChannelEdge edge;
  ChannelSide side = ChannelSide::kInput;
  SubtaskIndex producer;
  SubtaskIndex consumer;
  std::vector<Bytes> buffers;
};

using InFlight = std::vector<ChannelContent>;

// What the coordinators of sources have in a checkpoint, by operator name. Without any it is no
// byte in a file: so it is the last of a value.
struct CoordinatorStates final : std::map<std::string, Bytes> {
  using map::map;
};

}  // namespace flinch::engine

namespace flinch::sim {

template <>
struct Serializer<engine::CoordinatorStates> {
  using Map = std::map<std::string, Bytes>;

  static void Write(Encoder& out, const engine::CoordinatorStates& states) {
    if (!states.empty()) {
      Serializer<Map>::Write(out, states);
    }
  }

  static void Read(Decoder& in, engine::CoordinatorStates& states) {
    states.clear();
    if (in.remaining() > 0) {
      Serializer<Map>::Read(in, states);
    }
  }
};

}  // namespace flinch::sim

namespace flinch::engine {

// In which Flink's derived maximum parallelism ends up for all but wide jobs.
inline constexpr uint32_t kDefaultMaxParallelism = 128;

struct CompletedCheckpoint {
  CheckpointId id;
  bool is_final = false;
  std::vector<SnapshotHandle> snapshots;
  CoordinatorStates coordinators{};
  CheckpointKind kind = CheckpointKind::kAligned;
  uint32_t max_parallelism = kDefaultMaxParallelism;  // of the job that took it
  // Not in its file: where it lies, when that is not among the checkpoints of the job; and whether
  // it belongs to somebody else, who alone may remove it.
  std::string directory{};
  bool is_unclaimed = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.is_final);
    visit(self.snapshots);
    visit(self.coordinators);
  }
};

std::string CheckpointsDirectory(std::string_view job);
std::string CheckpointDirectory(std::string_view job, CheckpointId id);
// Whose file this is; nothing when it lies elsewhere.
std::optional<CheckpointId> CheckpointOf(std::string_view job, std::string_view path);
std::string MetadataPath(std::string_view job, CheckpointId id);
std::string SnapshotPath(std::string_view job, CheckpointId id, const ExecutionAttemptId& task,
                         CheckpointKind kind = CheckpointKind::kAligned);

std::string SavepointDirectory(std::string_view job, CheckpointId id);
// Where a checkpoint that has completed lies.
std::string DirectoryOfCheckpoint(std::string_view job, const CompletedCheckpoint& checkpoint);

// Adds version and checksum; takes them off again.
Bytes Seal(std::string_view content);
sim::Result<std::string_view> Unseal(std::string_view file, std::string_view path);

// Where a part of a checkpoint is to lie. Flink: JobManagerCheckpointStorage and its maxStateSize,
// FsCheckpointStorageAccess and its memory threshold.
struct PartPlacement {
  static constexpr uint64_t kInMemoryMax = 5 * 1024 * 1024;

  uint64_t inline_max = 0;       // bytes; what has no more is no file
  bool must_be_inlined = false;  // a larger one fails: kNoSpace

  static PartPlacement InMemory() { return {.inline_max = kInMemoryMax, .must_be_inlined = true}; }
};

// Durable when it returns success, but for a part without a file, which is as durable as who has
// its handle. Group by group, so that a large state never stands in memory a second time. A
// savepoint, and a part that holds what was in flight, is a file whatever the placement.
sim::Result<SnapshotHandle> WriteSnapshot(sim::FileSystem& volume, std::string_view job,
                                          CheckpointId id, const ExecutionAttemptId& task,
                                          FrozenTask& snapshot,
                                          CheckpointKind kind = CheckpointKind::kAligned,
                                          const InFlight& in_flight = {},
                                          const PartPlacement& placement = {});
// The bytes of the file, or those that stand for it.
sim::Result<Bytes> ReadPart(sim::FileSystem& volume, const SnapshotHandle& handle);
// The parts of the file that the handle names.
sim::Result<TaskSnapshot> ReadSnapshot(sim::FileSystem& volume, const SnapshotHandle& handle);
// The same from the bytes of the file.
sim::Result<TaskSnapshot> DecodeSnapshot(std::string_view file, const SnapshotHandle& handle);

// Of a snapshot that no checkpoint will refer to. That it is gone already is no error.
sim::Result<void> RemoveSnapshot(sim::FileSystem& volume, std::string_view path);

sim::Result<void> WriteMetadata(sim::FileSystem& volume, std::string_view job,
                                const CompletedCheckpoint& checkpoint,
                                decltype(sim::WriteDurably)* write = &sim::WriteDurably);

// What `_metadata` at `path` says; kCorruption for bytes that are none. The files are not looked
// at.
sim::Result<CompletedCheckpoint> DecodeMetadata(std::string_view file, std::string_view path);

// A snapshot that somebody names: its directory, or the `_metadata` in it. Reads every file of it.
// Errors: kNotFound or kCorruption, with the file that is not there, is damaged or of another size.
sim::Result<CompletedCheckpoint> LoadCheckpoint(sim::FileSystem& volume, std::string_view path);

// The largest number of an attempt that took a part of it; 0: none says so.
uint64_t LastAttemptOf(const CompletedCheckpoint& checkpoint);

// Removes all files in the directory of a checkpoint. What is gone already is no error.
sim::Result<void> DeleteCheckpoint(sim::FileSystem& volume, const std::string& directory);

}  // namespace flinch::engine
