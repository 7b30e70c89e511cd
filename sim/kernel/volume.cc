#include "sim/kernel/volume.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <iterator>
#include <utility>

#include <xxhash.h>

#include "sim/check.h"

namespace flinch::sim {
namespace {

// What the paths of all files below a directory begin with.
std::string PrefixOf(std::string_view directory) {
  return directory.ends_with('/') ? std::string(directory) : std::string(directory) + "/";
}

}  // namespace

// ---- Files --------------------------------------------------------------------------------------

Volume::Node& Volume::At(Inode file) {
  const auto found = nodes_.find(file);
  Check(found != nodes_.end(), "file {} does not live any more", file);
  return found->second;
}

template <typename Act>
void Volume::Change(Inode file, Act act) {
  Node& node = At(file);
  used_ -= node.used();
  act(node);
  used_ += node.used();
}

void Volume::Append(Inode file, std::string_view bytes, ProcessId writer) {
  Write(file, At(file).image.data().size(), bytes, writer);
}

void Volume::Write(Inode file, uint64_t offset, std::string_view bytes, ProcessId writer) {
  Change(file, [&](Node& node) {
    node.writer = writer;
    node.image.Write(offset, bytes);
    if (node.image.is_dirty()) {
      dirty_.insert(file);
    }
  });
}

void Volume::Truncate(Inode file, uint64_t size, ProcessId writer) {
  Change(file, [&](Node& node) {
    node.writer = writer;
    node.image.Truncate(size);
    if (node.image.is_dirty()) {
      dirty_.insert(file);
    }
  });
}

void Volume::Sync(Inode file) {
  Node& node = At(file);
  node.image.Sync();
  if (!node.image.is_dirty()) {
    dirty_.erase(file);
  }
  if (IsJournaled() && !node.naming.empty()) {
    MakeDurable({node.naming.back()});
  }
}

void Volume::MarkClean(Inode file) { At(file).image.MarkClean(); }

const Bytes* Volume::Content(Inode file) const {
  const auto found = nodes_.find(file);
  return found == nodes_.end() ? nullptr : &found->second.image.data();
}

std::optional<Bytes> Volume::DurableContent(std::string_view path) const {
  const auto name = names_.find(path);
  if (name == names_.end() || name->second.durable == 0 || IsInAnOpenDirectory(path)) {
    return std::nullopt;
  }
  const Node& node = nodes_.at(name->second.durable);
  return node.is_directory ? std::nullopt : std::optional(node.image.DurableImage());
}

std::vector<ByteRange> Volume::DurableParts(Inode file, ByteRange range) const {
  const auto found = nodes_.find(file);
  return found == nodes_.end() ? std::vector<ByteRange>() : found->second.image.DurableParts(range);
}

void Volume::FlipBit(Inode file, uint64_t bit) { At(file).image.FlipBit(bit); }

void Volume::Overwrite(Inode file, uint64_t offset, std::string_view bytes) {
  At(file).image.Overwrite(offset, bytes);
}

std::vector<Volume::Inode> Volume::FilesWithBytes() const {
  std::vector<Inode> files;
  for (const auto& [file, node] : nodes_) {
    if (!node.image.data().empty()) {
      files.push_back(file);
    }
  }
  return files;
}

void Volume::CrashFiles(ProcessId dead, std::vector<Drawn>& drawn) {
  for (auto file = dirty_.begin(); file != dirty_.end();) {
    if (At(*file).writer != dead) {
      ++file;
      continue;
    }
    Change(*file, [&](Node& node) {
      FileImage& image = node.image;
      if (options_.crash_fate != CrashFate::kDrawn) {
        image.Reset(options_.crash_fate == CrashFate::kKept ? image.KeptImage()
                                                            : image.DurableImage());
        return;
      }
      image.Reset(image.DrawImage(crash_, options_.crash_weights));
      const Bytes& left = image.data();
      drawn.push_back({.piece = Drawn::Piece::kFile,
                       .number = *file,
                       .left = XXH3_64bits(left.data(), left.size())});
    });
    file = dirty_.erase(file);
  }
}

// ---- Handles ------------------------------------------------------------------------------------

Volume::Handle Volume::Open(Inode file, ProcessId owner) {
  Change(file, [](Node& node) { ++node.handles; });
  Refer(file);
  const Handle handle = ++last_handle_;
  handles_[handle] = {.file = file, .owner = owner, .lock = std::nullopt};
  return handle;
}

void Volume::Close(Handle handle) {
  const auto open = handles_.find(handle);
  Check(open != handles_.end(), "handle {} is closed twice", handle);
  const Inode file = open->second.file;
  handles_.erase(open);
  Change(file, [](Node& node) { --node.handles; });
  Unrefer(file);
}

void Volume::CloseAll(ProcessId owner) {
  for (auto open = handles_.begin(); open != handles_.end();) {
    const auto& [handle, held] = *open++;
    if (held.owner == owner) {
      Close(handle);
    }
  }
}

bool Volume::Lock(Handle handle, LockKind kind) {
  OpenHandle& mine = handles_.at(handle);
  for (const auto& [other, held] : handles_) {
    const bool excludes =
        held.lock && (kind == LockKind::kExclusive || *held.lock == LockKind::kExclusive);
    if (other != handle && held.file == mine.file && excludes) {
      return false;
    }
  }
  mine.lock = kind;
  return true;
}

void Volume::Unlock(Handle handle) { handles_.at(handle).lock.reset(); }

// ---- Names --------------------------------------------------------------------------------------

Volume::Inode Volume::Find(std::string_view path) const {
  const auto found = names_.find(path);
  const Inode file = found == names_.end() ? 0 : found->second.current;
  return file == 0 || nodes_.at(file).is_directory ? 0 : file;
}

void Volume::Refer(Inode file) {
  if (file != 0) {
    ++nodes_.at(file).references;
  }
}

void Volume::Unrefer(Inode file) {
  if (file == 0) {
    return;
  }
  const auto node = nodes_.find(file);
  Check(node != nodes_.end() && node->second.references > 0, "file {} has a name too many", file);
  if (--node->second.references == 0) {
    dirty_.erase(file);
    nodes_.erase(node);
  }
}

void Volume::SetCurrent(Names::iterator name, Inode file) {
  const Inode before = std::exchange(name->second.current, file);
  if (file != 0) {
    Refer(file);
    Change(file, [](Node& node) { ++node.names; });
  }
  if (before != 0) {
    Change(before, [](Node& node) { --node.names; });
    Unrefer(before);
  }
}

void Volume::DropIfUnused(Names::iterator name) {
  if (name->second.current == 0 && name->second.durable == 0 && !chains_.contains(name->first)) {
    names_.erase(name);
  }
}

void Volume::Wait(NameOperation operation) {
  const Number number = ++last_number_;
  Refer(operation.file);
  if (operation.file != 0) {
    At(operation.file).naming.push_back(number);
  }
  ForEachName(operation, [&](Names::iterator name) { chains_[name->first].push_back(number); });
  if (operation.to != names_.end()) {
    SetCurrent(operation.to, operation.file);
  }
  if (operation.from != names_.end()) {
    SetCurrent(operation.from, 0);
  }
  waiting_.emplace(number, operation);
}

Volume::Inode Volume::Create(std::string_view path, ProcessId writer) {
  const Inode file = ++last_inode_;
  nodes_[file].writer = writer;
  const auto name = names_.try_emplace(std::string(path)).first;
  Wait({.from = names_.end(), .to = name, .file = file, .writer = writer});
  return file;
}

bool Volume::Rename(std::string_view from, std::string_view to, ProcessId writer) {
  if (Find(from) == 0) {
    return false;
  }
  const auto old_name = names_.find(from);
  if (from != to) {
    const auto new_name = names_.try_emplace(std::string(to)).first;
    Wait({.from = old_name, .to = new_name, .file = old_name->second.current, .writer = writer});
  }
  return true;
}

bool Volume::Remove(std::string_view path, ProcessId writer) {
  if (Find(path) == 0) {
    return false;
  }
  const auto name = names_.find(path);
  Wait({.from = name, .to = names_.end(), .file = 0, .writer = writer});
  return true;
}

void Volume::SyncDirectory(std::string_view directory) {
  const std::string prefix = PrefixOf(directory);
  const std::string_view parent = std::string_view(prefix).substr(0, prefix.size() - 1);
  std::set<Number> wanted;
  for (auto chain = chains_.lower_bound(prefix);
       chain != chains_.end() && chain->first.starts_with(prefix); ++chain) {
    if (DirectoryOf(chain->first) != parent) {
      continue;
    }
    for (const Number number : chain->second) {
      const NameOperation& operation = waiting_.at(number);
      if (operation.to == names_.end() || operation.to->first == chain->first) {
        wanted.insert(number);
      }
    }
  }
  MakeDurable(std::move(wanted));
}

void Volume::SyncName(std::string_view path) {
  if (const auto chain = chains_.find(path); chain != chains_.end()) {
    MakeDurable({chain->second.begin(), chain->second.end()});
  }
}

std::vector<Volume::Number> Volume::Foundations(Number number) const {
  std::vector<Number> earlier;
  const auto add = [&](const std::vector<Number>& chain) {
    std::ranges::copy_if(chain, std::back_inserter(earlier),
                         [&](Number other) { return other < number; });
  };
  const NameOperation& operation = waiting_.at(number);
  ForEachName(operation, [&](Names::iterator name) { add(chains_.at(name->first)); });
  if (operation.of_directory && operation.to == names_.end()) {
    // It was empty when it was removed.
    const std::string prefix = PrefixOf(operation.from->first);
    for (auto chain = chains_.lower_bound(prefix);
         chain != chains_.end() && chain->first.starts_with(prefix); ++chain) {
      add(chain->second);
    }
  }
  return earlier;
}

void Volume::MakeDurable(std::set<Number> wanted) {
  if (IsJournaled() && !wanted.empty()) {
    for (auto at = waiting_.begin(); at->first < *wanted.rbegin(); ++at) {
      wanted.insert(at->first);
    }
  }
  std::vector<Number> open(wanted.begin(), wanted.end());
  while (!open.empty()) {
    const Number number = open.back();
    open.pop_back();
    for (const Number earlier : Foundations(number)) {
      if (wanted.insert(earlier).second) {
        open.push_back(earlier);
      }
    }
  }
  for (const Number number : wanted) {
    Finish(number, true);
  }
}

void Volume::Finish(Number number, bool happened) {
  const NameOperation operation = waiting_.at(number);
  waiting_.erase(number);
  if (operation.file != 0) {
    std::erase(At(operation.file).naming, number);
  }
  ForEachName(operation, [&](Names::iterator name) {
    const Inode outcome = name == operation.to ? operation.file : 0;
    if (happened) {
      Refer(outcome);
      Unrefer(std::exchange(name->second.durable, outcome));
    }
    const auto chain = chains_.find(name->first);
    std::vector<Number>& numbers = chain->second;
    Check(number == (happened ? numbers.front() : numbers.back()),
          "operation {} on {} ends out of turn", number, name->first);
    numbers.erase(happened ? numbers.begin() : numbers.end() - 1);
    if (!happened) {
      const bool is_alone = numbers.empty();
      const NameOperation* last = is_alone ? nullptr : &waiting_.at(numbers.back());
      SetCurrent(name, is_alone ? name->second.durable : last->to == name ? last->file : 0);
    }
    if (numbers.empty()) {
      chains_.erase(chain);
    }
    DropIfUnused(name);
  });
  Unrefer(operation.file);
}

std::vector<std::string> Volume::List(std::string_view directory, SimTime as_of) const {
  const std::string prefix = PrefixOf(directory);
  std::vector<std::string> paths;
  for (auto name = names_.lower_bound(prefix);
       name != names_.end() && name->first.starts_with(prefix); ++name) {
    const Inode file = name->second.current;
    if (file != 0 && name->second.listed_from <= as_of && !nodes_.at(file).is_directory) {
      paths.push_back(name->first);
    }
  }
  return paths;
}

bool Volume::HasRoomFor(std::string_view path) const {
  if (Find(path) != 0) {
    return true;
  }
  if (IsDirectory(path)) {
    return false;
  }
  for (std::string_view above = DirectoryOf(path); !above.empty(); above = DirectoryOf(above)) {
    if (Find(above) != 0) {
      return false;
    }
  }
  return true;
}

void Volume::HideFromLists(std::string_view path, SimTime until) {
  if (const auto name = names_.find(path); name != names_.end()) {
    name->second.listed_from = until;
  }
}

// ---- Directories --------------------------------------------------------------------------------

bool Volume::IsEmpty(std::string_view directory) const {
  const std::string prefix = PrefixOf(directory);
  for (auto name = names_.lower_bound(prefix);
       name != names_.end() && name->first.starts_with(prefix); ++name) {
    if (name->second.current != 0) {
      return false;
    }
  }
  return true;
}

bool Volume::IsDirectory(std::string_view path) const {
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (path.empty() || !IsEmpty(path)) {
    return true;
  }
  const auto name = names_.find(path);
  return name != names_.end() && name->second.current != 0 &&
         nodes_.at(name->second.current).is_directory;
}

void Volume::MakeDirectory(std::string_view path, ProcessId writer) {
  const Inode directory = ++last_inode_;
  nodes_[directory] = {.is_directory = true, .writer = writer};
  const auto name = names_.try_emplace(std::string(path)).first;
  Wait({.from = names_.end(),
        .to = name,
        .file = directory,
        .writer = writer,
        .of_directory = true});
}

void Volume::RemoveDirectory(std::string_view path, ProcessId writer) {
  const auto name = names_.find(path);
  Check(name != names_.end() && name->second.current != 0, "there is no directory {}", path);
  Wait({.from = name, .to = names_.end(), .file = 0, .writer = writer, .of_directory = true});
}

bool Volume::IsInAnOpenDirectory(std::string_view path) const {
  for (std::string_view above = DirectoryOf(path); !above.empty(); above = DirectoryOf(above)) {
    const auto name = names_.find(above);
    if (name != names_.end() && name->second.current != 0 && name->second.durable == 0) {
      return true;
    }
  }
  return false;
}

std::vector<DirectoryEntry> Volume::Entries(std::string_view directory, SimTime as_of) const {
  const std::string prefix = PrefixOf(directory);
  std::map<std::string, bool> found;  // whether it is a directory
  for (auto name = names_.lower_bound(prefix);
       name != names_.end() && name->first.starts_with(prefix); ++name) {
    if (name->second.current == 0 || name->second.listed_from > as_of) {
      continue;
    }
    const std::string_view rest = std::string_view(name->first).substr(prefix.size());
    const size_t slash = rest.find('/');
    found[std::string(rest.substr(0, slash))] |=
        slash != std::string_view::npos || nodes_.at(name->second.current).is_directory;
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, is_directory] : found) {
    entries.push_back({.name = name, .is_directory = is_directory});
  }
  return entries;
}

// ---- Crash --------------------------------------------------------------------------------------

std::vector<Volume::Drawn> Volume::Crash(ProcessId writer) {
  std::vector<Drawn> drawn;
  CloseAll(writer);
  BequeathNames(writer);
  CrashNames(writer, drawn);
  CrashFiles(writer, drawn);
  return drawn;
}

void Volume::BequeathNames(ProcessId dead) {
  std::set<Number> shared;  // makings of directories
  // Latest first, so that what is inherited passes its own foundations on too.
  for (auto at = waiting_.rbegin(); at != waiting_.rend(); ++at) {
    auto& [number, operation] = *at;
    if (operation.writer != dead) {
      continue;
    }
    ForEachName(operation, [&](Names::iterator name) {
      for (const Number other : chains_.at(name->first)) {
        if (other > number && waiting_.at(other).writer != dead) {
          operation.writer = waiting_.at(other).writer;
        }
      }
    });
    if (operation.of_directory && operation.to != names_.end() &&
        OthersHaveSomethingIn(operation.to->first, dead)) {
      shared.insert(number);
    }
  }
  MakeDurable(std::move(shared));
}

bool Volume::OthersHaveSomethingIn(std::string_view directory, ProcessId dead) const {
  const std::string prefix = PrefixOf(directory);
  for (auto name = names_.lower_bound(prefix);
       name != names_.end() && name->first.starts_with(prefix); ++name) {
    const Inode file = name->second.current;
    const auto chain = chains_.find(name->first);
    if ((file != 0 && nodes_.at(file).writer != dead) ||
        (chain != chains_.end() && std::ranges::any_of(chain->second, [&](Number number) {
           return waiting_.at(number).writer != dead;
         }))) {
      return true;
    }
  }
  return false;
}

bool Volume::IsInOneOf(const std::set<Number>& lost, Number number) const {
  bool is_in = false;
  ForEachName(waiting_.at(number), [&](Names::iterator name) {
    for (std::string_view above = DirectoryOf(name->first); !above.empty();
         above = DirectoryOf(above)) {
      const auto chain = chains_.find(above);
      is_in = is_in ||
              (chain != chains_.end() && std::ranges::any_of(chain->second, [&](Number other) {
                 return other < number && lost.contains(other) && waiting_.at(other).of_directory;
               }));
    }
  });
  return is_in;
}

// Nothing of it can be reached any more.
void Volume::Abandon(const std::string& directory) {
  const std::string prefix = PrefixOf(directory);
  for (auto name = names_.lower_bound(prefix);
       name != names_.end() && name->first.starts_with(prefix);) {
    const auto below = name++;
    Unrefer(std::exchange(below->second.durable, 0));
    SetCurrent(below, 0);
    DropIfUnused(below);
  }
}

void Volume::CrashNames(ProcessId dead, std::vector<Drawn>& drawn) {
  std::set<Number> kept;
  std::set<Number> lost;
  for (const auto& [number, operation] : waiting_) {
    if (operation.writer != dead) {
      continue;
    }
    bool happened = (!IsJournaled() || lost.empty()) && !IsInOneOf(lost, number) &&
                    std::ranges::none_of(Foundations(number),
                                         [&](Number other) { return lost.contains(other); });
    if (happened && options_.crash_fate == CrashFate::kDrawn) {
      happened = DrawFate(crash_, options_.crash_weights) == PieceFate::kKept;
      drawn.push_back({.piece = Drawn::Piece::kName, .number = number, .left = happened ? 1U : 0U});
    } else if (options_.crash_fate == CrashFate::kLost) {
      happened = false;
    }
    (happened ? kept : lost).insert(number);
  }
  MakeDurable(std::move(kept));
  std::vector<std::string> abandoned;
  for (const Number number : lost) {
    const auto& [from, to, file, writer, of_directory] = waiting_.at(number);
    if (of_directory && to != names_.end() && to->second.current == file) {
      abandoned.push_back(to->first);
    }
  }
  for (auto number = lost.rbegin(); number != lost.rend(); ++number) {
    Finish(*number, false);
  }
  for (const std::string& directory : abandoned) {
    Abandon(directory);
  }
}

}  // namespace flinch::sim
