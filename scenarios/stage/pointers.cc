#include "scenarios/stage/pointers.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "engine/checkpoint/volume_services.h"
#include "engine/high_availability/coordination_services.h"
#include "engine/outside/coordination_journal.h"
#include "engine/outside/coordination_service.h"
#include "scenarios/aim/cast.h"

namespace flinch::scenarios {

namespace {

// The number that a pointer's name ends with.
std::optional<int64_t> IdOf(std::string_view name) {
  name.remove_prefix(name.rfind('/') + 1);
  int64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  return error == std::errc() ? std::optional(id) : std::nullopt;
}

void ReadFromVolume(const sim::World& world, const Scenario& scenario,
                    std::vector<StoredPointer>& pointers) {
  for (const std::string& path :
       world.ListShared(engine::CompletedCheckpointsDirectory(scenario.job.name))) {
    if (path.ends_with(".tmp")) {
      continue;  // a pointer that is being written
    }
    if (const std::optional<int64_t> id = IdOf(path)) {
      pointers.push_back({.id = *id, .name = path, .metadata = world.ReadSharedFile(path)});
    }
  }
}

void ReadFromService(const sim::World& world, const Scenario& scenario,
                     std::vector<StoredPointer>& pointers) {
  const std::optional<sim::ProcessId> service = world.FindProcess(kCoordination);
  const std::optional<sim::Bytes> journal =
      world.ReadFile(world.HostOf(*service), engine::CoordinationServiceOptions().journal);
  const auto state = engine::ReadCoordinationJournal(journal.value_or(sim::Bytes()));
  if (!state) {
    return;
  }
  const std::string root = engine::CompletedCheckpointsPath(scenario.job.name) + "/";
  for (const auto& [path, node] : state->nodes()) {
    const std::optional<int64_t> id = path.starts_with(root) ? IdOf(path) : std::nullopt;
    if (id) {
      pointers.push_back({.id = *id, .name = path, .metadata = node.data});
    }
  }
}

}  // namespace

std::vector<StoredPointer> ReadPointers(const sim::World& world, const Scenario& scenario) {
  std::vector<StoredPointer> pointers;
  if (IsHighlyAvailable(scenario)) {
    ReadFromService(world, scenario, pointers);
  } else {
    ReadFromVolume(world, scenario, pointers);
  }
  std::ranges::sort(pointers, {}, [](const StoredPointer& pointer) {
    return std::pair(pointer.id, std::string_view(pointer.name));
  });
  return pointers;
}

}  // namespace flinch::scenarios
