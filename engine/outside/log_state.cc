#include "engine/outside/log_state.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

using Action = LogTransactionAction;
using Input = LogTransactionInput;
using Phase = LogTransactionPhase;
using sim::ErrorCode;
using sim::Fail;

std::string_view ReasonOfAbort(Input input) {
  switch (input) {
    case Input::kAbort:
      return "requested";
    case Input::kExpire:
      return "timeout";
    case Input::kFence:
      return "fenced";
    case Input::kProduce:
    case Input::kCommit:
      break;
  }
  sim::Unreachable("the input {} aborts nothing", Name(input));
}

std::unexpected<sim::Error> NoSuchTransactionalId(const std::string& id) {
  return Fail(ErrorCode::kNotFound,
              fmt::format("The log knows no transactional id \"{}\"; initialise it first.", id));
}

std::unexpected<sim::Error> InventedIdentity(const std::string& id, ProducerIdentity identity) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("Producer {} with epoch {} was never given to transactional id \"{}\"; "
                          "initialise it and use what comes back.",
                          identity.id, identity.epoch, id));
}

std::unexpected<sim::Error> Fenced(const std::string& id, ProducerIdentity identity,
                                   LogEffects& effects) {
  effects.events.push_back({.kind = LogEvent::Kind::kFenced,
                            .subject = id,
                            .identity = identity,
                            .records = 0,
                            .reason = {}});
  return Fail(
      ErrorCode::kFenced,
      fmt::format("Epoch {} of transactional id \"{}\" is over: a newer owner has taken it. "
                  "Give up.",
                  identity.epoch, id));
}

// Of a Batch of the class below.
template <typename Batch>
std::unexpected<sim::Error> SequenceGap(const Batch& batch, uint64_t expected) {
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("Records of producer \"{}\" for partition {} of topic \"{}\" start at "
                  "sequence {}, but {} comes next; send what is missing first.",
                  batch.producer, batch.partition, batch.topic, batch.base_sequence, expected));
}

std::unexpected<sim::Error> Sealed(std::string_view topic) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("Topic \"{}\" is sealed and takes no more records.", topic));
}

// Of a Batch of the class below.
template <typename Batch>
std::unexpected<sim::Error> NoRecords(const Batch& batch) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("What producer \"{}\" sends for partition {} of topic \"{}\" is not {} "
                          "whole records.",
                          batch.producer, batch.partition, batch.topic, batch.records->size()));
}

}  // namespace

std::string_view Name(LogTransactionPhase phase) {
  switch (phase) {
    case Phase::kReady:
      return "ready";
    case Phase::kOngoing:
      return "ongoing";
    case Phase::kCommitted:
      return "committed";
    case Phase::kAborted:
      return "aborted";
  }
  sim::Unreachable("no such phase");
}

std::string_view Name(LogTransactionInput input) {
  switch (input) {
    case Input::kProduce:
      return "produce";
    case Input::kCommit:
      return "commit";
    case Input::kAbort:
      return "abort";
    case Input::kExpire:
      return "expire";
    case Input::kFence:
      return "fence";
  }
  sim::Unreachable("no such input");
}

std::string_view Name(LogTransactionAction action) {
  switch (action) {
    case Action::kBegin:
      return "begin";
    case Action::kAppend:
      return "append";
    case Action::kMakeVisible:
      return "make visible";
    case Action::kDiscard:
      return "discard";
    case Action::kClose:
      return "close";
    case Action::kAcknowledgeAgain:
      return "acknowledge again";
    case Action::kRefuse:
      return "refuse";
    case Action::kIgnore:
      return "ignore";
  }
  sim::Unreachable("no such action");
}

sim::Result<LogAcknowledged> LogState::Apply(const CreateTopicRequest& command, sim::SimTime,
                                             LogEffects& effects) {
  if (command.topic.empty() || command.partitions == 0 || command.partitions > kLogPartitionsMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("A topic needs a name and 1 to {} partitions, but \"{}\" with {} was "
                            "asked for.",
                            kLogPartitionsMax, command.topic, command.partitions));
  }
  const auto [found, created] = topics_.try_emplace(command.topic);
  if (created) {
    found->second.partitions.resize(command.partitions);
    effects.changed = true;
  } else if (found->second.partitions.size() != command.partitions) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Topic \"{}\" exists with {} partitions and cannot be created with {}.",
                            command.topic, found->second.partitions.size(), command.partitions));
  }
  return LogAcknowledged{};
}

sim::Result<LogAcknowledged> LogState::Apply(const CreatePartitionsRequest& command, sim::SimTime,
                                             LogEffects& effects) {
  const auto found = topics_.find(command.topic);
  if (found == topics_.end()) {
    return Fail(ErrorCode::kNotFound, fmt::format("There is no topic \"{}\".", command.topic));
  }
  std::vector<Partition>& partitions = found->second.partitions;
  if (command.partitions == partitions.size()) {
    return LogAcknowledged{};
  }
  if (command.partitions < partitions.size() || command.partitions > kLogPartitionsMax) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("Topic \"{}\" has {} partitions and cannot have {}; give more, up to "
                    "{}.",
                    command.topic, partitions.size(), command.partitions, kLogPartitionsMax));
  }
  if (found->second.sealed) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Topic \"{}\" is sealed and gets no more partitions.", command.topic));
  }
  partitions.resize(command.partitions);
  effects.changed = true;
  return LogAcknowledged{};
}

sim::Result<LogAcknowledged> LogState::Apply(const SealTopicRequest& command, sim::SimTime,
                                             LogEffects& effects) {
  const auto found = topics_.find(command.topic);
  if (found == topics_.end()) {
    return Fail(ErrorCode::kNotFound, fmt::format("There is no topic \"{}\".", command.topic));
  }
  if (!found->second.sealed) {
    found->second.sealed = true;
    effects.changed = true;
    effects.events.push_back({.kind = LogEvent::Kind::kSealed,
                              .subject = command.topic,
                              .identity = {},
                              .records = 0,
                              .reason = {}});
  }
  return LogAcknowledged{};
}

sim::Result<LogState::Place> LogState::FindPlace(const std::string& topic, uint32_t partition) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || partition >= found->second.partitions.size()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("There is no partition {} of a topic \"{}\".", partition, topic));
  }
  return Place{.name = {topic, partition},
               .topic = &found->second,
               .partition = &found->second.partitions[partition]};
}

sim::Result<ProduceReply> LogState::Apply(const ProduceRequest& command, sim::SimTime now,
                                          LogEffects& effects) {
  const sim::Result<Place> place = FindPlace(command.topic, command.partition);
  if (!place) {
    return Fail(place);
  }
  if (command.identity.epoch > 0) {
    return ProduceInTransaction(command, now, *place, effects);
  }
  const Batch batch = BatchOf(command);
  const sim::Result<uint64_t> expected = CheckIdempotent(batch, *place);
  if (!expected) {
    return Fail(expected);
  }
  return Append(batch, *expected, 0, *place->partition, effects);
}

// Nothing is appended before everything is checked.
sim::Result<LogAcknowledged> LogState::Apply(const ProduceManyRequest& command, sim::SimTime,
                                             LogEffects& effects) {
  std::set<uint32_t> partitions;
  for (const ProducedBatch& batch : command.batches) {
    if (!partitions.insert(batch.partition).second || command.producer.empty()) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("Producer \"{}\" needs a name, and sends partition {} of topic \"{}\" "
                      "at most once in a request.",
                      command.producer, batch.partition, command.topic));
    }
  }

  struct Checked {
    Batch batch;
    Partition* partition = nullptr;
    uint64_t expected = 0;
  };

  std::vector<Checked> checked;
  for (const ProducedBatch& each : command.batches) {
    const Batch batch{.producer = command.producer,
                      .topic = command.topic,
                      .partition = each.partition,
                      .base_sequence = each.base_sequence,
                      .records = &each.records};
    const sim::Result<Place> place = FindPlace(command.topic, each.partition);
    const sim::Result<uint64_t> expected = place ? CheckIdempotent(batch, *place) : Fail(place);
    if (!expected) {
      return Fail(expected);
    }
    checked.push_back({.batch = batch, .partition = place->partition, .expected = *expected});
  }
  for (const Checked& each : checked) {
    Append(each.batch, each.expected, 0, *each.partition, effects);
  }
  return LogAcknowledged{};
}

size_t LogState::Partition::ChunkOf(uint64_t offset) const {
  sim::Check(offset < end_offset, "offset {} lies before the end {}", offset, end_offset);
  const auto behind = std::ranges::upper_bound(chunks, offset, {}, &Chunk::first_offset);
  return static_cast<size_t>(behind - chunks.begin()) - 1;
}

// The sequence that comes next, if the batch fits there.
sim::Result<uint64_t> LogState::CheckIdempotent(const Batch& batch, const Place& place) {
  if (!batch.records->IsSound()) {
    return NoRecords(batch);
  }
  uint64_t expected = batch.base_sequence;
  if (!batch.producer.empty()) {
    const auto remembered = place.partition->next_sequences.find(batch.producer);
    expected = remembered == place.partition->next_sequences.end() ? 0 : remembered->second;
  }
  if (batch.base_sequence > expected) {
    return SequenceGap(batch, expected);
  }
  if (place.topic->sealed && expected - batch.base_sequence < batch.records->size()) {
    return Sealed(batch.topic);
  }
  return expected;
}

// The transaction that a produce request belongs to: only the newest epoch takes records.
sim::Result<uint32_t> LogState::FindCurrent(const ProduceRequest& command,
                                            LogEffects& effects) const {
  const auto found = producers_.find(command.producer);
  if (found == producers_.end()) {
    return NoSuchTransactionalId(command.producer);
  }
  const Producer& producer = found->second;
  if (command.identity.id != producer.id || command.identity.epoch > producer.epochs.size()) {
    return InventedIdentity(command.producer, command.identity);
  }
  if (command.identity.epoch < producer.epochs.size()) {
    return Fenced(command.producer, command.identity, effects);
  }
  return producer.epochs.back();
}

sim::Result<ProduceReply> LogState::ProduceInTransaction(const ProduceRequest& command,
                                                         sim::SimTime now, Place place,
                                                         LogEffects& effects) {
  const sim::Result<uint32_t> index = FindCurrent(command, effects);
  if (!index) {
    return Fail(index);
  }
  Transaction& transaction = transactions_[*index];
  if (Step(kLogTransactionTransitions, transaction.phase, Input::kProduce).action ==
      Action::kRefuse) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Transaction \"{}\" of epoch {} is {} and takes no more records.",
                            transaction.id, transaction.identity.epoch, Name(transaction.phase)));
  }
  const auto remembered = transaction.next_sequences.find(place.name);
  const uint64_t expected = remembered == transaction.next_sequences.end() ? 0 : remembered->second;
  const Batch batch = BatchOf(command);
  if (!command.records.IsSound()) {
    return NoRecords(batch);
  }
  if (command.base_sequence > expected) {
    return SequenceGap(batch, expected);
  }
  if (expected - command.base_sequence >= command.records.size()) {
    return ProduceReply{.appended = 0, .next_sequence = expected};
  }
  if (place.topic->sealed) {
    return Sealed(command.topic);
  }
  Advance(*index, Input::kProduce, now, effects);
  const uint64_t offset = place.partition->end();
  if (transaction.first_offsets.try_emplace(place.name, offset).second) {
    place.partition->open.insert(offset);
  }
  const ProduceReply reply = Append(batch, expected, *index + 1, *place.partition, effects);
  transaction.records += reply.appended;
  transaction.next_sequences[place.name] = reply.next_sequence;
  return reply;
}

// What is new in the batch, behind what is there.
ProduceReply LogState::Append(const Batch& batch, uint64_t expected, uint32_t transaction,
                              Partition& partition, LogEffects& effects) {
  const RecordBatch& records = *batch.records;
  const uint64_t known = expected - batch.base_sequence;
  if (known >= records.size()) {
    return {.appended = 0, .next_sequence = expected};
  }
  const uint64_t appended = records.size() - known;
  partition.chunks.push_back({.first_offset = partition.end_offset,
                              .transaction = transaction,
                              .records = records.Slice(known, appended)});
  partition.end_offset += appended;
  record_count_ += appended;
  effects.changed = true;
  if (transaction == 0 && !batch.producer.empty()) {
    partition.next_sequences.insert_or_assign(std::string(batch.producer), expected + appended);
  }
  return {.appended = appended, .next_sequence = expected + appended};
}

// Moves a transaction on and does what its table says about its bookkeeping.
void LogState::Advance(uint32_t index, LogTransactionInput input, sim::SimTime now,
                       LogEffects& effects) {
  Transaction& transaction = transactions_[index];
  const LogTransactionTransition& row = Step(kLogTransactionTransitions, transaction.phase, input);
  transaction.phase = row.to;
  LogEvent event{.kind = LogEvent::Kind::kBegun,
                 .subject = transaction.id,
                 .identity = transaction.identity,
                 .records = transaction.records,
                 .reason = {}};
  switch (row.action) {
    case Action::kBegin:
      transaction.deadline = sim::Later(now, transaction.timeout);
      deadlines_.emplace(transaction.deadline, index);
      effects.events.push_back(std::move(event));
      break;
    case Action::kMakeVisible:
      Close(transaction, index);
      event.kind = LogEvent::Kind::kCommitted;
      effects.events.push_back(std::move(event));
      break;
    case Action::kDiscard:
      Close(transaction, index);
      transaction.reason = ReasonOfAbort(input);
      event.kind = LogEvent::Kind::kAborted;
      event.reason = transaction.reason;
      effects.events.push_back(std::move(event));
      break;
    case Action::kClose:
      Close(transaction, index);
      transaction.reason = ReasonOfAbort(input);
      break;
    case Action::kAppend:
    case Action::kIgnore:
    case Action::kAcknowledgeAgain:
    case Action::kRefuse:
      break;
  }
}

// Lets readers pass, and forgets the deadline.
void LogState::Close(Transaction& transaction, uint32_t index) {
  for (const auto& [place, offset] : transaction.first_offsets) {
    const auto topic = topics_.find(place.first);
    sim::Check(topic != topics_.end(), "a transaction wrote to topic {}", place.first);
    const size_t erased = topic->second.partitions[place.second].open.erase(offset);
    sim::Check(erased == 1, "the transaction {} was open at offset {}", transaction.id, offset);
  }
  deadlines_.erase({transaction.deadline, index});
  not_ended_.erase(transaction.id);
}

// An owner's earlier session may not come back, for this transactional id nor for any other of its
// own.
sim::Result<void> LogState::CheckSession(const InitProducerRequest& command, uint64_t session_seen,
                                         LogEffects& effects) const {
  const TransactionOwner& owner = command.owner;
  if (command.transactional_id.empty() || command.timeout <= sim::Duration(0) ||
      (!owner.name.empty() && owner.session == 0)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Transactional id \"{}\" of owner \"{}\" needs a name, a positive "
                            "time-out and, as it has an owner, a session.",
                            command.transactional_id, owner.name));
  }
  const auto known = owners_.find(owner.name);
  const uint64_t latest =
      std::max(session_seen, known == owners_.end() ? uint64_t{0} : known->second);
  if (owner.session != 0 && owner.session < latest) {
    return Fenced(command.transactional_id, {}, effects);
  }
  return {};
}

sim::Result<ProducerIdentity> LogState::Apply(const InitProducerRequest& command, sim::SimTime now,
                                              LogEffects& effects) {
  const auto known = producers_.find(command.transactional_id);
  const uint64_t session_seen = known == producers_.end() ? 0 : known->second.session;
  const sim::Result<void> allowed = CheckSession(command, session_seen, effects);
  if (!allowed) {
    return Fail(allowed);
  }
  const auto [found, created] = producers_.try_emplace(command.transactional_id);
  Producer& producer = found->second;
  if (created) {
    producer.id = producers_.size();
  }
  const auto ongoing = not_ended_.find(command.transactional_id);
  if (ongoing != not_ended_.end()) {
    const bool is_retry = command.owner.session != 0 && command.owner.session == session_seen;
    if (is_retry) {
      return transactions_[ongoing->second].identity;
    }
    const uint32_t index = ongoing->second;
    Advance(index, Input::kFence, now, effects);
  }
  const auto epoch = static_cast<uint32_t>(producer.epochs.size() + 1);
  const auto index = static_cast<uint32_t>(transactions_.size());
  producer.epochs.push_back(index);
  producer.session = std::max(producer.session, command.owner.session);
  transactions_.push_back({.id = command.transactional_id,
                           .identity = {.id = producer.id, .epoch = epoch},
                           .phase = Phase::kReady,
                           .reason = {},
                           .timeout = command.timeout,
                           .deadline = sim::kForever,
                           .records = 0,
                           .next_sequences = {},
                           .first_offsets = {}});
  not_ended_[command.transactional_id] = index;
  if (!command.owner.name.empty()) {
    owners_[command.owner.name] = command.owner.session;
  }
  effects.changed = true;
  return transactions_.back().identity;
}

sim::Result<LogAcknowledged> LogState::Apply(const FenceOwnerRequest& command, sim::SimTime,
                                             LogEffects& effects) {
  if (command.owner.name.empty() || command.owner.session == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("To fence the earlier sessions of \"{}\" it takes a name and a session "
                            "above 0.",
                            command.owner.name));
  }
  uint64_t& session = owners_[command.owner.name];
  if (command.owner.session < session) {
    return Fenced(command.owner.name, {}, effects);
  }
  effects.changed = session != command.owner.session;
  session = command.owner.session;
  return LogAcknowledged{};
}

sim::Result<LogAcknowledged> LogState::Apply(const EndTransactionRequest& command, sim::SimTime now,
                                             LogEffects& effects) {
  const auto found = producers_.find(command.transactional_id);
  if (found == producers_.end()) {
    return NoSuchTransactionalId(command.transactional_id);
  }
  const std::vector<uint32_t>& epochs = found->second.epochs;
  const uint32_t epoch = command.identity.epoch;
  if (command.identity.id != found->second.id || epoch == 0 || epoch > epochs.size()) {
    return InventedIdentity(command.transactional_id, command.identity);
  }
  const uint32_t index = epochs[epoch - 1];
  const Transaction& transaction = transactions_[index];
  const Input input = command.end == TransactionEnd::kCommit ? Input::kCommit : Input::kAbort;
  switch (Step(kLogTransactionTransitions, transaction.phase, input).action) {
    case Action::kAcknowledgeAgain:
      return LogAcknowledged{};
    case Action::kRefuse:
      break;
    case Action::kBegin:
    case Action::kAppend:
    case Action::kMakeVisible:
    case Action::kDiscard:
    case Action::kClose:
    case Action::kIgnore:
      Advance(index, input, now, effects);
      effects.changed = true;
      return LogAcknowledged{};
  }
  if (epoch < epochs.size()) {
    return Fenced(command.transactional_id, command.identity, effects);
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("It is too late to {} transaction \"{}\" of epoch {}: it is {}{}{}.",
                          Name(input), transaction.id, epoch, Name(transaction.phase),
                          transaction.reason.empty() ? "" : ", because of: ", transaction.reason));
}

sim::Result<LogAcknowledged> LogState::Apply(const ExpireTransactionsRequest&, sim::SimTime now,
                                             LogEffects& effects) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Advance(deadlines_.begin()->second, Input::kExpire, now, effects);
    effects.changed = true;
  }
  return LogAcknowledged{};
}

sim::SimTime LogState::NextExpiry() const {
  return deadlines_.empty() ? sim::kForever : deadlines_.begin()->first;
}

}  // namespace flinch::engine
