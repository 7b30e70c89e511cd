#include "engine/checkpoint/checkpoint_storage.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_stream.h"
#include "engine/checkpoint/shared_state.h"
#include "engine/checksum.h"

namespace flinch::engine {
namespace {

constexpr uint32_t kFormatVersion = 2;  // 1 ended with 64 bits of FNV-1a

// Of metadata that say more than the checkpoints of a usual job do. Version 2 stands for a
// checkpoint with the maximum parallelism that nobody chose.
constexpr uint32_t kFullMetadataVersion = 3;

// Before what version 2 has, which reads to the end.
struct MetadataHead {
  CheckpointKind kind = CheckpointKind::kAligned;
  uint32_t max_parallelism = kDefaultMaxParallelism;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.kind);
    visit(self.max_parallelism);
  }
};

struct FullMetadata {
  MetadataHead head;
  CompletedCheckpoint checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.head);
    visit(self.checkpoint);
  }
};

// Of metadata of a checkpoint that holds what was in flight.
constexpr uint32_t kInFlightMetadataVersion = 4;

struct InFlightMetadata {
  MetadataHead head;
  std::vector<std::vector<ChannelHandle>> channels;  // by the checkpoint's snapshots
  CompletedCheckpoint checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.head);
    visit(self.channels);
    visit(self.checkpoint);
  }
};

// The same of metadata with parts that are no files.
constexpr uint32_t kInlineMetadataVersion = 5;

struct Unsealed {
  uint32_t version = 0;
  std::string_view content;
};

Bytes SealAs(uint32_t version, std::string_view content) {
  Encoder out;
  Write(out, version);
  out.Raw(content.data(), content.size());
  Write(out, Checksum(out.bytes()));
  return out.Take();
}

sim::Error DamagedFile(std::string_view path) {
  return {sim::ErrorCode::kCorruption, fmt::format("The file {} is damaged.", path)};
}

sim::Result<Unsealed> UnsealAny(std::string_view file, std::string_view path) {
  constexpr size_t kFrame = 2 * sizeof(uint32_t);
  if (file.size() < kFrame) {
    return std::unexpected(DamagedFile(path));
  }
  const std::string_view content = file.substr(0, file.size() - sizeof(uint32_t));
  Decoder in(file.substr(content.size()));
  uint32_t checksum = 0;
  Read(in, checksum);
  if (checksum != Checksum(content)) {
    return std::unexpected(DamagedFile(path));
  }
  Decoder head(content);
  Unsealed unsealed{.version = 0, .content = content.substr(sizeof unsealed.version)};
  Read(head, unsealed.version);
  return unsealed;
}

sim::Error UnknownVersion(std::string_view path, uint32_t version, uint32_t known) {
  return {sim::ErrorCode::kCorruption,
          fmt::format("The file {} has the format version {}; this build reads {}.", path, version,
                      known)};
}

sim::Result<OperatorHandles> WriteOperator(CheckpointStream& stream, FrozenOperator& frozen) {
  OperatorHandles handles;
  for (const auto& [name, entries] : frozen.state) {
    ListHandle& list = handles.lists.emplace_back();
    list.name = name;
    const auto mode = frozen.modes.find(name);
    list.mode = mode == frozen.modes.end() ? ListMode::kSplit : mode->second;
    for (const Bytes& entry : entries) {
      const sim::Result<uint64_t> offset = stream.Write(entry);
      if (!offset) {
        return sim::Fail(offset);
      }
      list.entries.push_back(*offset);
    }
  }
  while (frozen.keyed != nullptr) {
    const auto group = frozen.keyed->Next();
    if (!group) {
      break;
    }
    const sim::Result<uint64_t> offset = stream.Write(group->second);
    if (!offset) {
      return sim::Fail(offset);
    }
    handles.keyed.groups.emplace_back(group->first, *offset);
  }
  if (frozen.keyed != nullptr) {
    if (const sim::Result<void> whole = frozen.keyed->result(); !whole) {
      return sim::Fail(whole);
    }
  }
  if (frozen.database) {
    const sim::Result<uint64_t> offset = stream.Write(frozen.keyed->files()->content);
    if (!offset) {
      return sim::Fail(offset);
    }
    handles.database = std::move(frozen.database);
    handles.database->content = *offset;
  }
  return handles;
}

// A handle for each channel in which there is something.
sim::Result<Trailing<ChannelHandle>> WriteInFlight(CheckpointStream& stream,
                                                   const InFlight& in_flight) {
  Trailing<ChannelHandle> handles;
  for (const ChannelContent& content : in_flight) {
    if (content.buffers.empty()) {
      continue;
    }
    ChannelHandle& handle = handles.emplace_back();
    handle.edge = content.edge;
    handle.side = content.side;
    handle.producer = content.producer;
    handle.consumer = content.consumer;
    for (const Bytes& buffer : content.buffers) {
      const sim::Result<uint64_t> offset = stream.Write(buffer);
      if (!offset) {
        return sim::Fail(offset);
      }
      handle.buffers.push_back(*offset);
    }
  }
  return handles;
}

bool HasInlined(const CompletedCheckpoint& checkpoint) {
  return std::ranges::any_of(checkpoint.snapshots, [](const SnapshotHandle& snapshot) {
    return snapshot.content.has_value();
  });
}

bool HasInFlight(const CompletedCheckpoint& checkpoint) {
  return std::ranges::any_of(checkpoint.snapshots, [](const SnapshotHandle& snapshot) {
    return !snapshot.channels.empty();
  });
}

Bytes SealWithInFlight(const MetadataHead& head, const CompletedCheckpoint& checkpoint) {
  InFlightMetadata metadata{.head = head, .channels = {}, .checkpoint = checkpoint};
  for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
    metadata.channels.emplace_back(snapshot.channels.begin(), snapshot.channels.end());
  }
  return SealAs(HasInlined(checkpoint) ? kInlineMetadataVersion : kInFlightMetadataVersion,
                Encode(metadata));
}

// Of any version, but for where the checkpoint lies.
std::optional<CompletedCheckpoint> ParseMetadata(const Unsealed& unsealed) {
  if (unsealed.version == kFormatVersion) {
    sim::Result<CompletedCheckpoint> checkpoint = Decode<CompletedCheckpoint>(unsealed.content);
    return checkpoint ? std::optional(*std::move(checkpoint)) : std::nullopt;
  }
  InFlightMetadata metadata;
  if (unsealed.version == kFullMetadataVersion) {
    sim::Result<FullMetadata> full = Decode<FullMetadata>(unsealed.content);
    if (!full) {
      return std::nullopt;
    }
    metadata.head = full->head;
    metadata.checkpoint = std::move(full->checkpoint);
  } else if (sim::Result<InFlightMetadata> read = Decode<InFlightMetadata>(unsealed.content);
             read && read->channels.size() == read->checkpoint.snapshots.size()) {
    metadata = *std::move(read);
    for (size_t i = 0; i < metadata.channels.size(); ++i) {
      metadata.checkpoint.snapshots[i].channels.assign(metadata.channels[i].begin(),
                                                       metadata.channels[i].end());
    }
  } else {
    return std::nullopt;
  }
  metadata.checkpoint.kind = metadata.head.kind;
  metadata.checkpoint.max_parallelism = metadata.head.max_parallelism;
  return std::move(metadata.checkpoint);
}

sim::Result<OperatorSnapshot> DecodeOperator(std::string_view file, std::string_view path,
                                             const OperatorHandles& handles) {
  OperatorSnapshot snapshot;
  for (const ListHandle& list : handles.lists) {
    std::vector<Bytes>& entries = snapshot.state[list.name];
    for (const uint64_t offset : list.entries) {
      const sim::Result<std::string_view> block = BlockAt(file, offset, path);
      if (!block) {
        return sim::Fail(block);
      }
      entries.emplace_back(*block);
    }
  }
  for (const auto& [group, offset] : handles.keyed.groups) {
    const sim::Result<std::string_view> block = BlockAt(file, offset, path);
    if (!block) {
      return sim::Fail(block);
    }
    snapshot.keyed.emplace(group, *block);
  }
  if (handles.database) {
    const sim::Result<std::string_view> block = BlockAt(file, handles.database->content, path);
    if (!block) {
      return sim::Fail(block);
    }
    snapshot.database = handles.database;
    snapshot.database_content = *block;
  }
  return snapshot;
}

std::unexpected<sim::Error> TooLarge(std::string_view path, uint64_t most) {
  return sim::Fail(
      sim::ErrorCode::kNoSpace,
      fmt::format("The part {} of the checkpoint has more than the {} bytes that a task may keep "
                  "with the JobManager. Set execution.checkpointing.storage = filesystem.",
                  path, most));
}

// That the file is there, whole and undamaged.
sim::Result<void> CheckSnapshot(sim::FileSystem& volume, const SnapshotHandle& snapshot) {
  const sim::Result<Bytes> file = ReadPart(volume, snapshot);
  if (!file && file.error().code == sim::ErrorCode::kNotFound) {
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("The file {} of the snapshot does not exist.", snapshot.path));
  }
  if (!file) {
    return sim::Fail(file);
  }
  if (file->size() != snapshot.size) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} has {} bytes instead of {}.", snapshot.path,
                                 file->size(), snapshot.size));
  }
  for (const auto& [name, handles] : snapshot.operators) {
    for (const SharedFile& shared :
         handles.database ? handles.database->files : std::vector<SharedFile>()) {
      if (sim::Result<void> whole = CheckShared(volume, shared); !whole) {
        return whole;
      }
    }
  }
  return CheckBlocks(*file, snapshot.path);
}

}  // namespace

std::string CheckpointsDirectory(std::string_view job) {
  return fmt::format("/checkpoints/{}", job);
}

std::string CheckpointDirectory(std::string_view job, CheckpointId id) {
  return fmt::format("{}/chk-{}", CheckpointsDirectory(job), id.value());
}

std::optional<CheckpointId> CheckpointOf(std::string_view job, std::string_view path) {
  const std::string start = CheckpointsDirectory(job) + "/chk-";
  if (!path.starts_with(start)) {
    return std::nullopt;
  }
  uint64_t id = 0;
  const char* const end = path.data() + path.size();
  const auto [rest, error] = std::from_chars(path.data() + start.size(), end, id);
  const bool is_whole = error == std::errc() && rest != end && *rest == '/';
  return is_whole ? std::optional(CheckpointId(id)) : std::nullopt;
}

std::string MetadataPath(std::string_view job, CheckpointId id) {
  return CheckpointDirectory(job, id) + "/_metadata";
}

std::string SavepointDirectory(std::string_view job, CheckpointId id) {
  return fmt::format("/savepoints/{}/savepoint-{}", job, id.value());
}

std::string SnapshotPath(std::string_view job, CheckpointId id, const ExecutionAttemptId& task,
                         CheckpointKind kind) {
  return fmt::format("{}/{}-{}-{}",
                     IsSavepoint(kind) ? SavepointDirectory(job, id) : CheckpointDirectory(job, id),
                     task.vertex.value(), task.subtask.value(), task.attempt.value());
}

std::string DirectoryOfCheckpoint(std::string_view job, const CompletedCheckpoint& checkpoint) {
  if (!checkpoint.directory.empty()) {
    return checkpoint.directory;
  }
  return IsSavepoint(checkpoint.kind) ? SavepointDirectory(job, checkpoint.id)
                                      : CheckpointDirectory(job, checkpoint.id);
}

Bytes Seal(std::string_view content) { return SealAs(kFormatVersion, content); }

sim::Result<std::string_view> Unseal(std::string_view file, std::string_view path) {
  const sim::Result<Unsealed> unsealed = UnsealAny(file, path);
  if (!unsealed) {
    return sim::Fail(unsealed);
  }
  if (unsealed->version != kFormatVersion) {
    return std::unexpected(UnknownVersion(path, unsealed->version, kFormatVersion));
  }
  return unsealed->content;
}

sim::Result<SnapshotHandle> WriteSnapshot(sim::FileSystem& volume, std::string_view job,
                                          CheckpointId id, const ExecutionAttemptId& task,
                                          FrozenTask& snapshot, CheckpointKind kind,
                                          const InFlight& in_flight,
                                          const PartPlacement& placement) {
  SnapshotHandle handle{
      .vertex = task.vertex, .subtask = task.subtask, .path = SnapshotPath(job, id, task, kind)};
  const uint64_t inline_max = IsSavepoint(kind) ? 0 : placement.inline_max;
  CheckpointStream stream(
      volume, handle.path,
      std::max<size_t>(CheckpointStream::kChunkBytes, static_cast<size_t>(inline_max) + 1));
  for (auto& [name, frozen] : snapshot) {
    sim::Result<OperatorHandles> written = WriteOperator(stream, frozen);
    if (!written) {
      return sim::Fail(written);
    }
    handle.operators.emplace(name, *std::move(written));
  }
  sim::Result<Trailing<ChannelHandle>> channels = WriteInFlight(stream, in_flight);
  if (!channels) {
    return sim::Fail(channels);
  }
  handle.channels = *std::move(channels);
  if (inline_max > 0 && handle.channels.empty()) {
    handle.content = stream.TakeWhole(inline_max);
    if (handle.content) {
      handle.size = handle.content->size();
      return handle;
    }
    if (placement.must_be_inlined) {
      return TooLarge(handle.path, inline_max);
    }
  }
  const sim::Result<uint64_t> size = stream.Close();
  if (!size) {
    return sim::Fail(size);
  }
  handle.size = *size;
  return handle;
}

sim::Result<TaskSnapshot> DecodeSnapshot(std::string_view file, const SnapshotHandle& handle) {
  TaskSnapshot snapshot;
  for (const auto& [name, handles] : handle.operators) {
    sim::Result<OperatorSnapshot> decoded = DecodeOperator(file, handle.path, handles);
    if (!decoded) {
      return sim::Fail(decoded);
    }
    snapshot.emplace(name, *std::move(decoded));
  }
  return snapshot;
}

sim::Result<Bytes> ReadPart(sim::FileSystem& volume, const SnapshotHandle& handle) {
  return handle.content ? sim::Result<Bytes>(*handle.content) : volume.Read(handle.path);
}

sim::Result<TaskSnapshot> ReadSnapshot(sim::FileSystem& volume, const SnapshotHandle& handle) {
  const sim::Result<Bytes> file = ReadPart(volume, handle);
  return file ? DecodeSnapshot(*file, handle) : sim::Fail(file);
}

sim::Result<void> RemoveSnapshot(sim::FileSystem& volume, std::string_view path) {
  if (sim::Result<void> removed = volume.Remove(path); !removed) {
    return removed.error().code == sim::ErrorCode::kNotFound ? sim::Result<void>() : removed;
  }
  return volume.SyncDirectory(sim::DirectoryOf(path));
}

sim::Result<void> WriteMetadata(sim::FileSystem& volume, std::string_view job,
                                const CompletedCheckpoint& checkpoint,
                                decltype(sim::WriteDurably)* write) {
  const std::string directory = DirectoryOfCheckpoint(job, checkpoint);
  const MetadataHead head{.kind = checkpoint.kind, .max_parallelism = checkpoint.max_parallelism};
  if (HasInFlight(checkpoint) || HasInlined(checkpoint)) {
    return write(volume, directory + "/_metadata", SealWithInFlight(head, checkpoint));
  }
  if (!IsSavepoint(head.kind) && head.max_parallelism == kDefaultMaxParallelism) {
    return write(volume, directory + "/_metadata", Seal(Encode(checkpoint)));
  }
  FullMetadata metadata{.head = head, .checkpoint = checkpoint};
  for (SnapshotHandle& snapshot : metadata.checkpoint.snapshots) {
    if (IsSavepoint(head.kind) && snapshot.path.starts_with(directory + "/")) {
      snapshot.path.erase(0, directory.size() + 1);
    }
  }
  return write(volume, directory + "/_metadata", SealAs(kFullMetadataVersion, Encode(metadata)));
}

sim::Result<CompletedCheckpoint> DecodeMetadata(std::string_view file, std::string_view path) {
  const sim::Result<Unsealed> unsealed = UnsealAny(file, path);
  if (!unsealed) {
    return sim::Fail(unsealed);
  }
  if (unsealed->version < kFormatVersion || unsealed->version > kInlineMetadataVersion) {
    return std::unexpected(UnknownVersion(path, unsealed->version, kInlineMetadataVersion));
  }
  std::optional<CompletedCheckpoint> parsed = ParseMetadata(*unsealed);
  if (!parsed) {
    return std::unexpected(DamagedFile(path));
  }
  CompletedCheckpoint& checkpoint = *parsed;
  checkpoint.directory = std::string(sim::DirectoryOf(path));
  for (SnapshotHandle& snapshot : checkpoint.snapshots) {
    if (!snapshot.path.starts_with('/')) {
      snapshot.path = fmt::format("{}/{}", checkpoint.directory, snapshot.path);
    }
  }
  return *std::move(parsed);
}

sim::Result<CompletedCheckpoint> LoadCheckpoint(sim::FileSystem& volume, std::string_view path) {
  constexpr std::string_view kName = "/_metadata";
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const std::string metadata = fmt::format("{}{}", path, path.ends_with(kName) ? "" : kName);
  const sim::Result<Bytes> file = volume.Read(metadata);
  if (!file && (file.error().code == sim::ErrorCode::kNotFound ||
                file.error().code == sim::ErrorCode::kInvalidArgument)) {
    return sim::Fail(
        sim::ErrorCode::kNotFound,
        fmt::format("There is no snapshot at {}: its file {} does not exist.", path, metadata));
  }
  if (!file) {
    return sim::Fail(file);
  }
  sim::Result<CompletedCheckpoint> checkpoint = DecodeMetadata(*file, metadata);
  if (!checkpoint) {
    return checkpoint;
  }
  for (const SnapshotHandle& snapshot : checkpoint->snapshots) {
    if (sim::Result<void> whole = CheckSnapshot(volume, snapshot); !whole) {
      return sim::Fail(whole);
    }
  }
  return checkpoint;
}

uint64_t LastAttemptOf(const CompletedCheckpoint& checkpoint) {
  uint64_t last = 0;
  for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
    const std::string_view path = snapshot.path;  // "…-<attempt>"
    const std::string_view number = path.substr(path.rfind('-') + 1);
    uint64_t attempt = 0;
    const auto [rest, error] =
        std::from_chars(number.data(), number.data() + number.size(), attempt);
    if (error == std::errc() && rest == number.data() + number.size()) {
      last = std::max(last, attempt);
    }
  }
  return last;
}

sim::Result<void> DeleteCheckpoint(sim::FileSystem& volume, const std::string& directory) {
  const sim::Result<std::vector<std::string>> files = volume.List(directory);
  if (!files) {
    return sim::Fail(files);
  }
  for (const std::string& file : *files) {
    const sim::Result<void> removed = volume.Remove(file);
    if (!removed && removed.error().code != sim::ErrorCode::kNotFound) {
      return removed;
    }
  }
  return volume.SyncDirectory(directory);
}

}  // namespace flinch::engine
