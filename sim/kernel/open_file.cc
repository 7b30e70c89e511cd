#include "sim/kernel/open_file.h"

#include <utility>

#include <fmt/format.h>

#include "sim/kernel/disk_model.h"
#include "sim/kernel/kernel.h"

namespace flinch::sim {

VolumeDoor::OpenFile::OpenFile(VolumeDoor& door, std::string path, Volume::Inode file,
                               OpenMode mode)
    : door_(door),
      path_(std::move(path)),
      file_(file),
      handle_(door.disk_.volume().Open(file, door.incarnation_.process)),
      mode_(mode) {}

VolumeDoor::OpenFile::~OpenFile() {
  if (door_.is_alive()) {  // else its crash or its end has closed it
    door_.disk_.volume().Close(handle_);
  }
}

DiskRequest VolumeDoor::OpenFile::RequestOf(DiskOperation operation) const {
  return {.operation = operation, .path = path_, .file = file_};
}

uint64_t VolumeDoor::OpenFile::size() const { return door_.disk_.volume().Content(file_)->size(); }

Result<VolumeDoor::Effect> VolumeDoor::OpenFile::AdmitWrite(const DiskRequest& request,
                                                            uint64_t end) {
  if (mode_ == OpenMode::kRead) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} was opened to be read: open it to be written.", path_));
  }
  if (end > kFileBytesMax) {
    return Fail(ErrorCode::kNoSpace, fmt::format("{} would have {} bytes: a file has at most {}.",
                                                 path_, end, kFileBytesMax));
  }
  return door_.Admit(request);
}

// ---- Writing ------------------------------------------------------------------------------------

Result<void> VolumeDoor::OpenFile::Write(const DiskRequest& request) {
  const bool appends = request.operation == DiskOperation::kAppend;
  const uint64_t offset = !door_.is_alive() ? 0 : appends ? size() : request.range.offset;
  const uint64_t end = offset > kFileBytesMax ? offset : offset + request.bytes;
  const Result<Effect> effect = AdmitWrite(request, end);
  if (!effect) {
    return Fail(effect);
  }
  // It may have grown while this one waited.
  door_.WriteBytes(request, file_, appends ? size() : offset);
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::OpenFile::Append(std::string_view bytes) {
  DiskRequest request = RequestOf(DiskOperation::kAppend);
  request.bytes = bytes.size();
  request.content = bytes;
  return door_.Recorded(request, Write(request));
}

Result<void> VolumeDoor::OpenFile::WriteAt(uint64_t offset, std::string_view bytes) {
  DiskRequest request = RequestOf(DiskOperation::kWriteAt);
  request.bytes = bytes.size();
  request.content = bytes;
  request.range.offset = offset;
  return door_.Recorded(request, Write(request));
}

Result<void> VolumeDoor::OpenFile::Cut(const DiskRequest& request) {
  const Result<Effect> effect = AdmitWrite(request, request.range.offset);
  if (!effect) {
    return Fail(effect);
  }
  door_.disk_.volume().Truncate(file_, request.range.offset, door_.incarnation_.process);
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::OpenFile::Truncate(uint64_t size) {
  DiskRequest request = RequestOf(DiskOperation::kTruncate);
  request.range.offset = size;
  return door_.Recorded(request, Cut(request));
}

Result<void> VolumeDoor::OpenFile::SyncBytes(const DiskRequest& request) {
  const Result<Effect> effect = door_.Admit(request);
  if (!effect) {
    if (door_.is_alive() && !door_.incarnation_.doomed && effect.error().code == ErrorCode::kIo &&
        door_.disk_.options().failed_sync == FailedSync::kMarkedClean) {
      door_.disk_.volume().MarkClean(file_);
    }
    return Fail(effect);
  }
  if (*effect == Effect::kPretended) {
    return {};
  }
  door_.disk_.volume().Sync(file_);
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::OpenFile::Sync() {
  const DiskRequest request = RequestOf(DiskOperation::kSync);
  return door_.Recorded(request, SyncBytes(request));
}

// ---- Reading ------------------------------------------------------------------------------------

Result<Bytes> VolumeDoor::OpenFile::ReadAt(ByteRange range) {
  DiskRequest request = RequestOf(DiskOperation::kReadAt);
  request.range = range;
  return door_.Recorded(request, door_.ReadRange(request));
}

Result<uint64_t> VolumeDoor::OpenFile::Size() {
  const DiskRequest request = RequestOf(DiskOperation::kSize);
  return door_.Recorded(request, door_.SizeOf(request));
}

// ---- Locks --------------------------------------------------------------------------------------

Result<bool> VolumeDoor::OpenFile::TakeLock(const DiskRequest& request, LockKind kind) {
  if (const Result<Effect> effect = door_.Admit(request); !effect) {
    return Fail(effect);
  }
  return door_.disk_.volume().Lock(handle_, kind);
}

Result<bool> VolumeDoor::OpenFile::Lock(LockKind kind) {
  const DiskRequest request = RequestOf(kind == LockKind::kShared ? DiskOperation::kLockShared
                                                                  : DiskOperation::kLockExclusive);
  return door_.Recorded(request, TakeLock(request, kind));
}

Result<void> VolumeDoor::OpenFile::GiveLock(const DiskRequest& request) {
  if (const Result<Effect> effect = door_.Admit(request); !effect) {
    return Fail(effect);
  }
  door_.disk_.volume().Unlock(handle_);
  return {};
}

Result<void> VolumeDoor::OpenFile::Unlock() {
  const DiskRequest request = RequestOf(DiskOperation::kUnlock);
  return door_.Recorded(request, GiveLock(request));
}

}  // namespace flinch::sim
