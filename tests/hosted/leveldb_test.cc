// LevelDB as Debian ships it, under crashes at every write. What a database promises: what was
// acknowledged as synced is there after any crash, and so is what was written before it.
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include "engine/state/leveldb_env.h"
#include "sim/world/crash_points.h"

namespace flinch::tests {
namespace {

using engine::LevelDbEnv;
using sim::CrashPoint;
using sim::CrashPoints;
using sim::Environment;
using sim::HostId;
using sim::ProcessId;
using sim::World;

constexpr int kKeys = 50;
constexpr size_t kValueBytes = 1'200;

// Kinds of what can be found; the texts are the report's.
constexpr const char* kDoesNotOpen = "the database does not open";
constexpr const char* kReadFails = "a value cannot be read";
constexpr const char* kInvented = "a value was never written";
constexpr const char* kLostSynced = "a write that was acknowledged as synced is lost";
constexpr const char* kIssue193 =
    "google/leveldb issue 193: a log is not synced before the next one begins, so a write is lost "
    "that an acknowledged synced one followed";

using Report = std::map<std::string, std::vector<std::string>>;  // by kind: where

std::string Show(const Report& report) {
  std::string text;
  for (const auto& [kind, places] : report) {
    text += fmt::format("{} times, first {}: {}\n", places.size(), places.front(), kind);
  }
  return text;
}

bool IsSynced(int write) { return write % 3 == 0; }

std::string KeyOf(int write) { return fmt::format("key-{:02}", write * 7 % kKeys); }

std::string ValueOf(int write) {
  return fmt::format("{:08}", write) +
         std::string(kValueBytes, static_cast<char>('a' + write % 26));
}

// What was asked of a database and answered, seen from outside: it outlives the process.
class Ledger {
 public:
  Ledger(const CrashPoint& crash, Report& report) : crash_(crash), report_(report) {}

  int Ask() {
    ++asked_;
    versions_[KeyOf(asked_)].push_back(asked_);
    return asked_;
  }

  void Acknowledge(int write) { synced_ = IsSynced(write) ? write : synced_; }

  void Find(const char* kind, const std::string& what) {
    report_[kind].push_back(fmt::format("{} ({})", Show(crash_), what));
  }

  // Compares, and takes what is there for what was written from now on.
  void Judge(leveldb::DB& db) {
    std::map<std::string, int> found;
    const std::unique_ptr<leveldb::Iterator> at(db.NewIterator(leveldb::ReadOptions()));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      found[at->key().ToString()] = WriteOf(at->key().ToString(), at->value().ToString());
    }
    if (!at->status().ok()) {
      Find(kReadFails, at->status().ToString());
    }
    for (auto& [key, versions] : versions_) {
      const auto first_open = std::ranges::upper_bound(versions, synced_);
      const int required = first_open == versions.begin() ? 0 : *(first_open - 1);
      if (found[key] < required) {
        Find(IsSynced(required) ? kLostSynced : kIssue193,
             fmt::format("write {}, where {} was the last that was synced", required, synced_));
      }
      versions.clear();
      if (found[key] != 0) {
        versions.push_back(found[key]);
      }
    }
  }

 private:
  // The number of the write; 0 when it is none of this key.
  int WriteOf(const std::string& key, const std::string& value) {
    int write = 0;
    std::from_chars(value.data(), value.data() + std::min<size_t>(value.size(), 8), write);
    const std::vector<int>& versions = versions_[key];
    const bool is_known =
        std::ranges::find(versions, write) != versions.end() && value == ValueOf(write);
    if (!is_known) {
      Find(kInvented, key);
    }
    return is_known ? write : 0;
  }

  CrashPoint crash_;
  Report& report_;
  int asked_ = 0;
  int synced_ = 0;                                    // the last that was acknowledged
  std::map<std::string, std::vector<int>> versions_;  // by key, in order
};

struct Sweep {
  sim::NewNames new_names = sim::NewNames::kWithFile;
  uint64_t seed = 1;
  int writes = 700;
  Report report;
  sim::Digest digest{};

  // Opens, judges what is there, and writes; at its end the database is closed.
  void Database(Environment& env, Ledger& ledger) const {
    LevelDbEnv door(env, env.disk());
    leveldb::Options options;
    options.env = &door;
    options.create_if_missing = true;
    options.write_buffer_size = 65'536;
    options.compression = leveldb::kNoCompression;
    leveldb::DB* opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options, "/db", &opened);
    const std::unique_ptr<leveldb::DB> db(opened);
    door.Settle();
    if (!status.ok()) {
      ledger.Find(kDoesNotOpen, status.ToString());
      return;
    }
    ledger.Judge(*db);
    door.Settle();
    for (int i = 0; i < (env.incarnation() == 1 ? writes : 20); ++i) {
      const int write = ledger.Ask();
      leveldb::WriteOptions how;
      how.sync = IsSynced(write);
      if (db->Put(how, KeyOf(write), ValueOf(write)).ok()) {
        ledger.Acknowledge(write);
      }
      door.Settle();
    }
  }

  std::vector<CrashPoint> operator()(const CrashPoint& crash) {
    World world(
        {.seed = seed, .disk = {.crash_fate = sim::CrashFate::kDrawn, .new_names = new_names}});
    const HostId host = world.AddHost("db");
    Ledger ledger(crash, report);
    const ProcessId process =
        world.AddProcess(host, "db", [&](Environment& env) { Database(env, ledger); });
    Arm(world, crash);
    const auto has_ended = [&] { return !world.IsAlive(process); };
    EXPECT_EQ(world.Run(has_ended).ending, sim::Ending::kGoal);
    std::vector<CrashPoint> writes_of_run = WritesOf(world);
    if (crash.write % 3 == 1) {  // and again while it recovers
      world.CrashAtWrite(host, crash.write + 1 + crash.write % 16);
      world.Restart(process);
      world.Run(has_ended);
    }
    world.Restart(process);
    EXPECT_EQ(world.Run(has_ended).ending, sim::Ending::kGoal);
    digest = world.digest();
    return writes_of_run;
  }
};

TEST(LevelDbTest, AThousandCrashesFindItsKnownHoleAndNothingElse) {
  Sweep sweep;
  std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
  ASSERT_TRUE(sweep.report.empty()) << Show(sweep.report);
  ASSERT_GE(points.size(), 1'000U);
  for (const CrashPoint& crash : points) {
    sweep(crash);
  }
  fmt::print("{} crash points:\n{}", points.size(), Show(sweep.report));
  EXPECT_EQ(sweep.report.size(), 1U) << Show(sweep.report);
  EXPECT_TRUE(sweep.report.contains(kIssue193));
}

// It relies on names that are durable with their file: by POSIX alone, it promises too much.
TEST(LevelDbTest, WhereOnlyDirectoriesMakeNamesDurableItLosesSyncedWrites) {
  Sweep sweep{.new_names = sim::NewNames::kWithDirectory, .writes = 100, .report = {}};
  for (const CrashPoint& crash : CrashPoints(std::ref(sweep))) {
    sweep(crash);
  }
  EXPECT_TRUE(sweep.report.contains(kLostSynced)) << Show(sweep.report);
}

TEST(LevelDbTest, ACrashIsTheSameEachTime) {
  Sweep sweep{.writes = 100, .report = {}};
  const std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
  for (size_t index = 0; index < points.size(); index += 29) {
    sweep(points[index]);
    const sim::Digest first = sweep.digest;
    sweep(points[index]);
    EXPECT_EQ(sweep.digest, first) << Show(points[index]);
  }
}

TEST(LevelDbTest, OneProcessAtATimeHasTheDatabase) {
  World world({});
  const HostId host = world.AddHost("db");
  std::vector<std::string> seen;
  for (const char* name : {"first", "second"}) {
    world.AddProcess(host, name, [&](Environment& env) {
      env.Sleep(env.process_name() == "first" ? sim::Duration(0) : std::chrono::seconds(1));
      LevelDbEnv door(env, env.disk());
      leveldb::Options options;
      options.env = &door;
      options.create_if_missing = true;
      leveldb::DB* opened = nullptr;
      seen.push_back(leveldb::DB::Open(options, "/db", &opened).ToString());
      const std::unique_ptr<leveldb::DB> db(opened);
      door.Settle();
      env.Sleep(std::chrono::seconds(5));
    });
  }
  world.Run([] { return false; });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], "OK");
  EXPECT_TRUE(seen[1].contains("locked")) << seen[1];
}

}  // namespace
}  // namespace flinch::tests
