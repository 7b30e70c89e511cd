// A volume as pure state: what is in the page cache, what is durable, and what a crash leaves.
//
// Names:  each has a current and a durable file. An operation on names waits, in order, until a
//         sync of the directory it puts the name into (or takes it from) makes it durable, together
//         with all earlier operations on the same names. A rename is one operation.
// Files:  all bytes, and how many of them, from the start, are durable. What several processes
//         wrote to one file without a sync shares the fate of the last of them.
// Crash:  of one process; decides about its waiting operations and unsynced bytes as
//         `DiskOptions::crash_fate` says. An operation on which a living process has built (a
//         later one on the same name) is inherited by that process. Afterwards what is left of the
//         dead is durable.
// Dirs:   where files are; "/a" and "/a/" are the same, and so are "/" and "".
// Cost:   a name O(log n), a crash what is not durable.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"
#include "sim/ids.h"
#include "sim/kernel/choices.h"
#include "sim/world/disk_options.h"

namespace flinch::sim {

enum class PieceFate : uint8_t { kKept, kLost, kTorn };

PieceFate DrawFate(ChoicePoint& point, const CrashWeights& weights);

class Volume {
 public:
  using Inode = uint64_t;

  static constexpr uint64_t kPageBytes = 4096;
  static constexpr uint64_t kSectorBytes = 512;

  // `crash` is the point "disk.crash" of this volume.
  Volume(const DiskOptions& options, ChoicePoint crash) : options_(options), crash_(crash) {}

  // 0: no such file.
  Inode Find(std::string_view path) const;
  Inode Create(std::string_view path, ProcessId writer);
  // False when the file has been removed or replaced: it has no name any more.
  bool Append(Inode file, std::string_view bytes, ProcessId writer);
  bool Sync(Inode file);
  // As a failed sync after which the cache takes the bytes for written (FailedSync::kMarkedClean).
  void MarkClean(Inode file);
  const Bytes* Content(Inode file) const;
  bool Rename(std::string_view from, std::string_view to, ProcessId writer);
  bool Remove(std::string_view path, ProcessId writer);
  void SyncDirectory(std::string_view directory);
  // Makes one name durable, with all earlier operations on it.
  void SyncName(std::string_view path);
  // Without the names that are hidden at that time.
  std::vector<std::string> List(std::string_view directory, SimTime as_of = kForever) const;
  void HideFromLists(std::string_view path, SimTime until);

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

  // Bytes of all files that have a name now.
  uint64_t used_bytes() const { return used_; }

  // How many bytes from the start of the file are durable.
  uint64_t DurableBytes(Inode file) const;

  // Damage at rest. `bit` counts from the start of the file and lies within it.
  void FlipBit(Inode file, uint64_t bit);
  // Overwrites from `offset` on, which lies within the file, without making it longer.
  void Overwrite(Inode file, uint64_t offset, std::string_view bytes);

  // All files that hold bytes, oldest first: where a misdirected write may land.
  std::vector<Inode> FilesWithBytes() const;

 private:
  struct Node {
    Bytes data;
    uint64_t synced = 0;           // the bytes before it are durable, but for those in `holes`
    std::vector<ByteRange> holes;  // below `synced`, by offset: not durable, for good
    std::vector<uint64_t> ends;    // of the appends since the last sync
    uint32_t references = 0;       // from names, durable names and waiting operations
    uint32_t names = 0;            // current ones
    ProcessId writer;

    bool dirty() const { return synced < data.size() || !holes.empty(); }
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
  };

  using Number = uint64_t;  // of a waiting operation, in their order

  static Bytes DurableImage(const Node& node);
  static void PunchHoles(Bytes& data, const Node& node);

  void Wait(NameOperation operation);
  void MakeDurable(std::set<Number> wanted);
  void Finish(Number number, bool happened);
  void SetCurrent(Names::iterator name, Inode file);
  void DropIfUnused(Names::iterator name);
  void Refer(Inode file);
  void Unrefer(Inode file);
  void BequeathNames(ProcessId dead);
  void CrashNames(ProcessId dead, std::vector<Drawn>& drawn);
  void CrashFiles(ProcessId dead, std::vector<Drawn>& drawn);
  Bytes DrawImage(const Node& node);
  uint64_t DrawSize(const Node& node, uint64_t durable_size);

  template <typename Visit>
  void ForEachName(const NameOperation& operation, Visit visit) {
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
  Number last_number_ = 0;
  uint64_t used_ = 0;
  std::map<Inode, Node> nodes_;
  std::set<Inode> dirty_;
  Names names_;
  std::map<Number, NameOperation> waiting_;
  // For each name with waiting operations, these in order. The keys lie in `names_`.
  std::map<std::string_view, std::vector<Number>> chains_;
};

}  // namespace flinch::sim
