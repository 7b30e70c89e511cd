// A sink that writes to a topic of the log: in transactions, which are committed with the job's
// checkpoints in two phases, or as LogSinkOptions::guarantee wants it (direct_log_writer.h).
//
// Shape:    one open transaction per subtask at most; subtask s writes to partition s % partitions.
//           A fiber of its own sends what the task writes: the first record of a transaction at
//           once, since with it the broker's transaction and its time-out begin, the others in
//           batches. The task waits for it only in a snapshot, and when it is far ahead.
//           Without records there is no transaction.
// Phases:   see kSinkTransactionTransitions. Snapshot n flushes and pre-commits: the transaction
//           belongs to checkpoint n and is part of the state. The notification of n commits
//           everything of n and before, in order.
// State:    "pending": pre-committed transactions; "counter": the number of the next one.
// Survives: late, doubled, overtaking and lost notifications (a later one implies the earlier
//           ones); an aborted checkpoint (its transaction waits for the next completed one: its
//           records are in no other); a zombie of an earlier attempt: Open fences all earlier
//           sessions of the subtask, commits what is restored (its checkpoint is complete) and
//           aborts what earlier attempts left open.
// Names:    transactional ids are "<sink>-<subtask>-<attempt>-<counter>", so no two attempts share
//           one, and leftovers of a subtask can be told from those of "<sink>-1<subtask>" and of a
//           sink whose name goes on with a number.
// Errors:   a transaction that the broker has given up before its commit is lost data: the task
//           fails, and says so.
// Source:   Flink's TwoPhaseCommitSinkFunction and KafkaSink; flink-semantics 5.2, 5.4.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config.h"
#include "engine/connectors/log_client.h"
#include "engine/outside/log_protocol.h"
#include "engine/stream_operator.h"
#include "engine/transition_table.h"
#include "sim/environment.h"
#include "sim/sync.h"

namespace flinch::engine {

enum class SinkTransactionPhase : uint8_t {
  kNone,     // nothing was written since the last snapshot
  kOpen,     // takes records
  kPending,  // pre-committed: complete and durable at the broker, waits for its checkpoint
  kCommitted,
};

enum class SinkTransactionInput : uint8_t {
  kRecord,
  kSnapshot,
  kCheckpointComplete,  // this one's, or a later one
  kCheckpointAborted,
  kRestored,  // it was in the state that this attempt starts from
};

enum class SinkTransactionAction : uint8_t { kBegin, kAppend, kPreCommit, kCommit, kIgnore };

std::string_view Name(SinkTransactionPhase phase);
std::string_view Name(SinkTransactionInput input);
std::string_view Name(SinkTransactionAction action);

using SinkTransactionTransition =
    Transition<SinkTransactionPhase, SinkTransactionInput, SinkTransactionAction>;

inline constexpr auto kSinkTransactionTransitions = [] {
  using Phase = SinkTransactionPhase;
  using Input = SinkTransactionInput;
  using Action = SinkTransactionAction;
  return std::to_array<SinkTransactionTransition>({
      {Phase::kNone, Input::kRecord, Phase::kOpen, Action::kBegin},
      // A checkpoint interval without records has no transaction.
      {Phase::kNone, Input::kSnapshot, Phase::kNone, Action::kIgnore},
      {Phase::kOpen, Input::kRecord, Phase::kOpen, Action::kAppend},
      {Phase::kOpen, Input::kSnapshot, Phase::kPending, Action::kPreCommit},
      {Phase::kPending, Input::kCheckpointComplete, Phase::kCommitted, Action::kCommit},
      {Phase::kPending, Input::kRestored, Phase::kCommitted, Action::kCommit},
      // Its records are in no other transaction: the next checkpoint that completes commits it.
      {Phase::kPending, Input::kCheckpointAborted, Phase::kPending, Action::kIgnore},
  });
}();
static_assert(IsDeterministic(kSinkTransactionTransitions));
static_assert(EveryPhaseReachable(kSinkTransactionTransitions));

struct LogSinkOptions {
  std::string topic;
  LogClientOptions client;
  // EngineOptions::sink. Longer than the longest recovery: after it the broker aborts what is
  // pre-committed.
  sim::Duration transaction_timeout = std::chrono::minutes(15);
  // Records that are collected before they are sent, but for the first of a transaction.
  uint32_t batch_records_max = 100;
  DeliveryGuarantee guarantee = DeliveryGuarantee::kExactlyOnce;
};

// An entry of the state "pending".
struct PendingTransaction {
  std::string transactional_id;
  ProducerIdentity identity;
  CheckpointId checkpoint;

  friend bool operator==(const PendingTransaction&, const PendingTransaction&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transactional_id);
    visit(self.identity);
    visit(self.checkpoint);
  }
};

inline constexpr std::string_view kSinkPendingState = "pending";
inline constexpr std::string_view kSinkCounterState = "counter";

// The parts of "<sink>-<subtask>-<attempt>-<counter>".
struct SinkTransactionName {
  uint32_t attempt = 0;
  uint64_t counter = 0;

  friend bool operator==(const SinkTransactionName&, const SinkTransactionName&) = default;
};

// Which subtask's a transaction of this sink is; nothing for anybody else's.
std::optional<uint32_t> SubtaskOfTransaction(std::string_view sink,
                                             std::string_view transactional_id);

// The name of a transaction of exactly this owner ("<sink>-<subtask>"); nothing for anybody else's.
std::optional<SinkTransactionName> ParseSinkTransaction(std::string_view owner,
                                                        std::string_view transactional_id);

// What a sink does that does not depend on the type of its records. All calls may suspend, but
// Cancel.
class LogWriter {
 public:
  virtual ~LogWriter() = default;

  virtual sim::Result<void> Write(std::string_view key, std::string_view value,
                                  EventTime timestamp) = 0;
  // There will be no more records.
  virtual sim::Result<void> EndInput() = 0;
  virtual sim::Result<OperatorState> Snapshot(CheckpointId checkpoint) = 0;
  virtual sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint) = 0;
  virtual void NotifyCheckpointAborted(CheckpointId checkpoint) = 0;
  // Ends what waits for the broker, with kCancelled.
  virtual void Cancel() = 0;
  virtual void Close() = 0;
};

// The one that these options want.
sim::Result<std::unique_ptr<LogWriter>> OpenLogWriter(OperatorRuntime& runtime,
                                                      const LogSinkOptions& options,
                                                      const OperatorState* restored);

// Exactly once, by two-phase commit. An error of the sending fiber is given back by the next call
// that writes or flushes.
class TransactionalLogWriter final : public LogWriter {
 public:
  // Commits what is restored, fences earlier attempts and aborts what they left open.
  static sim::Result<std::unique_ptr<TransactionalLogWriter>> Open(OperatorRuntime& runtime,
                                                                   const LogSinkOptions& options,
                                                                   const OperatorState* restored);

  // Closed, or unwound with its process.
  ~TransactionalLogWriter() override = default;
  TransactionalLogWriter(const TransactionalLogWriter&) = delete;
  TransactionalLogWriter& operator=(const TransactionalLogWriter&) = delete;

  sim::Result<void> Write(std::string_view key, std::string_view value,
                          EventTime timestamp) override;

  // Waits until everything that was written lies at the broker.
  sim::Result<void> Flush();

  // What is open is committed by the final checkpoint.
  sim::Result<void> EndInput() override;

  sim::Result<OperatorState> Snapshot(CheckpointId checkpoint) override;
  sim::Result<void> NotifyCheckpointComplete(CheckpointId checkpoint) override;
  void NotifyCheckpointAborted(CheckpointId checkpoint) override;
  void Cancel() override;

  // Stops the sending fiber and waits for its end. Tells the broker to abort the open transaction,
  // without waiting. Pending ones are left for the next attempt.
  void Close() override;

 private:
  struct OpenTransaction {
    SinkTransactionPhase phase = SinkTransactionPhase::kNone;
    std::string transactional_id;
    std::optional<ProducerIdentity> identity;  // since its first record was sent
    uint64_t next_sequence = 0;                // of what the broker has acknowledged
    RecordBatch buffer;                        // what was not sent yet
  };

  TransactionalLogWriter(OperatorRuntime& runtime, const LogSinkOptions& options,
                         std::unique_ptr<LogClient> client);

  sim::Result<void> Restore(const OperatorState* restored);
  bool IsMine(const PendingTransaction& transaction) const;
  // For oneself, and for those of the old subtasks that nobody is any more.
  sim::Result<void> TakeOverAll();
  sim::Result<void> TakeOver(const TransactionOwner& owner);
  sim::Result<void> Discard(const ListedTransaction& leftover, const TransactionOwner& owner);
  sim::Result<ProducerIdentity> InitProducer(const std::string& transactional_id,
                                             const TransactionOwner& owner);
  void Send();
  sim::Result<void> SendOnce();
  bool HasToSend() const;
  sim::Result<std::optional<PendingTransaction>> PreCommit(CheckpointId checkpoint);
  bool IsDue(const PendingTransaction& transaction, CheckpointId completed) const;
  sim::Result<void> Commit(const PendingTransaction& transaction, SinkTransactionInput input);
  void KeepHandle(const OpenTransaction& used);
  OperatorState State() const;

  sim::Environment& environment_;
  LogSinkOptions options_;
  Defects defects_;
  std::string name_;  // "sink"
  uint32_t index_ = 0;
  uint32_t parallelism_ = 1;
  uint32_t widest_ = 1;
  uint32_t old_parallelism_ = 0;  // of what was restored, where that is another
  std::string subtask_name_;      // "sink[1]", for people
  TransactionOwner owner_;        // "sink-1", and its session
  uint32_t attempt_ = 0;
  uint32_t partition_ = 0;
  std::unique_ptr<LogClient> client_;
  OpenTransaction open_;
  std::vector<PendingTransaction> pending_;  // by checkpoint
  CheckpointId last_notified_;               // of completion
  uint64_t counter_ = 1;
  bool is_flushing_ = false;  // somebody waits for an empty buffer
  bool is_in_flight_ = false;
  bool is_stopping_ = false;
  bool is_sending_ = false;  // the fiber lives
  std::optional<sim::Error> failure_;
  sim::Condition changed_;
};

// The typed sink.
template <typename T>
class LogSink final : public StreamOperator {
 public:
  using In = T;

  // Under another parallelism each subtask looks for its own, and for those of subtasks that are no
  // more: else one would abort what another is to commit.
  static std::vector<std::string> SharedLists() {
    return {std::string(kSinkPendingState), std::string(kSinkCounterState)};
  }

  // A value's key and value in the log. The record's timestamp goes with them.
  using EncodeRecord = std::function<std::pair<Bytes, Bytes>(const T&)>;

  LogSink(LogSinkOptions options, EncodeRecord encode)
      : options_(std::move(options)), encode_(std::move(encode)) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override {
    sim::Result<std::unique_ptr<LogWriter>> writer = OpenLogWriter(runtime, options_, restored);
    if (!writer) {
      return sim::Fail(writer);
    }
    writer_ = *std::move(writer);
    return {};
  }

  sim::Result<void> ProcessElement(const StreamRecord& record) override {
    const std::pair<Bytes, Bytes> entry = encode_(*static_cast<const T*>(record.value));
    return writer_->Write(entry.first, entry.second, record.timestamp);
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

  sim::Result<void> NotifyCheckpointAborted(CheckpointId checkpoint) override {
    writer_->NotifyCheckpointAborted(checkpoint);
    return {};
  }

  void Cancel() override {
    if (writer_) {
      writer_->Cancel();
    }
  }

  void Close() override {
    if (writer_) {
      writer_->Close();
    }
  }

 private:
  LogSinkOptions options_;
  EncodeRecord encode_;
  std::unique_ptr<LogWriter> writer_;
};

}  // namespace flinch::engine
