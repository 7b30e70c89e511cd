// The log broker's state: topics, partitions, records, producers, transactions. Pure: no clock, no
// network, no disk.
//
// Shape:  commands change it and are what the journal holds: the same commands with the same times
//         in the same order give the same state. Queries change nothing.
// Time:   comes with each command, as the broker's clock said when it was first applied.
// Errors: a command that fails has changed nothing. Isolation: a transaction is one epoch of one
//         transactional id. Its records lie in the log from the start; readers of committed data
//         stop at the first record of the oldest open transaction (the last stable offset) and skip
//         what was aborted. So the order of what they see never changes.
// Phases: see kLogTransactionTransitions, the only place where a transaction's phase changes.
// Source: KIP-98; KIP-890 for what a late request may not do: no record joins a transaction after
//         its end.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/outside/log_protocol.h"
#include "engine/transition_table.h"
#include "sim/result.h"

namespace flinch::engine {

enum class LogTransactionPhase : uint8_t {
  kReady,    // the epoch exists, nothing was written
  kOngoing,  // has records; readers of committed data wait
  kCommitted,
  kAborted,
};

enum class LogTransactionInput : uint8_t {
  kProduce,
  kCommit,
  kAbort,
  kExpire,  // open for longer than its time-out
  kFence,   // a newer epoch begins
};

enum class LogTransactionAction : uint8_t {
  kBegin,  // the first records
  kAppend,
  kMakeVisible,
  kDiscard,           // readers will skip the records
  kClose,             // there are no records to decide about
  kAcknowledgeAgain,  // done before: the request came twice
  kRefuse,
  kIgnore,
};

std::string_view Name(LogTransactionPhase phase);
std::string_view Name(LogTransactionInput input);
std::string_view Name(LogTransactionAction action);

using LogTransactionTransition =
    Transition<LogTransactionPhase, LogTransactionInput, LogTransactionAction>;

inline constexpr auto kLogTransactionTransitions = [] {
  using Phase = LogTransactionPhase;
  using Input = LogTransactionInput;
  using Action = LogTransactionAction;
  return std::to_array<LogTransactionTransition>({
      {Phase::kReady, Input::kProduce, Phase::kOngoing, Action::kBegin},
      // A commit of nothing means that somebody lost something.
      {Phase::kReady, Input::kCommit, Phase::kReady, Action::kRefuse},
      {Phase::kReady, Input::kAbort, Phase::kAborted, Action::kClose},
      {Phase::kReady, Input::kFence, Phase::kAborted, Action::kClose},
      {Phase::kOngoing, Input::kProduce, Phase::kOngoing, Action::kAppend},
      {Phase::kOngoing, Input::kCommit, Phase::kCommitted, Action::kMakeVisible},
      {Phase::kOngoing, Input::kAbort, Phase::kAborted, Action::kDiscard},
      {Phase::kOngoing, Input::kExpire, Phase::kAborted, Action::kDiscard},
      {Phase::kOngoing, Input::kFence, Phase::kAborted, Action::kDiscard},
      // A delayed produce after the end (KAFKA-14402) would open a transaction that nobody ends.
      {Phase::kCommitted, Input::kProduce, Phase::kCommitted, Action::kRefuse},
      {Phase::kCommitted, Input::kCommit, Phase::kCommitted, Action::kAcknowledgeAgain},
      {Phase::kCommitted, Input::kAbort, Phase::kCommitted, Action::kRefuse},
      {Phase::kCommitted, Input::kFence, Phase::kCommitted, Action::kIgnore},
      {Phase::kAborted, Input::kProduce, Phase::kAborted, Action::kRefuse},
      {Phase::kAborted, Input::kCommit, Phase::kAborted, Action::kRefuse},
      {Phase::kAborted, Input::kAbort, Phase::kAborted, Action::kAcknowledgeAgain},
      {Phase::kAborted, Input::kFence, Phase::kAborted, Action::kIgnore},
  });
}();
static_assert(IsDeterministic(kLogTransactionTransitions));
static_assert(EveryPhaseReachable(kLogTransactionTransitions));

// What a command did that the world should hear of (engine/events.h).
struct LogEvent {
  enum class Kind : uint8_t { kBegun, kCommitted, kAborted, kFenced, kSealed };

  Kind kind{};
  std::string subject;  // the transactional id, or the topic
  ProducerIdentity identity;
  uint64_t records = 0;
  std::string_view reason;  // a literal; of an abort

  friend bool operator==(const LogEvent&, const LogEvent&) = default;
};

struct LogEffects {
  bool changed = false;  // so the command belongs into the journal
  std::vector<LogEvent> events;
};

class LogState {
 public:
  // One epoch of a transactional id. Never removed: the outcome answers late requests, and records
  // refer to it.
  struct Transaction {
    std::string id;
    ProducerIdentity identity;
    LogTransactionPhase phase = LogTransactionPhase::kReady;
    std::string_view reason;  // of its abort
    sim::Duration timeout{0};
    sim::SimTime deadline = sim::kForever;  // set by the first record
    uint64_t records = 0;
    // Per partition of a topic.
    std::map<std::pair<std::string, uint32_t>, uint64_t> next_sequences;
    std::map<std::pair<std::string, uint32_t>, uint64_t> first_offsets;
  };

  // Records that were appended at once.
  struct Chunk {
    uint64_t first_offset = 0;
    uint32_t transaction = 0;  // 1 + index into `transactions`; 0: none
    RecordBatch records;       // at least one
  };

  struct Partition {
    std::vector<Chunk> chunks;  // by offset, without gaps
    uint64_t end_offset = 0;
    std::set<uint64_t> open;  // first offsets of ongoing transactions
    std::map<std::string, uint64_t, std::less<>> next_sequences;  // of idempotent producers

    uint64_t end() const { return end_offset; }

    // Returns the chunk that holds the offset, which must lie before the end.
    size_t ChunkOf(uint64_t offset) const;

    uint64_t LastStableOffset() const { return open.empty() ? end() : *open.begin(); }

    // Up to where readers may read.
    uint64_t LimitFor(Isolation isolation) const {
      return isolation == Isolation::kReadCommitted ? LastStableOffset() : end();
    }
  };

  struct Topic {
    std::vector<Partition> partitions;
    bool sealed = false;
  };

  sim::Result<LogAcknowledged> Apply(const CreateTopicRequest& command, sim::SimTime now,
                                     LogEffects& effects);
  sim::Result<LogAcknowledged> Apply(const CreatePartitionsRequest& command, sim::SimTime now,
                                     LogEffects& effects);
  sim::Result<LogAcknowledged> Apply(const SealTopicRequest& command, sim::SimTime now,
                                     LogEffects& effects);
  sim::Result<ProduceReply> Apply(const ProduceRequest& command, sim::SimTime now,
                                  LogEffects& effects);
  sim::Result<LogAcknowledged> Apply(const ProduceManyRequest& command, sim::SimTime now,
                                     LogEffects& effects);
  sim::Result<ProducerIdentity> Apply(const InitProducerRequest& command, sim::SimTime now,
                                      LogEffects& effects);
  sim::Result<LogAcknowledged> Apply(const FenceOwnerRequest& command, sim::SimTime now,
                                     LogEffects& effects);
  sim::Result<LogAcknowledged> Apply(const EndTransactionRequest& command, sim::SimTime now,
                                     LogEffects& effects);
  sim::Result<LogAcknowledged> Apply(const ExpireTransactionsRequest& command, sim::SimTime now,
                                     LogEffects& effects);

  sim::Result<FetchReply> Query(const FetchRequest& query) const;
  // Whether a fetch that may wait has enough to be answered. One that will be refused has.
  bool HasEnoughFor(const FetchRequest& query) const;
  sim::Result<TopicInfoReply> Query(const TopicInfoRequest& query) const;
  sim::Result<ListTransactionsReply> Query(const ListTransactionsRequest& query) const;

  // When the next transaction runs out of time; kForever when none is open.
  sim::SimTime NextExpiry() const;

  uint64_t record_count() const { return record_count_; }

  const std::map<std::string, Topic>& topics() const { return topics_; }

  const std::vector<Transaction>& transactions() const { return transactions_; }

 private:
  struct Producer {
    uint64_t id = 0;
    uint64_t session = 0;
    std::vector<uint32_t> epochs;  // indices of transactions; epoch e is at e - 1
  };

  struct Place {
    std::pair<std::string, uint32_t> name;
    Topic* topic = nullptr;
    Partition* partition = nullptr;
  };

  // Records that an idempotent producer, or a plain one, wants to append to one partition.
  struct Batch {
    std::string_view producer;
    std::string_view topic;
    uint32_t partition = 0;
    uint64_t base_sequence = 0;
    const RecordBatch* records = nullptr;
  };

  static Batch BatchOf(const ProduceRequest& command) {
    return {.producer = command.producer,
            .topic = command.topic,
            .partition = command.partition,
            .base_sequence = command.base_sequence,
            .records = &command.records};
  }

  sim::Result<Place> FindPlace(const std::string& topic, uint32_t partition);
  static sim::Result<uint64_t> CheckIdempotent(const Batch& batch, const Place& place);
  sim::Result<void> CheckSession(const InitProducerRequest& command, uint64_t session_seen,
                                 LogEffects& effects) const;
  sim::Result<uint32_t> FindCurrent(const ProduceRequest& command, LogEffects& effects) const;
  sim::Result<ProduceReply> ProduceInTransaction(const ProduceRequest& command, sim::SimTime now,
                                                 Place place, LogEffects& effects);
  ProduceReply Append(const Batch& batch, uint64_t expected, uint32_t transaction,
                      Partition& partition, LogEffects& effects);
  void Advance(uint32_t index, LogTransactionInput input, sim::SimTime now, LogEffects& effects);
  void Close(Transaction& transaction, uint32_t index);

  std::map<std::string, Topic> topics_;
  std::map<std::string, Producer> producers_;  // by transactional id
  std::map<std::string, uint64_t> owners_;     // the latest session of each
  std::vector<Transaction> transactions_;      // in the order of their initialisation
  std::map<std::string, uint32_t> not_ended_;  // transactional id → index; ready or ongoing
  std::set<std::pair<sim::SimTime, uint32_t>> deadlines_;  // of ongoing transactions
  uint64_t record_count_ = 0;
};

}  // namespace flinch::engine
