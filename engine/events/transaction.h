// Events of transactions: first by the two-phase-commit sink, then by the log broker.
//
// A transaction is named by its transactional id.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

inline constexpr std::string_view kSinkPreCommitted = "sink.precommitted";
inline constexpr std::string_view kSinkCommitting = "sink.committing";
inline constexpr std::string_view kSinkCommitted = "sink.committed";
inline constexpr std::string_view kSinkAborted = "sink.aborted";
inline constexpr std::string_view kBrokerStarted = "broker.started";
inline constexpr std::string_view kTransactionBegun = "transaction.begun";
inline constexpr std::string_view kTransactionCommitted = "transaction.committed";
inline constexpr std::string_view kTransactionAborted = "transaction.aborted";
inline constexpr std::string_view kProducerFenced = "transaction.fenced";
inline constexpr std::string_view kTopicSealed = "topic.sealed";

struct SinkPreCommitted {
  static constexpr std::string_view kKind = kSinkPreCommitted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the transaction is flushed and belongs to this checkpoint";

  std::string_view transaction;
  CheckpointId checkpoint;
  std::string_view subtask;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &SinkPreCommitted::transaction),
                Named("checkpoint", &SinkPreCommitted::checkpoint),
                Named("subtask", &SinkPreCommitted::subtask));
  }
};

struct SinkCommitting {
  static constexpr std::string_view kKind = kSinkCommitting;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the sink asks the broker to commit";

  std::string_view transaction;
  CheckpointId checkpoint;
  std::string_view subtask;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &SinkCommitting::transaction),
                Named("checkpoint", &SinkCommitting::checkpoint),
                Named("subtask", &SinkCommitting::subtask));
  }
};

struct SinkCommitted {
  static constexpr std::string_view kKind = kSinkCommitted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the broker confirmed the commit";

  std::string_view transaction;
  CheckpointId checkpoint;
  std::string_view subtask;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &SinkCommitted::transaction),
                Named("checkpoint", &SinkCommitted::checkpoint),
                Named("subtask", &SinkCommitted::subtask));
  }
};

struct SinkAborted {
  static constexpr std::string_view kKind = kSinkAborted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the sink aborted a transaction left behind";

  std::string_view transaction;
  std::string_view subtask;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &SinkAborted::transaction),
                Named("subtask", &SinkAborted::subtask));
  }
};

struct BrokerStarted {
  static constexpr std::string_view kKind = kBrokerStarted;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the broker has read its journal";

  uint64_t records = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("records", &BrokerStarted::records));
  }
};

struct TransactionBegun {
  static constexpr std::string_view kKind = kTransactionBegun;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "a producer opened a transaction";

  std::string_view transaction;
  uint64_t producer = 0;
  uint64_t epoch = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &TransactionBegun::transaction),
                Named("producer", &TransactionBegun::producer),
                Named("epoch", &TransactionBegun::epoch));
  }
};

struct TransactionCommitted {
  static constexpr std::string_view kKind = kTransactionCommitted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the transaction's records are visible";

  std::string_view transaction;
  uint64_t producer = 0;
  uint64_t epoch = 0;
  uint64_t records = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &TransactionCommitted::transaction),
                Named("producer", &TransactionCommitted::producer),
                Named("epoch", &TransactionCommitted::epoch),
                Named("records", &TransactionCommitted::records));
  }
};

struct TransactionAborted {
  static constexpr std::string_view kKind = kTransactionAborted;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the transaction's records never will be visible";

  std::string_view transaction;
  uint64_t producer = 0;
  uint64_t epoch = 0;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &TransactionAborted::transaction),
                Named("producer", &TransactionAborted::producer),
                Named("epoch", &TransactionAborted::epoch),
                Named("reason", &TransactionAborted::reason));
  }
};

struct ProducerFenced {
  static constexpr std::string_view kKind = kProducerFenced;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "a producer with an old epoch was turned away";

  std::string_view transaction;
  uint64_t producer = 0;
  uint64_t epoch = 0;

  static constexpr auto Fields(auto&& take) {
    return take(Named("transaction", &ProducerFenced::transaction),
                Named("producer", &ProducerFenced::producer),
                Named("epoch", &ProducerFenced::epoch));
  }
};

struct TopicSealed {
  static constexpr std::string_view kKind = kTopicSealed;
  static constexpr EventLevel kLevel = EventLevel::kJob;
  static constexpr std::string_view kWhat = "the topic will not grow any more";

  std::string_view topic;

  static constexpr auto Fields(auto&& take) { return take(Named("topic", &TopicSealed::topic)); }
};

}  // namespace flinch::engine::events
