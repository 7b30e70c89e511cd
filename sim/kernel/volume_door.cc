#include "sim/kernel/volume_door.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/kernel/disk_model.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/open_file.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {
namespace {

std::unexpected<Error> NoFile(std::string_view path) {
  return Fail(ErrorCode::kNotFound, fmt::format("There is no file {}.", path));
}

std::unexpected<Error> NoPath(std::string_view path) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\" is no path: it must be absolute, without empty parts, \".\" and "
                          "\"..\".",
                          path));
}

bool IsFilePath(std::string_view path) {
  if (!path.starts_with('/')) {
    return false;
  }
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") {
      return false;
    }
    path.remove_prefix(part.size());
  }
  return true;
}

bool IsDirectoryPath(std::string_view path) {
  const std::string_view bare = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  return bare.empty() || IsFilePath(bare);
}

bool MakesName(DiskOperation operation) {
  return operation == DiskOperation::kOpen || operation == DiskOperation::kCreate ||
         operation == DiskOperation::kOpenNew || operation == DiskOperation::kRename ||
         operation == DiskOperation::kPut;
}

}  // namespace

std::unexpected<Error> NoAnswer() {
  return Fail(ErrorCode::kUnavailable, "The volume does not answer.");
}

struct VolumeDoor::AtOnceSide {
  AtOnceSide(Kernel& kernel, Incarnation& incarnation, DiskModel& disk)
      : door(kernel, incarnation, disk) {
    door.owing_ = this;
  }

  VolumeDoor door;
  DiskModel::Debt debt;
};

VolumeDoor::VolumeDoor(Kernel& kernel, Incarnation& incarnation, DiskModel& disk)
    : kernel_(kernel), incarnation_(incarnation), disk_(disk) {}

VolumeDoor::~VolumeDoor() = default;

bool VolumeDoor::is_alive() const { return incarnation_.alive; }

FileSystem& VolumeDoor::AtOnce() {
  if (owing_ != nullptr) {
    return *this;
  }
  if (at_once_ == nullptr) {
    at_once_ = std::make_unique<AtOnceSide>(kernel_, incarnation_, disk_);
  }
  return at_once_->door;
}

void VolumeDoor::Settle() {
  AtOnceSide* const side = owing_ != nullptr ? owing_ : at_once_.get();
  if (side == nullptr) {
    kernel_.Yield();
  } else if (incarnation_.alive) {
    disk_.Pay(incarnation_, side->debt);
  }
}

// ---- Whether it may happen ----------------------------------------------------------------------

Result<void> VolumeDoor::CheckPaths(const DiskRequest& request) const {
  const DiskOperation operation = request.operation;
  const bool of_directory = operation == DiskOperation::kSyncNames ||
                            operation == DiskOperation::kList ||
                            operation == DiskOperation::kEntries;
  if (!(of_directory ? IsDirectoryPath(request.path) : IsFilePath(request.path))) {
    return NoPath(request.path);
  }
  if (operation == DiskOperation::kRename && !IsFilePath(request.other_path)) {
    return NoPath(request.other_path);
  }
  return {};
}

uint64_t VolumeDoor::GrowthOf(const DiskRequest& request) const {
  if (request.file == 0) {
    return request.bytes;
  }
  const uint64_t size = disk_.volume().Content(request.file)->size();
  const uint64_t end = request.operation == DiskOperation::kAppend
                           ? size + request.bytes
                           : request.range.offset + request.bytes;
  return Changes(request.operation) && end > size ? end - size : 0;
}

Result<void> VolumeDoor::PassTime(const DiskRequest& request) {
  if (owing_ != nullptr && incarnation_.alive && incarnation_.doomed) {
    return Fail(ErrorCode::kIo, "The disk is frozen.");
  }
  if (incarnation_.alive) {
    if (owing_ != nullptr) {
      disk_.Owe(incarnation_, request, owing_->debt);
    } else {
      disk_.Spend(incarnation_, request);
    }
  }
  if (!incarnation_.alive) {
    return Fail(ErrorCode::kUnavailable, "The process is dead.");
  }
  return {};
}

Result<VolumeDoor::Effect> VolumeDoor::Admit(const DiskRequest& request) {
  if (const Result<void> valid = CheckPaths(request); !valid) {
    return Fail(valid);
  }
  if (const Result<void> passed = PassTime(request); !passed) {
    return Fail(passed);
  }
  if (MakesName(request.operation) && !disk_.volume().HasRoomFor(request.path)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a directory, or below a file.", request.path));
  }
  std::optional<DiskFault> fault = DiskFault::kFreeze;
  if (!disk_.CountsToDeath(request)) {
    DiskRequest grown = request;
    grown.grows = GrowthOf(request);
    fault = disk_.faults().Judge(grown, disk_.volume().used_bytes());
  }
  return fault ? Strike(request, *fault) : Effect::kHappens;
}

Result<VolumeDoor::Effect> VolumeDoor::Strike(const DiskRequest& request, DiskFault fault) {
  disk_.Note(fault, incarnation_, request);
  switch (fault) {
    case DiskFault::kReplyLost:
      return Effect::kUnanswered;
    case DiskFault::kLyingSync:
      return Effect::kPretended;
    case DiskFault::kOutage:
    case DiskFault::kRequestLost:
      return NoAnswer();
    case DiskFault::kFull:
      return Fail(ErrorCode::kNoSpace, fmt::format("The disk has no room for {}.", request.path));
    case DiskFault::kFreeze:
      kernel_.Doom(incarnation_);
      if (owing_ != nullptr) {
        return Fail(ErrorCode::kIo, "The disk is frozen.");
      }
      kernel_.Yield();
      Unreachable("a process lives on after its disk froze");
    default:
      return Fail(ErrorCode::kIo, fmt::format("The disk failed at {}.", request.path));
  }
}

void VolumeDoor::Record(const DiskRequest& request, uint64_t code, uint64_t content) {
  kernel_.Record(Step::kDisk, incarnation_.process,
                 static_cast<uint64_t>(request.operation) << 56 | code << 48 | request.bytes,
                 content);
}

// ---- Files --------------------------------------------------------------------------------------

void VolumeDoor::HideNewName(const DiskRequest& request) {
  if (const auto delay = disk_.faults().DrawListingDelay(request)) {
    disk_.Note(DiskFault::kLateListing, incarnation_, request,
               static_cast<uint64_t>(delay->count()));
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

void VolumeDoor::WriteBytes(const DiskRequest& request, Volume::Inode file, uint64_t offset) {
  Volume& volume = disk_.volume();
  if (!disk_.faults().DrawMisdirection(request)) {
    volume.Write(file, offset, request.content, incarnation_.process);
    return;
  }
  const VolumeFaults::Target target = disk_.faults().DrawTarget(volume);
  disk_.Note(DiskFault::kMisdirectedWrite, incarnation_, request,
             target.file << 32 ^ target.offset);
  if (target.file != 0) {
    volume.Overwrite(target.file, target.offset, request.content);
  }
  const uint64_t size = volume.Content(file)->size();
  volume.Truncate(file, std::max<uint64_t>(size, offset + request.content.size()),
                  incarnation_.process);
}

Result<std::unique_ptr<File>> VolumeDoor::OpenAs(const DiskRequest& request, OpenMode mode) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  Volume::Inode file =
      request.operation == DiskOperation::kCreate ? 0 : disk_.volume().Find(request.path);
  if (file == 0 && request.operation == DiskOperation::kOpenOld) {
    return NoFile(request.path);
  }
  if (file != 0 && mode == OpenMode::kCreateUnique) {
    return Fail(ErrorCode::kExists, fmt::format("There is a file {} already.", request.path));
  }
  if (file == 0) {
    file = CreateName(request);
  }
  if (*effect == Effect::kUnanswered) {
    return NoAnswer();
  }
  return std::make_unique<OpenFile>(*this, std::string(request.path), file, mode);
}

Result<std::unique_ptr<File>> VolumeDoor::Open(std::string_view path, OpenMode mode) {
  const bool is_old = mode == OpenMode::kRead || mode == OpenMode::kWrite;
  const DiskRequest request{.operation = is_old                            ? DiskOperation::kOpenOld
                                         : mode == OpenMode::kCreateUnique ? DiskOperation::kOpenNew
                                                                           : DiskOperation::kOpen,
                            .path = path};
  return Recorded(request, OpenAs(request, mode));
}

Result<std::unique_ptr<File>> VolumeDoor::OpenForAppend(std::string_view path) {
  return Open(path, OpenMode::kCreate);
}

Result<std::unique_ptr<File>> VolumeDoor::Create(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kCreate, .path = path};
  return Recorded(request, OpenAs(request, OpenMode::kWrite));
}

Volume::Inode VolumeDoor::FileOf(const DiskRequest& request) const {
  return request.file != 0 ? request.file : disk_.volume().Find(request.path);
}

Result<Bytes> VolumeDoor::ReadRange(const DiskRequest& request) {
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  Volume& volume = disk_.volume();
  const Volume::Inode file = FileOf(request);
  const Bytes* content = volume.Content(file);
  if (content == nullptr) {
    return NoFile(request.path);
  }
  const uint64_t start = std::min<uint64_t>(request.range.offset, content->size());
  const uint64_t size = std::min<uint64_t>(request.range.size, content->size() - start);
  if (disk_.faults().CanRot(request)) {
    const std::optional<uint64_t> rot =
        disk_.faults().DrawRot(request, volume.DurableParts(file, {.offset = start, .size = size}));
    if (rot) {
      disk_.Note(DiskFault::kBitRot, incarnation_, request, *rot);
      volume.FlipBit(file, *rot);
    }
  }
  return content->substr(start, size);
}

Result<Bytes> VolumeDoor::Read(std::string_view path) {
  const DiskRequest request{
      .operation = DiskOperation::kRead, .path = path, .range = {.offset = 0, .size = kUnlimited}};
  return Recorded(request, ReadRange(request));
}

Result<Bytes> VolumeDoor::ReadAt(std::string_view path, ByteRange range) {
  const DiskRequest request{.operation = DiskOperation::kReadAt, .path = path, .range = range};
  return Recorded(request, ReadRange(request));
}

Result<uint64_t> VolumeDoor::SizeOf(const DiskRequest& request) {
  if (const auto effect = Admit(request); !effect) {
    return Fail(effect);
  }
  const Bytes* content = disk_.volume().Content(FileOf(request));
  if (content == nullptr) {
    return NoFile(request.path);
  }
  return content->size();
}

Result<uint64_t> VolumeDoor::Size(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kSize, .path = path};
  return Recorded(request, SizeOf(request));
}

// ---- Names --------------------------------------------------------------------------------------

Result<void> VolumeDoor::RenameFile(const DiskRequest& request) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  const bool is_new = disk_.volume().Find(request.path) == 0;
  if (!disk_.volume().Rename(request.other_path, request.path, incarnation_.process)) {
    return NoFile(request.other_path);
  }
  if (is_new) {
    HideNewName(request);
  }
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::Rename(std::string_view from, std::string_view to) {
  const DiskRequest request{.operation = DiskOperation::kRename, .path = to, .other_path = from};
  return Recorded(request, RenameFile(request));
}

Result<void> VolumeDoor::RemoveFile(const DiskRequest& request) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  if (!disk_.volume().Remove(request.path, incarnation_.process)) {
    return NoFile(request.path);
  }
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::Remove(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kRemove, .path = path};
  return Recorded(request, RemoveFile(request));
}

Result<void> VolumeDoor::SyncNames(const DiskRequest& request) {
  const auto effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  if (*effect != Effect::kPretended) {
    disk_.volume().SyncDirectory(request.path);
  }
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::SyncDirectory(std::string_view directory) {
  const DiskRequest request{.operation = DiskOperation::kSyncNames, .path = directory};
  return Recorded(request, SyncNames(request));
}

SimTime VolumeDoor::ListsAsOf() const {
  return disk_.condition().listing_delay_max > Duration(0) ? kernel_.now() : kForever;
}

Result<std::vector<std::string>> VolumeDoor::ListFiles(const DiskRequest& request) {
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  return disk_.volume().List(request.path, ListsAsOf());
}

Result<std::vector<std::string>> VolumeDoor::List(std::string_view directory) {
  const DiskRequest request{.operation = DiskOperation::kList, .path = directory};
  return Recorded(request, ListFiles(request));
}

Result<bool> VolumeDoor::Put(const DiskRequest& request) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  const bool is_new = disk_.volume().Find(request.path) == 0;
  if (is_new) {
    const Volume::Inode file = CreateName(request);
    WriteBytes(request, file, 0);
    if (*effect != Effect::kPretended) {
      disk_.volume().Sync(file);
      disk_.volume().SyncName(request.path);
    }
  }
  if (*effect == Effect::kUnanswered) {
    return NoAnswer();
  }
  return is_new;
}

Result<bool> VolumeDoor::PutIfAbsent(std::string_view path, std::string_view bytes) {
  const DiskRequest request{.operation = DiskOperation::kPut,
                            .path = path,
                            .bytes = static_cast<uint64_t>(bytes.size()),
                            .content = bytes};
  return Recorded(request, Put(request));
}

// ---- Directories --------------------------------------------------------------------------------

Result<void> VolumeDoor::MakeEmpty(const DiskRequest& request) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  Volume& volume = disk_.volume();
  if (volume.Find(request.path) != 0 || volume.IsDirectory(request.path)) {
    return Fail(ErrorCode::kExists, fmt::format("There is something at {}.", request.path));
  }
  if (!volume.HasRoomFor(request.path)) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{} is below a file.", request.path));
  }
  volume.MakeDirectory(request.path, incarnation_.process);
  HideNewName(request);
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::MakeDirectory(std::string_view directory) {
  const DiskRequest request{.operation = DiskOperation::kMakeDirectory, .path = directory};
  return Recorded(request, MakeEmpty(request));
}

Result<void> VolumeDoor::RemoveEmpty(const DiskRequest& request) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  Volume& volume = disk_.volume();
  if (!volume.IsDirectory(request.path)) {
    return Fail(ErrorCode::kNotFound, fmt::format("There is no directory {}.", request.path));
  }
  if (!volume.IsEmpty(request.path)) {
    return Fail(ErrorCode::kExists, fmt::format("There is something in {}.", request.path));
  }
  volume.RemoveDirectory(request.path, incarnation_.process);
  return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
}

Result<void> VolumeDoor::RemoveDirectory(std::string_view directory) {
  const DiskRequest request{.operation = DiskOperation::kRemoveDirectory, .path = directory};
  return Recorded(request, RemoveEmpty(request));
}

Result<std::vector<DirectoryEntry>> VolumeDoor::ListEntries(const DiskRequest& request) {
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  const Volume& volume = disk_.volume();
  if (!volume.IsDirectory(request.path)) {
    return Fail(ErrorCode::kNotFound, fmt::format("There is no directory {}.", request.path));
  }
  return volume.Entries(request.path, ListsAsOf());
}

Result<std::vector<DirectoryEntry>> VolumeDoor::Entries(std::string_view directory) {
  const DiskRequest request{.operation = DiskOperation::kEntries, .path = directory};
  return Recorded(request, ListEntries(request));
}

}  // namespace flinch::sim
