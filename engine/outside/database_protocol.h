// What clients and the database say to each other.
//
// Shape:   tables of rows: a key, a value. A row is upserted, which replaces the one of its key, or
//          inserted, whatever is there. All rows of one request come at once, or none.
// Retries: every request may be sent again and may arrive late or twice; how that is harmless is
//          said there.
// Errors:  kNotFound (no such transaction), kInvalidArgument (the request can never succeed),
//          kFenced (a newer writer exists, or the transaction was rolled back), kUnavailable (ask
//          again; the outcome is unknown), kCorruption (the journal is damaged).
// Source:  XA: prepare, commit, rollback and recover, as Flink's JdbcXaSinkFunction uses them; what
//          applications do to keep a writer of before from writing on: a table of writers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rpc/endpoint.h"
#include "engine/serializer.h"

namespace flinch::engine {

inline constexpr uint16_t kDatabasePort = 5432;
inline constexpr std::string_view kDatabaseHost = "database";

enum class DatabaseMethod : uint16_t { kUpsert = 1, kPrepare, kCommit, kRollback, kRecover };

constexpr std::string_view ServiceName(DatabaseMethod) { return "database"; }

struct DatabaseRow {
  std::string key;
  std::string value;

  friend auto operator<=>(const DatabaseRow&, const DatabaseRow&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
    visit(self.value);
  }
};

// One life of one writer. Batches are numbered from 1; what has a number that was there does
// nothing, and a life that is older than the newest is fenced.
struct WriterSession {
  std::string writer;  // "sink-1"
  uint32_t attempt = 0;
  uint64_t batch = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.writer);
    visit(self.attempt);
    visit(self.batch);
  }
};

// Without rows it fences earlier lives.
struct UpsertRequest {
  static constexpr auto kMethod = DatabaseMethod::kUpsert;
  using Reply = Nothing;

  WriterSession session;
  std::string table;
  std::vector<DatabaseRow> rows;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.session);
    visit(self.table);
    visit(self.rows);
  }
};

// From here on these rows survive anything, and nobody sees them. Again: nothing more.
struct PrepareRequest {
  static constexpr auto kMethod = DatabaseMethod::kPrepare;
  using Reply = Nothing;

  std::string transaction;
  std::string table;
  std::vector<DatabaseRow> rows;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transaction);
    visit(self.table);
    visit(self.rows);
  }
};

// The rows are inserted. Again: nothing more.
struct CommitPreparedRequest {
  static constexpr auto kMethod = DatabaseMethod::kCommit;
  using Reply = Nothing;

  std::string transaction;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transaction);
  }
};

// The rows are gone, and a prepare that comes late is refused. Again: nothing more.
struct RollbackPreparedRequest {
  static constexpr auto kMethod = DatabaseMethod::kRollback;
  using Reply = Nothing;

  std::string transaction;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transaction);
  }
};

struct RecoverReply {
  std::vector<std::string> transactions;  // sorted

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transactions);
  }
};

// What is prepared, of names that begin so.
struct RecoverRequest {
  static constexpr auto kMethod = DatabaseMethod::kRecover;
  using Reply = RecoverReply;

  std::string prefix;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.prefix);
  }
};

}  // namespace flinch::engine
