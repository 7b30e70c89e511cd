#include "engine/connectors/database_sink.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/planted_runtime.h"

namespace flinch::engine {
namespace {

class UpsertWriter final : public DatabaseWriter {
 public:
  UpsertWriter(OperatorRuntime& runtime, DatabaseSinkOptions options,
               std::unique_ptr<LogClient> client)
      : options_(std::move(options)),
        session_({.writer =
                      fmt::format("{}-{}", runtime.subtask().name, runtime.subtask().index.value()),
                  .attempt = runtime.subtask().attempt.value()}),
        client_(std::move(client)) {}

  // From here on earlier attempts write nothing any more.
  sim::Result<void> Fence() { return Send({}); }

  sim::Result<void> Write(DatabaseRow row) override {
    rows_.push_back(std::move(row));
    return rows_.size() >= options_.batch_rows ? Flush() : sim::Result<void>();
  }

  sim::Result<void> EndInput() override { return Flush(); }

  sim::Result<OperatorState> Snapshot(CheckpointId) override {
    const sim::Result<void> flushed = Flush();
    return flushed ? sim::Result<OperatorState>(OperatorState()) : sim::Fail(flushed);
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId) override { return {}; }

  void Cancel() override { client_->Cancel(); }

 private:
  sim::Result<void> Flush() {
    return rows_.empty() ? sim::Result<void>() : Send(std::exchange(rows_, {}));
  }

  sim::Result<void> Send(std::vector<DatabaseRow> rows) {
    if (!rows.empty()) {
      ++session_.batch;
    }
    const sim::Result<Nothing> written = client_->Call(
        UpsertRequest{.session = session_, .table = options_.table, .rows = std::move(rows)});
    return written ? sim::Result<void>() : sim::Fail(written);
  }

  DatabaseSinkOptions options_;
  WriterSession session_;
  std::unique_ptr<LogClient> client_;
  std::vector<DatabaseRow> rows_;
};

class TwoPhaseWriter final : public DatabaseWriter {
 public:
  TwoPhaseWriter(OperatorRuntime& runtime, DatabaseSinkOptions options,
                 std::unique_ptr<LogClient> client)
      : environment_(runtime.environment()),
        options_(std::move(options)),
        subtask_(runtime.subtask()),
        client_(std::move(client)) {}

  sim::Result<void> Restore(const OperatorState* restored) {
    if (restored != nullptr) {
      if (const auto found = restored->find(std::string(kDatabasePendingState));
          found != restored->end()) {
        if (sim::Result<void> committed = CommitAll(found->second); !committed) {
          return committed;
        }
      }
    }
    const std::string prefix = subtask_.name + "-";
    const sim::Result<RecoverReply> prepared = client_->Call(RecoverRequest{.prefix = prefix});
    if (!prepared) {
      return sim::Fail(prepared);
    }
    for (const std::string& transaction : prepared->transactions) {
      if (!IsMine(transaction)) {
        continue;
      }
      const sim::Result<Nothing> gone =
          client_->Call(RollbackPreparedRequest{.transaction = transaction});
      if (!gone) {
        return sim::Fail(gone);
      }
    }
    return {};
  }

  sim::Result<void> Write(DatabaseRow row) override {
    rows_.push_back(std::move(row));
    return {};
  }

  // The final checkpoint takes the rest.
  sim::Result<void> EndInput() override { return {}; }

  sim::Result<OperatorState> Snapshot(CheckpointId checkpoint) override {
    if (!rows_.empty()) {
      PrepareRequest prepare{
          .transaction = fmt::format("{}-{}-{}-{}", subtask_.name, subtask_.index.value(),
                                     subtask_.attempt.value(), ++counter_),
          .table = options_.table,
          .rows = std::exchange(rows_, {})};
      const sim::Result<Nothing> prepared = client_->Call(prepare);
      if (!prepared) {
        return sim::Fail(prepared);
      }
      pending_.push_back({.name = std::move(prepare.transaction), .checkpoint = checkpoint});
    }
    OperatorState state;
    std::vector<Bytes>& pending = state[std::string(kDatabasePendingState)];
    for (const PreparedTransaction& transaction : pending_) {
      pending.push_back(Encode(transaction));
    }
    return state;
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint) override {
    while (!pending_.empty() && pending_.front().checkpoint <= checkpoint) {
      if (sim::Result<void> committed = Commit(pending_.front()); !committed) {
        return committed;
      }
      pending_.erase(pending_.begin());
    }
    return {};
  }

  void Cancel() override { client_->Cancel(); }

 private:
  sim::Result<void> CommitAll(const std::vector<Bytes>& entries) {
    for (const Bytes& entry : entries) {
      const sim::Result<PreparedTransaction> transaction = Decode<PreparedTransaction>(entry);
      if (!transaction) {
        return sim::Fail(transaction);
      }
      if (!IsMine(transaction->name)) {
        continue;
      }
      if (sim::Result<void> committed = Commit(*transaction); !committed) {
        return committed;
      }
    }
    return {};
  }

  // By the subtask in its name: this one's, or that of one that is no more.
  bool IsMine(std::string_view transaction) const {
    const size_t start = subtask_.name.size() + 1;
    uint32_t subtask = 0;
    if (transaction.size() <= start) {
      return false;
    }
    const std::string_view rest = transaction.substr(start);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), subtask);
    return error == std::errc() && end != rest.data() + rest.size() && *end == '-' &&
           subtask % subtask_.parallelism == subtask_.index.value();
  }

  sim::Result<void> Commit(const PreparedTransaction& transaction) {
    events::Trace(environment_, events::SinkCommitting{.transaction = transaction.name,
                                                       .checkpoint = transaction.checkpoint,
                                                       .subtask = subtask_.Show()});
    const sim::Result<Nothing> committed =
        client_->Call(CommitPreparedRequest{.transaction = transaction.name});
    if (!committed) {
      return sim::Fail(
          committed.error().code,
          fmt::format("Transaction \"{}\" of completed checkpoint {} could not be "
                      "committed: {}",
                      transaction.name, transaction.checkpoint.value(), committed.error().message));
    }
    events::Trace(environment_, events::SinkCommitted{.transaction = transaction.name,
                                                      .checkpoint = transaction.checkpoint,
                                                      .subtask = subtask_.Show()});
    return {};
  }

  sim::Environment& environment_;
  DatabaseSinkOptions options_;
  SubtaskInfo subtask_;
  std::unique_ptr<LogClient> client_;
  std::vector<DatabaseRow> rows_;
  std::vector<PreparedTransaction> pending_;  // by checkpoint
  uint64_t counter_ = 0;
};

}  // namespace

sim::Result<std::unique_ptr<DatabaseWriter>> OpenDatabaseWriter(OperatorRuntime& runtime,
                                                                const DatabaseSinkOptions& options,
                                                                const OperatorState* restored) {
  sim::Result<std::unique_ptr<LogClient>> client =
      LogClient::Open(runtime.environment(), options.client);
  if (!client) {
    return sim::Fail(client);
  }
  if (options.writes == DatabaseWrites::kUpserts) {
    auto writer = std::make_unique<UpsertWriter>(runtime, options, *std::move(client));
    const sim::Result<void> fenced = writer->Fence();
    return fenced ? sim::Result<std::unique_ptr<DatabaseWriter>>(std::move(writer))
                  : sim::Fail(fenced);
  }
  auto writer = std::make_unique<TwoPhaseWriter>(runtime, options, *std::move(client));
  const sim::Result<void> opened = writer->Restore(restored);
  return opened ? sim::Result<std::unique_ptr<DatabaseWriter>>(std::move(writer))
                : sim::Fail(opened);
}

}  // namespace flinch::engine
