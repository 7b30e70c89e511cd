#include "engine/outside/database_state.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

template <typename Request>
sim::Result<Nothing> ApplyAs(DatabaseState& state, const DatabaseEntry& entry) {
  const sim::Result<Request> request = Decode<Request>(entry.body);
  if (!request) {
    return sim::Fail(request);
  }
  return state.Apply(*request);
}

}  // namespace

sim::Result<Nothing> DatabaseState::Apply(const UpsertRequest& upsert) {
  Writer& writer = writers_[upsert.session.writer];
  if (upsert.session.attempt < writer.attempt) {
    return sim::Fail(sim::ErrorCode::kFenced,
                     fmt::format("The writer {} of attempt {} has a successor of attempt {}.",
                                 upsert.session.writer, upsert.session.attempt, writer.attempt));
  }
  if (upsert.session.attempt > writer.attempt) {
    writer = {.attempt = upsert.session.attempt};
  }
  if (upsert.session.batch <= writer.batch) {
    return Nothing();
  }
  writer.batch = upsert.session.batch;
  for (const DatabaseRow& row : upsert.rows) {
    tables_[upsert.table].upserted[row.key] = row.value;
  }
  return Nothing();
}

sim::Result<Nothing> DatabaseState::Apply(const PrepareRequest& prepare) {
  if (rolled_back_.contains(prepare.transaction)) {
    return sim::Fail(sim::ErrorCode::kFenced,
                     fmt::format("The transaction {} was rolled back.", prepare.transaction));
  }
  if (!committed_.contains(prepare.transaction)) {
    prepared_.try_emplace(prepare.transaction, prepare);
  }
  return Nothing();
}

sim::Result<Nothing> DatabaseState::Apply(const CommitPreparedRequest& commit) {
  const auto found = prepared_.find(commit.transaction);
  if (found == prepared_.end()) {
    if (committed_.contains(commit.transaction)) {
      return Nothing();
    }
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("There is no transaction {} to commit.", commit.transaction));
  }
  DatabaseTable& table = tables_[found->second.table];
  std::ranges::move(found->second.rows, std::back_inserter(table.inserted));
  prepared_.erase(found);
  committed_.insert(commit.transaction);
  return Nothing();
}

sim::Result<Nothing> DatabaseState::Apply(const RollbackPreparedRequest& rollback) {
  if (committed_.contains(rollback.transaction)) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The transaction {} is committed, and cannot be rolled back.",
                                 rollback.transaction));
  }
  prepared_.erase(rollback.transaction);
  rolled_back_.insert(rollback.transaction);
  return Nothing();
}

RecoverReply DatabaseState::Recover(std::string_view prefix) const {
  RecoverReply reply;
  for (const auto& [name, transaction] : prepared_) {
    if (name.starts_with(prefix)) {
      reply.transactions.push_back(name);
    }
  }
  return reply;
}

sim::Result<Nothing> ApplyEntry(DatabaseState& state, const DatabaseEntry& entry) {
  switch (entry.method) {
    case DatabaseMethod::kUpsert:
      return ApplyAs<UpsertRequest>(state, entry);
    case DatabaseMethod::kPrepare:
      return ApplyAs<PrepareRequest>(state, entry);
    case DatabaseMethod::kCommit:
      return ApplyAs<CommitPreparedRequest>(state, entry);
    case DatabaseMethod::kRollback:
      return ApplyAs<RollbackPreparedRequest>(state, entry);
    case DatabaseMethod::kRecover:
      break;
  }
  return sim::Fail(
      sim::ErrorCode::kInvalidArgument,
      fmt::format("The database knows no command {}.", std::to_underlying(entry.method)));
}

sim::Result<DatabaseState> ReplayDatabase(std::span<const Bytes> frames) {
  DatabaseState state;
  for (size_t i = 0; i < frames.size(); ++i) {
    const sim::Result<std::vector<DatabaseEntry>> entries =
        Decode<std::vector<DatabaseEntry>>(frames[i]);
    bool is_sound = entries.has_value();
    for (size_t each = 0; is_sound && each < entries->size(); ++each) {
      is_sound = ApplyEntry(state, (*entries)[each]).has_value();
    }
    if (!is_sound) {
      return DamagedJournal(i, kDatabaseJournalFormat);
    }
  }
  return state;
}

sim::Result<DatabaseState> ReadDatabaseJournal(std::string_view bytes) {
  const sim::Result<ScannedFrames> scanned = ScanFrames(bytes, kDatabaseJournalFormat);
  if (!scanned) {
    return sim::Fail(scanned);
  }
  return ReplayDatabase(std::vector<Bytes>(scanned->contents.begin(), scanned->contents.end()));
}

}  // namespace flinch::engine
