// What a digest knows of an operation on a disk: all that was asked and answered.
#pragma once

#define XXH_INLINE_ALL
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <xxhash.h>

#include "sim/disk.h"
#include "sim/kernel/volume_faults.h"

namespace flinch::sim::disk_digest {

inline uint64_t Hash(uint64_t before, std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), before);
}

inline uint64_t Hash(uint64_t before, uint64_t number) {
  return XXH3_64bits_withSeed(&number, sizeof number, before);
}

inline uint64_t Hash(uint64_t before, const std::vector<std::string>& names) {
  uint64_t hash = Hash(before, names.size());
  for (const std::string& name : names) {
    hash = Hash(hash, name);
  }
  return hash;
}

inline uint64_t Hash(uint64_t before, const std::vector<DirectoryEntry>& entries) {
  uint64_t hash = Hash(before, entries.size());
  for (const DirectoryEntry& entry : entries) {
    hash = Hash(Hash(hash, entry.name), uint64_t{entry.is_directory});
  }
  return hash;
}

// Its path says all of a file.
inline uint64_t Hash(uint64_t before, const std::unique_ptr<File>&) { return before; }

inline uint64_t HashOf(const DiskRequest& request) {
  uint64_t hash = Hash(0, request.path);
  hash = Hash(hash, request.other_path);
  hash = Hash(hash, request.content);
  hash = Hash(hash, request.range.offset);
  return Hash(hash, request.range.size);
}

}  // namespace flinch::sim::disk_digest
