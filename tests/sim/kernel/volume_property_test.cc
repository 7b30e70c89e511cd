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
  uint64_t size = 0;
  ProcessId writer;
};

void showValue(const Step& step, std::ostream& out) {
  out << static_cast<int>(step.change) << ' ' << step.path << ' ' << step.other << ' ' << step.size
      << " by " << step.writer.value();
}

// ---- The reference ------------------------------------------------------------------------------

enum class ByteState : uint8_t { kDurable, kDirty, kHole };

struct ReferenceFile {
  Bytes data;
  std::vector<ByteState> states;
  std::vector<uint64_t> ends;  // of appends since the last sync
  ProcessId writer;

  uint64_t DurableSize() const {
    uint64_t size = 0;
    for (uint64_t i = 0; i < states.size(); ++i) {
      size = states[i] == ByteState::kDurable ? i + 1 : size;
    }
    return size;
  }

  bool HasDirty() const { return std::ranges::find(states, ByteState::kDirty) != states.end(); }

  Bytes With(ByteState dirty_become, uint64_t size) const {
    Bytes image = data.substr(0, size);
    for (uint64_t i = 0; i < image.size(); ++i) {
      const bool zero = states[i] == ByteState::kHole ||
                        (states[i] == ByteState::kDirty && dirty_become == ByteState::kHole);
      image[i] = zero ? '\0' : image[i];
    }
    return image;
  }

  bool IsLegalSize(uint64_t size) const {
    if (size == DurableSize()) {
      return true;
    }
    const bool behind_clean = size > 0 && size <= data.size() &&
                              std::find(states.begin(), states.end(), ByteState::kDirty) <
                                  states.begin() + static_cast<std::ptrdiff_t>(size);
    return behind_clean &&
           (size % Volume::kSectorBytes == 0 || std::ranges::find(ends, size) != ends.end());
  }

  bool IsLegal(const Bytes& content) const {
    if (!IsLegalSize(content.size())) {
      return false;
    }
    for (uint64_t sector = 0; sector < content.size(); sector += Volume::kSectorBytes) {
      const uint64_t size = std::min<uint64_t>(Volume::kSectorBytes, content.size() - sector);
      const Bytes found = content.substr(sector, size);
      if (found != With(ByteState::kDirty, content.size()).substr(sector, size) &&
          found != With(ByteState::kHole, content.size()).substr(sector, size)) {
        return false;
      }
    }
    return true;
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
  Pair(CrashFate fate, uint64_t seed)
      : fate_(fate),
        volume_({.crash_fate = fate}, Choices(Random(seed)).Point("disk.crash", "test")) {}

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
        Append(file, step);
        break;
      case Change::kSync:
        RC_ASSERT(volume_.Sync(file) == now.contains(step.path));
        Mark(file, ByteState::kDurable);
        break;
      case Change::kMarkClean:
        volume_.MarkClean(file);
        Mark(file, ByteState::kHole);
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
  void Append(Volume::Inode file, const Step& step) {
    Bytes bytes(step.size, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(1 + next_byte_++ % 250);
    }
    RC_ASSERT(volume_.Append(file, bytes, step.writer) == (file != 0));
    if (file == 0) {
      return;
    }
    ReferenceFile& known = reference_.files.at(file);
    known.data += bytes;
    known.states.resize(known.data.size(), ByteState::kDirty);
    known.ends.push_back(known.data.size());
    known.writer = step.writer;
  }

  void Mark(Volume::Inode file, ByteState state) {
    if (file != 0) {
      ReferenceFile& known = reference_.files.at(file);
      std::ranges::replace(known.states, ByteState::kDirty, state);
      known.ends.clear();
    }
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
        RC_ASSERT(*found == known.With(ByteState::kHole, known.DurableSize()));
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
        return reference_.Apply(chosen) == found;
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
      if (fate_ == CrashFate::kKept && known.HasDirty()) {
        RC_ASSERT(found == known.With(ByteState::kDirty, known.data.size()));
      } else if (fate_ != CrashFate::kDrawn) {
        RC_ASSERT(found == known.With(ByteState::kHole, known.DurableSize()));
      }
    }
  }

  void StartAnew() {
    Reference fresh;
    fresh.durable = Current();
    for (const auto& [path, file] : fresh.durable) {
      const Bytes& data = *volume_.Content(file);
      fresh.files[file] = {.data = data,
                           .states = std::vector(data.size(), ByteState::kDurable),
                           .ends = {},
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
};

rc::Gen<Step> AStep() {
  const auto path = rc::gen::map(
      rc::gen::elementOf(std::vector<std::string_view>(std::begin(kPaths), std::end(kPaths))),
      [](std::string_view text) { return std::string(text); });
  return rc::gen::build<Step>(
      rc::gen::set(&Step::change, rc::gen::weightedElement<Change>({{4, Change::kCreate},
                                                                    {6, Change::kAppend},
                                                                    {2, Change::kSync},
                                                                    {1, Change::kMarkClean},
                                                                    {3, Change::kRename},
                                                                    {2, Change::kRemove},
                                                                    {1, Change::kSyncDirectory},
                                                                    {1, Change::kSyncName}})),
      rc::gen::set(&Step::path, path), rc::gen::set(&Step::other, path),
      rc::gen::set(&Step::size, rc::gen::element<uint64_t>(1, 100, 512, 700, 4096, 9'000)),
      rc::gen::set(&Step::writer, rc::gen::element(kWriters[0], kWriters[1])));
}

RC_GTEST_PROP(VolumePropertyTest, ACrashLeavesALegalOutcome, ()) {
  const auto fate = *rc::gen::element(CrashFate::kLost, CrashFate::kKept, CrashFate::kDrawn);
  Pair pair(fate, *rc::gen::arbitrary<uint64_t>());
  const int rounds = *rc::gen::inRange(1, 4);
  for (int round = 0; round < rounds; ++round) {
    for (const Step& step : *rc::gen::container<std::vector<Step>>(AStep())) {
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
