// LevelDB's door to a simulated machine: files, locks, time and background work.
//
// LevelDB is not made for simulation and holds real mutexes while it is in here, so nothing here
// suspends: files are those of FileSystem::AtOnce, and time is owed. Between two calls of LevelDB
// the caller calls Settle, which runs the background work that waits, pays, and is where its
// process dies.
//
// Who has fibers for threads (and mutexes of fibers) gives a file system that suspends, and takes
// `background` for a thread of its own: then Settle has nothing to do.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <leveldb/env.h>

#include "sim/environment.h"

namespace flinch::tests {

class LevelDbEnv final : public leveldb::Env {
 public:
  // A piece of work that LevelDB wants done by another thread.
  using Work = std::pair<void (*)(void*), void*>;
  // What does it; called under LevelDB's mutex.
  using Background = std::function<void(Work)>;

  // The work waits for Settle.
  LevelDbEnv(sim::Environment& environment, sim::FileSystem& disk);
  // `background` does the work, one piece after the other, and `disk` may suspend.
  LevelDbEnv(sim::Environment& environment, sim::FileSystem& disk, Background background);

  // Runs all work that waits, on this fiber. Not inside a call of LevelDB.
  void Drain();
  // Drains, then lets the time pass that all of it has cost. Suspends.
  void Settle();

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
  std::deque<Work> waiting_;
  Background background_;  // empty: what is to be done waits for Drain
  sim::Duration owed_{0};  // sleep
};

}  // namespace flinch::tests
