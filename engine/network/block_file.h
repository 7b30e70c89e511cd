// A file of blocks on a TaskManager's own disk: written once, read as long as the process lives.
//
// Shape:  blocks one behind the other and nothing else. Where each begins, and its checksum, is
//         known in memory alone: what a process leaves on its disk nobody reads.
// Cost:   nothing is synced. A file without a block is not on the disk at all.
// Errors: the disk's; kCorruption for a block that is not what was written.
// Source: Flink's BoundedData and PartitionedFile; FileChannelManager.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/disk.h"
#include "sim/result.h"

namespace flinch::engine {

struct FileBlock {
  sim::ByteRange range;
  uint32_t checksum = 0;
};

class BlockFileWriter {
 public:
  // The name is the caller's alone.
  BlockFileWriter(sim::FileSystem& disk, std::string path);

  // May suspend.
  sim::Result<FileBlock> Append(std::string_view content);

  const std::string& path() const { return path_; }

  // Of all blocks.
  uint64_t bytes() const { return bytes_; }

  // No block follows.
  void Close() { file_.reset(); }

  // Takes it off the disk. May suspend.
  void Remove();

 private:
  sim::FileSystem& disk_;
  std::string path_;
  std::unique_ptr<sim::File> file_;  // since the first block
  bool is_there_ = false;            // on the disk, with or without blocks
  uint64_t bytes_ = 0;
};

// May suspend.
sim::Result<sim::Bytes> ReadBlock(sim::FileSystem& disk, std::string_view path,
                                  const FileBlock& block);

}  // namespace flinch::engine
