// SQLite's door to a simulated machine: a VFS on sim's files, time and chance.
//
// SQLite holds mutexes of its own while it is in here, so nothing here suspends: files are those of
// FileSystem::AtOnce. Between two calls of SQLite the caller calls Settle, which lets the time pass
// that they cost, and is where its process dies.
//
// Call sqlite3_initialize before a world runs (it looks at the surroundings), and
// sqlite3_randomness(0, nullptr) before each world: its chance is one of the whole program, and
// begins anew with what the first VFS of the next world draws.
#pragma once

#include <memory>
#include <sqlite3.h>
#include <string>

#include "sim/environment.h"

namespace flinch::tests {

class SqliteVfs {
 public:
  // Registers itself under the process's name, and as the one that SQLite takes its chance from.
  SqliteVfs(sim::Environment& environment, sim::FileSystem& disk);
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;

  const char* name() const { return name_.c_str(); }

  // Suspends.
  void Settle();

 private:
  struct Calls;

  sim::Environment& environment_;
  sim::FileSystem& disk_;
  sim::Random chance_;
  std::string name_;
  sqlite3_vfs vfs_{};
  sim::Duration owed_{0};  // sleep
  int temporaries_ = 0;
};

}  // namespace flinch::tests
