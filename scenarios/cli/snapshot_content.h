// What a snapshot holds that lies in a folder on the disk of whoever calls: read without its job.
//
// Shape:  a folder with `_metadata` and the files of its subtasks, as the shared volume had them;
//         tables that checkpoints share are looked for where the metadata say, below any folder
//         above. Groups of all subtasks are put together; entries stand in the order of operator,
//         state, key and namespace.
// Errors: kNotFound and kCorruption, with the file that is not there or is damaged.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "engine/checkpoint_meta.h"
#include "engine/ids.h"
#include "engine/state/state_meta.h"
#include "sim/network.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct SnapshotContent {
  struct Place {
    std::string operator_name;
    std::string state;
    std::string key;    // encoded
    std::string space;  // encoded

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  // Of keyed states and of lists of operator state.
  struct Sum {
    std::string what;  // "map of i64 by text"
    uint64_t entries = 0;
    uint64_t bytes = 0;
  };

  engine::CheckpointId id;
  std::string kind;  // "checkpoint", "savepoint"
  uint32_t max_parallelism = 0;
  std::map<std::pair<std::string, std::string>, Sum> sums;  // by operator and state
  std::map<std::pair<std::string, std::string>, engine::StateMeta> metas;
  std::map<Place, std::string> entries;  // of keyed state: the values, encoded
};

// The folder, or the `_metadata` in it.
sim::Result<SnapshotContent> ReadSnapshotFolder(std::string path);

}  // namespace flinch::scenarios
