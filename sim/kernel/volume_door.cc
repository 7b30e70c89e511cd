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
         operation == DiskOperation::kRename || operation == DiskOperation::kPut;
}

// ---- What a digest knows of an operation --------------------------------------------------------

uint64_t Hash(uint64_t before, std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), before);
}

uint64_t Hash(uint64_t before, uint64_t number) {
  return XXH3_64bits_withSeed(&number, sizeof number, before);
}

uint64_t Hash(uint64_t before, const std::vector<std::string>& names) {
  uint64_t hash = Hash(before, names.size());
  for (const std::string& name : names) {
    hash = Hash(hash, name);
  }
  return hash;
}

// Its path says all of a file.
uint64_t Hash(uint64_t before, const std::unique_ptr<File>&) { return before; }

uint64_t HashOf(const DiskRequest& request) {
  uint64_t hash = Hash(0, request.path);
  hash = Hash(hash, request.other_path);
  hash = Hash(hash, request.content);
  hash = Hash(hash, request.range.offset);
  return Hash(hash, request.range.size);
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
                              .bytes = static_cast<uint64_t>(bytes.size()),
                              .content = bytes};
    return door_.Recorded(request, Write(request));
  }

  Result<void> Sync() override {
    const DiskRequest request{.operation = DiskOperation::kSync, .path = path_};
    return door_.Recorded(request, SyncBytes(request));
  }

 private:
  Result<void> Removed() const { return Fail(ErrorCode::kNotFound, path_ + " has been removed."); }

  Result<void> Write(const DiskRequest& request) {
    const Result<Effect> effect = door_.Admit(request);
    if (!effect) {
      return Fail(effect);
    }
    if (!door_.disk_.volume().Append(inode_, {}, door_.incarnation_.process)) {
      return Removed();
    }
    door_.WriteBytes(request, inode_);
    return *effect == Effect::kUnanswered ? NoAnswer() : Result<void>();
  }

  Result<void> SyncBytes(const DiskRequest& request) {
    const Result<Effect> effect = door_.Admit(request);
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

  VolumeDoor& door_;
  std::string path_;
  Volume::Inode inode_;
};

Result<void> VolumeDoor::CheckPaths(const DiskRequest& request) const {
  const bool of_directory =
      request.operation == DiskOperation::kSyncNames || request.operation == DiskOperation::kList;
  if (!(of_directory ? IsDirectoryPath(request.path) : IsFilePath(request.path))) {
    return NoPath(request.path);
  }
  if (request.operation == DiskOperation::kRename && !IsFilePath(request.other_path)) {
    return NoPath(request.other_path);
  }
  return {};
}

Result<VolumeDoor::Effect> VolumeDoor::Admit(const DiskRequest& request) {
  if (const Result<void> valid = CheckPaths(request); !valid) {
    return Fail(valid);
  }
  if (incarnation_.alive) {
    disk_.Spend(incarnation_, request);
  }
  if (!incarnation_.alive) {
    return Fail(ErrorCode::kUnavailable, "The process is dead.");
  }
  if (MakesName(request.operation) && !disk_.volume().HasRoomFor(request.path)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a directory, or below a file.", request.path));
  }
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
      return Fail(ErrorCode::kNoSpace, fmt::format("The disk has no room for {}.", request.path));
    case DiskFault::kFreeze:
      kernel_.Doom(incarnation_);
      kernel_.Yield();
      Unreachable("a process lives on after its disk froze");
    default:
      return Fail(ErrorCode::kIo, fmt::format("The disk failed at {}.", request.path));
  }
}

template <typename T>
Result<T> VolumeDoor::Recorded(const DiskRequest& request, Result<T> answer) {
  if (!incarnation_.alive) {
    return answer;
  }
  uint64_t code = 0;
  uint64_t content = HashOf(request);
  if (!answer) {
    code = uint64_t{std::to_underlying(answer.error().code)} + 1;
  } else if constexpr (!std::is_void_v<T>) {
    content = Hash(content, *answer);
  }
  kernel_.Record(Step::kDisk, incarnation_.process,
                 static_cast<uint64_t>(request.operation) << 56 | code << 48 | request.bytes,
                 content);
  return answer;
}

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

void VolumeDoor::WriteBytes(const DiskRequest& request, Volume::Inode file) {
  Volume& volume = disk_.volume();
  if (!disk_.faults().DrawMisdirection(request)) {
    volume.Append(file, request.content, incarnation_.process);
    return;
  }
  const VolumeFaults::Target target = disk_.faults().DrawTarget(volume);
  disk_.Note(DiskFault::kMisdirectedWrite, incarnation_, request,
             target.file << 32 ^ target.offset);
  if (target.file != 0) {
    volume.Overwrite(target.file, target.offset, request.content);
  }
  volume.Append(file, Bytes(request.content.size(), '\0'), incarnation_.process);
}

Result<std::unique_ptr<File>> VolumeDoor::Open(const DiskRequest& request) {
  const Result<Effect> effect = Admit(request);
  if (!effect) {
    return Fail(effect);
  }
  Volume::Inode inode =
      request.operation == DiskOperation::kOpen ? disk_.volume().Find(request.path) : 0;
  if (inode == 0) {
    inode = CreateName(request);
  }
  if (*effect == Effect::kUnanswered) {
    return NoAnswer();
  }
  return std::make_unique<OpenFile>(*this, std::string(request.path), inode);
}

Result<std::unique_ptr<File>> VolumeDoor::OpenForAppend(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kOpen, .path = path};
  return Recorded(request, Open(request));
}

Result<std::unique_ptr<File>> VolumeDoor::Create(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kCreate, .path = path};
  return Recorded(request, Open(request));
}

Result<Bytes> VolumeDoor::ReadRange(const DiskRequest& request) {
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  Volume& volume = disk_.volume();
  const Volume::Inode file = volume.Find(request.path);
  const Bytes* content = volume.Content(file);
  if (content == nullptr) {
    return NoFile(request.path);
  }
  const ByteRange range = request.range;
  const uint64_t start = std::min<uint64_t>(range.offset, content->size());
  const uint64_t size = std::min<uint64_t>(range.size, content->size() - start);
  const uint64_t durable = std::max(volume.DurableBytes(file), start) - start;
  const std::optional<uint64_t> rot =
      disk_.faults().DrawRot(request, {.offset = start, .size = std::min(durable, size)});
  if (rot) {
    disk_.Note(DiskFault::kBitRot, incarnation_, request, *rot);
    volume.FlipBit(file, *rot);
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
  const Bytes* content = disk_.volume().Content(disk_.volume().Find(request.path));
  if (content == nullptr) {
    return NoFile(request.path);
  }
  return content->size();
}

Result<uint64_t> VolumeDoor::Size(std::string_view path) {
  const DiskRequest request{.operation = DiskOperation::kSize, .path = path};
  return Recorded(request, SizeOf(request));
}

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

Result<std::vector<std::string>> VolumeDoor::ListFiles(const DiskRequest& request) {
  if (const Result<Effect> effect = Admit(request); !effect) {
    return Fail(effect);
  }
  const bool is_late = disk_.condition().listing_delay_max > Duration(0);
  return disk_.volume().List(request.path, is_late ? kernel_.now() : kForever);
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
    WriteBytes(request, file);
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

}  // namespace flinch::sim
