#include "engine/checkpoint/checkpoint_storage.h"

#include <charconv>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_stream.h"
#include "engine/checksum.h"

namespace flinch::engine {
namespace {

constexpr uint32_t kFormatVersion = 2;  // 1 ended with 64 bits of FNV-1a

sim::Result<OperatorHandles> WriteOperator(CheckpointStream& stream, FrozenOperator& frozen) {
  OperatorHandles handles;
  for (const auto& [name, entries] : frozen.state) {
    ListHandle& list = handles.lists.emplace_back();
    list.name = name;
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
  return handles;
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
  return snapshot;
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

std::string SnapshotPath(std::string_view job, CheckpointId id, const ExecutionAttemptId& task) {
  return fmt::format("{}/{}-{}-{}", CheckpointDirectory(job, id), task.vertex.value(),
                     task.subtask.value(), task.attempt.value());
}

Bytes Seal(std::string_view content) {
  Encoder out;
  Write(out, kFormatVersion);
  out.Raw(content.data(), content.size());
  Write(out, Checksum(out.bytes()));
  return out.Take();
}

sim::Result<std::string_view> Unseal(std::string_view file, std::string_view path) {
  constexpr size_t kFrame = 2 * sizeof(uint32_t);
  const auto damaged = [path] {
    return sim::Fail(sim::ErrorCode::kCorruption, fmt::format("The file {} is damaged.", path));
  };
  if (file.size() < kFrame) {
    return damaged();
  }
  const std::string_view content = file.substr(0, file.size() - sizeof(uint32_t));
  Decoder in(file.substr(content.size()));
  uint32_t checksum = 0;
  Read(in, checksum);
  if (checksum != Checksum(content)) {
    return damaged();
  }
  Decoder head(content);
  uint32_t version = 0;
  Read(head, version);
  if (version != kFormatVersion) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} has the format version {}; this build reads {}.",
                                 path, version, kFormatVersion));
  }
  return content.substr(sizeof version);
}

sim::Result<SnapshotHandle> WriteSnapshot(sim::FileSystem& volume, std::string_view job,
                                          CheckpointId id, const ExecutionAttemptId& task,
                                          FrozenTask& snapshot) {
  SnapshotHandle handle{
      .vertex = task.vertex, .subtask = task.subtask, .path = SnapshotPath(job, id, task)};
  CheckpointStream stream(volume, handle.path);
  for (auto& [name, frozen] : snapshot) {
    sim::Result<OperatorHandles> written = WriteOperator(stream, frozen);
    if (!written) {
      return sim::Fail(written);
    }
    handle.operators.emplace(name, *std::move(written));
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

sim::Result<TaskSnapshot> ReadSnapshot(sim::FileSystem& volume, const SnapshotHandle& handle) {
  const sim::Result<Bytes> file = volume.Read(handle.path);
  return file ? DecodeSnapshot(*file, handle) : sim::Fail(file);
}

sim::Result<void> RemoveSnapshot(sim::FileSystem& volume, std::string_view path) {
  if (sim::Result<void> removed = volume.Remove(path); !removed) {
    return removed.error().code == sim::ErrorCode::kNotFound ? sim::Result<void>() : removed;
  }
  return volume.SyncDirectory(sim::DirectoryOf(path));
}

sim::Result<void> WriteMetadata(sim::FileSystem& volume, std::string_view job,
                                const CompletedCheckpoint& checkpoint) {
  return sim::WriteDurably(volume, MetadataPath(job, checkpoint.id), Seal(Encode(checkpoint)));
}

sim::Result<void> DeleteCheckpoint(sim::FileSystem& volume, std::string_view job, CheckpointId id) {
  const std::string directory = CheckpointDirectory(job, id);
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
