// Disks as a process sees them: its host's own volume and one volume shared by all hosts.
//
// Durability, as POSIX promises it and no more:
// - what is appended can be read by everyone on the volume at once, and survives a crash of its
//   writer only
//    after `File::Sync`;
// - a name that was created, renamed or removed survives a crash of who did it only after
//   `SyncDirectory` of its
//    directory; rename is atomic;
// - at a crash, what was not synced is gone. Paths are absolute, '/'-separated, without "." and
//   ".."; directories exist as soon as a file in them does. Every call takes drawn simulated time,
//   and so is a point where the process may die.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/network.h"
#include "sim/result.h"

namespace flinch::sim {

class File {
 public:
  virtual ~File() = default;

  virtual Result<void> Append(std::string_view bytes) = 0;
  virtual Result<void> Sync() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Creates the file, or opens it to write behind its end.
  virtual Result<std::unique_ptr<File>> OpenForAppend(std::string_view path) = 0;

  // Creates the file or empties it.
  virtual Result<std::unique_ptr<File>> Create(std::string_view path) = 0;

  // The whole content. kNotFound when there is no such file.
  virtual Result<Bytes> Read(std::string_view path) = 0;

  // Replaces `to` if it exists.
  virtual Result<void> Rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> Remove(std::string_view path) = 0;
  virtual Result<void> SyncDirectory(std::string_view directory) = 0;

  // Full paths of the files directly or deeper below `directory`, sorted.
  virtual Result<std::vector<std::string>> List(std::string_view directory) = 0;
};

// Writes `bytes` so that after success they are at `path` whatever crashes, and before it nothing
// or all of an older content is: temporary name, sync, rename, sync of the directory.
Result<void> WriteDurably(FileSystem& volume, std::string_view path, std::string_view bytes);

// "/a/b" of "/a/b/c".
std::string_view DirectoryOf(std::string_view path);

}  // namespace flinch::sim
