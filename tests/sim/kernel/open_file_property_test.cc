// A disk against a model of POSIX that knows nothing of its insides: every answer is the model's,
// and after a crash at any write all that was synced is there.

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

constexpr std::string_view kPaths[] = {"/a", "/d", "/d/a", "/d/b", "/e/a"};
constexpr std::string_view kDirectories[] = {"/", "/d", "/e", "/e/a"};
constexpr uint64_t kSector = 512;

enum class Kind : uint8_t {
  kOpen,
  kCreate,
  kClose,
  kAppend,
  kWriteAt,
  kTruncate,
  kSync,
  kReadAt,
  kSize,
  kLock,
  kUnlock,
  kRename,
  kRemove,
  kMakeDirectory,
  kRemoveDirectory,
  kSyncDirectory,
  kEntries,
  kList,
};

struct Operation {
  Kind kind{};
  std::string path;
  std::string other;
  std::string directory;
  size_t handle = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
  OpenMode mode{};
  LockKind lock{};
};

void showValue(const Operation& operation, std::ostream& out) {
  out << static_cast<int>(operation.kind) << ' ' << operation.path << ' ' << operation.other << ' '
      << operation.directory << " handle " << operation.handle << ' ' << operation.offset << '+'
      << operation.size << " mode " << static_cast<int>(operation.mode);
}

// ---- The model ----------------------------------------------------------------------------------

struct ModelFile {
  Bytes data;
  Bytes synced;
  std::map<uint64_t, std::set<char>> written;  // since the last sync, by position
  std::set<uint64_t> sizes;                    // since then

  void Set(uint64_t offset, const Bytes& bytes) {
    if (bytes.empty()) {
      return;
    }
    for (uint64_t i = data.size(); i < offset; ++i) {
      written[i].insert('\0');
    }
    data.resize(std::max<uint64_t>(data.size(), offset + bytes.size()), '\0');
    data.replace(offset, bytes.size(), bytes);
    for (uint64_t i = 0; i < bytes.size(); ++i) {
      written[offset + i].insert(bytes[i]);
    }
    sizes.insert(data.size());
  }

  void Cut(uint64_t size) {
    for (uint64_t i = std::min<uint64_t>(size, data.size());
         i < std::max<uint64_t>(size, data.size()); ++i) {
      written[i].insert('\0');
    }
    data.resize(size, '\0');
    sizes.insert(size);
  }

  void Sync() {
    synced = data;
    written.clear();
    sizes.clear();
  }

  bool MayBe(const Bytes& found) const {
    const bool is_sector_end =
        found.size() % kSector == 0 && !sizes.empty() && found.size() <= *sizes.rbegin();
    if (found.size() != synced.size() && !sizes.contains(found.size()) && !is_sector_end) {
      return false;
    }
    for (uint64_t i = 0; i < found.size(); ++i) {
      const auto changed = written.find(i);
      const char before = i < synced.size() ? synced[i] : '\0';
      const bool is_legal =
          found[i] == before ||
          (changed != written.end() && (found[i] == '\0' || changed->second.contains(found[i])));
      if (!is_legal) {
        return false;
      }
    }
    return true;
  }
};

struct NameChange {
  std::string from;
  std::string to;
  int file = 0;

  bool Touches(const std::string& name) const { return name == from || name == to; }

  const std::string& place() const { return to.empty() ? from : to; }
};

struct ModelHandle {
  int file = 0;
  OpenMode mode{};
  std::optional<LockKind> lock;
  std::unique_ptr<File> real;
};

class Model {
 public:
  explicit Model(NewNames new_names) : is_journaled_(new_names == NewNames::kWithFile) {}

  std::map<std::string, int> names;  // of files; 0 is a directory that was made
  std::map<int, ModelFile> files;
  std::vector<ModelHandle> handles;
  std::vector<NameChange> waiting;
  bool is_broken = false;  // the disk has frozen

  bool IsFile(const std::string& path) const { return names.contains(path) && names.at(path) != 0; }

  bool IsEmpty(const std::string& directory) const {
    const std::string prefix = directory == "/" ? directory : directory + "/";
    return std::ranges::none_of(names,
                                [&](const auto& name) { return name.first.starts_with(prefix); });
  }

  bool IsDirectory(const std::string& path) const {
    return path == "/" || !IsEmpty(path) || (names.contains(path) && names.at(path) == 0);
  }

  bool IsBelowAFile(const std::string& path) const {
    return std::ranges::any_of(names, [&](const auto& name) {
      return name.second != 0 && path.starts_with(name.first + "/");
    });
  }

  bool HasRoom(const std::string& path) const {
    return IsFile(path) || (!IsDirectory(path) && !IsBelowAFile(path));
  }

  int Make(const std::string& path) {
    const int file = ++last_file_;
    files[file];
    Name(path, file);
    return file;
  }

  void Name(const std::string& path, int file) {
    names[path] = file;
    waiting.push_back({"", path, file});
  }

  void Remove(const std::string& path) {
    names.erase(path);
    waiting.push_back({path, "", -1});
  }

  void Rename(const std::string& from, const std::string& to) {
    if (from != to) {
      names[to] = names[from];
      names.erase(from);
      waiting.push_back({from, to, names[to]});
    }
  }

  void SyncDirectory(const std::string& directory) {
    const std::string bare = directory == "/" ? "" : directory;
    Finish([&](const NameChange& change) { return DirectoryOf(change.place()) == bare; });
  }

  void SyncFile(int file) {
    files[file].Sync();
    if (is_journaled_) {
      Finish([&](const NameChange& change) { return change.file == file; });
    }
  }

  // Names of which it is sure what a crash leaves.
  bool IsSettled(const std::string& path) const {
    return std::ranges::none_of(waiting, [&](const NameChange& change) {
      return change.Touches(path) || path.starts_with(change.place() + "/");
    });
  }

  bool Excludes(const ModelHandle& mine, LockKind kind) const {
    return std::ranges::any_of(handles, [&](const ModelHandle& other) {
      return &other != &mine && other.file == mine.file && other.lock &&
             (kind == LockKind::kExclusive || *other.lock == LockKind::kExclusive);
    });
  }

 private:
  template <typename Wanted>
  void Finish(Wanted wanted) {
    std::vector<bool> done(waiting.size());
    bool later_is_done = false;
    for (size_t i = waiting.size(); i-- > 0;) {
      done[i] = wanted(waiting[i]) || (is_journaled_ && later_is_done);
      later_is_done = later_is_done || done[i];
      for (size_t later = i + 1; later < waiting.size(); ++later) {
        const NameChange& other = waiting[later];
        done[i] =
            done[i] || (done[later] && ((!other.from.empty() && waiting[i].Touches(other.from)) ||
                                        (!other.to.empty() && waiting[i].Touches(other.to))));
      }
    }
    size_t index = 0;
    std::erase_if(waiting, [&](const NameChange&) { return done[index++]; });
  }

  bool is_journaled_;
  int last_file_ = 0;
};

// ---- Both side by side --------------------------------------------------------------------------

class Pair {
 public:
  Pair(FileSystem& disk, Model& model) : disk_(disk), model_(model) {}

  // Open files end with their process.
  ~Pair() { model_.handles.clear(); }

  // False when the process is about to die.
  bool Do(const Operation& operation) {
    const auto answered = [&](auto&& answer) { return !model_.is_broken && answer; };
    if (IsOfHandle(operation.kind)) {
      return model_.handles.empty() ||
             answered(
                 DoWithHandle(operation, model_.handles[operation.handle % model_.handles.size()]));
    }
    return answered(DoWithNames(operation));
  }

 private:
  static bool IsOfHandle(Kind kind) { return kind >= Kind::kClose && kind <= Kind::kUnlock; }

  // Whether the answer is what it must be; else the disk is frozen.
  template <typename T>
  bool Is(const Result<T>& answer, std::optional<ErrorCode> error) {
    if (!answer && answer.error().code == ErrorCode::kIo) {
      model_.is_broken = true;
      return false;
    }
    RC_ASSERT(answer.has_value() == !error.has_value());
    RC_ASSERT((answer.has_value() || answer.error().code == *error));
    return true;
  }

  bool Open(const Operation& operation) {
    const std::string& path = operation.path;
    const bool is_create = operation.kind == Kind::kCreate;
    const bool makes = is_create || operation.mode == OpenMode::kCreate ||
                       operation.mode == OpenMode::kCreateUnique;
    Result<std::unique_ptr<File>> file =
        is_create ? disk_.Create(path) : disk_.Open(path, operation.mode);
    std::optional<ErrorCode> error;
    if (makes && !model_.HasRoom(path)) {
      error = ErrorCode::kInvalidArgument;
    } else if (!makes && !model_.IsFile(path)) {
      error = ErrorCode::kNotFound;
    } else if (!is_create && operation.mode == OpenMode::kCreateUnique && model_.IsFile(path)) {
      error = ErrorCode::kExists;
    }
    if (Is(file, error) && file) {
      const bool is_new = is_create || !model_.IsFile(path);
      const int inode = is_new ? model_.Make(path) : model_.names[path];
      model_.handles.push_back({.file = inode,
                                .mode = is_create ? OpenMode::kWrite : operation.mode,
                                .lock = {},
                                .real = std::move(*file)});
    }
    return true;
  }

  bool DoWithNames(const Operation& operation) {
    const std::string& path = operation.path;
    const std::string& directory = operation.directory;
    using enum ErrorCode;
    const auto error_if = [](bool wrong, ErrorCode code) {
      return wrong ? std::optional(code) : std::nullopt;
    };
    switch (operation.kind) {
      case Kind::kRename: {
        const auto error = !model_.HasRoom(operation.other)
                               ? std::optional(kInvalidArgument)
                               : error_if(!model_.IsFile(path), kNotFound);
        if (Is(disk_.Rename(path, operation.other), error) && !error) {
          model_.Rename(path, operation.other);
        }
        return true;
      }
      case Kind::kRemove: {
        const auto error = error_if(!model_.IsFile(path), kNotFound);
        if (Is(disk_.Remove(path), error) && !error) {
          model_.Remove(path);
        }
        return true;
      }
      case Kind::kMakeDirectory: {
        const auto error = model_.IsFile(path) || model_.IsDirectory(path)
                               ? std::optional(kExists)
                               : error_if(model_.IsBelowAFile(path), kInvalidArgument);
        if (Is(disk_.MakeDirectory(path), error) && !error) {
          model_.Name(path, 0);
        }
        return true;
      }
      case Kind::kRemoveDirectory: {
        const auto error = !model_.IsDirectory(path) ? std::optional(kNotFound)
                                                     : error_if(!model_.IsEmpty(path), kExists);
        if (Is(disk_.RemoveDirectory(path), error) && !error) {
          model_.Remove(path);
        }
        return true;
      }
      case Kind::kSyncDirectory:
        if (Is(disk_.SyncDirectory(directory), std::nullopt)) {
          model_.SyncDirectory(directory);
        }
        return true;
      case Kind::kEntries:
        return Look(directory);
      case Kind::kList:
        return ListAll();
      default:
        return Open(operation);
    }
  }

  bool Look(const std::string& directory) {
    const Result<std::vector<DirectoryEntry>> entries = disk_.Entries(directory);
    const bool is_directory = model_.IsDirectory(directory);
    if (!Is(entries, is_directory ? std::nullopt : std::optional(ErrorCode::kNotFound)) ||
        !entries) {
      return true;
    }
    const std::string prefix = directory == "/" ? directory : directory + "/";
    std::map<std::string, bool> expected;
    for (const auto& [name, file] : model_.names) {
      if (name.starts_with(prefix)) {
        const std::string rest = name.substr(prefix.size());
        expected[rest.substr(0, rest.find('/'))] |= file == 0 || rest.contains('/');
      }
    }
    RC_ASSERT(entries->size() == expected.size());
    RC_ASSERT(std::ranges::all_of(*entries, [&](const DirectoryEntry& entry) {
      return expected.contains(entry.name) && expected[entry.name] == entry.is_directory;
    }));
    return true;
  }

  bool ListAll() {
    const Result<std::vector<std::string>> paths = disk_.List("/");
    if (Is(paths, std::nullopt)) {
      std::vector<std::string> expected;
      for (const auto& [name, file] : model_.names) {
        if (file != 0) {
          expected.push_back(name);
        }
      }
      RC_ASSERT(*paths == expected);
    }
    return true;
  }

  bool DoWithHandle(const Operation& operation, ModelHandle& handle) {
    ModelFile& file = model_.files.at(handle.file);
    const auto error =
        handle.mode == OpenMode::kRead ? std::optional(ErrorCode::kInvalidArgument) : std::nullopt;
    switch (operation.kind) {
      case Kind::kClose:
        std::swap(handle, model_.handles.back());
        model_.handles.pop_back();
        return true;
      case Kind::kAppend:
      case Kind::kWriteAt: {
        const bool appends = operation.kind == Kind::kAppend;
        const uint64_t offset = appends ? file.data.size() : operation.offset;
        const Bytes bytes(operation.size, static_cast<char>('A' + next_++ % 50));
        if (Is(appends ? handle.real->Append(bytes) : handle.real->WriteAt(offset, bytes), error) &&
            !error) {
          file.Set(offset, bytes);
        }
        return true;
      }
      case Kind::kTruncate:
        if (Is(handle.real->Truncate(operation.offset), error) && !error) {
          file.Cut(operation.offset);
        }
        return true;
      case Kind::kSync:
        if (Is(handle.real->Sync(), std::nullopt)) {
          model_.SyncFile(handle.file);
        }
        return true;
      default:
        return Ask(operation, handle, file);
    }
  }

  bool Ask(const Operation& operation, ModelHandle& handle, const ModelFile& file) {
    if (operation.kind == Kind::kReadAt) {
      const auto read = handle.real->ReadAt({.offset = operation.offset, .size = operation.size});
      if (Is(read, std::nullopt)) {
        const uint64_t start = std::min<uint64_t>(operation.offset, file.data.size());
        RC_ASSERT(*read == file.data.substr(start, operation.size));
      }
    } else if (operation.kind == Kind::kSize) {
      const auto size = handle.real->Size();
      RC_ASSERT((!Is(size, std::nullopt) || *size == file.data.size()));
    } else if (operation.kind == Kind::kLock) {
      const auto locked = handle.real->Lock(operation.lock);
      if (Is(locked, std::nullopt)) {
        RC_ASSERT(*locked == !model_.Excludes(handle, operation.lock));
        handle.lock = *locked ? std::optional(operation.lock) : handle.lock;
      }
    } else if (Is(handle.real->Unlock(), std::nullopt)) {
      handle.lock.reset();
    }
    return true;
  }

  FileSystem& disk_;
  Model& model_;
  int next_ = 0;
};

rc::Gen<Operation> AnOperation() {
  using rc::gen::element;
  using rc::gen::set;
  const auto text = [](auto paths) {
    return rc::gen::map(rc::gen::elementOf(std::vector<std::string_view>(paths)),
                        [](std::string_view path) { return std::string(path); });
  };
  const auto path = text(std::vector(std::begin(kPaths), std::end(kPaths)));
  return rc::gen::build<Operation>(
      set(&Operation::kind, rc::gen::weightedElement<Kind>({{8, Kind::kOpen},
                                                            {2, Kind::kCreate},
                                                            {2, Kind::kClose},
                                                            {4, Kind::kAppend},
                                                            {6, Kind::kWriteAt},
                                                            {3, Kind::kTruncate},
                                                            {4, Kind::kSync},
                                                            {2, Kind::kReadAt},
                                                            {1, Kind::kSize},
                                                            {2, Kind::kLock},
                                                            {1, Kind::kUnlock},
                                                            {3, Kind::kRename},
                                                            {3, Kind::kRemove},
                                                            {2, Kind::kMakeDirectory},
                                                            {2, Kind::kRemoveDirectory},
                                                            {3, Kind::kSyncDirectory},
                                                            {1, Kind::kEntries},
                                                            {1, Kind::kList}})),
      set(&Operation::path, path), set(&Operation::other, path),
      set(&Operation::directory,
          text(std::vector(std::begin(kDirectories), std::end(kDirectories)))),
      set(&Operation::handle, rc::gen::inRange<size_t>(0, 8)),
      set(&Operation::offset, element<uint64_t>(0, 1, 100, 511, 512, 700, 3'000, 4'096, 9'000)),
      set(&Operation::size, element<uint64_t>(0, 1, 100, 512, 700, 4'096)),
      set(&Operation::mode, element(OpenMode::kRead, OpenMode::kWrite, OpenMode::kCreate,
                                    OpenMode::kCreate, OpenMode::kCreateUnique)),
      set(&Operation::lock, element(LockKind::kShared, LockKind::kExclusive)));
}

void CheckWhatIsLeft(const World& world, HostId host, const Model& model) {
  for (const std::string_view path : kPaths) {
    const std::string name(path);
    const std::optional<Bytes> found = world.ReadFile(host, path);
    if (!model.IsSettled(name)) {
      continue;
    }
    RC_ASSERT(found.has_value() == model.IsFile(name));
    RC_ASSERT((!found || model.files.at(model.names.at(name)).MayBe(*found)));
  }
}

RC_GTEST_PROP(OpenFilePropertyTest, AnswersAreThoseOfPosixAndWhatWasSyncedOutlivesACrash, ()) {
  const auto operations = *rc::gen::container<std::vector<Operation>>(AnOperation());
  const auto fate = *rc::gen::element(CrashFate::kLost, CrashFate::kKept, CrashFate::kDrawn);
  const auto new_names = *rc::gen::element(NewNames::kWithDirectory, NewNames::kWithFile);
  const auto at_once = *rc::gen::arbitrary<bool>();
  const auto crash = *rc::gen::inRange<uint64_t>(0, 60);
  World world({.seed = *rc::gen::arbitrary<uint64_t>(),
               .disk = {.crash_fate = fate, .new_names = new_names}});
  const HostId host = world.AddHost("a");
  Model model(new_names);
  const ProcessId process = world.AddProcess(host, "a", [&](Environment& env) {
    Pair pair(at_once ? env.disk().AtOnce() : env.disk(), model);
    const SimTime start = env.Now();
    for (const Operation& operation : operations) {
      if (!pair.Do(operation)) {
        break;
      }
      RC_ASSERT((!at_once || env.Now() == start || operations.empty()));
    }
    env.disk().Settle();
    env.Sleep(std::chrono::hours(1));
  });
  world.CrashAtWrite(host, crash);
  world.At(SimTime(std::chrono::minutes(30)), [&] { world.Crash(process); });
  const Outcome outcome = world.Run([] { return false; });
  RC_ASSERT(outcome.ending == Ending::kIdle);
  CheckWhatIsLeft(world, host, model);
}

}  // namespace
}  // namespace flinch::sim
