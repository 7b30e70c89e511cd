#include "engine/checkpoint/checkpoint_stream.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "engine/checksum.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr uint32_t kBlocksVersion = 3;

struct BlockHead {
  uint32_t length = 0;
  uint32_t checksum = 0;
};

static_assert(sizeof(BlockHead) == 2 * sizeof(uint32_t));

uint32_t ChecksumOf(uint32_t length, std::string_view content) { return Checksum(content, length); }

std::unexpected<sim::Error> DamagedBlocks(std::string_view path) {
  return sim::Fail(sim::ErrorCode::kCorruption, fmt::format("The file {} is damaged.", path));
}

sim::Result<void> CheckVersion(std::string_view file, std::string_view path) {
  uint32_t version = 0;
  if (file.size() < sizeof version) {
    return DamagedBlocks(path);
  }
  std::memcpy(&version, file.data(), sizeof version);
  if (version != kBlocksVersion) {
    return sim::Fail(sim::ErrorCode::kCorruption,
                     fmt::format("The file {} has the format version {}; this build reads {}.",
                                 path, version, kBlocksVersion));
  }
  return {};
}

}  // namespace

CheckpointStream::CheckpointStream(sim::FileSystem& volume, std::string path, size_t chunk_bytes)
    : volume_(volume), path_(std::move(path)), chunk_bytes_(chunk_bytes) {
  chunk_ = Encode(kBlocksVersion);
}

sim::Result<uint64_t> CheckpointStream::Write(std::string_view block) {
  const uint64_t offset = written_ + chunk_.size();
  const auto length = static_cast<uint32_t>(block.size());
  sim::Check(length == block.size(), "a block of {} bytes has no length in its file", block.size());
  const BlockHead head{.length = length, .checksum = ChecksumOf(length, block)};
  chunk_.append(reinterpret_cast<const char*>(&head), sizeof head);
  chunk_.append(block);
  if (chunk_.size() >= chunk_bytes_) {
    if (sim::Result<void> appended = Append(); !appended) {
      return sim::Fail(appended);
    }
  }
  return offset;
}

sim::Result<void> CheckpointStream::Append() {
  if (!file_) {
    sim::Result<std::unique_ptr<sim::File>> created = volume_.Create(path_);
    if (!created) {
      return sim::Fail(created);
    }
    file_ = *std::move(created);
  }
  if (sim::Result<void> appended = file_->Append(chunk_); !appended) {
    return appended;
  }
  written_ += chunk_.size();
  chunk_.clear();
  return {};
}

std::optional<Bytes> CheckpointStream::TakeWhole(uint64_t most) {
  return file_ || chunk_.size() > most ? std::nullopt : std::optional(std::move(chunk_));
}

sim::Result<uint64_t> CheckpointStream::Close() {
  const uint64_t size = written_ + chunk_.size();
  if (!file_) {
    const sim::Result<bool> put = volume_.PutIfAbsent(path_, chunk_);
    if (!put) {
      return sim::Fail(put);
    }
    if (!*put) {
      if (sim::Result<void> replaced = sim::WriteDurably(volume_, path_, chunk_); !replaced) {
        return sim::Fail(replaced);
      }
    }
    return size;
  }
  if (!chunk_.empty()) {
    if (sim::Result<void> appended = Append(); !appended) {
      return sim::Fail(appended);
    }
  }
  if (sim::Result<void> synced = file_->Sync(); !synced) {
    return sim::Fail(synced);
  }
  if (sim::Result<void> named = volume_.SyncDirectory(sim::DirectoryOf(path_)); !named) {
    return sim::Fail(named);
  }
  return size;
}

sim::Result<std::string_view> BlockAt(std::string_view file, uint64_t offset,
                                      std::string_view path) {
  if (sim::Result<void> version = CheckVersion(file, path); !version) {
    return sim::Fail(version);
  }
  BlockHead head;
  if (offset > file.size() || file.size() - offset < sizeof head) {
    return DamagedBlocks(path);
  }
  std::memcpy(&head, file.data() + offset, sizeof head);
  const std::string_view rest = file.substr(offset + sizeof head);
  if (head.length > rest.size() ||
      ChecksumOf(head.length, rest.substr(0, head.length)) != head.checksum) {
    return DamagedBlocks(path);
  }
  return rest.substr(0, head.length);
}

sim::Result<void> CheckBlocks(std::string_view file, std::string_view path) {
  if (sim::Result<void> version = CheckVersion(file, path); !version) {
    return version;
  }
  uint64_t offset = sizeof kBlocksVersion;
  while (offset < file.size()) {
    const sim::Result<std::string_view> block = BlockAt(file, offset, path);
    if (!block) {
      return sim::Fail(block);
    }
    offset += sizeof(BlockHead) + block->size();
  }
  return {};
}

}  // namespace flinch::engine
