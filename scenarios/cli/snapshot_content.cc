#include "scenarios/cli/snapshot_content.h"

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint/checkpoint_stream.h"
#include "engine/checkpoint/shared_state.h"
#include "engine/state/keyed_state_backend.h"
#include "scenarios/lab/whole_file.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kMetadataName = "/_metadata";

// A file of the volume, wherever it lies here.
class Files {
 public:
  explicit Files(std::string folder) : folder_(std::move(folder)) {}

  // Where it lies, and its bytes.
  sim::Result<std::pair<std::string, sim::Bytes>> Read(const std::string& path) const {
    const std::string own = folder_ + path.substr(path.rfind('/'));
    std::string above = folder_;
    for (const std::string& candidate : {path, own}) {
      if (sim::Result<std::string> bytes = ReadWholeFile(candidate)) {
        return std::pair(candidate, *std::move(bytes));
      }
    }
    while (!above.empty()) {
      const size_t slash = above.rfind('/');
      above.resize(slash == std::string::npos ? 0 : slash);
      const std::string candidate = above + (above.empty() ? path.substr(1) : path);
      if (sim::Result<std::string> bytes = ReadWholeFile(candidate)) {
        return std::pair(candidate, *std::move(bytes));
      }
    }
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("The file {} of the snapshot {} is not there.", path, folder_));
  }

 private:
  std::string folder_;
};

void AddLists(const std::string& name, const engine::OperatorHandles& handles,
              const engine::OperatorSnapshot& part, SnapshotContent& content) {
  for (const engine::ListHandle& list : handles.lists) {
    SnapshotContent::Sum& sum = content.sums[{name, list.name}];
    sum.what = list.mode == engine::ListMode::kUnion       ? "union list"
               : list.mode == engine::ListMode::kBroadcast ? "broadcast state"
                                                           : "list of operator state";
    const auto found = part.state.find(list.name);
    if (found == part.state.end()) {
      continue;
    }
    sum.entries += found->second.size();
    for (const sim::Bytes& entry : found->second) {
      sum.bytes += entry.size();
    }
  }
}

sim::Result<void> AddKeyed(const std::string& name, const engine::OperatorSnapshot& part,
                           SnapshotContent& content) {
  for (const auto& [group, bytes] : part.keyed) {
    const auto add = [&](const engine::StateMeta& meta, const engine::EncodedEntry& entry) {
      SnapshotContent::Sum& sum = content.sums[{name, meta.name}];
      if (sum.entries++ == 0) {
        sum.what = engine::DescribeState(meta);
        content.metas[{name, meta.name}] = meta;
      }
      sum.bytes += entry.key.size() + entry.space.size() + entry.value.size();
      content.entries[{.operator_name = name,
                       .state = meta.name,
                       .key = std::string(entry.key),
                       .space = std::string(entry.space)}] = std::string(entry.value);
    };
    if (sim::Result<void> read = engine::ReadKeyGroup(group, bytes, add); !read) {
      return read;
    }
  }
  return {};
}

sim::Result<void> AddSnapshot(const Files& files, engine::SnapshotHandle handle,
                              SnapshotContent& content) {
  const sim::Result<std::pair<std::string, sim::Bytes>> file =
      handle.content ? std::pair(handle.path, *handle.content) : files.Read(handle.path);
  if (!file) {
    return sim::Fail(file);
  }
  handle.path = file->first;
  if (file->second.size() != handle.size) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} has {} bytes instead of {}.", handle.path,
                                 file->second.size(), handle.size));
  }
  if (sim::Result<void> whole = engine::CheckBlocks(file->second, handle.path); !whole) {
    return whole;
  }
  sim::Result<engine::TaskSnapshot> snapshot = engine::DecodeSnapshot(file->second, handle);
  if (!snapshot) {
    return sim::Fail(snapshot);
  }
  const auto read = [&files](const std::string& path) -> sim::Result<sim::Bytes> {
    auto shared = files.Read(path);
    return shared ? sim::Result<sim::Bytes>(std::move(shared->second)) : sim::Fail(shared);
  };
  if (sim::Result<void> turned = engine::TurnIntoGroups(*snapshot, read); !turned) {
    return turned;
  }
  for (const auto& [name, part] : *snapshot) {
    AddLists(name, handle.operators.at(name), part, content);
    if (sim::Result<void> keyed = AddKeyed(name, part, content); !keyed) {
      return keyed;
    }
  }
  return {};
}

}  // namespace

sim::Result<SnapshotContent> ReadSnapshotFolder(std::string path) {
  if (path.ends_with(kMetadataName)) {
    path.resize(path.size() - kMetadataName.size());
  }
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  const std::string metadata = path + std::string(kMetadataName);
  const sim::Result<std::string> file = ReadWholeFile(metadata);
  if (!file) {
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("There is no snapshot at {}: {}", path, file.error().message));
  }
  const sim::Result<engine::CompletedCheckpoint> checkpoint =
      engine::DecodeMetadata(*file, metadata);
  if (!checkpoint) {
    return sim::Fail(checkpoint);
  }
  SnapshotContent content{.id = checkpoint->id,
                          .kind = std::string(engine::Name(checkpoint->kind)),
                          .max_parallelism = checkpoint->max_parallelism};
  const Files files(path);
  for (const engine::SnapshotHandle& handle : checkpoint->snapshots) {
    if (sim::Result<void> added = AddSnapshot(files, handle, content); !added) {
      return sim::Fail(added);
    }
  }
  return content;
}

}  // namespace flinch::scenarios
