#include "scenarios/stage/outside_view.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_stream.h"
#include "engine/checkpoint/shared_state.h"
#include "engine/checksum.h"
#include "engine/connectors/log_enumerator.h"
#include "engine/connectors/log_source.h"
#include "engine/functions.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/keyed_state_backend.h"
#include "scenarios/input/lateness.h"
#include "scenarios/stage/pace.h"
#include "scenarios/stage/pointers.h"

namespace flinch::scenarios {

namespace {

// The number that `text` starts with.
std::optional<int64_t> LeadingNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

void SortUnique(std::vector<int64_t>& ids) {
  std::ranges::sort(ids);
  const auto rest = std::ranges::unique(ids);
  ids.erase(rest.begin(), rest.end());
}

std::optional<StatePlace> PlaceOf(std::string_view key, std::string_view space) {
  sim::Result<std::string> name = engine::Decode<std::string>(key);
  if (!name) {
    return std::nullopt;
  }
  if (space.empty()) {
    return StatePlace{.key = *std::move(name), .slot = 0};
  }
  const sim::Result<engine::TimeWindow> window = engine::Decode<engine::TimeWindow>(space);
  if (!window) {
    return std::nullopt;
  }
  return StatePlace{.key = *std::move(name), .slot = window->start.nanos()};
}

std::optional<int64_t> NumberOf(std::string_view value, Folding folding) {
  if (folding == Folding::kOnce) {
    const sim::Result<bool> has_come = engine::Decode<bool>(value);
    return has_come ? std::optional<int64_t>(*has_come ? 1 : 0) : std::nullopt;
  }
  const sim::Result<int64_t> number = engine::Decode<int64_t>(value);
  return number ? std::optional(*number) : std::nullopt;
}

void AddOffsets(const std::vector<sim::Bytes>& offsets, std::map<uint32_t, uint64_t>& positions) {
  for (const sim::Bytes& bytes : offsets) {
    if (const auto offset = engine::Decode<engine::SourceOffset>(bytes)) {
      positions[offset->partition] = offset->next_offset;
    }
  }
}

// False for bytes that no snapshot wrote.
bool AddEntries(const std::string& name, const engine::OperatorSnapshot& state,
                KeyedStateView& view) {
  return std::ranges::all_of(state.keyed, [&](const auto& keyed) {
    const auto add = [&](const engine::StateMeta& meta, const engine::EncodedEntry& entry) {
      view.entries[{.operator_name = name,
                    .state = meta.name,
                    .key = std::string(entry.key),
                    .space = std::string(entry.space)}] = std::string(entry.value);
    };
    return engine::ReadKeyGroup(keyed.first, keyed.second, add).has_value();
  });
}

}  // namespace

std::optional<sim::Bytes> OutsideView::ReadWhole(std::string_view path,
                                                 std::optional<uint64_t> size,
                                                 std::vector<std::string>& troubles) const {
  const std::optional<sim::Bytes> file = world_.ReadSharedFile(path);
  if (!file) {
    troubles.push_back(fmt::format("the file {} does not exist", path));
    return std::nullopt;
  }
  if (size && file->size() != *size) {
    troubles.push_back(
        fmt::format("the file {} has {} bytes instead of {}", path, file->size(), *size));
    return std::nullopt;
  }
  return file;
}

std::optional<sim::Bytes> OutsideView::ReadPart(const engine::SnapshotHandle& handle,
                                                std::vector<std::string>& troubles) const {
  return handle.content ? handle.content : ReadWhole(handle.path, handle.size, troubles);
}

// Databases are read as what they hold.
sim::Result<void> OutsideView::TurnIntoGroups(engine::TaskSnapshot& snapshot) const {
  return engine::TurnIntoGroups(snapshot, [this](const std::string& path) {
    std::optional<sim::Bytes> file = world_.ReadSharedFile(path);
    return file ? sim::Result<sim::Bytes>(*std::move(file))
                : sim::Fail(sim::ErrorCode::kNotFound, path);
  });
}

std::string OutsideView::MetadataOf(int64_t id) const {
  const std::string& job = scenario_.job.name;
  const engine::CheckpointId checkpoint(static_cast<uint64_t>(id));
  for (const StoredPointer& pointer : ReadPointers(world_, scenario_)) {
    if (pointer.id == id && pointer.metadata && pointer.metadata->starts_with('/')) {
      return pointer.metadata->substr(0, pointer.metadata->find('\n'));  // behind it: whose it is
    }
  }
  const std::string savepoint = engine::SavepointDirectory(job, checkpoint) + "/_metadata";
  return world_.ReadSharedFile(savepoint) ? savepoint : engine::MetadataPath(job, checkpoint);
}

std::optional<engine::CompletedCheckpoint> OutsideView::ReadMetadata(
    int64_t id, std::vector<std::string>& troubles) const {
  const std::string path = MetadataOf(id);
  const std::optional<sim::Bytes> file = ReadWhole(path, std::nullopt, troubles);
  if (!file) {
    return std::nullopt;
  }
  sim::Result<engine::CompletedCheckpoint> metadata = engine::DecodeMetadata(*file, path);
  if (!metadata) {
    troubles.push_back(fmt::format("the file {} is damaged", path));
    return std::nullopt;
  }
  return *std::move(metadata);
}

std::optional<std::set<std::string>> OutsideView::OperatorsWithState(int64_t id) const {
  std::vector<std::string> troubles;
  const auto metadata = ReadMetadata(id, troubles);
  if (!metadata) {
    return std::nullopt;
  }
  std::set<std::string> names;
  for (const engine::SnapshotHandle& snapshot : metadata->snapshots) {
    for (const auto& [name, handles] : snapshot.operators) {
      const bool has_entries = std::ranges::any_of(
          handles.lists, [](const engine::ListHandle& list) { return !list.entries.empty(); });
      if (has_entries || handles.has_keyed_state()) {
        names.insert(name);
      }
    }
  }
  return names;
}

std::vector<int64_t> OutsideView::Retained() const {
  std::vector<int64_t> ids;
  for (const StoredPointer& pointer : ReadPointers(world_, scenario_)) {
    ids.push_back(pointer.id);
  }
  SortUnique(ids);
  return ids;
}

std::vector<int64_t> OutsideView::WithFiles() const {
  constexpr std::string_view kPrefix = "chk-";
  const std::string root = engine::CheckpointsDirectory(scenario_.job.name);
  std::vector<int64_t> ids;
  for (const std::string& path : world_.ListShared(root)) {
    const std::string_view name = std::string_view(path).substr(root.size() + 1);
    if (!name.starts_with(kPrefix)) {
      continue;
    }
    if (const auto id = LeadingNumber(name.substr(kPrefix.size()))) {
      ids.push_back(*id);
    }
  }
  SortUnique(ids);
  return ids;
}

std::map<std::string, int64_t> OutsideView::SharedByNobody() const {
  std::map<std::string, int64_t> files;
  const std::string& job = scenario_.job.name;
  const std::vector<std::string> paths = world_.ListShared(engine::SharedDirectory(job));
  if (paths.empty()) {
    return files;
  }
  std::set<std::string> held;
  for (const int64_t id : Retained()) {
    std::vector<std::string> troubles;
    const auto metadata = ReadMetadata(id, troubles);
    for (const engine::SharedFile& file :
         metadata ? engine::SharedFilesOf(*metadata) : std::vector<engine::SharedFile>()) {
      held.insert(file.path);
    }
  }
  for (const std::string& path : paths) {
    const auto id = engine::SharedBy(job, path);
    if (id && !held.contains(path)) {
      files.emplace(path, static_cast<int64_t>(id->value()));
    }
  }
  return files;
}

std::vector<std::string> OutsideView::CheckFiles(int64_t id) const {
  std::vector<std::string> troubles;
  if (const auto metadata = ReadMetadata(id, troubles)) {
    for (const engine::SnapshotHandle& handle : metadata->snapshots) {
      const std::optional<sim::Bytes> file = ReadPart(handle, troubles);
      if (file && !engine::CheckBlocks(*file, handle.path)) {
        troubles.push_back(fmt::format("the file {} is damaged", handle.path));
      }
    }
    for (const engine::SharedFile& shared : engine::SharedFilesOf(*metadata)) {
      const std::optional<sim::Bytes> file = ReadWhole(shared.path, shared.size, troubles);
      if (file && engine::Checksum(*file) != shared.checksum) {
        troubles.push_back(fmt::format("the file {} is damaged", shared.path));
      }
    }
  }
  return troubles;
}

CheckpointView OutsideView::ReadCheckpoint(int64_t id) const {
  CheckpointView view;
  const auto metadata = ReadMetadata(id, view.troubles);
  if (!metadata) {
    return view;
  }
  std::vector<engine::TaskSnapshot> snapshots;
  for (const engine::SnapshotHandle& handle : metadata->snapshots) {
    const std::optional<sim::Bytes> file = ReadPart(handle, view.troubles);
    if (!file) {
      continue;
    }
    sim::Result<engine::TaskSnapshot> snapshot = engine::DecodeSnapshot(*file, handle);
    if (!snapshot) {
      view.troubles.push_back(fmt::format("the file {} is damaged", handle.path));
      continue;
    }
    if (const sim::Result<void> turned = TurnIntoGroups(*snapshot); !turned) {
      view.troubles.push_back(turned.error().message);
      continue;
    }
    AddPositions(*snapshot, view);
    snapshots.push_back(*std::move(snapshot));
  }
  AddWaiting(*metadata, view);
  if (counted_) {
    AddCounts(snapshots, view);
  }
  return view;
}

std::optional<KeyedStateView> OutsideView::ReadKeyedState(int64_t id) const {
  std::vector<std::string> troubles;
  const auto metadata = ReadMetadata(id, troubles);
  if (!metadata) {
    return std::nullopt;
  }
  KeyedStateView view;
  std::set<std::string> sources;
  for (const engine::SnapshotHandle& handle : metadata->snapshots) {
    const bool holds_more = std::ranges::any_of(
        handle.channels, [](const auto& channel) { return !channel.buffers.empty(); });
    if (holds_more) {
      return std::nullopt;  // what goes round is in no state yet
    }
    const std::optional<sim::Bytes> file = ReadPart(handle, troubles);
    sim::Result<engine::TaskSnapshot> snapshot =
        file ? engine::DecodeSnapshot(*file, handle)
             : sim::Fail(sim::ErrorCode::kNotFound, handle.path);
    if (!snapshot || !TurnIntoGroups(*snapshot)) {
      return std::nullopt;
    }
    for (const auto& [name, state] : *snapshot) {
      const auto offsets = state.state.find(std::string(engine::kSourceOffsetsState));
      if (offsets != state.state.end()) {
        sources.insert(name);
        AddOffsets(offsets->second, view.positions);
      }
      if (!AddEntries(name, state, view)) {
        return std::nullopt;
      }
    }
  }
  return sources.size() == 1 ? std::optional(std::move(view)) : std::nullopt;
}

void OutsideView::AddPositions(const engine::TaskSnapshot& snapshot, CheckpointView& view) const {
  const auto source = snapshot.find("source");
  if (source == snapshot.end()) {
    return;
  }
  const auto offsets = source->second.state.find(std::string(engine::kSourceOffsetsState));
  if (offsets == source->second.state.end()) {
    return;
  }
  for (const sim::Bytes& bytes : offsets->second) {
    if (const auto offset = engine::Decode<engine::SourceOffset>(bytes)) {
      view.positions.push_back({.partition = offset->partition, .next = offset->next_offset});
    } else {
      view.troubles.emplace_back("a source position cannot be decoded");
    }
  }
}

// A split that waits for its reader stands where it begins.
void OutsideView::AddWaiting(const engine::CompletedCheckpoint& metadata, CheckpointView& view) {
  const auto found = metadata.coordinators.find("source");
  if (found == metadata.coordinators.end()) {
    return;
  }
  const auto state = engine::Decode<engine::LogEnumeratorState>(found->second);
  if (!state) {
    view.troubles.emplace_back("the state of the source's enumerator cannot be decoded");
    return;
  }
  for (const engine::SourceOffset& split : state->waiting) {
    view.positions.push_back({.partition = split.partition, .next = split.next_offset});
  }
}

void OutsideView::AddCounts(const std::vector<engine::TaskSnapshot>& snapshots,
                            CheckpointView& view) const {
  const CountedState& counted = *counted_;
  const std::string timers = engine::TimerState(counted.operator_name);
  const auto add = [&](const engine::StateMeta& meta, const engine::EncodedEntry& entry) {
    const bool is_timer = meta.name == timers;
    if (!is_timer && meta.name != counted.state) {
      return;
    }
    std::optional<StatePlace> place =
        PlaceOf(entry.key, is_timer ? engine::TimerSpace(entry.space) : entry.space);
    const std::optional<int64_t> count =
        is_timer ? std::nullopt : NumberOf(entry.value, counted.folding);
    if (!place || (!is_timer && !count)) {
      view.troubles.emplace_back("an entry of the keyed state cannot be decoded");
    } else if (is_timer) {
      view.timers.push_back(*std::move(place));
    } else {
      view.entries.push_back({.place = *std::move(place), .count = *count});
    }
  };
  std::map<engine::KeyGroup, const sim::Bytes*> groups;
  for (const engine::TaskSnapshot& snapshot : snapshots) {
    const auto found = snapshot.find(counted.operator_name);
    if (found == snapshot.end()) {
      continue;
    }
    for (const auto& [group, bytes] : found->second.keyed) {
      if (!groups.emplace(group, &bytes).second) {
        view.troubles.push_back(
            fmt::format("key group {} is in the snapshots of two subtasks", group.value()));
      }
    }
  }
  for (const auto& [group, bytes] : groups) {
    if (const sim::Result<void> read = engine::ReadKeyGroup(group, *bytes, add); !read) {
      view.troubles.push_back(read.error().message);
    }
  }
}

Subject DescribeSubject(const Scenario& scenario, const Workload& workload, const JobCase& job,
                        const Outside* outside) {
  Subject subject{
      .outside = outside,
      .state_operator = {},
      .has_timers = false,
      .out_of_orderness = scenario.job.out_of_orderness.value_or(workload.out_of_orderness).count(),
      .healed = sim::SimTime(scenario.limits.heal_after),
      .patience = TimeoutsOf(scenario.options),
      .heartbeat_timeout = scenario.options.heartbeat.timeout,
      .is_batch = scenario.options.execution.is_batch()};
  for (const InputRow& row : workload.rows) {
    subject.rows_of_partition.resize(
        std::max<size_t>(subject.rows_of_partition.size(), row.partition + size_t{1}));
    ++subject.rows_of_partition[row.partition];
  }
  for (const LateRow& late : LateRows(scenario, workload)) {
    subject.late.insert(workload.rows[late.row].timestamp.nanos());
  }
  if (job.counted == nullptr || outside == nullptr || !subject.late.empty()) {
    return subject;
  }
  const CountedState counted = job.counted(scenario);
  subject.state_operator = counted.operator_name;
  subject.has_timers = counted.has_timers;
  subject.folding = counted.folding;
  subject.modulus = counted.modulus;
  for (const InputRow& row : workload.rows) {
    subject.rows.AddRow(row.partition, row.timestamp.nanos());
    counted.add(row, subject.rows);
  }
  return subject;
}

}  // namespace flinch::scenarios
