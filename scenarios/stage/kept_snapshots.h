// Snapshots that outlive their world, and worlds that begin with one.
//
// A snapshot alone is not enough to go on from: what its sinks have pre-committed lies at the log,
// open. So with each snapshot the log is kept as it was when the snapshot was stored; a run from it
// goes on with both, and its whole output is judged as if nothing had been in between.
// Shape:   paths are those on the shared volume. Files of a snapshot never change once it is
//          stored; what else lies there (parts of checkpoints under way) is not kept.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/recording/recording.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

// How the log is called in the folder of a snapshot.
inline constexpr std::string_view kKeptLog = "_log";

struct KeptSnapshots {
  std::map<std::string, sim::Bytes> files;  // by path, those of the logs too
};

// What a world begins with.
struct StartingPoint {
  std::string path;  // of the snapshot, on the shared volume
  std::map<std::string, sim::Bytes> files;
  sim::Bytes log;  // none: the world begins with an empty one
};

// Before the world runs.
void Place(const StartingPoint& from, sim::World& world, sim::HostId broker);

// Keeps what is stored while a world runs.
class SnapshotKeeper final : public sim::TraceObserver {
 public:
  // The world outlives it.
  SnapshotKeeper(const sim::World& world, std::string job) : world_(world), job_(std::move(job)) {}

  void OnEvent(const sim::TraceEvent& event) override;

  // Of snapshots that were stored, and what they share.
  KeptSnapshots Take() &&;

 private:
  void Keep(const std::string& directory);

  const sim::World& world_;
  std::string job_;
  std::map<std::string, sim::Bytes> files_;
};

}  // namespace flinch::scenarios
