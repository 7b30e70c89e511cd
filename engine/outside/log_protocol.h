// What clients and the log broker say to each other.
//
// Shape:   one request and one reply per method.
//          Topics are split into partitions; an offset is a record's place in its partition, from
//          0, without gaps.
// Retries: every request may be sent again and may arrive late or twice, so each is idempotent; how
//          is said there.
// Errors:  kNotFound (no such topic or transactional id), kInvalidArgument (the request can never
//          succeed), kFenced (a newer owner exists), kUnavailable (ask again; the outcome is
//          unknown), kCorruption (the journal is damaged).
// Source:  Kafka's protocol: Produce, Fetch, InitProducerId, EndTxn, ListTransactions (KIP-98,
//          KIP-664, KIP-890).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "engine/outside/record_batch.h"
#include "engine/rpc/endpoint.h"
#include "engine/serializer.h"

namespace flinch::engine {

// Where a broker listens, and the host it is found by, unless told otherwise.
inline constexpr uint16_t kLogBrokerPort = 9092;
inline constexpr std::string_view kLogBrokerHost = "broker";

// More partitions than anyone simulates; a request for more is a mistake, not a wish.
inline constexpr uint32_t kLogPartitionsMax = 65536;

enum class LogMethod : uint16_t {
  kCreateTopic = 1,
  kProduce,
  kFetch,
  kSealTopic,
  kTopicInfo,
  kInitProducer,
  kEndTransaction,
  kListTransactions,
  kFenceOwner,
  kExpireTransactions,
  kProduceMany,
  kCreatePartitions,
};

constexpr std::string_view ServiceName(LogMethod) { return "log"; }

// A reply without content.
struct LogAcknowledged {
  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

// Creating a topic again with the same number of partitions succeeds.
struct CreateTopicRequest {
  static constexpr auto kMethod = LogMethod::kCreateTopic;
  using Reply = LogAcknowledged;

  std::string topic;
  uint32_t partitions = 1;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.topic);
    visit(self.partitions);
  }
};

// From now on the topic has so many partitions: those there are, and empty ones. Asking again
// succeeds; fewer than there are, or a sealed topic, is refused. Kafka's CreatePartitions.
struct CreatePartitionsRequest {
  static constexpr auto kMethod = LogMethod::kCreatePartitions;
  using Reply = LogAcknowledged;

  std::string topic;
  uint32_t partitions = 1;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.topic);
    visit(self.partitions);
  }
};

// Which life of a producer speaks: the broker gives both numbers. Epoch 0: no transaction.
struct ProducerIdentity {
  uint64_t id = 0;
  uint32_t epoch = 0;

  friend auto operator<=>(const ProducerIdentity&, const ProducerIdentity&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.id);
    visit(self.epoch);
  }
};

struct ProduceReply {
  uint64_t appended = 0;       // fewer than sent when some were there already
  uint64_t next_sequence = 0;  // what the producer's next record in this partition shall carry

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.appended);
    visit(self.next_sequence);
  }
};

// Appends records to one partition.
//
// Three kinds of producer:
// - transactional: epoch > 0, `producer` is the transactional id. Sequences start at 0 in each
//   epoch and partition.
//    The first records begin the epoch's transaction; after its end the epoch takes no more.
// - idempotent: epoch 0, `producer` is any stable name. Its sequences are remembered for ever: a
//   restarted publisher that numbers its rows from 0 appends nothing twice.
// - plain: epoch 0, `producer` empty. Always appended; a retry may double. Records whose sequence
//   was seen before are acknowledged and not appended again; a gap is refused.
struct ProduceRequest {
  static constexpr auto kMethod = LogMethod::kProduce;
  using Reply = ProduceReply;

  std::string producer;
  ProducerIdentity identity;
  std::string topic;
  uint32_t partition = 0;
  uint64_t base_sequence = 0;  // of the first record
  RecordBatch records;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.producer);
    visit(self.identity);
    visit(self.topic);
    visit(self.partition);
    visit(self.base_sequence);
    visit(self.records);
  }
};

struct ProducedBatch {
  uint32_t partition = 0;
  uint64_t base_sequence = 0;  // of the first record
  RecordBatch records;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.partition);
    visit(self.base_sequence);
    visit(self.records);
  }
};

// Appends records of one idempotent producer to several partitions of a topic: all, or, when one
// batch is refused, none. Each partition at most once. Sequences as above.
struct ProduceManyRequest {
  static constexpr auto kMethod = LogMethod::kProduceMany;
  using Reply = LogAcknowledged;

  std::string producer;  // not empty
  std::string topic;
  std::vector<ProducedBatch> batches;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.producer);
    visit(self.topic);
    visit(self.batches);
  }
};

enum class Isolation : uint8_t {
  kReadUncommitted,
  // Nothing of open or aborted transactions, and nothing behind the first record of the oldest open
  // one.
  kReadCommitted,
};

struct FetchPosition {
  std::string topic;
  uint32_t partition = 0;
  uint64_t offset = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.topic);
    visit(self.partition);
    visit(self.offset);
  }
};

// Records that follow each other in a partition.
struct FetchedBatch {
  uint64_t first_offset = 0;
  RecordBatch records;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.first_offset);
    visit(self.records);
  }
};

struct FetchedPartition {
  std::vector<FetchedBatch> batches;
  uint64_t next_offset = 0;  // where to read on; behind what was skipped too
  bool end_of_partition =
      false;  // the topic is sealed and everything up to its end was returned or skipped

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.batches);
    visit(self.next_offset);
    visit(self.end_of_partition);
  }
};

struct FetchReply {
  std::vector<FetchedPartition> partitions;  // one per position asked for, in that order

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.partitions);
  }
};

// Changes nothing. `records_max` holds per position, so that no partition starves another.
//
// The broker keeps its reply back until there are `records_min` records for all positions together,
// or `records_max` for one, or a partition's end, but not for longer than `wait`: Kafka's
// fetch.min.bytes and fetch.max.wait.ms.
struct FetchRequest {
  static constexpr auto kMethod = LogMethod::kFetch;
  using Reply = FetchReply;

  std::vector<FetchPosition> positions;
  uint32_t records_max = 100;
  Isolation isolation = Isolation::kReadCommitted;
  uint32_t records_min = 0;
  sim::Duration wait{0};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.positions);
    visit(self.records_max);
    visit(self.isolation);
    visit(self.records_min);
    visit(self.wait);
  }
};

// No records any more, ever: readers then see the end. Sealing again succeeds. Open transactions
// may still end.
struct SealTopicRequest {
  static constexpr auto kMethod = LogMethod::kSealTopic;
  using Reply = LogAcknowledged;

  std::string topic;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.topic);
  }
};

struct TopicInfoReply {
  std::vector<uint64_t> end_offsets;  // one per partition
  bool sealed = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.end_offsets);
    visit(self.sealed);
  }
};

struct TopicInfoRequest {
  static constexpr auto kMethod = LogMethod::kTopicInfo;
  using Reply = TopicInfoReply;

  std::string topic;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.topic);
  }
};

// Who begins or takes over transactions. A higher session is a later life of the same owner.
//
// Kafka knows transactional ids only; an owner over many ids closes the gap that its users fill
// with time-outs: a zombie that begins a fresh id after its successor has looked for leftovers
// would block readers until the time-out.
struct TransactionOwner {
  std::string name;      // "": none, any session may come
  uint64_t session = 0;  // 0: none, so a retry cannot be recognised

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.session);
  }
};

// Gives the transactional id a new epoch: older ones are fenced, and what they left open is
// aborted.
//
// A retry, known by its session, gets the same epoch again as long as that epoch has not ended: a
// copy that comes late must not abort what the first one began. A session below one that has been
// here is fenced.
struct InitProducerRequest {
  static constexpr auto kMethod = LogMethod::kInitProducer;
  using Reply = ProducerIdentity;

  std::string transactional_id;
  TransactionOwner owner;
  sim::Duration timeout{0};  // from the first record until the broker aborts; must be positive

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transactional_id);
    visit(self.owner);
    visit(self.timeout);
  }
};

// From now on earlier sessions of this owner cannot initialise a producer. What they have open
// stays as it is.
struct FenceOwnerRequest {
  static constexpr auto kMethod = LogMethod::kFenceOwner;
  using Reply = LogAcknowledged;

  TransactionOwner owner;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.owner);
  }
};

enum class TransactionEnd : uint8_t { kCommit, kAbort };

// Ends the transaction of exactly this epoch. Committing what is committed and aborting what is
// aborted succeeds, for past epochs too. Otherwise a past epoch is fenced, an invented one refused,
// and so is the contrary of what was done.
struct EndTransactionRequest {
  static constexpr auto kMethod = LogMethod::kEndTransaction;
  using Reply = LogAcknowledged;

  std::string transactional_id;
  ProducerIdentity identity;
  TransactionEnd end = TransactionEnd::kCommit;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transactional_id);
    visit(self.identity);
    visit(self.end);
  }
};

struct ListedTransaction {
  std::string transactional_id;
  ProducerIdentity identity;
  bool has_records = false;  // false: initialised, but nothing was written yet

  friend bool operator==(const ListedTransaction&, const ListedTransaction&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transactional_id);
    visit(self.identity);
    visit(self.has_records);
  }
};

struct ListTransactionsReply {
  std::vector<ListedTransaction> transactions;  // by transactional id

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.transactions);
  }
};

// The transactions that have not ended, of the ids that start with a prefix. "sink-1" is a prefix
// of "sink-11" too: whoever asks must look at what comes back.
struct ListTransactionsRequest {
  static constexpr auto kMethod = LogMethod::kListTransactions;
  using Reply = ListTransactionsReply;

  std::string prefix;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.prefix);
  }
};

// The broker's own command, never taken from the network: aborts what has been open for too long.
struct ExpireTransactionsRequest {
  static constexpr auto kMethod = LogMethod::kExpireTransactions;
  using Reply = LogAcknowledged;

  template <typename Self, typename Visitor>
  static void Visit(Self&, Visitor&&) {}
};

}  // namespace flinch::engine
