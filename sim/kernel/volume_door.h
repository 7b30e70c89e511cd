// A process's door to a disk: charges time, lets faults strike, and acts on the volume.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk.h"
#include "sim/kernel/volume.h"
#include "sim/kernel/volume_faults.h"

namespace flinch::sim {

class DiskModel;
class Kernel;
struct Incarnation;

class VolumeDoor final : public FileSystem {
 public:
  VolumeDoor(Kernel& kernel, Incarnation& incarnation, DiskModel& disk)
      : kernel_(kernel), incarnation_(incarnation), disk_(disk) {}

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

 private:
  class OpenFile;

  // What an operation that was not refused does.
  enum class Effect : uint8_t {
    kHappens,
    kUnanswered,  // happens, and then fails
    kPretended,   // a sync that makes nothing durable
  };

  // Waits for the disk. Fails when nothing shall happen: the process is dead, the path is none, or
  // a fault struck.
  Result<Effect> Admit(const DiskRequest& request);
  Result<void> CheckPaths(const DiskRequest& request) const;
  Result<std::unique_ptr<File>> Open(const DiskRequest& request);
  Result<Bytes> ReadRange(const DiskRequest& request);
  Result<uint64_t> SizeOf(const DiskRequest& request);
  Result<void> RenameFile(const DiskRequest& request);
  Result<void> RemoveFile(const DiskRequest& request);
  Result<void> SyncNames(const DiskRequest& request);
  Result<std::vector<std::string>> ListFiles(const DiskRequest& request);
  Result<bool> Put(const DiskRequest& request);
  void WriteBytes(const DiskRequest& request, Volume::Inode file);
  void HideNewName(const DiskRequest& request);
  Volume::Inode CreateName(const DiskRequest& request);
  // Records the operation with all that was asked and answered, and gives the answer.
  template <typename T>
  Result<T> Recorded(const DiskRequest& request, Result<T> answer);

  Kernel& kernel_;
  Incarnation& incarnation_;
  DiskModel& disk_;
};

}  // namespace flinch::sim
