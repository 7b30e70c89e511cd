// Snapshots on the disk of whoever calls, read and written by engine/state_processor.h:
//
//   ProcessSnapshots("kept", [](sim::FileSystem& volume) -> sim::Result<void> {
//     const auto old = engine::SavepointReader::Open(volume, "/savepoints/mine/savepoint-7");
//     …
//     return next.Write(volume, "mine", engine::CheckpointId(8)) …
//   });
//
// Shape:  the folder is one that `flinch run --keep-snapshots` has written (snapshot_folder.h), or
//         a new one, and stands for the shared volume: paths begin below it. Nothing fails there.
//         What `process` writes is in the folder when it has returned success, and only then.
// Log:    a snapshot goes on from the log that lies beside its `_metadata`: KeepLog copies that of
//         the one it was made of. Without one a job begins with an empty log.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sim/disk.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Errors: of the folder; of `process`; kIo when it never returns.
sim::Result<void> ProcessSnapshots(
    const std::string& folder,
    const std::function<sim::Result<void>(sim::FileSystem& volume)>& process);

// Beside the snapshot in directory `to` then lies the log of that in `from`, if it has one.
sim::Result<void> KeepLog(sim::FileSystem& volume, std::string_view from, std::string_view to);

}  // namespace flinch::scenarios
