#include "scenarios/stage/kept_snapshots.h"

#include <optional>
#include <set>
#include <utility>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/events.h"
#include "engine/outside/log_broker.h"
#include "scenarios/aim/cast.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

namespace events = engine::events;

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

void Place(const StartingPoint& from, sim::World& world, sim::HostId broker) {
  for (const auto& [path, bytes] : from.files) {
    world.PlaceSharedFile(path, bytes);
  }
  if (!from.log.empty()) {  // else it begins as any log does
    world.PlaceFile(broker, engine::LogBrokerOptions().journal, from.log);
  }
}

void SnapshotKeeper::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kCheckpointStored) {
    const auto id = static_cast<uint64_t>(event.Number("id").value_or(0));
    Keep(engine::CheckpointDirectory(job_, engine::CheckpointId(id)));
  } else if (event.kind == events::kSavepointStored) {
    Keep(std::string(event.Text("path").value_or("")));
  }
}

void SnapshotKeeper::Keep(const std::string& directory) {
  for (const std::string& path : world_.ListShared(DirectoryOf(DirectoryOf(directory)))) {
    const auto known = files_.find(path);
    if (std::optional<sim::Bytes> bytes = world_.ReadSharedFile(path);
        bytes && (known == files_.end() || known->second.size() != bytes->size())) {
      files_[path] = *std::move(bytes);
    }
  }
  const std::optional<sim::ProcessId> broker = world_.FindProcess(kBroker);
  sim::Check(broker.has_value(), "a world has no log");
  files_[directory + "/" + std::string(kKeptLog)] =
      world_.ReadFile(world_.HostOf(*broker), engine::LogBrokerOptions().journal)
          .value_or(sim::Bytes());
}

KeptSnapshots SnapshotKeeper::Take() && {
  constexpr std::string_view kMetadata = "/_metadata";
  std::set<std::string> stored;
  for (const auto& [path, bytes] : files_) {
    if (path.ends_with(kMetadata)) {
      stored.insert(DirectoryOf(path));
    }
  }
  std::erase_if(files_, [&](const auto& file) {
    const std::string directory = DirectoryOf(file.first);
    const std::string name = directory.substr(directory.rfind('/') + 1);
    const bool is_snapshot = name.starts_with("chk-") || name.starts_with("savepoint-");
    return is_snapshot && !stored.contains(directory);
  });
  return {.files = std::move(files_)};
}

}  // namespace flinch::scenarios
