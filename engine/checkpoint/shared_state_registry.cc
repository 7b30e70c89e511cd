#include "engine/checkpoint/shared_state_registry.h"

#include <set>
#include <utility>

#include "engine/checkpoint/shared_state.h"

namespace flinch::engine {
void SharedStateRegistry::Register(const CompletedCheckpoint& checkpoint) {
  for (const SharedFile& file : SharedFilesOf(checkpoint)) {
    const auto [known, is_new] = files_.emplace(file.path, !checkpoint.is_unclaimed);
    known->second = known->second && !checkpoint.is_unclaimed;
  }
}

std::vector<std::string> SharedStateRegistry::Unregister(
    std::span<const CompletedCheckpoint> kept) {
  std::set<std::string> held;
  for (const CompletedCheckpoint& checkpoint : kept) {
    for (const SharedFile& file : SharedFilesOf(checkpoint)) {
      held.insert(file.path);
    }
  }
  std::vector<std::string> unused;
  for (auto at = files_.begin(); at != files_.end();) {
    if (held.contains(at->first)) {
      ++at;
      continue;
    }
    if (at->second) {
      unused.push_back(at->first);
    }
    at = files_.erase(at);
  }
  return unused;
}

}  // namespace flinch::engine
