// Disks as a process sees them: its host's own volume and one volume shared by all hosts.
//
// Durability, as POSIX promises it and no more:
// - what is appended can be read by everyone on the volume at once, and is sure to survive a crash
//   of its writer only after `File::Sync`;
// - a name that was created, renamed or removed is sure to survive a crash of who did it only after
//   `SyncDirectory` of its directory; for a rename, that of the new name. A rename is atomic, also
//   at a crash. What happens to one name happens in order; to two names, in any order;
// - at a crash, what was not synced may be there, be gone, or be there in part, zeros in between:
//   a name without its bytes, later bytes without earlier ones.
// Errors: kNotFound for a name that does not exist; kUnavailable when the volume does not answer,
//   and then a change may have happened; kIo when the device failed, kNoSpace when it is full: then
//   nothing was changed, and after a failed sync nothing may be relied upon that was written since
//   the last good one, not even if the next one says success; kInvalidArgument for what is no
//   path (at once), and for a file where none can be.
// Paths are absolute, '/'-separated, without "." and "..", without an empty part. The root is "/"
// or "", the path of a directory may end in '/'. Directories exist as soon as a file in them does;
// so no file can be made where a directory is, or below a file. Every call takes drawn simulated
// time, and so is a point where the process may die.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/network.h"
#include "sim/result.h"

namespace flinch::sim {

struct ByteRange {
  uint64_t offset = 0;
  uint64_t size = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// Open for writing behind its end. Calls give kNotFound once the file has no name any more.
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

  // Creates the file. One that has the name is replaced by it, as by a rename.
  virtual Result<std::unique_ptr<File>> Create(std::string_view path) = 0;

  // The whole content. kNotFound when there is no such file.
  virtual Result<Bytes> Read(std::string_view path) = 0;

  // The bytes of `range` that the file has: fewer, or none, at and behind its end.
  virtual Result<Bytes> ReadAt(std::string_view path, ByteRange range) = 0;
  // In bytes.
  virtual Result<uint64_t> Size(std::string_view path) = 0;

  // Replaces `to` if it exists.
  virtual Result<void> Rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> Remove(std::string_view path) = 0;
  virtual Result<void> SyncDirectory(std::string_view directory) = 0;

  // Full paths of the files directly or deeper below `directory`, sorted. On the shared volume a
  // new name may be missing for a while.
  virtual Result<std::vector<std::string>> List(std::string_view directory) = 0;

  // Creates the file with just these bytes, durable with its name, unless the name exists: atomic,
  // so of several callers one gets true. False: there is one already, and it is untouched. After
  // kUnavailable only reading the file tells whether it was created, and by whom.
  virtual Result<bool> PutIfAbsent(std::string_view path, std::string_view bytes) = 0;
};

// Writes `bytes` so that after success they are at `path` whatever crashes, and before it nothing
// or all of an older content is: temporary name, sync, rename, sync of the directory.
Result<void> WriteDurably(FileSystem& volume, std::string_view path, std::string_view bytes);

// "/a/b" of "/a/b/c"; "", which is the root, of "/a".
std::string_view DirectoryOf(std::string_view path);

}  // namespace flinch::sim
