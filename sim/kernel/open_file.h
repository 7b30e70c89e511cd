// What a process has open: one file, whatever becomes of its name.
#pragma once

#include <string>
#include <string_view>

#include "sim/kernel/volume_door.h"

namespace flinch::sim {

class VolumeDoor::OpenFile final : public File {
 public:
  OpenFile(VolumeDoor& door, std::string path, Volume::Inode file, OpenMode mode);
  ~OpenFile() override;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  Result<void> Append(std::string_view bytes) override;
  Result<void> WriteAt(uint64_t offset, std::string_view bytes) override;
  Result<void> Truncate(uint64_t size) override;
  Result<void> Sync() override;
  Result<Bytes> ReadAt(ByteRange range) override;
  Result<uint64_t> Size() override;
  Result<bool> Lock(LockKind kind) override;
  Result<void> Unlock() override;

 private:
  DiskRequest RequestOf(DiskOperation operation) const;
  // Whether the file may be written, and how large it may become.
  Result<Effect> AdmitWrite(const DiskRequest& request, uint64_t end);
  Result<void> Write(const DiskRequest& request);
  Result<void> Cut(const DiskRequest& request);
  Result<void> SyncBytes(const DiskRequest& request);
  Result<bool> TakeLock(const DiskRequest& request, LockKind kind);
  Result<void> GiveLock(const DiskRequest& request);
  uint64_t size() const;

  VolumeDoor& door_;
  std::string path_;
  Volume::Inode file_;
  Volume::Handle handle_;
  OpenMode mode_;
};

}  // namespace flinch::sim
