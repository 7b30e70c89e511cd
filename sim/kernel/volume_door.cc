#include "sim/kernel/volume_door.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "sim/kernel/disk_model.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

std::unexpected<Error> NoFile(std::string_view path) {
  return Fail(ErrorCode::kNotFound, fmt::format("There is no file {}.", path));
}

// Neither a lost request nor a lost reply nor an outage can be told from the others.
std::unexpected<Error> NoAnswer() {
  return Fail(ErrorCode::kUnavailable, "The volume does not answer.");
}

}  // namespace

class VolumeDoor::OpenFile final : public File {
 public:
  OpenFile(VolumeDoor& door, std::string path, Volume::Inode inode)
      : door_(door), path_(std::move(path)), inode_(inode) {}

  Result<void> Append(std::string_view bytes) override {
    const DiskRequest request{.operation = DiskOperation::kAppend,
                              .path = path_,
                              .bytes = static_cast<uint64_t>(bytes.size())};
    const Result<Effect> effect = door_.Admit(request);
    if (!effect) {
      return Fail(effect);
    }
    if (!door_.disk_.volume().Append(inode_, {}, door_.incarnation_.process)) {
      return Removed();
    }
    door_.WriteBytes(request, inode_, bytes);
    return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
  }

  Result<void> Sync() override {
    const Result<Effect> effect = door_.Admit({.operation = DiskOperation::kSync, .path = path_});
    Volume& volume = door_.disk_.volume();
    if (!effect) {
      if (effect.error().code == ErrorCode::kIo &&
          door_.disk_.options().failed_sync == FailedSync::kMarkedClean) {
        volume.MarkClean(inode_);
      }
      return Fail(effect);
    }
    if (*effect == Effect::kPretended) {
      return {};
    }
    if (!volume.Sync(inode_)) {
      return Removed();
    }
    return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
  }

 private:
  Result<void> Removed() const { return Fail(ErrorCode::kNotFound, path_ + " has been removed."); }

  VolumeDoor& door_;
  std::string path_;
  Volume::Inode inode_;
};

Result<VolumeDoor::Effect> VolumeDoor::Admit(const DiskRequest& request) {
  if (incarnation_.alive) {
    disk_.Spend(incarnation_, request);
  }
  if (!incarnation_.alive) {
    return Fail(ErrorCode::kUnavailable, "The process is dead.");
  }
  kernel_.Record(Step::kDisk, incarnation_.process,
                 static_cast<uint64_t>(request.operation) << 56 | request.bytes,
                 XXH3_64bits(request.path.data(), request.path.size()));
  const std::optional<DiskFault> fault = disk_.faults().Judge(request, disk_.volume().used_bytes());
  if (!fault) {
    return Effect::kHappens;
  }
  disk_.Note(*fault, incarnation_, request);
  switch (*fault) {
    case DiskFault::kReplyLost:
      return Effect::kUnanswered;
    case DiskFault::kLyingSync:
      return Effect::kPretended;
    case DiskFault::kOutage:
    case DiskFault::kRequestLost:
      return NoAnswer();
    case DiskFault::kFull:
      return Fail(ErrorCode::kIo, fmt::format("The disk has no room for {}.", request.path));
    case DiskFault::kFreeze:
      kernel_.Doom(incarnation_);
      kernel_.Yield();
      Unreachable("a process lives on after its disk froze");
    default:
      return Fail(ErrorCode::kIo, fmt::format("The disk failed at {}.", request.path));
  }
}

void VolumeDoor::HideNewName(const DiskRequest& request) {
  if (const auto delay = disk_.faults().DrawListingDelay(request)) {
    disk_.Note(DiskFault::kLateListing, incarnation_, request);
    disk_.volume().HideFromLists(request.path, Later(kernel_.now(), *delay));
  }
}

Volume::Inode VolumeDoor::CreateName(const DiskRequest& request) {
  const bool is_new = disk_.volume().Find(request.path) == 0;
  const Volume::Inode inode = disk_.volume().Create(request.path, incarnation_.process);
  if (is_new) {
    HideNewName(request);
  }
  return inode;
}

void VolumeDoor::WriteBytes(const DiskRequest& request, Volume::Inode file,
                            std::string_view bytes) {
  Volume& volume = disk_.volume();
  if (!disk_.faults().DrawMisdirection(request)) {
    volume.Append(file, bytes, incarnation_.process);
    return;
  }
  disk_.Note(DiskFault::kMisdirectedWrite, incarnation_, request);
  const VolumeFaults::Target target = disk_.faults().DrawTarget(volume);
  if (target.file != 0) {
    volume.Overwrite(target.file, target.offset, bytes);
  }
  volume.Append(file, Bytes(bytes.size(), '\0'), incarnation_.process);
}

Result<std::unique_ptr<File>> VolumeDoor::OpenForAppend(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kOpen, .path = path};
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  Volume::Inode inode = disk_.volume().Find(path);
  if (inode == 0) {
    inode = CreateName(request);
  }
  if (*effect == Effect::kUnanswered) {
    return NoAnswer();
  }
  return std::make_unique<OpenFile>(*this, std::string(path), inode);
}

Result<std::unique_ptr<File>> VolumeDoor::Create(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kCreate, .path = path};
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  const Volume::Inode inode = CreateName(request);
  if (*effect == Effect::kUnanswered) {
    return NoAnswer();
  }
  return std::make_unique<OpenFile>(*this, std::string(path), inode);
}

Result<Bytes> VolumeDoor::ReadRange(const DiskRequest& request, ByteRange range) {
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  Volume& volume = disk_.volume();
  const Volume::Inode file = volume.Find(request.path);
  const Bytes* content = volume.Content(file);
  if (content == nullptr) {
    return NoFile(request.path);
  }
  const uint64_t start = std::min<uint64_t>(range.offset, content->size());
  const uint64_t size = std::min<uint64_t>(range.size, content->size() - start);
  const uint64_t durable = std::max(volume.DurableBytes(file), start) - start;
  const std::optional<uint64_t> rot =
      disk_.faults().DrawRot(request, {.offset = start, .size = std::min(durable, size)});
  if (rot) {
    disk_.Note(DiskFault::kBitRot, incarnation_, request);
    volume.FlipBit(file, *rot);
  }
  return content->substr(start, size);
}

Result<Bytes> VolumeDoor::Read(std::string_view path) {
  return ReadRange({.operation = DiskOperation::kRead, .path = path},
                   {.offset = 0, .size = kUnlimited});
}

Result<Bytes> VolumeDoor::ReadAt(std::string_view path, ByteRange range) {
  return ReadRange({.operation = DiskOperation::kReadAt, .path = path}, range);
}

Result<uint64_t> VolumeDoor::Size(std::string_view path) {
  if (const auto effect = Admit({.operation = DiskOperation::kSize, .path = path}); !effect) {
    return Fail(effect);
  }
  const Bytes* content = disk_.volume().Content(disk_.volume().Find(path));
  if (content == nullptr) {
    return NoFile(path);
  }
  return content->size();
}

Result<void> VolumeDoor::Rename(std::string_view from, std::string_view to) {
  const DiskRequest request{.operation = DiskOperation::kRename, .path = to, .other_path = from};
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  const bool is_new = disk_.volume().Find(to) == 0;
  if (!disk_.volume().Rename(from, to, incarnation_.process)) {
    return NoFile(from);
  }
  if (is_new) {
    HideNewName(request);
  }
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::Remove(std::string_view path) {
  const Result<Effect> effect = Admit({.operation = DiskOperation::kRemove, .path = path});
  if (!effect) {
    return Fail(effect);
  }
  if (!disk_.volume().Remove(path, incarnation_.process)) {
    return NoFile(path);
  }
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::SyncDirectory(std::string_view directory) {
  const auto effect = Admit({.operation = DiskOperation::kSyncNames, .path = directory});
  if (!effect) {
    return Fail(effect);
  }
  if (*effect != Effect::kPretended) {
    disk_.volume().SyncDirectory(directory);
  }
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<std::vector<std::string>> VolumeDoor::List(std::string_view directory) {
  const DiskRequest request{.operation = DiskOperation::kList, .path = directory};
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  const bool is_late = disk_.condition().listing_delay_max > Duration(0);
  return disk_.volume().List(directory, is_late ? kernel_.now() : kForever);
}

Result<bool> VolumeDoor::PutIfAbsent(std::string_view path, std::string_view bytes) {
  const DiskRequest request{
      .operation = DiskOperation::kPut, .path = path, .bytes = static_cast<uint64_t>(bytes.size())};
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  const bool is_new = disk_.volume().Find(path) == 0;
  if (is_new) {
    const Volume::Inode file = CreateName(request);
    WriteBytes(request, file, bytes);
    if (*effect != Effect::kPretended) {
      disk_.volume().Sync(file);
      disk_.volume().SyncName(path);
    }
  }
  if (*effect == Effect::kUnanswered) {
    return NoAnswer();
  }
  return is_new;
}

}  // namespace flinch::sim
