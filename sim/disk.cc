#include "sim/disk.h"

namespace flinch::sim {

std::string_view DirectoryOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

Result<void> WriteDurably(FileSystem& volume, std::string_view path, std::string_view bytes) {
  const std::string temporary = std::string(path) + ".tmp";
  Result<std::unique_ptr<File>> file = volume.Create(temporary);
  if (!file) {
    return Fail(file);
  }
  if (Result<void> appended = (*file)->Append(bytes); !appended) {
    return appended;
  }
  if (Result<void> synced = (*file)->Sync(); !synced) {
    return synced;
  }
  if (Result<void> renamed = volume.Rename(temporary, path); !renamed) {
    return renamed;
  }
  return volume.SyncDirectory(DirectoryOf(path));
}

}  // namespace flinch::sim
