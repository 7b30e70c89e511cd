// Tables of databases on the shared volume: where they lie, and their way there and back.
//
// Where:  /checkpoints/JOB/shared/ID-VERTEX-SUBTASK-ATTEMPT-OPERATOR-NAME, with the checkpoint that
//         brought the file there: nobody else ever writes this path.
// Errors: those of disk and volume; kCorruption, which names the file, for bytes that are not what
//         was uploaded.
// Source: Flink's RocksDBStateUploader, RocksDBStateDownloader.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint/state_handles.h"
#include "engine/ids.h"
#include "sim/disk.h"
#include "sim/result.h"

namespace flinch::engine {

std::string SharedDirectory(std::string_view job);
std::string SharedPath(std::string_view job, CheckpointId id, const ExecutionAttemptId& task,
                       OperatorId of, std::string_view name);
// Which checkpoint brought it; nothing when it lies elsewhere.
std::optional<CheckpointId> SharedBy(std::string_view job, std::string_view path);

// All that it holds, in the order of its snapshots; a file may be there twice.
std::vector<SharedFile> SharedFilesOf(const CompletedCheckpoint& checkpoint);

// Of a snapshot: copies what is planned and not there yet, and says in each operator where its
// tables lie. Returns the bytes that were copied, and those that did not have to be. May suspend.
struct TransferredBytes {
  uint64_t uploaded = 0;
  uint64_t reused = 0;
  bool is_any = false;  // there is a database in the snapshot
};

sim::Result<TransferredBytes> UploadTables(sim::FileSystem& disk, sim::FileSystem& volume,
                                           FrozenTask& snapshot);

// The opposite of it, for who gives up: removes what it brought there. May suspend.
sim::Result<void> RemoveUploads(sim::FileSystem& volume, const FrozenTask& snapshot);

// Into `directory` of the local disk. May suspend.
sim::Result<void> DownloadTables(sim::FileSystem& volume, sim::FileSystem& disk,
                                 const std::vector<SharedFile>& files,
                                 const std::string& directory);

// Reads a file of the volume.
using FileReader = std::function<sim::Result<Bytes>(const std::string& path)>;

// All keyed state of the snapshot as groups, that of its databases too: for who has no database.
sim::Result<void> TurnIntoGroups(TaskSnapshot& snapshot, const FileReader& read);

// That the file is there, whole and undamaged. May suspend.
sim::Result<void> CheckShared(sim::FileSystem& volume, const SharedFile& file);

}  // namespace flinch::engine
