#include "tests/hosted/sqlite_vfs.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace flinch::tests {
namespace {

constexpr int kPathMax = 512;
constexpr int kSectorBytes = 4096;

// What SQLite gives memory for: its own part comes first.
struct OpenFile {
  sqlite3_file base{};
  sim::FileSystem* disk = nullptr;
  std::string path;
  std::unique_ptr<sim::File> file;
  bool is_deleted_at_close = false;
  // The name of a new journal is durable with its first sync: SQLite relies on it.
  bool has_new_name = false;
};

OpenFile& Of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }

template <typename T>
int CodeOf(const sim::Result<T>& result, int code) {
  if (result) {
    return SQLITE_OK;
  }
  return result.error().code == sim::ErrorCode::kNoSpace ? SQLITE_FULL : code;
}

int Close(sqlite3_file* file) {
  OpenFile& open = Of(file);
  if (open.is_deleted_at_close) {
    (void)open.disk->Remove(open.path);
  }
  std::destroy_at(&open);
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const auto wanted = static_cast<uint64_t>(size);
  const auto bytes =
      Of(file).file->ReadAt({.offset = static_cast<uint64_t>(offset), .size = wanted});
  if (!bytes) {
    return CodeOf(bytes, SQLITE_IOERR_READ);
  }
  std::memcpy(out, bytes->data(), bytes->size());
  if (bytes->size() == wanted) {
    return SQLITE_OK;
  }
  std::memset(static_cast<char*>(out) + bytes->size(), 0, wanted - bytes->size());
  return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const std::string_view text(static_cast<const char*>(bytes), static_cast<size_t>(size));
  return CodeOf(Of(file).file->WriteAt(static_cast<uint64_t>(offset), text), SQLITE_IOERR_WRITE);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return CodeOf(Of(file).file->Truncate(static_cast<uint64_t>(size)), SQLITE_IOERR_TRUNCATE);
}

int Sync(sqlite3_file* file, int) {
  OpenFile& open = Of(file);
  if (const int code = CodeOf(open.file->Sync(), SQLITE_IOERR_FSYNC); code != SQLITE_OK) {
    return code;
  }
  if (!open.has_new_name) {
    return SQLITE_OK;
  }
  const auto synced = open.disk->SyncDirectory(sim::DirectoryOf(open.path));
  open.has_new_name = !synced;
  return CodeOf(synced, SQLITE_IOERR_DIR_FSYNC);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  const auto found = Of(file).file->Size();
  *size = static_cast<sqlite3_int64>(found.value_or(0));
  return CodeOf(found, SQLITE_IOERR_FSTAT);
}

// Readers share; who means to write has the file alone from then on. Simpler than byte ranges, and
// right: a reader waits where it need not.
int Lock(sqlite3_file* file, int level) {
  const auto locked = Of(file).file->Lock(level == SQLITE_LOCK_SHARED ? sim::LockKind::kShared
                                                                      : sim::LockKind::kExclusive);
  return !locked ? SQLITE_IOERR_LOCK : *locked ? SQLITE_OK : SQLITE_BUSY;
}

int Unlock(sqlite3_file* file, int level) {
  if (level == SQLITE_LOCK_SHARED) {
    return Lock(file, level);
  }
  return CodeOf(Of(file).file->Unlock(), SQLITE_IOERR_UNLOCK);
}

// Asked by who has a shared lock, so nobody has the other one.
int CheckReservedLock(sqlite3_file*, int* is_reserved) {
  *is_reserved = 0;
  return SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

int SectorSize(sqlite3_file*) { return kSectorBytes; }

// A sector may be torn, and nothing is in order.
int DeviceCharacteristics(sqlite3_file*) { return 0; }

const sqlite3_io_methods& Methods() {
  static const sqlite3_io_methods kMethods = [] {
    sqlite3_io_methods methods{};
    methods.iVersion = 1;
    methods.xClose = Close;
    methods.xRead = Read;
    methods.xWrite = Write;
    methods.xTruncate = Truncate;
    methods.xSync = Sync;
    methods.xFileSize = FileSize;
    methods.xLock = Lock;
    methods.xUnlock = Unlock;
    methods.xCheckReservedLock = CheckReservedLock;
    methods.xFileControl = FileControl;
    methods.xSectorSize = SectorSize;
    methods.xDeviceCharacteristics = DeviceCharacteristics;
    return methods;
  }();
  return kMethods;
}

}  // namespace

struct SqliteVfs::Calls {
  static SqliteVfs& Of(sqlite3_vfs* vfs) { return *static_cast<SqliteVfs*>(vfs->pAppData); }

  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* out_flags) {
    SqliteVfs& self = Of(vfs);
    OpenFile& open = *new (file) OpenFile;
    open.disk = &self.disk_;
    open.path = name != nullptr ? name : "/temporary-" + std::to_string(++self.temporaries_);
    open.is_deleted_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    const bool creates = (flags & SQLITE_OPEN_CREATE) != 0;
    constexpr int kJournals =
        SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    open.has_new_name = creates && (flags & kJournals) != 0;
    const sim::OpenMode mode = (flags & SQLITE_OPEN_EXCLUSIVE) != 0   ? sim::OpenMode::kCreateUnique
                               : creates                              ? sim::OpenMode::kCreate
                               : (flags & SQLITE_OPEN_READWRITE) != 0 ? sim::OpenMode::kWrite
                                                                      : sim::OpenMode::kRead;
    auto opened = self.disk_.Open(open.path, mode);
    if (!opened) {
      std::destroy_at(&open);
      file->pMethods = nullptr;
      return SQLITE_CANTOPEN;
    }
    open.file = std::move(*opened);
    open.base.pMethods = &Methods();
    if (out_flags != nullptr) {
      *out_flags = flags;
    }
    return SQLITE_OK;
  }

  static int Delete(sqlite3_vfs* vfs, const char* name, int syncs_directory) {
    sim::FileSystem& disk = Of(vfs).disk_;
    if (const auto removed = disk.Remove(name); !removed) {
      return removed.error().code == sim::ErrorCode::kNotFound ? SQLITE_IOERR_DELETE_NOENT
                                                               : SQLITE_IOERR_DELETE;
    }
    return syncs_directory != 0
               ? CodeOf(disk.SyncDirectory(sim::DirectoryOf(name)), SQLITE_IOERR_DIR_FSYNC)
               : SQLITE_OK;
  }

  static int Access(sqlite3_vfs* vfs, const char* name, int, int* exists) {
    const auto size = Of(vfs).disk_.Size(name);
    if (!size && size.error().code != sim::ErrorCode::kNotFound) {
      return SQLITE_IOERR_ACCESS;
    }
    *exists = size ? 1 : 0;
    return SQLITE_OK;
  }

  static int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
    const std::string_view path(name);
    if (path.size() >= static_cast<size_t>(size)) {
      return SQLITE_CANTOPEN;
    }
    *std::ranges::copy(path, out).out = '\0';
    return SQLITE_OK;
  }

  static int Randomness(sqlite3_vfs* vfs, int size, char* out) {
    SqliteVfs& self = Of(vfs);
    std::generate_n(out, size, [&] { return static_cast<char>(self.chance_.Below(256)); });
    return size;
  }

  static int Sleep(sqlite3_vfs* vfs, int micros) {
    Of(vfs).owed_ += std::chrono::microseconds(micros);
    return micros;
  }

  static int CurrentTime(sqlite3_vfs* vfs, sqlite3_int64* julian_milliseconds) {
    constexpr sqlite3_int64 kUnixEpoch = 210'866'760'000'000;
    *julian_milliseconds = kUnixEpoch + Of(vfs).environment_.WallNow().time_since_epoch() /
                                            std::chrono::milliseconds(1);
    return SQLITE_OK;
  }

  static int LastError(sqlite3_vfs*, int, char*) { return 0; }
};

SqliteVfs::SqliteVfs(sim::Environment& environment, sim::FileSystem& disk)
    : environment_(environment),
      disk_(disk.AtOnce()),
      chance_(environment.RandomStream("sqlite")),
      name_(environment.process_name()) {
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(OpenFile);
  vfs_.mxPathname = kPathMax;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Calls::Open;
  vfs_.xDelete = Calls::Delete;
  vfs_.xAccess = Calls::Access;
  vfs_.xFullPathname = Calls::FullPathname;
  vfs_.xRandomness = Calls::Randomness;
  vfs_.xSleep = Calls::Sleep;
  vfs_.xCurrentTimeInt64 = Calls::CurrentTime;
  vfs_.xGetLastError = Calls::LastError;
  sqlite3_vfs_register(&vfs_, 1);
}

SqliteVfs::~SqliteVfs() { sqlite3_vfs_unregister(&vfs_); }

void SqliteVfs::Settle() {
  disk_.Settle();
  environment_.Sleep(std::exchange(owed_, sim::Duration(0)));
}

}  // namespace flinch::tests
