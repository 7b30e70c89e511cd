// Volumes: what is in the page cache, what is durable, and what a crash leaves.
//
// A volume has two views of its names, the current and the durable one, and of each file all bytes
// and the synced prefix. A crash of a process reverts names that it changed and nobody synced, and
// cuts the files that it wrote last to what is synced. `Volume` is pure; `VolumeDoor` charges time
// and is what a process sees.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"
#include "sim/ids.h"
#include "sim/random.h"
#include "sim/world/options.h"

namespace flinch::sim {

class Kernel;
struct Incarnation;

class Volume {
 public:
  using Inode = uint64_t;

  Volume(const Random& random, const DiskOptions& options) : options_(options), random_(random) {}

  // 0: no such file.
  Inode Find(std::string_view path) const;
  Inode Create(std::string_view path, ProcessId writer);
  // False when the file has been removed.
  bool Append(Inode file, std::string_view bytes, ProcessId writer);
  bool Sync(Inode file);
  const Bytes* Content(Inode file) const;
  bool Rename(std::string_view from, std::string_view to, ProcessId writer);
  bool Remove(std::string_view path, ProcessId writer);
  void SyncDirectory(std::string_view directory);
  std::vector<std::string> List(std::string_view directory) const;
  void Crash(ProcessId writer);

  Duration DrawLatency() { return random_.Between(options_.latency_min, options_.latency_max); }

  Duration DrawSync() { return random_.Between(options_.sync_min, options_.sync_max); }

 private:
  struct Node {
    Bytes data;
    size_t synced = 0;
    uint32_t names = 0;  // entries of both views
    ProcessId writer;
  };

  using Names = std::map<std::string, Inode, std::less<>>;

  void Point(Names& names, std::string_view path, Inode file);
  void Erase(Names& names, std::string_view path);
  void Unname(Inode file);

  DiskOptions options_;
  Random random_;
  Inode last_ = 0;
  std::map<Inode, Node> nodes_;
  Names current_;
  Names durable_;
  std::map<std::string, ProcessId, std::less<>> changed_;  // names that differ, and who did it
};

class VolumeDoor final : public FileSystem {
 public:
  VolumeDoor(Kernel& kernel, Incarnation& incarnation, Volume& volume)
      : kernel_(kernel), incarnation_(incarnation), volume_(volume) {}

  Result<std::unique_ptr<File>> OpenForAppend(std::string_view path) override;
  Result<std::unique_ptr<File>> Create(std::string_view path) override;
  Result<Bytes> Read(std::string_view path) override;
  Result<void> Rename(std::string_view from, std::string_view to) override;
  Result<void> Remove(std::string_view path) override;
  Result<void> SyncDirectory(std::string_view directory) override;
  Result<std::vector<std::string>> List(std::string_view directory) override;

 private:
  class OpenFile;

  enum class Operation : uint64_t {
    kOpen,
    kCreate,
    kRead,
    kRename,
    kRemove,
    kSyncNames,
    kList,
    kAppend,
    kSync
  };

  // Waits for the device, then records the operation. kUnavailable for the dead.
  Result<void> Charge(Operation operation, std::string_view path, size_t size);

  Kernel& kernel_;
  Incarnation& incarnation_;
  Volume& volume_;
};

}  // namespace flinch::sim
