// The keyed state of one operator as it was at one moment, to be written while it goes on changing:
// what a back end gives when a snapshot is taken, at a cost that does not grow with the state.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ids.h"
#include "engine/state/key_groups.h"
#include "sim/network.h"
#include "sim/result.h"

namespace flinch::engine {

// State that is copied as the files of a database instead: they stay as they are, and where they
// are, until the snapshot goes.
struct DatabaseFiles {
  KeyGroupRange range;
  std::string directory;
  std::vector<std::string> names;  // within it, sorted; a name never comes again for other bytes
  sim::Bytes content;  // what else is needed to open them: engine/state/leveldb_states.h
};

class KeyedSnapshot {
 public:
  virtual ~KeyedSnapshot() = default;

  // Null when all state is in the groups.
  virtual const DatabaseFiles* files() const { return nullptr; }

  // Why the groups are not complete, once Next has said that there are no more.
  virtual sim::Result<void> result() const { return {}; }

  // The next group that has entries, with their bytes; nothing at the end. Groups grow. Does not
  // suspend.
  virtual std::optional<std::pair<KeyGroup, sim::Bytes>> Next() = 0;
};

}  // namespace flinch::engine
