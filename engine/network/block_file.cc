#include "engine/network/block_file.h"

#include <utility>

#include <fmt/format.h>

#include "engine/checksum.h"

namespace flinch::engine {

BlockFileWriter::BlockFileWriter(sim::FileSystem& disk, std::string path)
    : disk_(disk), path_(std::move(path)) {}

sim::Result<FileBlock> BlockFileWriter::Append(std::string_view content) {
  if (!file_) {
    is_there_ = true;
    sim::Result<std::unique_ptr<sim::File>> created = disk_.Create(path_);
    if (!created) {
      return sim::Fail(created);
    }
    file_ = *std::move(created);
  }
  if (const sim::Result<void> appended = file_->Append(content); !appended) {
    return sim::Fail(appended);
  }
  const FileBlock block{.range = {.offset = bytes_, .size = content.size()},
                        .checksum = Checksum(content)};
  bytes_ += content.size();
  return block;
}

// What stays where a disk fails the next incarnation sweeps.
void BlockFileWriter::Remove() {
  file_.reset();
  if (is_there_) {
    (void)disk_.Remove(path_);
  }
}

sim::Result<sim::Bytes> ReadBlock(sim::FileSystem& disk, std::string_view path,
                                  const FileBlock& block) {
  sim::Result<sim::Bytes> content = disk.ReadAt(path, block.range);
  if (content && (content->size() != block.range.size || Checksum(*content) != block.checksum)) {
    return sim::Fail(sim::ErrorCode::kCorruption, fmt::format("The file {} is damaged.", path));
  }
  return content;
}

}  // namespace flinch::engine
