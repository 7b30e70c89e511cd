// Disks as a process sees them: its host's own volume and one volume shared by all hosts.
//
// Durability, as POSIX promises it and no more:
// - what is written can be read by everyone on the volume at once, and is sure to survive a crash
//   of its writer only after `File::Sync`; so is what is cut off by `File::Truncate`;
// - a name that was created, renamed or removed is sure to survive a crash of who did it only after
//   `SyncDirectory` of its directory; for a rename, that of the new name. A rename is atomic, also
//   at a crash. What happens to one name happens in order; to two names, in any order.
//   `DiskOptions::new_names` has the other way: names are journaled;
// - at a crash, what was not synced may be there, be gone, or be there in part, with what was
//   there before, or zeros, in between: a name without its bytes, later bytes without earlier ones.
// A file is what was opened, not its name: who has it open reads and writes it on after it was
//   removed or renamed, and it needs room on the disk until the last of them has closed it.
// Errors: kNotFound for a name that does not exist, kExists for one that should not or a directory
//   that should be empty; kUnavailable when the volume does not answer, and then a change may have
//   happened; kIo when the device failed, kNoSpace when it is full: then nothing was changed, and
//   after a failed sync nothing may be relied upon that was written since the last good one, not
//   even if the next one says success; kInvalidArgument for what is no path (at once), for a file
//   where none can be, and for a write to a file that was opened to be read.
// Paths are absolute, '/'-separated, without "." and "..", without an empty part. The root is "/"
// or "", the path of a directory may end in '/'. A directory exists while something is in it, one
// that was made until it is removed; so no file can be made where a directory is, or below a file.
// Every call takes drawn simulated time, and so is a point where the process may die; but see
// `FileSystem::AtOnce`.
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

enum class OpenMode : uint8_t {
  kRead,         // a file that exists, to read
  kWrite,        // a file that exists, to read and write
  kCreate,       // as kWrite; one that does not exist is made, empty
  kCreateUnique  // as kWrite; kExists when there is one already, so of several callers one makes it
};

enum class LockKind : uint8_t {
  kShared,     // others may have a shared one too
  kExclusive,  // nobody else has one
};

// The largest file that can be: what would make one longer gives kNoSpace.
inline constexpr uint64_t kFileBytesMax = uint64_t{1} << 30;

// An open file: closed, and its lock given back, by its destructor or by the death of its process.
// It must not be used or destroyed once its process has ended: own it on the process's own fibers.
class File {
 public:
  virtual ~File() = default;

  // Writes behind the end, wherever that is by then.
  virtual Result<void> Append(std::string_view bytes) = 0;
  // Overwrites what is there, and makes the file longer where it ends. Zeros fill a gap.
  virtual Result<void> WriteAt(uint64_t offset, std::string_view bytes) = 0;
  // Cuts the file off, or adds zeros.
  virtual Result<void> Truncate(uint64_t size) = 0;
  virtual Result<void> Sync() = 0;

  // The bytes of `range` that the file has: fewer, or none, at and behind its end.
  virtual Result<Bytes> ReadAt(ByteRange range) = 0;
  // In bytes.
  virtual Result<uint64_t> Size() = 0;

  // Takes a lock on the file, or changes the one that it has, and does not wait: false when the
  // lock of another open file excludes it, and nothing has changed. A lock keeps nobody from
  // reading and writing: it binds those who ask for it.
  virtual Result<bool> Lock(LockKind kind = LockKind::kExclusive) = 0;
  virtual Result<void> Unlock() = 0;
};

struct DirectoryEntry {
  std::string name;  // without the directory's
  bool is_directory = false;

  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) = 0;

  // As Open with OpenMode::kCreate.
  virtual Result<std::unique_ptr<File>> OpenForAppend(std::string_view path) = 0;

  // Creates the file. One that has the name is replaced by it, as by a rename.
  virtual Result<std::unique_ptr<File>> Create(std::string_view path) = 0;

  // The whole content. kNotFound when there is no such file.
  virtual Result<Bytes> Read(std::string_view path) = 0;

  // As those of File.
  virtual Result<Bytes> ReadAt(std::string_view path, ByteRange range) = 0;
  virtual Result<uint64_t> Size(std::string_view path) = 0;

  // Of files. Replaces `to` if it exists.
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

  // One that was made exists though nothing is in it. It is a name, and durable with its parent's
  // SyncDirectory: until then a crash of who made it may take it with all that he had in it, synced
  // or not. kExists when there is something of that name. What it lies in need not be made.
  virtual Result<void> MakeDirectory(std::string_view directory) = 0;
  // Of an empty one; kExists when something is in it.
  virtual Result<void> RemoveDirectory(std::string_view directory) = 0;
  // What is directly in it, sorted by name. kNotFound when there is no such directory.
  virtual Result<std::vector<DirectoryEntry>> Entries(std::string_view directory) = 0;

  // The same volume for code that must not be interrupted in a call, for it holds a real mutex or
  // has frames that no exception may pass: calls of this door, and of files opened by it, happen at
  // once and never suspend. What they would have taken is owed, and paid by Settle. A disk that
  // hangs (DiskCondition::hung) lets them happen, and Settle wait. When the process shall die at a
  // write, that write and all later calls fail with kIo, nothing happens any more, and it dies
  // where it suspends next: in Settle at the latest.
  virtual FileSystem& AtOnce() = 0;
  // Pays what all fibers of the process owe to this volume. Suspends, also when that is nothing.
  virtual void Settle() = 0;
};

// Writes `bytes` so that after success they are at `path` whatever crashes, and before it nothing
// or all of an older content is: temporary name, sync, rename, sync of the directory.
Result<void> WriteDurably(FileSystem& volume, std::string_view path, std::string_view bytes);

// "/a/b" of "/a/b/c"; "", which is the root, of "/a".
std::string_view DirectoryOf(std::string_view path);

}  // namespace flinch::sim
