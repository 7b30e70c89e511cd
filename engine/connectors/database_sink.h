// Sinks that write to a database (engine/outside/database_protocol.h).
//
// Upserts:    rows with a key, of which the last one counts: written as they come, in batches, and
//             all of them before a snapshot. After a restore they are written again: at least
//             once, which for a row that replaces itself is as good as once. Readers may see rows
//             that a failure takes back for a while. A zombie is fenced by its attempt, and a
//             batch that comes late by its number.
// Two phases: rows that must be there once: prepared with each snapshot, as one transaction, and
//             committed with the notification. Open commits what is restored, and rolls back what
//             earlier attempts have prepared and no checkpoint holds.
// State:      "pending" of two phases: transactions and their checkpoints.
// Names:      "<sink>-<subtask>-<attempt>-<counter>".
// Survives:   a database that is away for less than the retry deadline, and what the log's sink
//             does. Of upserts not another parallelism, where a zombie of the old one may hold keys
//             of several new ones.
// Source:     Flink's JdbcSink with an upsert statement, and its exactly-once sink over XA.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/connectors/log_client.h"
#include "engine/outside/database_protocol.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

enum class DatabaseWrites : uint8_t { kUpserts, kTwoPhases };

struct DatabaseSinkOptions {
  std::string table;
  DatabaseWrites writes = DatabaseWrites::kTwoPhases;
  LogClientOptions client{
      .host = std::string(kDatabaseHost), .port = kDatabasePort, .server = "database"};
  size_t batch_rows = 100;  // of upserts
};

// An entry of the state "pending".
struct PreparedTransaction {
  std::string name;
  CheckpointId checkpoint;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.checkpoint);
  }
};

inline constexpr std::string_view kDatabasePendingState = "pending";

// What a sink does that does not depend on the type of its records. All calls may suspend, but
// Cancel.
class DatabaseWriter {
 public:
  virtual ~DatabaseWriter() = default;
  virtual sim::Result<void> Write(DatabaseRow row) = 0;
  virtual sim::Result<void> EndInput() = 0;
  virtual sim::Result<OperatorState> Snapshot(CheckpointId checkpoint) = 0;
  virtual sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint) = 0;
  virtual void Cancel() = 0;
};

sim::Result<std::unique_ptr<DatabaseWriter>> OpenDatabaseWriter(OperatorRuntime& runtime,
                                                                const DatabaseSinkOptions& options,
                                                                const OperatorState* restored);

// The typed sink.
template <typename T>
class DatabaseSink final : public StreamOperator {
 public:
  using In = T;
  using RowOf = std::function<DatabaseRow(const T&)>;

  // Each subtask looks for its own, and for those of subtasks that are no more.
  static std::vector<std::string> SharedLists() { return {std::string(kDatabasePendingState)}; }

  DatabaseSink(DatabaseSinkOptions options, RowOf row_of)
      : options_(std::move(options)), row_of_(std::move(row_of)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    sim::Result<std::unique_ptr<DatabaseWriter>> writer =
        OpenDatabaseWriter(runtime, options_, restored);
    if (!writer) {
      return sim::Fail(writer);
    }
    writer_ = *std::move(writer);
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    return writer_->Write(row_of_(*static_cast<const T*>(record.value)));
  }

  // Nobody is behind a sink.
  sim::Result<void> ProcessWatermark(EventTime) override { return {}; }

  sim::Result<void> Finish() override { return writer_->EndInput(); }

  sim::Result<OperatorState> Snapshot(const CheckpointMeta& meta) override {
    return writer_->Snapshot(meta.id);
  }

  sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint) override {
    return writer_->NotifyCheckpointComplete(checkpoint);
  }

  void Cancel() override {
    if (writer_) {
      writer_->Cancel();
    }
  }

 private:
  DatabaseSinkOptions options_;
  RowOf row_of_;
  std::unique_ptr<DatabaseWriter> writer_;
};

}  // namespace flinch::engine
