// A volume against a reference that knows nothing but the rules: whatever is done in whatever
// order, a crash leaves one of the outcomes that a search over all of them finds legal.

#include "sim/kernel/volume.h"

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::sim {
namespace {

using View = std::map<std::string, Volume::Inode>;  // the names that exist

constexpr ProcessId kWriters[] = {ProcessId(1), ProcessId(2)};
constexpr std::string_view kPaths[] = {"/d/a", "/d/b", "/e/a", "/e/b"};

enum class Change : uint8_t {
  kCreate,
  kAppend,
  kWriteAt,
  kTruncate,
  kSync,
  kMarkClean,
  kRename,
  kRemove,
  kSyncDirectory,
  kSyncName,
};

struct Step {
  Change change{};
  std::string path;
  std::string other;
  uint64_t offset = 0;
  uint64_t size = 0;
  ProcessId writer;
};

void showValue(const Step& step, std::ostream& out) {
  out << static_cast<int>(step.change) << ' ' << step.path << ' ' << step.other << ' '
      << step.offset << '+' << step.size << " by " << step.writer.value();
}

// ---- The reference ------------------------------------------------------------------------------

enum class ByteState : uint8_t { kClean, kOpen, kLost };

// Byte by byte, and without any thought of speed.
struct ReferenceFile {
  struct Size {
    uint64_t size = 0;
    uint64_t cut = UINT64_MAX;  // behind it nothing of `durable` is left
  };

  Bytes data;
  Bytes durable;
  std::vector<ByteState> states;  // as long as the longer of the two
  bool size_is_dirty = false;
  std::vector<Size> sizes;  // since the last sync
  ProcessId writer;

  uint64_t cut() const { return sizes.empty() ? UINT64_MAX : sizes.back().cut; }

  void Open(uint64_t from, uint64_t to) {
    states.resize(std::max<uint64_t>(states.size(), to), ByteState::kClean);
    std::fill(states.begin() + static_cast<std::ptrdiff_t>(from),
              states.begin() + static_cast<std::ptrdiff_t>(to), ByteState::kOpen);
  }

  void Resize(uint64_t size) {
    if (size == data.size()) {
      return;
    }
    Open(std::min<uint64_t>(size, data.size()), std::max<uint64_t>(size, data.size()));
    sizes.push_back({size, size < data.size() ? std::min(cut(), size) : cut()});
    data.resize(size, '\0');
    states.resize(std::max(size, uint64_t{durable.size()}), ByteState::kClean);
    size_is_dirty = true;
  }

  void Write(uint64_t offset, const Bytes& bytes) {
    const uint64_t end = offset + bytes.size();
    Resize(std::max<uint64_t>(end, data.size()));
    Open(offset, end);
    data.replace(offset, bytes.size(), bytes);
    size_is_dirty = size_is_dirty || end > durable.size();
  }

  void Sync() {
    if (size_is_dirty) {
      durable.resize(data.size(), '\0');
      states.resize(data.size(), ByteState::kClean);
    }
    for (uint64_t i = 0; i < states.size(); ++i) {
      if (states[i] == ByteState::kOpen) {
        durable[i] = data[i];
        states[i] = ByteState::kClean;
      }
    }
    size_is_dirty = false;
    sizes.clear();
  }

  void MarkClean() {
    std::ranges::replace(states, ByteState::kOpen, ByteState::kLost);
    size_is_dirty = false;
    sizes.clear();
  }

  // The file of that size, with or without what was written and not synced.
  Bytes Image(Size size, bool with_open) const {
    Bytes image(size.size, '\0');
    for (uint64_t i = 0; i < size.size && i < states.size(); ++i) {
      if (states[i] == ByteState::kOpen && with_open && i < data.size()) {
        image[i] = data[i];
      } else if (states[i] == ByteState::kClean || i < std::min(size.cut, durable.size() + 0UL)) {
        image[i] = i < durable.size() ? durable[i] : '\0';
      }
    }
    return image;
  }

  Bytes Kept() const {
    return Image(size_is_dirty ? Size{data.size(), cut()} : Size{.size = durable.size()}, true);
  }

  std::vector<Size> LegalSizes() const {
    std::vector<Size> legal = {{.size = durable.size()}};
    if (size_is_dirty) {
      legal.push_back({data.size(), cut()});
      legal.insert(legal.end(), sizes.begin(), sizes.end());
      for (uint64_t size = 0; size < data.size(); size += FileImage::kSectorBytes) {
        if (size > durable.size()) {
          legal.push_back({size, cut()});
        }
      }
    }
    return legal;
  }

  bool IsLegal(const Bytes& content) const {
    return std::ranges::any_of(LegalSizes(), [&](Size size) {
      if (size.size != content.size()) {
        return false;
      }
      const Bytes with = Image(size, true);
      const Bytes without = Image(size, false);
      for (uint64_t sector = 0; sector < content.size(); sector += FileImage::kSectorBytes) {
        const Bytes found = content.substr(sector, FileImage::kSectorBytes);
        if (found != with.substr(sector, FileImage::kSectorBytes) &&
            found != without.substr(sector, FileImage::kSectorBytes)) {
          return false;
        }
      }
      return true;
    });
  }
};

struct ReferenceOperation {
  std::string from;
  std::string to;
  Volume::Inode file = 0;
  ProcessId writer;

  bool Touches(const std::string& path) const { return path == from || path == to; }
};

bool ShareAName(const ReferenceOperation& a, const ReferenceOperation& b) {
  return (!a.from.empty() && b.Touches(a.from)) || (!a.to.empty() && b.Touches(a.to));
}

struct Reference {
  bool is_journaled = false;
  View durable;
  std::vector<ReferenceOperation> waiting;
  std::map<Volume::Inode, ReferenceFile> files;

  // `chosen` has a bit for each waiting operation that happens.
  View Apply(uint64_t chosen) const {
    View view = durable;
    for (size_t i = 0; i < waiting.size(); ++i) {
      if ((chosen >> i & 1) != 0) {
        view.erase(waiting[i].from);
        if (!waiting[i].to.empty()) {
          view[waiting[i].to] = waiting[i].file;
        }
      }
    }
    return view;
  }

  uint64_t All() const { return (uint64_t{1} << waiting.size()) - 1; }

  // Nothing happens without what came earlier on the same name.
  bool IsClosed(uint64_t chosen) const {
    for (size_t later = 0; later < waiting.size(); ++later) {
      for (size_t earlier = 0; earlier < later; ++earlier) {
        if ((chosen >> later & 1) != 0 && (chosen >> earlier & 1) == 0 &&
            ShareAName(waiting[earlier], waiting[later])) {
          return false;
        }
      }
    }
    return true;
  }

  uint64_t Of(ProcessId writer) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < waiting.size(); ++i) {
      mask |= uint64_t{waiting[i].writer == writer} << i;
    }
    return mask;
  }

  // All closed choices that contain `at_least`.
  std::vector<uint64_t> Choices(uint64_t at_least) const {
    std::vector<uint64_t> choices;
    for (uint64_t chosen = 0; chosen <= All(); ++chosen) {
      if ((chosen & at_least) == at_least && IsClosed(chosen)) {
        choices.push_back(chosen);
      }
    }
    return choices;
  }

  // The fewest operations with which `wanted` can happen.
  uint64_t Closure(uint64_t wanted) const {
    const std::vector<uint64_t> choices = Choices(wanted);
    return *std::ranges::min_element(choices, {}, [](uint64_t c) { return std::popcount(c); });
  }

  void MakeDurable(uint64_t wanted) {
    if (is_journaled && wanted != 0) {
      wanted = (uint64_t{2} << (std::bit_width(wanted) - 1)) - 1;
    }
    const uint64_t chosen = Closure(wanted);
    durable = Apply(chosen);
    std::vector<ReferenceOperation> rest;
    for (size_t i = 0; i < waiting.size(); ++i) {
      if ((chosen >> i & 1) == 0) {
        rest.push_back(waiting[i]);
      }
    }
    waiting = rest;
  }
};

// ---- Both side by side --------------------------------------------------------------------------

class Pair {
 public:
  Pair(CrashFate fate, NewNames new_names, uint64_t seed)
      : fate_(fate),
        volume_({.crash_fate = fate, .new_names = new_names},
                Choices(Random(seed)).Point("disk.crash", "test")) {
    reference_.is_journaled = new_names == NewNames::kWithFile;
  }

  void Do(const Step& step) {
    const Volume::Inode file = volume_.Find(step.path);
    const View now = reference_.Apply(reference_.All());
    switch (step.change) {
      case Change::kCreate: {
        const Volume::Inode created = volume_.Create(step.path, step.writer);
        reference_.waiting.push_back({"", step.path, created, step.writer});
        reference_.files[created].writer = step.writer;
        break;
      }
      case Change::kAppend:
      case Change::kWriteAt:
      case Change::kTruncate:
      case Change::kSync:
      case Change::kMarkClean:
        RC_ASSERT((file != 0) == now.contains(step.path));
        if (file != 0) {
          ChangeBytes(file, step);
        }
        break;
      case Change::kRename:
        RC_ASSERT(volume_.Rename(step.path, step.other, step.writer) == now.contains(step.path));
        if (file != 0 && step.path != step.other) {
          reference_.waiting.push_back({step.path, step.other, file, step.writer});
        }
        break;
      case Change::kRemove:
        RC_ASSERT(volume_.Remove(step.path, step.writer) == now.contains(step.path));
        if (file != 0) {
          reference_.waiting.push_back({step.path, "", 0, step.writer});
        }
        break;
      case Change::kSyncDirectory:
        volume_.SyncDirectory(DirectoryOf(step.path));
        SyncNames(
            [&](const std::string& path) { return DirectoryOf(path) == DirectoryOf(step.path); });
        break;
      case Change::kSyncName:
        volume_.SyncName(step.path);
        SyncTouched(step.path);
        break;
    }
    CheckView(reference_.Apply(reference_.All()));
  }

  // Kills `first`, then the other: each time the outcome is legal. Then both start anew.
  void Crash(ProcessId first, ProcessId second) {
    is_alone_ =
        reference_.Of(first) == reference_.All() || reference_.Of(second) == reference_.All();
    CheckDurableView();
    volume_.Crash(first);
    CheckNames(~reference_.Of(first) & reference_.All());
    CheckFiles(first);
    const View between = Current();
    std::map<std::string, Bytes> settled;
    for (const auto& [path, file] : between) {
      if (reference_.files.at(file).writer == first) {
        settled[path] = *volume_.Content(file);
      } else {
        RC_ASSERT(*volume_.Content(file) == reference_.files.at(file).data);
      }
    }
    volume_.Crash(second);
    CheckNames(0);
    CheckFiles(second);
    for (const auto& [path, content] : settled) {
      if (volume_.Find(path) == between.at(path)) {
        RC_ASSERT(*volume_.Content(volume_.Find(path)) == content);
      }
    }
    StartAnew();
  }

  size_t waiting() const { return reference_.waiting.size(); }

 private:
  Bytes NewBytes(uint64_t size) {
    Bytes bytes(size, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(1 + next_byte_++ % 250);
    }
    return bytes;
  }

  void ChangeBytes(Volume::Inode file, const Step& step) {
    ReferenceFile& known = reference_.files.at(file);
    const Bytes bytes = NewBytes(step.size);
    switch (step.change) {
      case Change::kAppend:
        volume_.Append(file, bytes, step.writer);
        known.Write(known.data.size(), bytes);
        break;
      case Change::kWriteAt:
        volume_.Write(file, step.offset, bytes, step.writer);
        known.Write(step.offset, bytes);
        break;
      case Change::kTruncate:
        volume_.Truncate(file, step.offset, step.writer);
        known.Resize(step.offset);
        break;
      case Change::kSync:
        volume_.Sync(file);
        known.Sync();
        SyncNamesOf(file);
        return;
      default:
        volume_.MarkClean(file);
        known.MarkClean();
        return;
    }
    known.writer = step.writer;
  }

  // Journaled names are durable with their file.
  void SyncNamesOf(Volume::Inode file) {
    uint64_t wanted = 0;
    for (size_t i = 0; i < reference_.waiting.size(); ++i) {
      wanted |= uint64_t{reference_.waiting[i].file == file} << i;
    }
    reference_.MakeDurable(reference_.is_journaled ? wanted : 0);
  }

  template <typename Concerns>
  void SyncNames(Concerns concerns) {
    uint64_t wanted = 0;
    for (size_t i = 0; i < reference_.waiting.size(); ++i) {
      const ReferenceOperation& operation = reference_.waiting[i];
      wanted |= uint64_t{concerns(operation.to.empty() ? operation.from : operation.to)} << i;
    }
    reference_.MakeDurable(wanted);
  }

  void SyncTouched(const std::string& path) {
    uint64_t wanted = 0;
    for (size_t i = 0; i < reference_.waiting.size(); ++i) {
      wanted |= uint64_t{reference_.waiting[i].Touches(path)} << i;
    }
    reference_.MakeDurable(wanted);
  }

  View Current() const {
    View view;
    for (const std::string_view path : kPaths) {
      if (const Volume::Inode file = volume_.Find(path); file != 0) {
        view[std::string(path)] = file;
      }
    }
    return view;
  }

  void CheckView(const View& expected) const {
    RC_ASSERT(Current() == expected);
    uint64_t used = 0;
    std::vector<std::string> listed;
    for (const auto& [path, file] : expected) {
      RC_ASSERT(*volume_.Content(file) == reference_.files.at(file).data);
      used += volume_.Content(file)->size();
      listed.push_back(path);
    }
    RC_ASSERT(volume_.used_bytes() == used);
    RC_ASSERT(volume_.List("") == listed);
  }

  void CheckDurableView() const {
    for (const std::string_view path : kPaths) {
      const auto name = reference_.durable.find(std::string(path));
      const std::optional<Bytes> found = volume_.DurableContent(path);
      RC_ASSERT(found.has_value() == (name != reference_.durable.end()));
      if (found) {
        const ReferenceFile& known = reference_.files.at(name->second);
        RC_ASSERT(*found == known.durable);
      }
    }
  }

  void CheckNames(uint64_t survivors) const {
    const View found = Current();
    if (fate_ == CrashFate::kKept) {
      RC_ASSERT(found == reference_.Apply(reference_.All()));
    } else if (fate_ == CrashFate::kLost) {
      RC_ASSERT(found == reference_.Apply(reference_.Closure(survivors)));
    } else {
      RC_ASSERT(std::ranges::any_of(reference_.Choices(survivors), [&](uint64_t chosen) {
        // Of one writer, journaled operations happen in their order.
        const bool is_prefix = (chosen & (chosen + 1)) == 0;
        return (is_prefix || !reference_.is_journaled || !is_alone_) &&
               reference_.Apply(chosen) == found;
      }));
    }
  }

  void CheckFiles(ProcessId dead) const {
    for (const auto& [path, file] : Current()) {
      const ReferenceFile& known = reference_.files.at(file);
      const Bytes& found = *volume_.Content(file);
      if (known.writer != dead) {
        continue;
      }
      RC_ASSERT(known.IsLegal(found));
      if (fate_ == CrashFate::kKept) {
        RC_ASSERT(found == known.Kept());
      } else if (fate_ == CrashFate::kLost) {
        RC_ASSERT(found == known.durable);
      }
    }
  }

  void StartAnew() {
    Reference fresh;
    fresh.is_journaled = reference_.is_journaled;
    fresh.durable = Current();
    for (const auto& [path, file] : fresh.durable) {
      const Bytes& data = *volume_.Content(file);
      fresh.files[file] = {.data = data,
                           .durable = data,
                           .states = std::vector(data.size(), ByteState::kClean),
                           .size_is_dirty = false,
                           .sizes = {},
                           .writer = kWriters[0]};
    }
    reference_ = fresh;
    CheckView(reference_.durable);
    CheckDurableView();
  }

  CrashFate fate_;
  Volume volume_;
  Reference reference_;
  uint64_t next_byte_ = 0;
  bool is_alone_ = false;  // all waiting operations are of one writer
};

rc::Gen<Step> AStep() {
  const auto path = rc::gen::map(
      rc::gen::elementOf(std::vector<std::string_view>(std::begin(kPaths), std::end(kPaths))),
      [](std::string_view text) { return std::string(text); });
  return rc::gen::build<Step>(
      rc::gen::set(&Step::change, rc::gen::weightedElement<Change>({{4, Change::kCreate},
                                                                    {6, Change::kAppend},
                                                                    {6, Change::kWriteAt},
                                                                    {3, Change::kTruncate},
                                                                    {2, Change::kSync},
                                                                    {1, Change::kMarkClean},
                                                                    {3, Change::kRename},
                                                                    {2, Change::kRemove},
                                                                    {1, Change::kSyncDirectory},
                                                                    {1, Change::kSyncName}})),
      rc::gen::set(&Step::path, path), rc::gen::set(&Step::other, path),
      rc::gen::set(&Step::offset,
                   rc::gen::element<uint64_t>(0, 1, 100, 511, 512, 700, 3'000, 4'096, 9'000)),
      rc::gen::set(&Step::size, rc::gen::element<uint64_t>(1, 100, 512, 700, 4096, 9'000)),
      rc::gen::set(&Step::writer, rc::gen::element(kWriters[0], kWriters[1])));
}

RC_GTEST_PROP(VolumePropertyTest, ACrashLeavesALegalOutcome, ()) {
  const auto fate = *rc::gen::element(CrashFate::kLost, CrashFate::kKept, CrashFate::kDrawn);
  const auto new_names = *rc::gen::element(NewNames::kWithDirectory, NewNames::kWithFile);
  Pair pair(fate, new_names, *rc::gen::arbitrary<uint64_t>());
  const int rounds = *rc::gen::inRange(1, 4);
  const bool is_one_writer = *rc::gen::arbitrary<bool>();
  for (int round = 0; round < rounds; ++round) {
    for (Step step : *rc::gen::container<std::vector<Step>>(AStep())) {
      step.writer = is_one_writer ? kWriters[0] : step.writer;
      if (pair.waiting() < 9) {  // the search is exponential in these
        pair.Do(step);
      }
    }
    const bool swapped = *rc::gen::arbitrary<bool>();
    pair.Crash(kWriters[swapped ? 1 : 0], kWriters[swapped ? 0 : 1]);
  }
}

}  // namespace
}  // namespace flinch::sim
