#include "scenarios/cli/snapshot_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "engine/checkpoint/checkpoint_storage.h"
#include "scenarios/input/input_file.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

using sim::ErrorCode;
using sim::Fail;

constexpr std::string_view kMetadata = "_metadata";

// The folder that is the volume, and the snapshot on it; nothing where it cannot be one.
std::optional<std::pair<std::string, std::string>> Divide(const std::string& snapshot) {
  for (const std::string_view kind : {"/checkpoints/", "/savepoints/"}) {
    if (const size_t at = snapshot.rfind(kind); at != std::string::npos) {
      return std::pair(snapshot.substr(0, at), snapshot.substr(at));
    }
  }
  return std::nullopt;
}

// That belong to one snapshot alone.
bool IsSnapshotFolder(std::string_view name) {
  return name.starts_with("chk-") || name.starts_with("savepoint-");
}

// Also what the snapshots beside it share with it.
sim::Result<void> ReadFiles(const std::string& root, const std::string& snapshot,
                            StartingPoint& point) {
  std::error_code error;
  const fs::path job = fs::path(root + snapshot).parent_path();
  fs::recursive_directory_iterator all(job, error);
  for (; !error && all != fs::recursive_directory_iterator(); all.increment(error)) {
    const std::string path = all->path().string();
    if (all->is_directory(error)) {
      if (IsSnapshotFolder(all->path().filename().string()) && path != root + snapshot) {
        all.disable_recursion_pending();
      }
      continue;
    }
    sim::Result<std::string> bytes = ReadWholeFile(path);
    if (!bytes) {
      return Fail(bytes);
    }
    if (path == fmt::format("{}{}/{}", root, snapshot, kKeptLog)) {
      point.log = *std::move(bytes);
    } else {
      point.files[path.substr(root.size())] = *std::move(bytes);
    }
  }
  return error ? Fail(ErrorCode::kIo,
                      fmt::format("{} cannot be read: {}.", job.string(), error.message()))
               : sim::Result<void>();
}

// Checkpoint 9 comes before 10.
bool ComesBefore(const std::string& left, const std::string& right) {
  return std::pair(left.find("/savepoints/") != std::string::npos, left.size()) <
             std::pair(right.find("/savepoints/") != std::string::npos, right.size()) ||
         (left.size() == right.size() && left < right);
}

}  // namespace

sim::Result<StartingPoint> ReadStartingPoint(const std::string& snapshot) {
  std::error_code error;
  std::string whole = fs::weakly_canonical(snapshot, error).string();
  if (whole.ends_with("/_metadata")) {
    whole.resize(whole.size() - kMetadata.size() - 1);
  }
  const std::string shown = text::Printable(snapshot);
  if (!fs::is_directory(whole, error)) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("There is no folder {}: name a snapshot that `flinch run … "
                            "--keep-snapshots FOLDER` has kept.",
                            shown));
  }
  const auto divided = Divide(whole);
  const std::string metadata = fmt::format("{}/{}", whole, kMetadata);
  if (!divided || !fs::exists(metadata, error)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no snapshot: name a folder checkpoints/JOB/chk-N or "
                            "savepoints/JOB/savepoint-N below the one that was kept.",
                            shown));
  }
  StartingPoint point{.path = divided->second, .files = {}, .log = {}};
  if (sim::Result<void> read = ReadFiles(divided->first, divided->second, point); !read) {
    return Fail(read);
  }
  // Names in it may be relative to where it lies.
  const std::string inside = fmt::format("{}/{}", divided->second, kMetadata);
  const sim::Result<engine::CompletedCheckpoint> decoded =
      engine::DecodeMetadata(point.files[inside], inside);
  if (!decoded) {
    return Fail(decoded.error().code,
                fmt::format("The snapshot {} cannot be read: {}", shown, decoded.error().message));
  }
  for (const engine::SnapshotHandle& part : decoded->snapshots) {
    if (!part.content && !point.files.contains(part.path)) {
      return Fail(ErrorCode::kNotFound, fmt::format("The snapshot {} lacks its file {}{}.", shown,
                                                    divided->first, part.path));
    }
  }
  return point;
}

sim::Result<void> CheckKeepFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder, error)) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("--keep-snapshots: {} cannot be made a folder.", text::Printable(folder)));
  }
  if (!fs::is_empty(folder, error)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("--keep-snapshots: {} is not empty; name a new folder.",
                            text::Printable(folder)));
  }
  return {};
}

sim::Result<std::vector<std::string>> WriteKept(const std::string& folder,
                                                const KeptSnapshots& kept) {
  std::vector<std::string> snapshots;
  std::string root = folder;
  while (root.ends_with('/')) {
    root.pop_back();
  }
  for (const auto& [path, bytes] : kept.files) {
    const fs::path target = root + path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    std::ofstream out(target, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) {
      return Fail(ErrorCode::kIo, fmt::format("{} cannot be written.", target.string()));
    }
    if (target.filename() == kMetadata) {
      snapshots.push_back(target.parent_path().string());
    }
  }
  std::ranges::sort(snapshots, ComesBefore);
  return snapshots;
}

}  // namespace flinch::scenarios
