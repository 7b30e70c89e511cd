// LevelDB's door to a simulated machine: files, locks, time and background work.
//
// LevelDB is not made for simulation and holds real mutexes while it is in here, so nothing here
// suspends: files are those of FileSystem::AtOnce, and time is owed. Between two calls of LevelDB
// the caller calls Settle, which runs the background work that waits, pays, and is where its
// process dies.
//
// A database that is not to survive its process needs no log: a `kDropped` one is empty. Its tables
// may be needed when the database does not need them any more, by a snapshot that is being written:
// what is pinned is removed when nobody holds it.
//
// Who has fibers for threads (and mutexes of fibers) gives a file system that suspends, and takes
// `background` for a thread of its own: then Settle has nothing to do.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <leveldb/env.h>

#include "sim/environment.h"

namespace flinch::engine {

class LevelDbEnv final : public leveldb::Env {
 public:
  // A piece of work that LevelDB wants done by another thread.
  using Work = std::pair<void (*)(void*), void*>;
  // What does it; called under LevelDB's mutex.
  using Background = std::function<void(Work)>;

  // Of what was written since the last table.
  enum class Logs : uint8_t { kKept, kDropped };

  // The work waits for Settle.
  LevelDbEnv(sim::Environment& environment, sim::FileSystem& disk, Logs logs = Logs::kKept);
  // `background` does the work, one piece after the other, and `disk` may suspend.
  LevelDbEnv(sim::Environment& environment, sim::FileSystem& disk, Background background);

  // Runs all work that waits, on this fiber. Not inside a call of LevelDB.
  void Drain();
  // The same if writes have filled LevelDB's memory since the last time. What waits otherwise is
  // what reads have asked for: to merge a table because they looked into it for nothing. It would
  // be another table then, for whoever has a copy of it, with nothing new in it.
  void DrainWrites();
  // Drains, then lets the time pass that all of it has cost. Suspends.
  void Settle();
  // Lets that time pass. Suspends.
  void Pay();

  // As often as Unpin. The file that LevelDB removes meanwhile goes with the last Unpin.
  void Pin(const std::string& path);
  void Unpin(const std::string& path);

  // Only pins keep it.
  bool IsDoomed(const std::string& path) const { return doomed_.contains(path); }

  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path,
                                      leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& directory) override;
  leveldb::Status RemoveDir(const std::string& directory) override;
  leveldb::Status GetFileSize(const std::string& path, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*function)(void*), void* argument) override;
  void StartThread(void (*function)(void*), void* argument) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;
  uint64_t NowMicros() override;
  void SleepForMicroseconds(int micros) override;

 private:
  leveldb::Status NewWriter(const std::string& path, bool appends, leveldb::WritableFile** file);

  sim::Environment& environment_;
  sim::FileSystem& disk_;
  Logs logs_ = Logs::kKept;
  std::map<std::string, uint32_t> pins_;
  std::set<std::string> doomed_;  // pinned, and to be removed
  std::deque<Work> waiting_;
  bool filled_ = false;    // a log was begun, with each memory that was filled
  Background background_;  // empty: what is to be done waits for Drain
  sim::Duration owed_{0};  // sleep
};

}  // namespace flinch::engine
