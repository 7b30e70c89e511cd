// Which tables of a database lie on the shared volume already, for the next checkpoint of its task.
// Pure.
//
// Rule:   a table is uploaded once; a later checkpoint names the same file, if a checkpoint that
//         holds it is known to be complete. Else it uploads it anew, under another path, and names
//         that from then on: the files of a checkpoint that was given up are removed.
//         So between the checkpoint that brought a file and one that names it every checkpoint with
//         the table names just this file: while any of them is kept, it is.
// Source: Flink's RocksIncrementalSnapshotStrategy: only what a confirmed checkpoint has may be a
//         placeholder.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/state_handles.h"
#include "engine/ids.h"

namespace flinch::engine {

// Where a table is to lie; known: where it lies.
struct PlannedTable {
  std::string name;
  std::string path;
  std::optional<SharedFile> known;
};

class UploadedFiles {
 public:
  // What the task was restored from, if it may share that.
  void Restore(const std::vector<SharedFile>& files);

  // When the snapshot of checkpoint `id` is taken, which has these tables.
  std::vector<PlannedTable> Plan(CheckpointId id, const std::vector<std::string>& names,
                                 const std::function<std::string(const std::string&)>& path_of);

  // They lie there.
  void Uploaded(const std::vector<SharedFile>& files);

  // The checkpoint is complete; so nothing is heard any more of earlier ones.
  void Confirm(CheckpointId id);

  void Abort(CheckpointId id) { plans_.erase(id); }

 private:
  struct Table {
    std::string path;
    std::optional<SharedFile> file;
    bool is_confirmed = false;
  };

  std::map<std::string, Table> latest_;                               // by name
  std::map<CheckpointId, std::map<std::string, std::string>> plans_;  // paths by name
};

}  // namespace flinch::engine
