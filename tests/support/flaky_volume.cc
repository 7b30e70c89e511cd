#include "tests/support/flaky_volume.h"

namespace flinch::tests {
namespace {

std::unexpected<sim::Error> Unavailable() {
  return sim::Fail(sim::ErrorCode::kUnavailable, "The volume does not answer.");
}

}  // namespace

bool FlakyVolume::Fails() {
  if (failures_ == 0) {
    return false;
  }
  if (spared_ > 0) {
    --spared_;
    return false;
  }
  --failures_;
  return true;
}

sim::Result<std::unique_ptr<sim::File>> FlakyVolume::Open(std::string_view path,
                                                          sim::OpenMode mode) {
  return volume_->Open(path, mode);
}

sim::Result<std::unique_ptr<sim::File>> FlakyVolume::OpenForAppend(std::string_view path) {
  return volume_->OpenForAppend(path);
}

sim::Result<std::unique_ptr<sim::File>> FlakyVolume::Create(std::string_view path) {
  if (!Fails()) {
    return volume_->Create(path);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->Create(path);
  }
  return Unavailable();
}

sim::Result<sim::Bytes> FlakyVolume::Read(std::string_view path) { return volume_->Read(path); }

sim::Result<sim::Bytes> FlakyVolume::ReadAt(std::string_view path, sim::ByteRange range) {
  return volume_->ReadAt(path, range);
}

sim::Result<uint64_t> FlakyVolume::Size(std::string_view path) { return volume_->Size(path); }

sim::Result<void> FlakyVolume::Rename(std::string_view from, std::string_view to) {
  if (!Fails()) {
    return volume_->Rename(from, to);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->Rename(from, to);
  }
  return Unavailable();
}

sim::Result<void> FlakyVolume::Remove(std::string_view path) {
  if (!Fails()) {
    return volume_->Remove(path);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->Remove(path);
  }
  return Unavailable();
}

sim::Result<void> FlakyVolume::SyncDirectory(std::string_view directory) {
  if (!Fails()) {
    return volume_->SyncDirectory(directory);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->SyncDirectory(directory);
  }
  return Unavailable();
}

sim::Result<std::vector<std::string>> FlakyVolume::List(std::string_view directory) {
  return volume_->List(directory);
}

sim::Result<bool> FlakyVolume::PutIfAbsent(std::string_view path, std::string_view bytes) {
  if (!Fails()) {
    return volume_->PutIfAbsent(path, bytes);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->PutIfAbsent(path, bytes);
  }
  return Unavailable();
}

sim::Result<void> FlakyVolume::MakeDirectory(std::string_view directory) {
  if (!Fails()) {
    return volume_->MakeDirectory(directory);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->MakeDirectory(directory);
  }
  return Unavailable();
}

sim::Result<void> FlakyVolume::RemoveDirectory(std::string_view directory) {
  if (!Fails()) {
    return volume_->RemoveDirectory(directory);
  }
  if (outcome_ == Outcome::kDoneUnanswered) {
    (void)volume_->RemoveDirectory(directory);
  }
  return Unavailable();
}

sim::Result<std::vector<sim::DirectoryEntry>> FlakyVolume::Entries(std::string_view directory) {
  return volume_->Entries(directory);
}

}  // namespace flinch::tests
