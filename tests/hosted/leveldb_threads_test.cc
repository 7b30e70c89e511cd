// LevelDB with its own background thread and several threads that write, under crashes at every
// write: unmodified, also where it locks and waits.
#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include "engine/state/leveldb_env.h"
#include "sim/hosted/hosted.h"
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

constexpr int kWriters = 3;
constexpr int kKeysOfAWriter = 10;
constexpr size_t kValueBytes = 1'200;

// Kinds of what can be found.
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

std::string ValueOf(int write) {
  return fmt::format("{:08}", write) +
         std::string(kValueBytes, static_cast<char>('a' + write % 26));
}

// What the threads asked of the database and heard from it, in the order in which they did. It
// outlives the process.
class Ledger {
 public:
  Ledger(const CrashPoint& crash, Report& report) : crash_(crash), report_(report) {}

  int Ask(const std::string& key, bool synced) {
    const sim::OutsideHosted outside;
    writes_.push_back({.key = key, .synced = synced, .asked = ++clock_, .acknowledged = 0});
    return static_cast<int>(writes_.size());
  }

  void Acknowledge(int write) {
    const sim::OutsideHosted outside;
    writes_[static_cast<size_t>(write) - 1].acknowledged = ++clock_;
  }

  void Find(const char* kind, const std::string& what) {
    const sim::OutsideHosted outside;
    report_[kind].push_back(fmt::format("{} ({})", sim::Show(crash_), what));
  }

  // Compares with what is there, by key. Keys are each one thread's, so their writes have an order.
  void Judge(const std::map<std::string, std::string>& found) {
    const sim::OutsideHosted outside;
    // Whoever heard from the database before a synced write was asked for comes before that.
    uint64_t synced_asked = 0;
    for (const Write& write : writes_) {
      if (write.synced && write.acknowledged != 0) {
        synced_asked = std::max(synced_asked, write.asked);
      }
    }
    std::map<std::string, size_t> required;
    for (size_t index = 0; index < writes_.size(); ++index) {
      const Write& write = writes_[index];
      const bool is_durable =
          write.acknowledged != 0 && (write.synced || write.acknowledged < synced_asked);
      if (is_durable && !write.settled) {
        required[write.key] = index + 1;
      }
    }
    for (const auto& [key, value] : found) {
      size_t write = 0;
      std::from_chars(value.data(), value.data() + std::min<size_t>(value.size(), 8), write);
      const bool is_known = write >= 1 && write <= writes_.size() &&
                            writes_[write - 1].key == key &&
                            value == ValueOf(static_cast<int>(write));
      if (!is_known) {
        Find(kInvented, key);
      }
      there_[key] = is_known ? write : 0;
    }
    for (const auto& [key, write] : required) {
      if (there_[key] < write) {
        Find(writes_[write - 1].synced ? kLostSynced : kIssue193, fmt::format("write {}", write));
      }
    }
    // From here on what is there counts as what was promised.
    for (Write& write : writes_) {
      write.settled = true;
    }
    there_.clear();
  }

 private:
  struct Write {
    std::string key;
    bool synced = false;
    uint64_t asked = 0;
    uint64_t acknowledged = 0;
    bool settled = false;  // judged in an earlier life
  };

  CrashPoint crash_;
  Report& report_;
  uint64_t clock_ = 0;
  std::vector<Write> writes_;
  std::map<std::string, size_t> there_;
};

struct Sweep {
  uint64_t seed = 1;
  int writes = 280;  // of each thread
  int sync_every = 5;
  Report report;
  sim::Digest digest{};

  void Database(Environment& env, Ledger& ledger) {
    // What LevelDB wants done by another thread is done by the one that it starts itself.
    const auto background = [](LevelDbEnv::Work work) {
      leveldb::Env::Default()->Schedule(work.first, work.second);
    };
    LevelDbEnv door(env, env.disk(), background);
    leveldb::Options options;
    options.env = &door;
    options.create_if_missing = true;
    options.write_buffer_size = 65'536;
    options.compression = leveldb::kNoCompression;
    leveldb::DB* opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options, "/db", &opened);
    const std::unique_ptr<leveldb::DB> db(opened);
    if (!status.ok()) {
      ledger.Find(kDoesNotOpen, status.ToString());
      return;
    }
    ledger.Judge(ContentOf(*db, ledger));
    std::array<std::thread, kWriters> writers;
    const int count = env.incarnation() == 1 ? writes : 10;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.at(static_cast<size_t>(writer)) = std::thread([&, writer] {
        for (int i = 0; i < count; ++i) {
          const std::string key = fmt::format("{}-{:02}", writer, i * 7 % kKeysOfAWriter);
          leveldb::WriteOptions how;
          how.sync = (i + writer) % sync_every == 0;
          const int write = ledger.Ask(key, how.sync);
          if (db->Put(how, key, ValueOf(write)).ok()) {
            ledger.Acknowledge(write);
          }
        }
      });
    }
    for (std::thread& writer : writers) {
      writer.join();
    }
  }

  static std::map<std::string, std::string> ContentOf(leveldb::DB& db, Ledger& ledger) {
    std::map<std::string, std::string> found;
    const std::unique_ptr<leveldb::Iterator> at(db.NewIterator(leveldb::ReadOptions()));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      found[at->key().ToString()] = at->value().ToString();
    }
    if (!at->status().ok()) {
      ledger.Find(kReadFails, at->status().ToString());
    }
    return found;
  }

  std::vector<CrashPoint> operator()(const CrashPoint& crash) {
    World world(
        {.seed = seed,
         .disk = {.crash_fate = sim::CrashFate::kDrawn, .new_names = sim::NewNames::kWithFile}});
    const HostId host = world.AddHost("db");
    Ledger ledger(crash, report);
    const ProcessId process = world.AddProcess(
        host, "db",
        sim::Hosted([&](Environment& env) { Database(env, ledger); },
                    {.memory = sim::HostedMemory::kGivenBack, .libraries = {"libleveldb.so"}}));
    Arm(world, crash);
    const auto has_ended = [&] { return !world.IsAlive(process); };
    ExpectGoal(world, world.Run(has_ended));
    std::vector<CrashPoint> writes_of_run = WritesOf(world);
    world.Restart(process);
    ExpectGoal(world, world.Run(has_ended));
    digest = world.digest();
    return writes_of_run;
  }

  static void ExpectGoal(const World& world, const sim::Outcome& outcome) {
    EXPECT_EQ(outcome.ending, sim::Ending::kGoal)
        << (outcome.violation ? outcome.violation->what + " at " + outcome.violation->where
                              : sim::Show(world.Explain()));
  }
};

TEST(LevelDbThreadsTest, AThousandCrashesFindItsKnownHoleAndNothingElse) {
  Sweep sweep;
  const std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
  ASSERT_TRUE(sweep.report.empty()) << Show(sweep.report);
  ASSERT_GE(points.size(), 1'000U);
  for (const CrashPoint& crash : points) {
    sweep(crash);
  }
  fmt::print("{} crash points:\n{}", points.size(), Show(sweep.report));
  EXPECT_EQ(sweep.report.size(), 1U) << Show(sweep.report);
  EXPECT_TRUE(sweep.report.contains(kIssue193));
}

// So the hole is the only one, and not one of hosting.
TEST(LevelDbThreadsTest, WhoSyncsEachWriteLosesNone) {
  Sweep sweep{.writes = 80, .sync_every = 1, .report = {}};
  for (const CrashPoint& crash : CrashPoints(std::ref(sweep))) {
    sweep(crash);
  }
  EXPECT_TRUE(sweep.report.empty()) << Show(sweep.report);
}

TEST(LevelDbThreadsTest, ACrashIsTheSameEachTimeAndSeedsInterleave) {
  Sweep sweep{.writes = 60, .report = {}};
  const std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
  for (size_t index = 0; index < points.size(); index += 29) {
    sweep(points[index]);
    const sim::Digest first = sweep.digest;
    sweep(points[index]);
    EXPECT_EQ(sweep.digest, first) << sim::Show(points[index]);
  }
  std::set<std::string> digests;
  for (sweep.seed = 1; sweep.seed <= 5; ++sweep.seed) {
    sweep({});
    digests.insert(sim::Show(sweep.digest));
  }
  EXPECT_EQ(digests.size(), 5U);
}

}  // namespace
}  // namespace flinch::tests
