// A process's door to a disk: charges time, lets faults strike, and acts on the volume.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/disk.h"
#include "sim/kernel/disk_digest.h"
#include "sim/kernel/volume.h"
#include "sim/kernel/volume_faults.h"

namespace flinch::sim {

class DiskModel;
class Kernel;
struct Incarnation;

class VolumeDoor final : public FileSystem {
 public:
  VolumeDoor(Kernel& kernel, Incarnation& incarnation, DiskModel& disk);
  ~VolumeDoor() override;
  VolumeDoor(const VolumeDoor&) = delete;
  VolumeDoor& operator=(const VolumeDoor&) = delete;

  Result<std::unique_ptr<File>> Open(std::string_view path, OpenMode mode) override;
  Result<std::unique_ptr<File>> OpenForAppend(std::string_view path) override;
  Result<std::unique_ptr<File>> Create(std::string_view path) override;
  Result<Bytes> Read(std::string_view path) override;
  Result<Bytes> ReadAt(std::string_view path, ByteRange range) override;
  Result<uint64_t> Size(std::string_view path) override;
  Result<void> Rename(std::string_view from, std::string_view to) override;
  Result<void> Remove(std::string_view path) override;
  Result<void> SyncDirectory(std::string_view directory) override;
  Result<std::vector<std::string>> List(std::string_view directory) override;
  Result<bool> PutIfAbsent(std::string_view path, std::string_view bytes) override;
  Result<void> MakeDirectory(std::string_view directory) override;
  Result<void> RemoveDirectory(std::string_view directory) override;
  Result<std::vector<DirectoryEntry>> Entries(std::string_view directory) override;
  FileSystem& AtOnce() override;
  void Settle() override;

 private:
  class OpenFile;
  struct AtOnceSide;

  // What an operation that was not refused does.
  enum class Effect : uint8_t {
    kHappens,
    kUnanswered,  // happens, and then fails
    kPretended,   // a sync that makes nothing durable
  };

  // Waits for the disk, or owes the time. Fails when nothing shall happen: the process is dead, the
  // path is none, or a fault struck.
  Result<Effect> Admit(const DiskRequest& request);
  // Lets the time pass that the request takes; fails when the process dies of it.
  Result<void> PassTime(const DiskRequest& request);
  Result<Effect> Strike(const DiskRequest& request, DiskFault fault);
  Result<void> CheckPaths(const DiskRequest& request) const;
  uint64_t GrowthOf(const DiskRequest& request) const;
  Result<std::unique_ptr<File>> OpenAs(const DiskRequest& request, OpenMode mode);
  Result<Bytes> ReadRange(const DiskRequest& request);
  Result<uint64_t> SizeOf(const DiskRequest& request);
  Result<void> RenameFile(const DiskRequest& request);
  Result<void> RemoveFile(const DiskRequest& request);
  Result<void> SyncNames(const DiskRequest& request);
  Result<std::vector<std::string>> ListFiles(const DiskRequest& request);
  Result<bool> Put(const DiskRequest& request);
  Result<void> MakeEmpty(const DiskRequest& request);
  Result<void> RemoveEmpty(const DiskRequest& request);
  Result<std::vector<DirectoryEntry>> ListEntries(const DiskRequest& request);
  // The file of an open handle, or the one that has the path now.
  Volume::Inode FileOf(const DiskRequest& request) const;
  SimTime ListsAsOf() const;
  void WriteBytes(const DiskRequest& request, Volume::Inode file, uint64_t offset);
  void HideNewName(const DiskRequest& request);
  Volume::Inode CreateName(const DiskRequest& request);
  void Record(const DiskRequest& request, uint64_t code, uint64_t content);
  bool is_alive() const;

  // Records the operation with all that was asked and answered, and gives the answer.
  template <typename T>
  Result<T> Recorded(const DiskRequest& request, Result<T> answer) {
    if (!is_alive()) {
      return answer;
    }
    uint64_t code = 0;
    uint64_t content = disk_digest::HashOf(request);
    if (!answer) {
      code = uint64_t{std::to_underlying(answer.error().code)} + 1;
    } else if constexpr (!std::is_void_v<T>) {
      content = disk_digest::Hash(content, *answer);
    }
    Record(request, code, content);
    return answer;
  }

  Kernel& kernel_;
  Incarnation& incarnation_;
  DiskModel& disk_;
  std::unique_ptr<AtOnceSide> at_once_;  // of the door that waits; made when asked for
  AtOnceSide* owing_ = nullptr;          // of the door that does not
};

// Neither a lost request nor a lost reply nor an outage can be told from the others.
std::unexpected<Error> NoAnswer();

}  // namespace flinch::sim
