// A LevelDB database on a host's own disk: keys and values as bytes.
//
// Life:     it belongs to one subtask of one attempt, and is thrown away with it: what survives is
//           what a snapshot has copied. So nothing is synced for its own sake, and it keeps no log.
// Blocking: no call suspends; compaction runs at the end of the write that made it due, and never
//           for a read. What all of it has cost is owed to the disk and paid by Settle.
// Views:    the content as it was, while it goes on changing. Read on after any change.
// Tables:   `Flush` puts all that was written into table files, which never change, and says which
//           files make up the database then. They stay until the PinnedTables go.
// Errors:   kIo and kNoSpace of the disk, kCorruption of bytes that are not what was written. After
//           the first one nothing may be relied upon.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/environment.h"
#include "sim/result.h"

namespace flinch::engine {

struct LevelDbOptions {
  // Bytes that are kept in memory until they become a table. LevelDB takes at least 64 KiB.
  uint64_t write_buffer_bytes = 4 * 1024 * 1024;
  // Not where it is planted: what lies outside of a subtask's range leaves the copies it starts
  // with.
  bool clips_copies = true;
};

// A file of a database, by its name within its directory.
struct NamedBytes {
  std::string name;
  sim::Bytes bytes;

  friend bool operator==(const NamedBytes&, const NamedBytes&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.bytes);
  }
};

// What a database held at one moment. Goes before the database does.
class LevelDbView {
 public:
  virtual ~LevelDbView() = default;
};

class LevelDbStore {
 public:
  struct Change {
    sim::Bytes key;
    std::optional<sim::Bytes> value;  // none: the key is removed
  };

  class PinnedTables;

  // Of what files are in the directory; without any it is empty.
  static sim::Result<std::unique_ptr<LevelDbStore>> Open(sim::Environment& environment,
                                                         std::string directory,
                                                         const LevelDbOptions& options);
  ~LevelDbStore();
  LevelDbStore(const LevelDbStore&) = delete;
  LevelDbStore& operator=(const LevelDbStore&) = delete;

  const std::string& directory() const { return directory_; }

  sim::Result<std::optional<sim::Bytes>> Get(std::string_view key) const;

  // All of them or none.
  sim::Result<void> Apply(std::span<const Change> changes);

  // Calls `visit(key, value)` for the keys that begin with `prefix`, in their order, until it
  // returns false. Without a view: as they are now.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  sim::Result<void> Scan(std::string_view prefix, const LevelDbView* view,
                         const Visitor& visit) const;

  std::unique_ptr<const LevelDbView> Freeze();

  // Lets the time pass that all of it has cost. Suspends.
  void Settle();

  sim::Result<std::unique_ptr<PinnedTables>> Flush();

 private:
  struct Parts;

  LevelDbStore(std::string directory, std::unique_ptr<Parts> parts);

  std::string directory_;
  std::unique_ptr<Parts> parts_;
};

// The files that made up a database at one moment. Goes before the database does.
class LevelDbStore::PinnedTables {
 public:
  PinnedTables(LevelDbStore& store, std::vector<std::string> names, std::vector<NamedBytes> heads);
  ~PinnedTables();
  PinnedTables(const PinnedTables&) = delete;
  PinnedTables& operator=(const PinnedTables&) = delete;

  // Of its tables, sorted.
  const std::vector<std::string>& names() const { return names_; }

  // What says which tables there are: small, and other ones at each moment.
  const std::vector<NamedBytes>& heads() const { return heads_; }

  std::string PathOf(const std::string& name) const;

 private:
  LevelDbStore& store_;
  std::vector<std::string> names_;
  std::vector<NamedBytes> heads_;
};

// Where a TaskManager's databases lie on its host's disk.
std::string StateDirectoryOf(std::string_view process);

// Removes all files of a directory in which nobody has a database open. May suspend.
sim::Result<void> RemoveDatabase(sim::FileSystem& disk, const std::string& directory);

}  // namespace flinch::engine
