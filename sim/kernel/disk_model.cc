#include "sim/kernel/disk_model.h"

#define XXH_INLINE_ALL
#include <utility>

#include <xxhash.h>

#include "sim/check.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {

Volume::Inode Volume::Find(std::string_view path) const {
  const auto found = current_.find(path);
  return found == current_.end() ? 0 : found->second;
}

void Volume::Unname(Inode file) {
  const auto node = nodes_.find(file);
  Check(node != nodes_.end() && node->second.names > 0, "file {} has a name too many", file);
  if (--node->second.names == 0) {
    nodes_.erase(node);
  }
}

void Volume::Point(Names& names, std::string_view path, Inode file) {
  ++nodes_.at(file).names;
  const auto [entry, is_new] = names.try_emplace(std::string(path), file);
  if (!is_new) {
    Unname(std::exchange(entry->second, file));
  }
}

void Volume::Erase(Names& names, std::string_view path) {
  const auto found = names.find(path);
  if (found != names.end()) {
    const Inode file = found->second;
    names.erase(found);
    Unname(file);
  }
}

Volume::Inode Volume::Create(std::string_view path, ProcessId writer) {
  const Inode file = ++last_;
  nodes_[file].writer = writer;
  Point(current_, path, file);
  changed_.insert_or_assign(std::string(path), writer);
  return file;
}

bool Volume::Append(Inode file, std::string_view bytes, ProcessId writer) {
  const auto node = nodes_.find(file);
  if (node == nodes_.end()) {
    return false;
  }
  node->second.data.append(bytes);
  node->second.writer = writer;
  return true;
}

bool Volume::Sync(Inode file) {
  const auto node = nodes_.find(file);
  if (node == nodes_.end()) {
    return false;
  }
  node->second.synced = node->second.data.size();
  return true;
}

const Bytes* Volume::Content(Inode file) const {
  const auto node = nodes_.find(file);
  return node == nodes_.end() ? nullptr : &node->second.data;
}

bool Volume::Rename(std::string_view from, std::string_view to, ProcessId writer) {
  const Inode file = Find(from);
  if (file == 0) {
    return false;
  }
  Point(current_, to, file);
  Erase(current_, from);
  changed_.insert_or_assign(std::string(from), writer);
  changed_.insert_or_assign(std::string(to), writer);
  return true;
}

bool Volume::Remove(std::string_view path, ProcessId writer) {
  if (Find(path) == 0) {
    return false;
  }
  Erase(current_, path);
  changed_.insert_or_assign(std::string(path), writer);
  return true;
}

void Volume::SyncDirectory(std::string_view directory) {
  for (auto entry = changed_.begin(); entry != changed_.end();) {
    const std::string& path = entry->first;
    if (DirectoryOf(path) != directory) {
      ++entry;
      continue;
    }
    if (const Inode file = Find(path); file != 0) {
      Point(durable_, path, file);
    } else {
      Erase(durable_, path);
    }
    entry = changed_.erase(entry);
  }
}

std::vector<std::string> Volume::List(std::string_view directory) const {
  const std::string prefix = std::string(directory) + "/";
  std::vector<std::string> paths;
  for (auto entry = current_.lower_bound(prefix);
       entry != current_.end() && entry->first.starts_with(prefix); ++entry) {
    paths.push_back(entry->first);
  }
  return paths;
}

void Volume::Crash(ProcessId writer) {
  for (auto& [file, node] : nodes_) {
    if (node.writer == writer) {
      node.data.resize(node.synced);
    }
  }
  for (auto entry = changed_.begin(); entry != changed_.end();) {
    if (entry->second != writer) {
      ++entry;
      continue;
    }
    const std::string& path = entry->first;
    if (const auto durable = durable_.find(path); durable != durable_.end()) {
      Point(current_, path, durable->second);
    } else {
      Erase(current_, path);
    }
    entry = changed_.erase(entry);
  }
}

class VolumeDoor::OpenFile final : public File {
 public:
  OpenFile(VolumeDoor& door, std::string path, Volume::Inode inode)
      : door_(door), path_(std::move(path)), inode_(inode) {}

  Result<void> Append(std::string_view bytes) override {
    if (Result<void> charged = door_.Charge(Operation::kAppend, path_, bytes.size()); !charged) {
      return charged;
    }
    return Answer(door_.volume_.Append(inode_, bytes, door_.incarnation_.process));
  }

  Result<void> Sync() override {
    if (Result<void> charged = door_.Charge(Operation::kSync, path_, 0); !charged) {
      return charged;
    }
    return Answer(door_.volume_.Sync(inode_));
  }

 private:
  Result<void> Answer(bool done) const {
    if (!done) {
      return Fail(ErrorCode::kNotFound, path_ + " has been removed.");
    }
    return {};
  }

  VolumeDoor& door_;
  std::string path_;
  Volume::Inode inode_;
};

Result<void> VolumeDoor::Charge(Operation operation, std::string_view path, size_t size) {
  if (incarnation_.alive) {
    const bool syncs = operation == Operation::kSync || operation == Operation::kSyncNames;
    incarnation_.environment->AwaitDevice(syncs ? volume_.DrawSync() : volume_.DrawLatency());
  }
  if (!incarnation_.alive) {
    return Fail(ErrorCode::kUnavailable, "The process is dead.");
  }
  kernel_.Record(Step::kDisk, incarnation_.process,
                 static_cast<uint64_t>(operation) << 56 | static_cast<uint64_t>(size),
                 XXH3_64bits(path.data(), path.size()));
  return {};
}

Result<std::unique_ptr<File>> VolumeDoor::OpenForAppend(std::string_view path) {
  if (Result<void> charged = Charge(Operation::kOpen, path, 0); !charged) {
    return Fail(charged);
  }
  Volume::Inode inode = volume_.Find(path);
  if (inode == 0) {
    inode = volume_.Create(path, incarnation_.process);
  }
  return std::make_unique<OpenFile>(*this, std::string(path), inode);
}

Result<std::unique_ptr<File>> VolumeDoor::Create(std::string_view path) {
  if (Result<void> charged = Charge(Operation::kCreate, path, 0); !charged) {
    return Fail(charged);
  }
  return std::make_unique<OpenFile>(*this, std::string(path),
                                    volume_.Create(path, incarnation_.process));
}

Result<Bytes> VolumeDoor::Read(std::string_view path) {
  if (Result<void> charged = Charge(Operation::kRead, path, 0); !charged) {
    return Fail(charged);
  }
  const Bytes* content = volume_.Content(volume_.Find(path));
  if (content == nullptr) {
    return Fail(ErrorCode::kNotFound, "There is no file " + std::string(path) + ".");
  }
  return *content;
}

Result<void> VolumeDoor::Rename(std::string_view from, std::string_view to) {
  if (Result<void> charged = Charge(Operation::kRename, to, 0); !charged) {
    return charged;
  }
  if (!volume_.Rename(from, to, incarnation_.process)) {
    return Fail(ErrorCode::kNotFound, "There is no file " + std::string(from) + ".");
  }
  return {};
}

Result<void> VolumeDoor::Remove(std::string_view path) {
  if (Result<void> charged = Charge(Operation::kRemove, path, 0); !charged) {
    return charged;
  }
  if (!volume_.Remove(path, incarnation_.process)) {
    return Fail(ErrorCode::kNotFound, "There is no file " + std::string(path) + ".");
  }
  return {};
}

Result<void> VolumeDoor::SyncDirectory(std::string_view directory) {
  if (Result<void> charged = Charge(Operation::kSyncNames, directory, 0); !charged) {
    return charged;
  }
  volume_.SyncDirectory(directory);
  return {};
}

Result<std::vector<std::string>> VolumeDoor::List(std::string_view directory) {
  if (Result<void> charged = Charge(Operation::kList, directory, 0); !charged) {
    return Fail(charged);
  }
  return volume_.List(directory);
}

}  // namespace flinch::sim
