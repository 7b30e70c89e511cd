#include "engine/checkpoint/shared_state.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/checksum.h"
#include "engine/state/key_groups_writer.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/state/leveldb_reader.h"

namespace flinch::engine {
namespace {

sim::Result<Bytes> ReadShared(const FileReader& read, const SharedFile& file) {
  sim::Result<Bytes> bytes = read(file.path);
  if (!bytes && bytes.error().code == sim::ErrorCode::kNotFound) {
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("The file {} of the snapshot does not exist.", file.path));
  }
  if (!bytes) {
    return bytes;
  }
  if (bytes->size() != file.size) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} has {} bytes instead of {}.", file.path,
                                 bytes->size(), file.size));
  }
  if (Checksum(*bytes) != file.checksum) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} is damaged.", file.path));
  }
  return bytes;
}

FileReader ReaderOf(sim::FileSystem& volume) {
  return [&volume](const std::string& path) { return volume.Read(path); };
}

sim::Result<void> TurnIntoGroups(OperatorSnapshot& part, const FileReader& read) {
  const sim::Result<DatabaseContent> content = Decode<DatabaseContent>(part.database_content);
  if (!content) {
    return sim::Fail(content);
  }
  std::vector<NamedBytes> tables;
  for (const SharedFile& file : part.database->files) {
    sim::Result<Bytes> bytes = ReadShared(read, file);
    if (!bytes) {
      return sim::Fail(bytes);
    }
    tables.push_back({.name = file.name, .bytes = *std::move(bytes)});
  }
  KeyGroupsWriter groups;
  for (const auto& [group, bytes] : part.keyed) {
    sim::Result<void> copied = ReadKeyGroup(
        group, bytes,
        [&](const StateMeta& meta, const EncodedEntry& entry) { groups.Add(group, meta, entry); });
    if (!copied) {
      return copied;
    }
  }
  sim::Result<void> added = ReadDatabase(
      *content, tables, [&](KeyGroup group, const StateMeta& meta, const EncodedEntry& entry) {
        groups.Add(group, meta, entry);
      });
  part.keyed = groups.Take();
  part.database.reset();
  part.database_content.clear();
  return added;
}

sim::Result<SharedFile> Upload(sim::FileSystem& disk, sim::FileSystem& volume,
                               const std::string& from, const PlannedTable& table) {
  const sim::Result<Bytes> bytes = disk.Read(from);
  if (!bytes) {
    return sim::Fail(bytes);
  }
  if (sim::Result<void> written = sim::WriteDurably(volume, table.path, *bytes); !written) {
    return sim::Fail(written);
  }
  return SharedFile{
      .name = table.name, .path = table.path, .size = bytes->size(), .checksum = Checksum(*bytes)};
}

}  // namespace

std::string SharedDirectory(std::string_view job) {
  return fmt::format("{}/shared", CheckpointsDirectory(job));
}

std::string SharedPath(std::string_view job, CheckpointId id, const ExecutionAttemptId& task,
                       OperatorId of, std::string_view name) {
  return fmt::format("{}/{}-{}-{}-{}-{:x}-{}", SharedDirectory(job), id.value(),
                     task.vertex.value(), task.subtask.value(), task.attempt.value(), of.value(),
                     name);
}

std::optional<CheckpointId> SharedBy(std::string_view job, std::string_view path) {
  const std::string start = SharedDirectory(job) + "/";
  if (!path.starts_with(start)) {
    return std::nullopt;
  }
  uint64_t id = 0;
  const char* const end = path.data() + path.size();
  const auto [rest, error] = std::from_chars(path.data() + start.size(), end, id);
  const bool is_whole = error == std::errc() && rest != end && *rest == '-';
  return is_whole ? std::optional(CheckpointId(id)) : std::nullopt;
}

std::vector<SharedFile> SharedFilesOf(const CompletedCheckpoint& checkpoint) {
  std::vector<SharedFile> files;
  for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
    for (const auto& [name, handles] : snapshot.operators) {
      if (handles.database) {
        files.insert(files.end(), handles.database->files.begin(), handles.database->files.end());
      }
    }
  }
  return files;
}

sim::Result<TransferredBytes> UploadTables(sim::FileSystem& disk, sim::FileSystem& volume,
                                           FrozenTask& snapshot) {
  TransferredBytes bytes;
  for (auto& [name, part] : snapshot) {
    const DatabaseFiles* const files = part.keyed == nullptr ? nullptr : part.keyed->files();
    if (files == nullptr) {
      continue;
    }
    bytes.is_any = true;
    DatabaseHandle& handle = part.database.emplace();
    handle.first = files->range.first;
    handle.last = files->range.last;
    for (const PlannedTable& table : part.tables) {
      if (table.known) {
        bytes.reused += table.known->size;
        handle.files.push_back(*table.known);
        continue;
      }
      sim::Result<SharedFile> file =
          Upload(disk, volume, fmt::format("{}/{}", files->directory, table.name), table);
      if (!file) {
        return sim::Fail(file);
      }
      bytes.uploaded += file->size;
      handle.files.push_back(*std::move(file));
    }
  }
  return bytes;
}

sim::Result<void> RemoveUploads(sim::FileSystem& volume, const FrozenTask& snapshot) {
  sim::Result<void> result;
  for (const auto& [name, part] : snapshot) {
    for (const PlannedTable& table : part.tables) {
      if (table.known) {
        continue;
      }
      const sim::Result<void> removed = RemoveSnapshot(volume, table.path);
      result = result ? removed : result;
    }
  }
  return result;
}

sim::Result<void> DownloadTables(sim::FileSystem& volume, sim::FileSystem& disk,
                                 const std::vector<SharedFile>& files,
                                 const std::string& directory) {
  for (const SharedFile& file : files) {
    const sim::Result<Bytes> bytes = ReadShared(ReaderOf(volume), file);
    if (!bytes) {
      return sim::Fail(bytes);
    }
    const std::string path = fmt::format("{}/{}", directory, file.name);
    if (sim::Result<void> written = sim::WriteDurably(disk, path, *bytes); !written) {
      return written;
    }
  }
  return {};
}

sim::Result<void> TurnIntoGroups(TaskSnapshot& snapshot, const FileReader& read) {
  for (auto& [name, part] : snapshot) {
    if (!part.database) {
      continue;
    }
    if (sim::Result<void> turned = TurnIntoGroups(part, read); !turned) {
      return turned;
    }
  }
  return {};
}

sim::Result<void> CheckShared(sim::FileSystem& volume, const SharedFile& file) {
  const sim::Result<Bytes> bytes = ReadShared(ReaderOf(volume), file);
  return bytes ? sim::Result<void>() : sim::Fail(bytes);
}

}  // namespace flinch::engine
