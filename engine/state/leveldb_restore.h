// A database out of copies of others: what a subtask makes of the files of incremental snapshots.
//
// One copy of just the subtask's key groups is opened as it is. Else that with the most of them is,
// what lies outside of the range is removed from it, and what the others have inside is added.
// Source: Flink's RocksDBIncrementalRestoreOperation.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/state/keyed_state_backend.h"
#include "engine/state/leveldb_states.h"
#include "engine/state/leveldb_store.h"
#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

// Tables that lie in a directory of their own, and what is said of them.
struct DatabaseCopy {
  std::string directory;
  DatabaseContent content;
};

// `backend` keeps its state on disk from then on: below `directory`, which belongs to it alone, and
// in which the copies lie. Returns which of them it goes on with; their number when with none.
// kCorruption when they overlap, or disagree about a state. May suspend.
sim::Result<size_t> OpenOnDisk(sim::Environment& environment, KeyedStateBackend& backend,
                               const std::string& directory, const LevelDbOptions& options,
                               const std::vector<DatabaseCopy>& copies);

}  // namespace flinch::engine
