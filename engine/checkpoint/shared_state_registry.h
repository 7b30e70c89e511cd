// Which shared files the checkpoints of a job hold, and which nobody holds any more. Pure.
//
// A file is registered with each checkpoint that is stored and names it, and is given back once
// none of those that are kept does. What checkpoints of somebody else hold is never given back.
// What was uploaded for a checkpoint that was never stored is not in here.
// Source: Flink's SharedStateRegistryImpl. Its key is a name that backends choose, so that it has
//         to tell placeholders and replaced files apart; here a path is written by one checkpoint
//         of one attempt only (shared_state.h), and is the key.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"

namespace flinch::engine {

class SharedStateRegistry {
 public:
  void Register(const CompletedCheckpoint& checkpoint);

  // Forgets what none of `kept` holds, and returns what of it is to be removed.
  std::vector<std::string> Unregister(std::span<const CompletedCheckpoint> kept);

  bool Has(std::string_view path) const { return files_.contains(path); }

  bool empty() const { return files_.empty(); }

 private:
  std::map<std::string, bool, std::less<>> files_;  // whether it is ours to remove
};

}  // namespace flinch::engine
