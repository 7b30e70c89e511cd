// A snapshot that a test has made up, as the tasks hand it to whoever writes it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "engine/checkpoint/checkpoint_storage.h"

namespace flinch::tests {

class GivenGroups final : public engine::KeyedSnapshot {
 public:
  explicit GivenGroups(std::map<engine::KeyGroup, engine::Bytes> groups)
      : groups_(std::move(groups)) {}

  std::optional<std::pair<engine::KeyGroup, sim::Bytes>> Next() override {
    if (groups_.empty()) {
      return std::nullopt;
    }
    auto first = groups_.extract(groups_.begin());
    return std::pair(first.key(), std::move(first.mapped()));
  }

 private:
  std::map<engine::KeyGroup, engine::Bytes> groups_;
};

inline engine::FrozenTask Frozen(const engine::TaskSnapshot& snapshot) {
  engine::FrozenTask frozen;
  for (const auto& [name, part] : snapshot) {
    frozen[name] = {.state = part.state, .keyed = std::make_unique<GivenGroups>(part.keyed)};
  }
  return frozen;
}

inline sim::Result<engine::SnapshotHandle> WriteFrozen(sim::FileSystem& volume,
                                                       engine::CheckpointId id,
                                                       const engine::ExecutionAttemptId& task,
                                                       const engine::TaskSnapshot& snapshot,
                                                       std::string_view job = "job") {
  engine::FrozenTask frozen = Frozen(snapshot);
  return engine::WriteSnapshot(volume, job, id, task, frozen);
}

}  // namespace flinch::tests
