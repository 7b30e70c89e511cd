// What lies in the files of a database, for who has no world: in memory, on no disk.
#pragma once

#include <functional>
#include <vector>

#include "engine/state/leveldb_states.h"
#include "engine/state/leveldb_store.h"
#include "sim/result.h"

namespace flinch::engine {

// Calls `visit` for each entry, in the order of groups, and of the states' numbers within them.
// kCorruption for files that no database wrote: what was visited before does not count then.
using DatabaseVisitor =
    std::function<void(KeyGroup group, const StateMeta& meta, const EncodedEntry& entry)>;
sim::Result<void> ReadDatabase(const DatabaseContent& content,
                               const std::vector<NamedBytes>& tables, const DatabaseVisitor& visit);

}  // namespace flinch::engine
