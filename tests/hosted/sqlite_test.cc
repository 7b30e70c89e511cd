// SQLite as Debian ships it, under crashes at every write: after each the database is whole, and
// holds all transactions that were acknowledged, each of them entirely or not at all.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/world/crash_points.h"
#include "tests/hosted/sqlite_vfs.h"

namespace flinch::tests {
namespace {

using sim::CrashPoint;
using sim::CrashPoints;
using sim::Environment;
using sim::HostId;
using sim::ProcessId;
using sim::World;

using Rows = std::vector<std::string>;

constexpr int kIds = 40;

// A connection; every statement is followed by the time that it took.
class Database {
 public:
  explicit Database(SqliteVfs& vfs) : vfs_(vfs) {
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    code_ = sqlite3_open_v2("/db", &db_, kFlags, vfs.name());
  }

  ~Database() { sqlite3_close(db_); }

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Rows, their columns joined by '|'. After a failure nothing is done any more.
  Rows Do(const std::string& sql) {
    Rows rows;
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_exec(db_, sql.c_str(), AddRow, &rows, nullptr);
    }
    vfs_.Settle();
    return rows;
  }

  // What failed, once more.
  Rows Again(const std::string& sql) {
    code_ = SQLITE_OK;
    return Do(sql);
  }

  bool ok() const { return code_ == SQLITE_OK; }

  std::string error() const { return sqlite3_errmsg(db_); }

 private:
  static int AddRow(void* rows, int count, char** values, char**) {
    std::string row;
    for (int i = 0; i < count; ++i) {
      row += (i == 0 ? "" : "|") + std::string(values[i] == nullptr ? "" : values[i]);
    }
    static_cast<Rows*>(rows)->push_back(row);
    return 0;
  }

  SqliteVfs& vfs_;
  sqlite3* db_ = nullptr;
  int code_ = SQLITE_OK;
};

std::string ValueOf(int transaction, int part) {
  return std::string(static_cast<size_t>(50 + (transaction * 137 + part * 311) % 1'500),
                     static_cast<char>('a' + (transaction + part) % 26));
}

// What a transaction does, in SQL and in plain C++.
std::vector<std::string> StatementsOf(int transaction) {
  std::vector<std::string> statements = {"BEGIN IMMEDIATE"};
  for (int part = 0; part < 4; ++part) {
    statements.push_back(fmt::format("INSERT OR REPLACE INTO entry VALUES ({}, {}, '{}')",
                                     (transaction * 7 + part * 13) % kIds, transaction,
                                     ValueOf(transaction, part)));
  }
  statements.push_back(fmt::format("DELETE FROM entry WHERE id = {}", transaction * 11 % kIds));
  statements.push_back(fmt::format("UPDATE done SET number = {}", transaction));
  return statements;
}

Rows RowsAfter(int transactions) {
  std::map<int, std::string> entries;
  for (int transaction = 1; transaction <= transactions; ++transaction) {
    for (int part = 0; part < 4; ++part) {
      const int id = (transaction * 7 + part * 13) % kIds;
      entries[id] = fmt::format("{}|{}|{}", id, transaction, ValueOf(transaction, part));
    }
    entries.erase(transaction * 11 % kIds);
  }
  Rows rows;
  for (const auto& [id, row] : entries) {
    rows.push_back(row);
  }
  return rows;
}

struct Mode {
  const char* name;
  std::string pragmas;
};

std::vector<Mode> Modes() {
  const std::string small = "PRAGMA page_size=1024; PRAGMA cache_size=8; ";
  return {{"Delete", small + "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA"},
          {"Truncate", small + "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL"},
          {"Persist", small + "PRAGMA journal_mode=PERSIST; PRAGMA synchronous=FULL"},
          // Without shared memory one connection has the database.
          {"Wal", "PRAGMA locking_mode=EXCLUSIVE; " + small +
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                      "PRAGMA wal_autocheckpoint=20"}};
}

struct Sweep {
  std::string pragmas;
  int transactions = 6;
  std::vector<std::string> findings;
  sim::Digest digest{};

  // Opens, judges what is there, and goes on from there.
  void Run(Environment& env, const CrashPoint& crash, int& asked, int& acknowledged) {
    SqliteVfs vfs(env, env.disk());
    Database db(vfs);
    const auto find = [&](const std::string& what) {
      findings.push_back(fmt::format("{}: {}", Show(crash), what));
    };
    db.Do(pragmas);
    db.Do("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, number INT, value TEXT)");
    db.Do("CREATE TABLE IF NOT EXISTS done (number INT)");
    db.Do("INSERT INTO done SELECT 0 WHERE NOT EXISTS (SELECT * FROM done)");
    const Rows check = db.Do("PRAGMA integrity_check");
    const Rows done = db.Do("SELECT number FROM done");
    const Rows rows = db.Do("SELECT * FROM entry ORDER BY id");
    if (!db.ok() || check != Rows{"ok"} || done.size() != 1) {
      find(db.ok() ? "the database is damaged: " + check.front() : db.error());
      return;
    }
    const int number = std::stoi(done.front());
    if (number < acknowledged || number > asked || rows != RowsAfter(number)) {
      find(fmt::format("{} was acknowledged and {} asked for, but {} with {} rows is there",
                       acknowledged, asked, number, rows.size()));
    }
    const int last = number + (env.incarnation() == 1 ? transactions : 2);
    for (asked = number; asked < last && db.ok();) {
      ++asked;
      for (const std::string& statement : StatementsOf(asked)) {
        db.Do(statement);
      }
      db.Do("COMMIT");
      acknowledged = db.ok() ? asked : acknowledged;
    }
    if (!db.ok()) {
      find(db.error());
    }
  }

  std::vector<CrashPoint> operator()(const CrashPoint& crash) {
    sqlite3_randomness(0, nullptr);
    World world({.disk = {.crash_fate = sim::CrashFate::kDrawn}});
    const HostId host = world.AddHost("db");
    int asked = 0;
    int acknowledged = 0;
    const ProcessId process = world.AddProcess(
        host, "db", [&](Environment& env) { Run(env, crash, asked, acknowledged); });
    Arm(world, crash);
    const auto has_ended = [&] { return !world.IsAlive(process); };
    EXPECT_EQ(world.Run(has_ended).ending, sim::Ending::kGoal);
    std::vector<CrashPoint> writes = WritesOf(world);
    if (crash.write % 3 == 1) {  // and again while it recovers
      world.CrashAtWrite(host, crash.write + 1 + crash.write % 16);
      world.Restart(process);
      world.Run(has_ended);
    }
    world.Restart(process);
    EXPECT_EQ(world.Run(has_ended).ending, sim::Ending::kGoal);
    digest = world.digest();
    return writes;
  }
};

class SqliteTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_EQ(sqlite3_initialize(), SQLITE_OK); }
};

TEST_F(SqliteTest, AThousandCrashesFindNothing) {
  size_t crashes = 0;
  for (const Mode& mode : Modes()) {
    SCOPED_TRACE(mode.name);
    Sweep sweep{.pragmas = mode.pragmas, .findings = {}};
    const std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
    for (const CrashPoint& crash : points) {
      sweep(crash);
    }
    fmt::print("{}: {} crash points, {} findings\n", mode.name, points.size(),
               sweep.findings.size());
    EXPECT_TRUE(sweep.findings.empty()) << sweep.findings.front();
    crashes += points.size();
  }
  EXPECT_GE(crashes, 1'000U);
}

// As its manual says: the end of a transaction is the removal of its journal, and only EXTRA makes
// that durable.
TEST_F(SqliteTest, WithoutExtraARemovedJournalMayComeBackAndUndoWhatWasAcknowledged) {
  Sweep sweep{.pragmas = "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL",
              .transactions = 10,
              .findings = {}};
  for (const CrashPoint& crash : CrashPoints(std::ref(sweep))) {
    sweep(crash);
  }
  ASSERT_FALSE(sweep.findings.empty());
  for (const std::string& finding : sweep.findings) {
    EXPECT_TRUE(finding.contains("was acknowledged")) << finding;
  }
}

TEST_F(SqliteTest, ACrashIsTheSameEachTime) {
  Sweep sweep{.pragmas = Modes()[0].pragmas, .transactions = 5, .findings = {}};
  const std::vector<CrashPoint> points = CrashPoints(std::ref(sweep));
  for (size_t index = 0; index < points.size(); index += 17) {
    sweep(points[index]);
    const sim::Digest first = sweep.digest;
    sweep(points[index]);
    EXPECT_EQ(sweep.digest, first) << Show(points[index]);
  }
}

TEST_F(SqliteTest, ProcessesOfOneHostShareADatabaseAndWaitForOneAnother) {
  sqlite3_randomness(0, nullptr);
  World world({});
  const HostId host = world.AddHost("db");
  std::vector<std::string> numbers;
  for (const char* name : {"a", "b", "c"}) {
    world.AddProcess(host, name, [&](Environment& env) {
      SqliteVfs vfs(env, env.disk());
      Database db(vfs);
      db.Do("PRAGMA busy_timeout=0");
      const auto retry = [&](const std::string& sql) {
        Rows rows = db.Do(sql);
        while (!db.ok()) {
          env.Sleep(std::chrono::milliseconds(1));
          rows = db.Again(sql);
        }
        return rows;
      };
      retry("CREATE TABLE IF NOT EXISTS counter (number INT)");
      for (int i = 0; i < 10; ++i) {
        retry("BEGIN IMMEDIATE");
        retry("INSERT INTO counter SELECT count(*) FROM counter");
        retry("COMMIT");
      }
      numbers.push_back(retry("SELECT count(*), count(DISTINCT number) FROM counter").front());
    });
  }
  EXPECT_EQ(world.Run([] { return false; }).ending, sim::Ending::kIdle);
  ASSERT_EQ(numbers.size(), 3U);
  EXPECT_EQ(numbers.back(), "30|30");
}

}  // namespace
}  // namespace flinch::tests
