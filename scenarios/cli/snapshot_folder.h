// Snapshots on the disk of whoever calls: what `run --keep-snapshots` writes, and what
// `--from` reads.
//
// Shape:  the folder looks as the shared volume did: checkpoints/JOB/chk-N, savepoints/JOB/
//         savepoint-N, each with its `_metadata`, its parts, and the log as it was then (`_log`).
// Errors: kNotFound and kInvalidArgument for what is no such folder, kCorruption for a `_metadata`
//         that is damaged, each with what to do.
#pragma once

#include <string>
#include <vector>

#include "scenarios/stage/kept_snapshots.h"
#include "sim/result.h"

namespace flinch::scenarios {

// What a run begins with that starts from this snapshot.
sim::Result<StartingPoint> ReadStartingPoint(const std::string& snapshot);

// Where the snapshots will be; the folder is made, and must hold nothing.
sim::Result<void> CheckKeepFolder(const std::string& folder);

// Returns the snapshots' folders, checkpoints first, each kind as it was taken.
sim::Result<std::vector<std::string>> WriteKept(const std::string& folder,
                                                const KeptSnapshots& kept);

}  // namespace flinch::scenarios
