#include "sim/kernel/volume.h"

#define XXH_INLINE_ALL
#include <algorithm>
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

PieceFate DrawFate(ChoicePoint& point, const CrashWeights& weights) {
  const uint64_t sum = uint64_t{weights.kept} + weights.lost + weights.torn;
  const uint64_t drawn = point.Below(sum);
  if (drawn < weights.kept) {
    return PieceFate::kKept;
  }
  return drawn < uint64_t{weights.kept} + weights.lost ? PieceFate::kLost : PieceFate::kTorn;
}

// ---- Files --------------------------------------------------------------------------------------

bool Volume::Append(Inode file, std::string_view bytes, ProcessId writer) {
  const auto found = nodes_.find(file);
  if (found == nodes_.end() || found->second.names == 0) {
    return false;
  }
  Node& node = found->second;
  node.writer = writer;
  if (!bytes.empty()) {
    node.data.append(bytes);
    node.ends.push_back(node.data.size());
    used_ += bytes.size() * node.names;
    dirty_.insert(file);
  }
  return true;
}

bool Volume::Sync(Inode file) {
  const auto found = nodes_.find(file);
  if (found == nodes_.end() || found->second.names == 0) {
    return false;
  }
  Node& node = found->second;
  node.synced = node.data.size();
  node.ends.clear();
  if (!node.dirty()) {
    dirty_.erase(file);
  }
  return true;
}

void Volume::MarkClean(Inode file) {
  const auto found = nodes_.find(file);
  if (found == nodes_.end() || found->second.synced == found->second.data.size()) {
    return;
  }
  Node& node = found->second;
  node.holes.push_back({.offset = node.synced, .size = node.data.size() - node.synced});
  node.synced = node.data.size();
  node.ends.clear();
}

const Bytes* Volume::Content(Inode file) const {
  const auto found = nodes_.find(file);
  return found == nodes_.end() ? nullptr : &found->second.data;
}

void Volume::PunchHoles(Bytes& data, const Node& node) {
  for (const ByteRange& hole : node.holes) {
    const uint64_t end = std::min<uint64_t>(hole.offset + hole.size, data.size());
    if (hole.offset < end) {
      std::fill(data.begin() + static_cast<std::ptrdiff_t>(hole.offset),
                data.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    }
  }
}

Bytes Volume::DurableImage(const Node& node) {
  uint64_t size = node.synced;
  // A hole with nothing durable behind it is no hole: the file ends before it.
  for (auto hole = node.holes.rbegin();
       hole != node.holes.rend() && hole->offset + hole->size == size; ++hole) {
    size = hole->offset;
  }
  Bytes image = node.data.substr(0, size);
  PunchHoles(image, node);
  return image;
}

std::optional<Bytes> Volume::DurableContent(std::string_view path) const {
  const auto name = names_.find(path);
  if (name == names_.end() || name->second.durable == 0) {
    return std::nullopt;
  }
  return DurableImage(nodes_.at(name->second.durable));
}

uint64_t Volume::DurableBytes(Inode file) const {
  const auto found = nodes_.find(file);
  return found == nodes_.end() ? 0 : found->second.synced;
}

void Volume::FlipBit(Inode file, uint64_t bit) {
  Bytes& data = nodes_.at(file).data;
  Check(bit / 8 < data.size(), "bit {} rots in a file of {} bytes", bit, data.size());
  data[bit / 8] = static_cast<char>(static_cast<uint8_t>(data[bit / 8]) ^ (1U << (bit % 8)));
}

void Volume::Overwrite(Inode file, uint64_t offset, std::string_view bytes) {
  Bytes& data = nodes_.at(file).data;
  Check(offset < data.size(), "offset {} is overwritten in a file of {} bytes", offset,
        data.size());
  const uint64_t size = std::min<uint64_t>(bytes.size(), data.size() - offset);
  data.replace(offset, size, bytes.substr(0, size));
}

std::vector<Volume::Inode> Volume::FilesWithBytes() const {
  std::vector<Inode> files;
  for (const auto& [file, node] : nodes_) {
    if (!node.data.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

uint64_t Volume::DrawSize(const Node& node, uint64_t durable_size) {
  const uint64_t size = node.data.size();
  const PieceFate fate = DrawFate(crash_, options_.crash_weights);
  if (fate == PieceFate::kKept) {
    return size;
  }
  if (fate == PieceFate::kLost) {
    return durable_size;
  }
  const uint64_t appends = node.ends.empty() ? 0 : node.ends.size() - 1;
  const uint64_t sectors = (size - 1) / kSectorBytes - node.synced / kSectorBytes;
  if (appends + sectors == 0) {
    return durable_size;
  }
  const uint64_t drawn = crash_.Below(appends + sectors);
  return drawn < appends ? node.ends[drawn]
                         : (node.synced / kSectorBytes + 1 + drawn - appends) * kSectorBytes;
}

Bytes Volume::DrawImage(const Node& node) {
  Bytes durable = DurableImage(node);
  if (node.synced == node.data.size()) {
    return durable;
  }
  const uint64_t size = DrawSize(node, durable.size());
  if (size <= node.synced) {
    return durable;
  }
  Bytes image = node.data.substr(0, size);
  PunchHoles(image, node);
  const auto erase = [&](uint64_t from, uint64_t to) {
    from = std::max(from, node.synced);
    to = std::min(to, size);
    std::fill(image.begin() + static_cast<std::ptrdiff_t>(from),
              image.begin() + static_cast<std::ptrdiff_t>(to), '\0');
  };
  for (uint64_t page = node.synced / kPageBytes * kPageBytes; page < size; page += kPageBytes) {
    const PieceFate fate = DrawFate(crash_, options_.crash_weights);
    if (fate == PieceFate::kLost) {
      erase(page, page + kPageBytes);
      continue;
    }
    for (uint64_t sector = page; fate == PieceFate::kTorn && sector < page + kPageBytes;
         sector += kSectorBytes) {
      const bool is_drawn = sector < size && sector + kSectorBytes > node.synced;
      if (is_drawn && crash_.Below(2) == 0) {
        erase(sector, sector + kSectorBytes);
      }
    }
  }
  return image;
}

void Volume::CrashFiles(ProcessId dead, std::vector<Drawn>& drawn) {
  for (auto file = dirty_.begin(); file != dirty_.end();) {
    Node& node = nodes_.at(*file);
    if (node.writer != dead) {
      ++file;
      continue;
    }
    used_ -= node.data.size() * node.names;
    if (options_.crash_fate == CrashFate::kDrawn) {
      node.data = DrawImage(node);
      drawn.push_back({.piece = Drawn::Piece::kFile,
                       .number = *file,
                       .left = XXH3_64bits(node.data.data(), node.data.size())});
    } else if (options_.crash_fate == CrashFate::kKept && node.synced < node.data.size()) {
      PunchHoles(node.data, node);
    } else {
      node.data = DurableImage(node);
    }
    used_ += node.data.size() * node.names;
    node.synced = node.data.size();
    node.holes.clear();
    node.ends.clear();
    file = dirty_.erase(file);
  }
}

// ---- Names --------------------------------------------------------------------------------------

Volume::Inode Volume::Find(std::string_view path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? 0 : found->second.current;
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
    Node& node = nodes_.at(file);
    ++node.names;
    used_ += node.data.size();
  }
  if (before != 0) {
    Node& node = nodes_.at(before);
    --node.names;
    used_ -= node.data.size();
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
  const auto old_name = names_.find(from);
  if (old_name == names_.end() || old_name->second.current == 0) {
    return false;
  }
  if (from != to) {
    const auto new_name = names_.try_emplace(std::string(to)).first;
    Wait({.from = old_name, .to = new_name, .file = old_name->second.current, .writer = writer});
  }
  return true;
}

bool Volume::Remove(std::string_view path, ProcessId writer) {
  const auto name = names_.find(path);
  if (name == names_.end() || name->second.current == 0) {
    return false;
  }
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

void Volume::MakeDurable(std::set<Number> wanted) {
  std::vector<Number> open(wanted.begin(), wanted.end());
  while (!open.empty()) {
    const Number number = open.back();
    open.pop_back();
    ForEachName(waiting_.at(number), [&](Names::iterator name) {
      for (const Number earlier : chains_.at(name->first)) {
        if (earlier >= number) {
          break;
        }
        if (wanted.insert(earlier).second) {
          open.push_back(earlier);
        }
      }
    });
  }
  for (const Number number : wanted) {
    Finish(number, true);
  }
}

void Volume::Finish(Number number, bool happened) {
  const NameOperation operation = waiting_.at(number);
  waiting_.erase(number);
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
    if (name->second.current != 0 && name->second.listed_from <= as_of) {
      paths.push_back(name->first);
    }
  }
  return paths;
}

bool Volume::HasRoomFor(std::string_view path) const {
  if (Find(path) != 0) {
    return true;
  }
  const std::string below = PrefixOf(path);
  for (auto name = names_.lower_bound(below);
       name != names_.end() && name->first.starts_with(below); ++name) {
    if (name->second.current != 0) {
      return false;
    }
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

// ---- Crash --------------------------------------------------------------------------------------

std::vector<Volume::Drawn> Volume::Crash(ProcessId writer) {
  std::vector<Drawn> drawn;
  BequeathNames(writer);
  CrashNames(writer, drawn);
  CrashFiles(writer, drawn);
  return drawn;
}

void Volume::BequeathNames(ProcessId dead) {
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
  }
}

void Volume::CrashNames(ProcessId dead, std::vector<Drawn>& drawn) {
  std::set<Number> kept;
  std::set<Number> lost;
  for (const auto& [number, operation] : waiting_) {
    if (operation.writer != dead) {
      continue;
    }
    bool happened = true;
    ForEachName(operation, [&](Names::iterator name) {
      happened = happened && std::ranges::none_of(chains_.at(name->first), [&](Number other) {
                   return other < number && lost.contains(other);
                 });
    });
    if (happened && options_.crash_fate == CrashFate::kDrawn) {
      happened = DrawFate(crash_, options_.crash_weights) == PieceFate::kKept;
      drawn.push_back({.piece = Drawn::Piece::kName, .number = number, .left = happened ? 1U : 0U});
    } else if (options_.crash_fate == CrashFate::kLost) {
      happened = false;
    }
    (happened ? kept : lost).insert(number);
  }
  MakeDurable(std::move(kept));
  for (auto number = lost.rbegin(); number != lost.rend(); ++number) {
    Finish(*number, false);
  }
}

}  // namespace flinch::sim
