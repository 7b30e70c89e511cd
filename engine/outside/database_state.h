// The content of a database: pure, changed by one request after the other.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/outside/database_protocol.h"
#include "engine/outside/journal.h"
#include "sim/result.h"

namespace flinch::engine {

inline constexpr JournalFormat kDatabaseJournalFormat{.header = "flinch database 1\n",
                                                      .owner = "the database"};

struct DatabaseTable {
  std::map<std::string, std::string> upserted;
  std::vector<DatabaseRow> inserted;  // in the order of their commits
};

class DatabaseState {
 public:
  sim::Result<Nothing> Apply(const UpsertRequest& upsert);
  sim::Result<Nothing> Apply(const PrepareRequest& prepare);
  sim::Result<Nothing> Apply(const CommitPreparedRequest& commit);
  sim::Result<Nothing> Apply(const RollbackPreparedRequest& rollback);

  RecoverReply Recover(std::string_view prefix) const;

  const std::map<std::string, DatabaseTable>& tables() const { return tables_; }

 private:
  struct Writer {
    uint32_t attempt = 0;
    uint64_t batch = 0;
  };

  std::map<std::string, DatabaseTable> tables_;
  std::map<std::string, Writer> writers_;
  std::map<std::string, PrepareRequest> prepared_;
  std::set<std::string> committed_;
  std::set<std::string> rolled_back_;
};

// A command as it was sent.
struct DatabaseEntry {
  DatabaseMethod method{};
  Bytes body;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.method);
    visit(self.body);
  }
};

// Applies a command; kInvalidArgument for what is none.
sim::Result<Nothing> ApplyEntry(DatabaseState& state, const DatabaseEntry& entry);

// The state after the frames of a journal. kCorruption when one does not apply any more.
sim::Result<DatabaseState> ReplayDatabase(std::span<const Bytes> frames);

// From the bytes of a journal; no bytes at all are a database that never started.
sim::Result<DatabaseState> ReadDatabaseJournal(std::string_view bytes);

}  // namespace flinch::engine
