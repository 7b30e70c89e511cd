#include "engine/state_processor.h"

#include <set>

#include <fmt/format.h>

#include "engine/checkpoint/shared_state.h"
#include "engine/state/key_groups_writer.h"
#include "engine/state/keyed_state_backend.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

// The groups of one operator in one subtask, to be written.
class SavedGroups final : public KeyedSnapshot {
 public:
  explicit SavedGroups(std::map<KeyGroup, Bytes> groups) : groups_(std::move(groups)) {}

  std::optional<std::pair<KeyGroup, Bytes>> Next() override {
    if (groups_.empty()) {
      return std::nullopt;
    }
    auto first = groups_.extract(groups_.begin());
    return std::pair(first.key(), std::move(first.mapped()));
  }

 private:
  std::map<KeyGroup, Bytes> groups_;
};

std::unexpected<sim::Error> Wrong(std::string message) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(message));
}

sim::Result<void> AddKeyed(const OperatorSnapshot& part, SavedState::Operator& saved) {
  for (const auto& [group, bytes] : part.keyed) {
    const auto add = [&saved](const StateMeta& meta, const EncodedEntry& entry) {
      SavedState::Keyed& keyed = saved.keyed[meta.name];
      keyed.meta = meta;
      keyed.entries[{Bytes(entry.key), Bytes(entry.space)}] = {.key_hash = entry.key_hash,
                                                               .value = Bytes(entry.value)};
    };
    if (sim::Result<void> read = ReadKeyGroup(group, bytes, add); !read) {
      return read;
    }
  }
  return {};
}

sim::Result<void> AddPart(sim::FileSystem& volume, const SnapshotHandle& handle,
                          SavedState& state) {
  sim::Result<TaskSnapshot> snapshot = ReadSnapshot(volume, handle);
  if (!snapshot) {
    return sim::Fail(snapshot);
  }
  const auto read = [&volume](const std::string& path) { return volume.Read(path); };
  if (sim::Result<void> turned = TurnIntoGroups(*snapshot, read); !turned) {
    return turned;
  }
  for (const auto& [name, part] : *snapshot) {
    SavedState::Operator& saved = state.operators[name];
    saved.subtasks[handle.subtask.value()] = handle.vertex;
    if (sim::Result<void> added = AddKeyed(part, saved); !added) {
      return added;
    }
    for (const ListHandle& list : handle.operators.at(name).lists) {
      SavedState::List& known = saved.lists[list.name];
      known.mode = list.mode;
      known.entries[handle.subtask.value()] = part.state.at(list.name);
    }
  }
  return {};
}

FrozenOperator Freeze(const SavedState& state, const SavedState::Operator& saved,
                      uint32_t subtask) {
  FrozenOperator frozen;
  for (const auto& [name, list] : saved.lists) {
    if (const auto mine = list.entries.find(subtask); mine != list.entries.end()) {
      frozen.state[name] = mine->second;
      if (list.mode != ListMode::kSplit) {
        frozen.modes[name] = list.mode;
      }
    }
  }
  KeyGroupsWriter groups;
  bool is_keyed = false;
  const KeyGroupRange range =
      RangeOf(SubtaskIndex(subtask), state.max_parallelism, saved.subtasks.rbegin()->first + 1);
  for (const auto& [name, keyed] : saved.keyed) {
    for (const auto& [place, entry] : keyed.entries) {
      const KeyGroup group = KeyGroupFor(entry.key_hash, state.max_parallelism);
      if (range.Contains(group)) {
        is_keyed = true;
        groups.Add(group, keyed.meta,
                   {.key = place.first,
                    .key_hash = entry.key_hash,
                    .space = place.second,
                    .value = entry.value});
      }
    }
  }
  if (is_keyed) {
    frozen.keyed = std::make_unique<SavedGroups>(groups.Take());
  }
  return frozen;
}

}  // namespace

std::unexpected<sim::Error> detail::StrangeEntry(std::string_view name, std::string_view state) {
  return Wrong(
      fmt::format("The state \"{}\" of operator '{}' holds an entry whose key or value is none of "
                  "the types that it is read with. Give those of the job that wrote it.",
                  state, name));
}

sim::Result<SavepointReader> SavepointReader::Open(sim::FileSystem& volume, std::string_view path) {
  const sim::Result<CompletedCheckpoint> checkpoint = LoadCheckpoint(volume, path);
  if (!checkpoint) {
    return sim::Fail(checkpoint);
  }
  SavepointReader reader;
  SavedState& state = reader.state_;
  state.id = checkpoint->id;
  state.is_final = checkpoint->is_final;
  state.max_parallelism = checkpoint->max_parallelism;
  state.attempt = LastAttemptOf(*checkpoint);
  state.coordinators = checkpoint->coordinators;
  for (const SnapshotHandle& handle : checkpoint->snapshots) {
    state.has_in_flight = state.has_in_flight || !handle.channels.empty();
    if (sim::Result<void> added = AddPart(volume, handle, state); !added) {
      return sim::Fail(added);
    }
  }
  return reader;
}

std::vector<std::string> SavepointReader::Operators() const {
  std::vector<std::string> names;
  for (const auto& [name, saved] : state_.operators) {
    if (!saved.keyed.empty() || !saved.lists.empty()) {
      names.push_back(name);
    }
  }
  return names;
}

std::vector<StateMeta> SavepointReader::KeyedStates(std::string_view name) const {
  std::vector<StateMeta> metas;
  if (const auto found = state_.operators.find(name); found != state_.operators.end()) {
    for (const auto& [state, keyed] : found->second.keyed) {
      metas.push_back(keyed.meta);
    }
  }
  return metas;
}

sim::Result<const SavedState::Keyed*> SavepointReader::FindKeyed(std::string_view name,
                                                                 const StateSchema& schema) const {
  const auto found = state_.operators.find(name);
  if (found == state_.operators.end()) {
    return Wrong(fmt::format("The snapshot has no operator '{}'; it has {}.", name,
                             fmt::join(Operators(), ", ")));
  }
  const auto keyed = found->second.keyed.find(schema.meta.name);
  if (keyed == found->second.keyed.end()) {
    return Wrong(
        fmt::format("Operator '{}' has no keyed state \"{}\" with entries in the snapshot.", name,
                    schema.meta.name));
  }
  if (schema.Of(keyed->second.meta) == SchemaCompatibility::kIncompatible) {
    return Wrong(fmt::format(
        "The state \"{}\" of operator '{}' is a {} in the snapshot and is read as a {}.",
        schema.meta.name, name, DescribeState(keyed->second.meta), DescribeState(schema.meta)));
  }
  return &keyed->second;
}

sim::Result<const SavedState::List*> SavepointReader::FindList(std::string_view name,
                                                               std::string_view list) const {
  const auto found = state_.operators.find(name);
  if (found != state_.operators.end()) {
    if (const auto known = found->second.lists.find(list); known != found->second.lists.end()) {
      return &known->second;
    }
  }
  return Wrong(
      fmt::format("Operator '{}' has no operator state \"{}\" in the snapshot.", name, list));
}

void SavepointWriter::RemoveOperator(std::string_view name) {
  if (const auto found = state_.operators.find(name); found != state_.operators.end()) {
    state_.operators.erase(found);
  }
}

void SavepointWriter::RemoveState(std::string_view name, std::string_view state) {
  const auto found = state_.operators.find(name);
  if (found == state_.operators.end()) {
    return;
  }
  if (const auto keyed = found->second.keyed.find(state); keyed != found->second.keyed.end()) {
    found->second.keyed.erase(keyed);
  }
  if (const auto list = found->second.lists.find(state); list != found->second.lists.end()) {
    found->second.lists.erase(list);
  }
}

SavedState::Keyed& SavepointWriter::Begin(std::string_view name, StateMeta meta) {
  SavedState::Operator& saved = state_.operators[std::string(name)];
  SavedState::Keyed& keyed = saved.keyed[meta.name];
  keyed = {.meta = std::move(meta), .entries = {}};
  return keyed;
}

void SavepointWriter::PutList(std::string_view name, std::string_view list, ListMode mode,
                              std::vector<Bytes> entries) {
  SavedState::List& saved = state_.operators[std::string(name)].lists[std::string(list)];
  saved = {.mode = mode, .entries = {}};
  saved.entries[0] = std::move(entries);
}

sim::Result<std::string> SavepointWriter::Write(sim::FileSystem& volume, std::string_view job,
                                                CheckpointId id) const {
  const std::string directory = SavepointDirectory(job, id);
  if (state_.has_in_flight) {
    return Wrong(
        "The snapshot holds records that were in flight, which only its own job can place. Take a "
        "savepoint of the job, and change that.");
  }
  if (volume.Size(directory + "/_metadata")) {
    return sim::Fail(sim::ErrorCode::kExists,
                     fmt::format("There is a snapshot at {} already: give another id.", directory));
  }
  SavedState state = state_;
  VertexId fresh{0};
  for (const auto& [name, saved] : state.operators) {
    for (const auto& [subtask, vertex] : saved.subtasks) {
      fresh = std::max(fresh, VertexId(vertex.value() + 1));
    }
  }
  std::map<std::pair<VertexId, uint32_t>, FrozenTask> parts;
  for (auto& [name, saved] : state.operators) {
    if (saved.subtasks.empty()) {
      saved.subtasks[0] = fresh;  // that no job has had
    }
    for (const auto& [subtask, vertex] : saved.subtasks) {
      parts[{vertex, subtask}][name] = Freeze(state, saved, subtask);
    }
  }
  CompletedCheckpoint checkpoint{.id = id,
                                 .is_final = state.is_final,
                                 .snapshots = {},
                                 .coordinators = state.coordinators,
                                 .kind = CheckpointKind::kSavepoint,
                                 .max_parallelism = state.max_parallelism};
  for (auto& [place, part] : parts) {
    const ExecutionAttemptId task{.vertex = place.first,
                                  .subtask = SubtaskIndex(place.second),
                                  .attempt = AttemptNumber(static_cast<uint32_t>(state.attempt))};
    sim::Result<SnapshotHandle> handle =
        WriteSnapshot(volume, job, id, task, part, CheckpointKind::kSavepoint);
    if (!handle) {
      return sim::Fail(handle);
    }
    checkpoint.snapshots.push_back(*std::move(handle));
  }
  if (sim::Result<void> written = WriteMetadata(volume, job, checkpoint); !written) {
    return sim::Fail(written);
  }
  return directory;
}

}  // namespace flinch::engine
