// A volume as pure state: what is in the page cache, what is durable, and what a crash leaves.
//
// Names:  each has a current and a durable file or directory. An operation on names waits, in
//         order, until a sync of the directory it puts the name into (or takes it from) makes it
//         durable, together with all earlier operations on the same names. A rename is one. Where
//         names are journaled (NewNames::kWithFile), a sync of a file does it too for the names
//         that it got, and whatever makes one operation durable does so with all earlier ones.
// Files:  see sim/kernel/file_image.h. A file lives while a name, a waiting operation or an open
//         handle refers to it. What several processes wrote to one file without a sync shares the
//         fate of the last of them.
// Crash:  of one process; its handles close, then it is decided about its waiting operations and
//         unsynced bytes as `DiskOptions::crash_fate` says. An operation on which a living process
//         has built (a later one on the same name) is inherited by that process. Afterwards what is
//         left of the dead is durable.
// Dirs:   where something is, and where one was made; "/a" and "/a/" are the same, and so are "/"
//         and "". With the making of one goes what the dead had in it, durable or not; where others
//         have something in it, its making is durable from then on.
// Cost:   a name O(log n), a crash what is not durable and all open handles.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"
#include "sim/ids.h"
#include "sim/kernel/choices.h"
#include "sim/kernel/file_image.h"
#include "sim/world/disk_options.h"

namespace flinch::sim {

class Volume {
 public:
  using Inode = uint64_t;
  using Handle = uint64_t;

  // `crash` is the point "disk.crash" of this volume.
  Volume(const DiskOptions& options, ChoicePoint crash) : options_(options), crash_(crash) {}

  // 0: no such file; a directory is none.
  Inode Find(std::string_view path) const;
  Inode Create(std::string_view path, ProcessId writer);
  // Null when the file does not live any more.
  const Bytes* Content(Inode file) const;

  // All four of files that live.
  void Append(Inode file, std::string_view bytes, ProcessId writer);
  void Write(Inode file, uint64_t offset, std::string_view bytes, ProcessId writer);
  void Truncate(Inode file, uint64_t size, ProcessId writer);
  void Sync(Inode file);
  // As a failed sync after which the cache takes the bytes for written (FailedSync::kMarkedClean).
  void MarkClean(Inode file);

  // Of files. False: there is none of that name.
  bool Rename(std::string_view from, std::string_view to, ProcessId writer);
  bool Remove(std::string_view path, ProcessId writer);
  void SyncDirectory(std::string_view directory);
  // Makes one name durable, with all earlier operations on it.
  void SyncName(std::string_view path);
  // Full paths of files. Without the names that are hidden at that time.
  std::vector<std::string> List(std::string_view directory, SimTime as_of = kForever) const;
  void HideFromLists(std::string_view path, SimTime until);

  bool IsDirectory(std::string_view path) const;
  // Whether anything is below it.
  bool IsEmpty(std::string_view directory) const;
  // Of a path at which nothing is, and of one that is an empty directory.
  void MakeDirectory(std::string_view path, ProcessId writer);
  void RemoveDirectory(std::string_view path, ProcessId writer);
  std::vector<DirectoryEntry> Entries(std::string_view directory, SimTime as_of = kForever) const;

  // A handle keeps its file alive, and may hold a lock on it.
  Handle Open(Inode file, ProcessId owner);
  void Close(Handle handle);
  void CloseAll(ProcessId owner);
  // False when a handle that is not this one holds a lock that excludes it. One that is held is
  // changed.
  bool Lock(Handle handle, LockKind kind);
  void Unlock(Handle handle);

  // What a crash has drawn for one piece: an operation on names (by its number; `left` says whether
  // it happened) or the bytes of a file (by its inode; `left` is their hash).
  struct Drawn {
    enum class Piece : uint8_t { kName, kFile } piece = Piece::kName;
    uint64_t number = 0;
    uint64_t left = 0;
  };

  // Tells what was drawn: nothing unless `DiskOptions::crash_fate` is kDrawn.
  std::vector<Drawn> Crash(ProcessId writer);

  // Whether a file may be made there: not where a directory is, nor below a file.
  bool HasRoomFor(std::string_view path) const;

  // What a reader would find if all processes died and nothing unsynced survived.
  std::optional<Bytes> DurableContent(std::string_view path) const;

  // Bytes of all files that have a name or are open now.
  uint64_t used_bytes() const { return used_; }

  // The durable bytes of `range`, in order.
  std::vector<ByteRange> DurableParts(Inode file, ByteRange range) const;

  // Damage at rest. `bit` counts from the start of the file and lies within it.
  void FlipBit(Inode file, uint64_t bit);
  // Overwrites from `offset` on, which lies within the file, without making it longer.
  void Overwrite(Inode file, uint64_t offset, std::string_view bytes);

  // All files that hold bytes, oldest first: where a misdirected write may land.
  std::vector<Inode> FilesWithBytes() const;

 private:
  using Number = uint64_t;  // of a waiting operation, in their order

  struct Node {
    FileImage image;
    bool is_directory = false;
    uint32_t references = 0;  // from names, durable names, waiting operations and handles
    uint32_t names = 0;       // current ones
    uint32_t handles = 0;
    std::vector<Number> naming;  // waiting operations that give it a name, in order
    ProcessId writer;

    uint64_t used() const { return names + handles > 0 ? image.data().size() : 0; }
  };

  struct Name {
    Inode current = 0;
    Inode durable = 0;
    SimTime listed_from{};
  };

  using Names = std::map<std::string, Name, std::less<>>;

  // Takes `from` away (unless end) and lets `to` (unless end) name `file`.
  struct NameOperation {
    Names::iterator from;
    Names::iterator to;
    Inode file = 0;
    ProcessId writer;
    bool of_directory = false;
  };

  struct OpenHandle {
    Inode file = 0;
    ProcessId owner;
    std::optional<LockKind> lock;
  };

  Node& At(Inode file);
  // Changes a node, and what it counts for.
  template <typename Act>
  void Change(Inode file, Act act);

  bool IsJournaled() const { return options_.new_names == NewNames::kWithFile; }

  void Wait(NameOperation operation);
  void MakeDurable(std::set<Number> wanted);
  // Earlier operations without which this one cannot have happened.
  std::vector<Number> Foundations(Number number) const;
  // Whether it lies in a directory whose making was one of `lost`.
  bool IsInOneOf(const std::set<Number>& lost, Number number) const;
  // Whether it lies in a directory that was made and is not durable.
  bool IsInAnOpenDirectory(std::string_view path) const;
  bool OthersHaveSomethingIn(std::string_view directory, ProcessId dead) const;
  void Abandon(const std::string& directory);
  void Finish(Number number, bool happened);
  void SetCurrent(Names::iterator name, Inode file);
  void DropIfUnused(Names::iterator name);
  void Refer(Inode file);
  void Unrefer(Inode file);
  void BequeathNames(ProcessId dead);
  void CrashNames(ProcessId dead, std::vector<Drawn>& drawn);
  void CrashFiles(ProcessId dead, std::vector<Drawn>& drawn);

  template <typename Visit>
  void ForEachName(const NameOperation& operation, Visit visit) const {
    if (operation.from != names_.end()) {
      visit(operation.from);
    }
    if (operation.to != names_.end()) {
      visit(operation.to);
    }
  }

  DiskOptions options_;
  ChoicePoint crash_;
  Inode last_inode_ = 0;
  Handle last_handle_ = 0;
  Number last_number_ = 0;
  uint64_t used_ = 0;
  std::map<Inode, Node> nodes_;
  std::set<Inode> dirty_;
  std::map<Handle, OpenHandle> handles_;
  Names names_;
  std::map<Number, NameOperation> waiting_;
  // For each name with waiting operations, these in order. The keys lie in `names_`.
  std::map<std::string_view, std::vector<Number>> chains_;
};

}  // namespace flinch::sim
