#include "engine/state/leveldb_env.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using leveldb::Slice;
using leveldb::Status;

template <typename T>
Status StatusOf(std::string_view path, const sim::Result<T>& result) {
  if (result) {
    return Status::OK();
  }
  const Slice where(path.data(), path.size());
  const std::string& message = result.error().message;
  return result.error().code == sim::ErrorCode::kNotFound ? Status::NotFound(where, message)
                                                          : Status::IOError(where, message);
}

class Sequential final : public leveldb::SequentialFile {
 public:
  Sequential(std::string path, std::unique_ptr<sim::File> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Status Read(size_t size, Slice* result, char* scratch) override {
    const auto bytes = file_->ReadAt({.offset = offset_, .size = size});
    if (bytes) {
      std::ranges::copy(*bytes, scratch);
      *result = Slice(scratch, bytes->size());
      offset_ += bytes->size();
    }
    return StatusOf(path_, bytes);
  }

  Status Skip(uint64_t size) override {
    offset_ += size;
    return Status::OK();
  }

 private:
  std::string path_;
  std::unique_ptr<sim::File> file_;
  uint64_t offset_ = 0;
};

class RandomAccess final : public leveldb::RandomAccessFile {
 public:
  RandomAccess(std::string path, std::unique_ptr<sim::File> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Status Read(uint64_t offset, size_t size, Slice* result, char* scratch) const override {
    const auto bytes = file_->ReadAt({.offset = offset, .size = size});
    if (bytes) {
      std::ranges::copy(*bytes, scratch);
      *result = Slice(scratch, bytes->size());
    }
    return StatusOf(path_, bytes);
  }

 private:
  std::string path_;
  std::unique_ptr<sim::File> file_;
};

// Buffers as LevelDB's own does. Whatever a manifest names must have a durable name before it.
class Writable final : public leveldb::WritableFile {
 public:
  Writable(sim::FileSystem& disk, std::string path, std::unique_ptr<sim::File> file)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}

  Status Append(const Slice& data) override {
    buffer_.append(data.data(), data.size());
    return buffer_.size() < kBufferBytes ? Status::OK() : Flush();
  }

  Status Flush() override {
    if (buffer_.empty()) {
      return Status::OK();
    }
    const sim::Result<void> appended = file_->Append(buffer_);
    buffer_.clear();
    return StatusOf(path_, appended);
  }

  Status Sync() override {
    const std::string_view directory = sim::DirectoryOf(path_);
    if (std::string_view(path_).substr(directory.size() + 1).starts_with("MANIFEST")) {
      if (const auto synced = disk_.SyncDirectory(directory); !synced) {
        return StatusOf(directory, synced);
      }
    }
    const Status flushed = Flush();
    return flushed.ok() ? StatusOf(path_, file_->Sync()) : flushed;
  }

  Status Close() override {
    const Status flushed = Flush();
    file_.reset();
    return flushed;
  }

 private:
  static constexpr size_t kBufferBytes = 65'536;

  sim::FileSystem& disk_;
  std::string path_;
  std::unique_ptr<sim::File> file_;
  std::string buffer_;
};

// A file that forgets.
class Dropped final : public leveldb::WritableFile {
 public:
  Status Append(const Slice&) override { return Status::OK(); }

  Status Flush() override { return Status::OK(); }

  Status Sync() override { return Status::OK(); }

  Status Close() override { return Status::OK(); }
};

struct Lock final : leveldb::FileLock {
  explicit Lock(std::unique_ptr<sim::File> locked) : file(std::move(locked)) {}

  std::unique_ptr<sim::File> file;
};

}  // namespace

LevelDbEnv::LevelDbEnv(sim::Environment& environment, sim::FileSystem& disk, Logs logs)
    : environment_(environment), disk_(disk.AtOnce()), logs_(logs) {}

LevelDbEnv::LevelDbEnv(sim::Environment& environment, sim::FileSystem& disk, Background background)
    : environment_(environment), disk_(disk), background_(std::move(background)) {}

// ---- Background work and time -------------------------------------------------------------------

void LevelDbEnv::Drain() {
  while (!waiting_.empty()) {
    const auto [function, argument] = waiting_.front();
    waiting_.pop_front();
    function(argument);
  }
}

void LevelDbEnv::DrainWrites() {
  if (std::exchange(filled_, false)) {
    Drain();
  }
}

void LevelDbEnv::Settle() {
  Drain();
  Pay();
}

void LevelDbEnv::Pay() {
  disk_.Settle();
  environment_.Sleep(std::exchange(owed_, sim::Duration(0)));
}

void LevelDbEnv::Schedule(void (*function)(void*), void* argument) {
  if (background_) {
    background_({function, argument});
  } else {
    waiting_.emplace_back(function, argument);
  }
}

void LevelDbEnv::StartThread(void (*function)(void*), void* argument) {
  Schedule(function, argument);
}

uint64_t LevelDbEnv::NowMicros() {
  return static_cast<uint64_t>(environment_.Now().time_since_epoch() /
                               std::chrono::microseconds(1));
}

void LevelDbEnv::SleepForMicroseconds(int micros) {
  if (background_) {
    environment_.Sleep(std::chrono::microseconds(micros));
  } else {
    owed_ += std::chrono::microseconds(micros);
  }
}

// ---- Files --------------------------------------------------------------------------------------

Status LevelDbEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) {
  auto opened = disk_.Open(path, sim::OpenMode::kRead);
  *file = opened ? new Sequential(path, std::move(*opened)) : nullptr;
  return StatusOf(path, opened);
}

Status LevelDbEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) {
  auto opened = disk_.Open(path, sim::OpenMode::kRead);
  *file = opened ? new RandomAccess(path, std::move(*opened)) : nullptr;
  return StatusOf(path, opened);
}

Status LevelDbEnv::NewWriter(const std::string& path, bool appends, leveldb::WritableFile** file) {
  *file = nullptr;
  if (logs_ == Logs::kDropped && path.ends_with(".log")) {
    filled_ = true;
    *file = new Dropped();
    return Status::OK();
  }
  auto opened = disk_.Open(path, sim::OpenMode::kCreate);
  if (!opened) {
    return StatusOf(path, opened);
  }
  if (!appends) {
    if (const auto cut = (*opened)->Truncate(0); !cut) {
      return StatusOf(path, cut);
    }
  }
  *file = new Writable(disk_, path, std::move(*opened));
  return Status::OK();
}

Status LevelDbEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  return NewWriter(path, false, file);
}

Status LevelDbEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** file) {
  return NewWriter(path, true, file);
}

bool LevelDbEnv::FileExists(const std::string& path) { return disk_.Size(path).has_value(); }

Status LevelDbEnv::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  names->clear();
  const auto entries = disk_.Entries(directory);
  if (entries) {
    std::ranges::transform(*entries, std::back_inserter(*names),
                           [](const sim::DirectoryEntry& entry) { return entry.name; });
  }
  return StatusOf(directory, entries);
}

void LevelDbEnv::Pin(const std::string& path) { ++pins_[path]; }

void LevelDbEnv::Unpin(const std::string& path) {
  const auto pin = pins_.find(path);
  sim::Check(pin != pins_.end(), "{} is not pinned", path);
  if (--pin->second > 0) {
    return;
  }
  pins_.erase(pin);
  if (doomed_.erase(path) > 0) {
    (void)disk_.Remove(path);  // what stays goes with the directory
  }
}

Status LevelDbEnv::RemoveFile(const std::string& path) {
  if (pins_.contains(path)) {
    doomed_.insert(path);
    return Status::OK();
  }
  return StatusOf(path, disk_.Remove(path));
}

Status LevelDbEnv::CreateDir(const std::string& directory) {
  return StatusOf(directory, disk_.MakeDirectory(directory));
}

Status LevelDbEnv::RemoveDir(const std::string& directory) {
  return StatusOf(directory, disk_.RemoveDirectory(directory));
}

Status LevelDbEnv::GetFileSize(const std::string& path, uint64_t* size) {
  const auto found = disk_.Size(path);
  *size = found.value_or(0);
  return StatusOf(path, found);
}

Status LevelDbEnv::RenameFile(const std::string& from, const std::string& to) {
  return StatusOf(from, disk_.Rename(from, to));
}

Status LevelDbEnv::LockFile(const std::string& path, leveldb::FileLock** lock) {
  *lock = nullptr;
  auto opened = disk_.Open(path, sim::OpenMode::kCreate);
  if (!opened) {
    return StatusOf(path, opened);
  }
  const auto locked = (*opened)->Lock();
  if (locked && !*locked) {
    return Status::IOError(path, "somebody else has locked it");
  }
  if (locked) {
    *lock = new Lock(std::move(*opened));
  }
  return StatusOf(path, locked);
}

Status LevelDbEnv::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return Status::OK();
}

Status LevelDbEnv::GetTestDirectory(std::string* path) {
  *path = "/test";
  return Status::OK();
}

// Its log of what it does is for people, and nobody reads it here.
Status LevelDbEnv::NewLogger(const std::string& path, leveldb::Logger** logger) {
  *logger = nullptr;
  return Status::NotSupported(path, "logs are not kept");
}

}  // namespace flinch::engine
