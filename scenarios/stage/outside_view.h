// The shared volume of a world as its judges may see it: checkpoints, read from outside and
// decoded.
//
// Costs no simulated time and changes nothing. What cannot be read is told in the view, as people
// would say it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/oracles/subject.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

class OutsideView final : public Outside {
 public:
  // The world and the scenario must outlive this.
  OutsideView(const sim::World& world, const Scenario& scenario, const JobCase& job)
      : world_(world), scenario_(scenario) {
    if (job.counted != nullptr) {
      counted_ = job.counted(scenario);
    }
  }

  std::vector<int64_t> Retained() const override;
  CheckpointView ReadCheckpoint(int64_t id) const override;
  std::optional<KeyedStateView> ReadKeyedState(int64_t id) const override;
  std::vector<std::string> CheckFiles(int64_t id) const override;
  std::vector<int64_t> WithFiles() const override;
  std::map<std::string, int64_t> SharedByNobody() const override;

  // Whose state the snapshot holds, by uid or name; nothing when it cannot be read.
  std::optional<std::set<std::string>> OperatorsWithState(int64_t id) const;

 private:
  // The bytes of a file; nothing, and a trouble, when it is not there or not of the size it should
  // have.
  std::optional<sim::Bytes> ReadWhole(std::string_view path, std::optional<uint64_t> size,
                                      std::vector<std::string>& troubles) const;
  // The same of a part of a checkpoint, which may be no file.
  std::optional<sim::Bytes> ReadPart(const engine::SnapshotHandle& handle,
                                     std::vector<std::string>& troubles) const;
  sim::Result<void> TurnIntoGroups(engine::TaskSnapshot& snapshot) const;
  // Where the store points to; of what is not in the store, where it would lie.
  std::string MetadataOf(int64_t id) const;
  std::optional<engine::CompletedCheckpoint> ReadMetadata(int64_t id,
                                                          std::vector<std::string>& troubles) const;
  void AddPositions(const engine::TaskSnapshot& snapshot, CheckpointView& view) const;
  static void AddWaiting(const engine::CompletedCheckpoint& metadata, CheckpointView& view);
  void AddCounts(const std::vector<engine::TaskSnapshot>& snapshots, CheckpointView& view) const;

  const sim::World& world_;
  const Scenario& scenario_;
  std::optional<CountedState> counted_;
};

// What the judges of a run are told. `outside` may be null.
Subject DescribeSubject(const Scenario& scenario, const Workload& workload, const JobCase& job,
                        const Outside* outside);

}  // namespace flinch::scenarios
