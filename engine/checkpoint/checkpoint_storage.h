// The files of checkpoints on the shared volume, and their formats.
//
//   /checkpoints/<job>/chk-<id>/<vertex>-<subtask>-<attempt>   one snapshot of one subtask
//   /checkpoints/<job>/chk-<id>/_metadata                      what belongs to the checkpoint
//
// A directory without `_metadata` is garbage: only the metadata makes a checkpoint. Every file
// starts with a format version and ends with a checksum of all before it; a file that does not fit
// is kCorruption, never a crash.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "engine/serializer.h"
#include "engine/stream_operator.h"
#include "sim/disk.h"

namespace flinch::engine {

// Where a snapshot lies and whose it is.
struct SnapshotHandle {
  VertexId vertex;
  SubtaskIndex subtask;
  std::string path;
  uint64_t size = 0;

  friend bool operator==(const SnapshotHandle&, const SnapshotHandle&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.vertex);
    visit(self.subtask);
    visit(self.path);
    visit(self.size);
  }
};

// What one operator of one subtask contributes.
struct OperatorSnapshot {
  OperatorState state;
  std::map<KeyGroup, Bytes> keyed;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.state);
    visit(self.keyed);
  }
};

// By operator name.
using TaskSnapshot = std::map<std::string, OperatorSnapshot>;

struct CompletedCheckpoint {
  CheckpointId id;
  bool is_final = false;
  std::vector<SnapshotHandle> snapshots;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.is_final);
    visit(self.snapshots);
  }
};

std::string CheckpointsDirectory(std::string_view job);
std::string CheckpointDirectory(std::string_view job, CheckpointId id);
// Whose file this is; nothing when it lies elsewhere.
std::optional<CheckpointId> CheckpointOf(std::string_view job, std::string_view path);
std::string MetadataPath(std::string_view job, CheckpointId id);
std::string SnapshotPath(std::string_view job, CheckpointId id, const ExecutionAttemptId& task);

// Adds version and checksum; takes them off again.
Bytes Seal(std::string_view content);
sim::Result<std::string_view> Unseal(std::string_view file, std::string_view path);

// Durable when it returns success.
sim::Result<SnapshotHandle> WriteSnapshot(sim::FileSystem& volume, std::string_view job,
                                          CheckpointId id, const ExecutionAttemptId& task,
                                          const TaskSnapshot& snapshot);
sim::Result<TaskSnapshot> ReadSnapshot(sim::FileSystem& volume, const SnapshotHandle& handle);

// Of a snapshot that no checkpoint will refer to. That it is gone already is no error.
sim::Result<void> RemoveSnapshot(sim::FileSystem& volume, std::string_view path);

sim::Result<void> WriteMetadata(sim::FileSystem& volume, std::string_view job,
                                const CompletedCheckpoint& checkpoint);

// Removes all files of a checkpoint. What is gone already is no error.
sim::Result<void> DeleteCheckpoint(sim::FileSystem& volume, std::string_view job, CheckpointId id);

}  // namespace flinch::engine
