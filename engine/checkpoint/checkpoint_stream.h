// Files of state: blocks one after another, each with its length and a checksum, written while
// there is more to come and read by the offsets of the blocks.
//
// Shape:    a format version, then blocks of [length u32][checksum u32][content]. The checksum
//           covers the length too.
// Writing:  what fits one chunk is put at once and whole, as into an object store; of more, each
//           full chunk is appended as it comes, and the whole is synced with its name at the end.
// Errors:   those of the volume. After one the file may be there in part: whoever gives up removes
//           it. kCorruption from the readers for bytes that no stream wrote, never a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/serializer.h"
#include "sim/disk.h"
#include "sim/result.h"

namespace flinch::engine {

class CheckpointStream {
 public:
  static constexpr size_t kChunkBytes = 64 * 1024;

  // The file belongs to the caller alone: whatever has its name is replaced.
  CheckpointStream(sim::FileSystem& volume, std::string path, size_t chunk_bytes = kChunkBytes);

  // Returns the offset of the block. May suspend.
  sim::Result<uint64_t> Write(std::string_view block);

  // All that was written, where it has no more bytes than `most` and none is on the volume: no file
  // is needed then. Instead of Close.
  std::optional<Bytes> TakeWhole(uint64_t most);

  // Returns the size of the file, which is durable then. Once, at the end. May suspend.
  sim::Result<uint64_t> Close();

 private:
  sim::Result<void> Append();

  sim::FileSystem& volume_;
  std::string path_;
  size_t chunk_bytes_;
  std::unique_ptr<sim::File> file_;  // once a chunk was full
  Bytes chunk_;
  uint64_t written_ = 0;  // before the chunk
};

// Returns the content of the block at `offset` of a file's bytes; `path` is for messages.
sim::Result<std::string_view> BlockAt(std::string_view file, uint64_t offset,
                                      std::string_view path);

// Whether a file is nothing but good blocks, from its beginning to its end.
sim::Result<void> CheckBlocks(std::string_view file, std::string_view path);

}  // namespace flinch::engine
