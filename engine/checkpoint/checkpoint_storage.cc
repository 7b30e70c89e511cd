#include "engine/checkpoint/checkpoint_storage.h"

#include <charconv>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

constexpr uint32_t kFormatVersion = 1;

// FNV-1a: finds damage, and needs no library on the inside of the simulated world.
uint64_t Checksum(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return hash;
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
  const uint64_t checksum = Checksum(out.bytes());
  Write(out, checksum);
  return out.Take();
}

sim::Result<std::string_view> Unseal(std::string_view file, std::string_view path) {
  constexpr size_t kFrame = sizeof(uint32_t) + sizeof(uint64_t);
  const auto damaged = [path] {
    return sim::Fail(sim::ErrorCode::kCorruption, fmt::format("The file {} is damaged.", path));
  };
  if (file.size() < kFrame) {
    return damaged();
  }
  const std::string_view content = file.substr(0, file.size() - sizeof(uint64_t));
  Decoder in(file.substr(content.size()));
  uint64_t checksum = 0;
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
                                          const TaskSnapshot& snapshot) {
  const std::string path = SnapshotPath(job, id, task);
  const Bytes file = Seal(Encode(snapshot));
  // The name is this attempt's alone, so one atomic put will do, as in an object store.
  const sim::Result<bool> put = volume.PutIfAbsent(path, file);
  if (!put) {
    return sim::Fail(put);
  }
  if (!*put) {
    if (sim::Result<void> replaced = sim::WriteDurably(volume, path, file); !replaced) {
      return sim::Fail(replaced);
    }
  }
  return SnapshotHandle{
      .vertex = task.vertex, .subtask = task.subtask, .path = path, .size = file.size()};
}

sim::Result<TaskSnapshot> ReadSnapshot(sim::FileSystem& volume, const SnapshotHandle& handle) {
  const sim::Result<Bytes> file = volume.Read(handle.path);
  if (!file) {
    return sim::Fail(file);
  }
  const sim::Result<std::string_view> content = Unseal(*file, handle.path);
  if (!content) {
    return sim::Fail(content);
  }
  return Decode<TaskSnapshot>(*content);
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
