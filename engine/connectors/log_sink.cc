#include "engine/connectors/log_sink.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/connectors/direct_log_writer.h"
#include "engine/defects.h"
#include "engine/events.h"
#include "engine/planted_runtime.h"
#include "engine/serializer.h"

namespace flinch::engine {
namespace {

using Action = SinkTransactionAction;
using Input = SinkTransactionInput;
using sim::ErrorCode;
using sim::Fail;

// Takes a decimal number from the front of `text`; false when there is none.
template <typename Number>
bool TakeNumber(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return false;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

const std::vector<Bytes>* FindEntries(const OperatorState& state, std::string_view name) {
  const auto found = state.find(std::string(name));
  return found == state.end() ? nullptr : &found->second;
}

}  // namespace

std::string_view Name(SinkTransactionPhase phase) {
  switch (phase) {
    case SinkTransactionPhase::kNone:
      return "none";
    case SinkTransactionPhase::kOpen:
      return "open";
    case SinkTransactionPhase::kPending:
      return "pending";
    case SinkTransactionPhase::kCommitted:
      return "committed";
  }
  sim::Unreachable("no such phase");
}

std::string_view Name(SinkTransactionInput input) {
  switch (input) {
    case Input::kRecord:
      return "record";
    case Input::kSnapshot:
      return "snapshot";
    case Input::kCheckpointComplete:
      return "checkpoint complete";
    case Input::kCheckpointAborted:
      return "checkpoint aborted";
    case Input::kRestored:
      return "restored";
  }
  sim::Unreachable("no such input");
}

std::string_view Name(SinkTransactionAction action) {
  switch (action) {
    case Action::kBegin:
      return "begin";
    case Action::kAppend:
      return "append";
    case Action::kPreCommit:
      return "pre-commit";
    case Action::kCommit:
      return "commit";
    case Action::kIgnore:
      return "ignore";
  }
  sim::Unreachable("no such action");
}

std::optional<SinkTransactionName> ParseSinkTransaction(std::string_view owner,
                                                        std::string_view transactional_id) {
  std::string_view rest = transactional_id;
  if (!rest.starts_with(owner)) {
    return std::nullopt;
  }
  rest.remove_prefix(owner.size());
  SinkTransactionName name;
  if (!rest.starts_with('-')) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  if (!TakeNumber(rest, name.attempt) || !rest.starts_with('-')) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  if (!TakeNumber(rest, name.counter) || !rest.empty()) {
    return std::nullopt;
  }
  return name;
}

std::optional<uint32_t> SubtaskOfTransaction(std::string_view sink,
                                             std::string_view transactional_id) {
  std::string_view rest = transactional_id;
  uint32_t subtask = 0;
  if (!rest.starts_with(sink)) {
    return std::nullopt;
  }
  rest.remove_prefix(sink.size());
  if (!rest.starts_with('-')) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  if (!TakeNumber(rest, subtask) ||
      !ParseSinkTransaction(fmt::format("{}-{}", sink, subtask), transactional_id)) {
    return std::nullopt;
  }
  return subtask;
}

sim::Result<std::unique_ptr<TransactionalLogWriter>> TransactionalLogWriter::Open(
    OperatorRuntime& runtime, const LogSinkOptions& options, const OperatorState* restored) {
  if (options.batch_records_max == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The sink to topic \"{}\" needs batches of at least one record.",
                            options.topic));
  }
  sim::Result<std::unique_ptr<LogClient>> client =
      LogClient::Open(runtime.environment(), options.client);
  if (!client) {
    return Fail(client);
  }
  std::unique_ptr<TransactionalLogWriter> writer(
      new TransactionalLogWriter(runtime, options, *std::move(client)));
  const sim::Result<TopicInfoReply> info =
      writer->client_->Call(TopicInfoRequest{.topic = options.topic});
  if (!info) {
    return Fail(info);
  }
  const auto partitions = static_cast<uint32_t>(info->end_offsets.size());
  sim::Check(partitions > 0, "topic {} was created with partitions", options.topic);
  writer->partition_ = runtime.subtask().index.value() % partitions;
  const sim::Result<void> restoration = writer->Restore(restored);
  if (!restoration) {
    return Fail(restoration);
  }
  const sim::Result<void> takeover = writer->TakeOverAll();
  if (!takeover) {
    return Fail(takeover);
  }
  writer->is_sending_ = true;
  runtime.environment().Spawn("log-sender", [raw = writer.get()] { raw->Send(); });
  return writer;
}

TransactionalLogWriter::TransactionalLogWriter(OperatorRuntime& runtime,
                                               const LogSinkOptions& options,
                                               std::unique_ptr<LogClient> client)
    : environment_(runtime.environment()),
      options_(options),
      defects_(DefectsOf(runtime)),
      name_(runtime.subtask().name),
      index_(runtime.subtask().index.value()),
      parallelism_(runtime.subtask().parallelism),
      widest_(runtime.subtask().widest),
      subtask_name_(fmt::format("{}[{}]", runtime.subtask().name, runtime.subtask().index.value())),
      // Attempts may count from 0, sessions may not.
      owner_{.name = fmt::format("{}-{}", runtime.subtask().name, runtime.subtask().index.value()),
             .session = uint64_t{runtime.subtask().attempt.value()} + 1},
      attempt_(runtime.subtask().attempt.value()),
      client_(std::move(client)),
      changed_(runtime.environment()) {}

sim::Result<std::unique_ptr<LogWriter>> OpenLogWriter(OperatorRuntime& runtime,
                                                      const LogSinkOptions& options,
                                                      const OperatorState* restored) {
  if (options.guarantee != DeliveryGuarantee::kExactlyOnce) {
    return DirectLogWriter::Open(runtime, options);
  }
  return TransactionalLogWriter::Open(runtime, options, restored);
}

void TransactionalLogWriter::Cancel() {
  is_stopping_ = true;
  client_->Cancel();
  changed_.NotifyAll();
}

void TransactionalLogWriter::Close() {
  Cancel();
  changed_.WaitFor([this] { return !is_sending_; });
  if (open_.identity && open_.phase == SinkTransactionPhase::kOpen) {
    client_->Tell(EndTransactionRequest{.transactional_id = open_.transactional_id,
                                        .identity = *open_.identity,
                                        .end = TransactionEnd::kAbort});
  }
}

// The checkpoint that the state comes from is complete, so everything in it is to be committed, if
// it is not already.
sim::Result<void> TransactionalLogWriter::Restore(const OperatorState* restored) {
  if (restored == nullptr) {
    return {};
  }
  if (const std::vector<Bytes>* entries = FindEntries(*restored, kSinkCounterState)) {
    for (const Bytes& entry : *entries) {
      const sim::Result<uint64_t> counter = Decode<uint64_t>(entry);
      if (!counter) {
        return Fail(counter);
      }
      counter_ = std::max(counter_, *counter);
    }
    // Under another parallelism those of all.
    old_parallelism_ = static_cast<uint32_t>(entries->size());
  }
  const std::vector<Bytes>* entries = FindEntries(*restored, kSinkPendingState);
  if (entries == nullptr) {
    return {};
  }
  std::vector<PendingTransaction> pending;
  for (const Bytes& entry : *entries) {
    sim::Result<PendingTransaction> transaction = Decode<PendingTransaction>(entry);
    if (!transaction) {
      return Fail(transaction);
    }
    if (IsMine(*transaction)) {
      pending.push_back(*std::move(transaction));
    }
  }
  if (defects_.Has(Defect::kSinkDedupesByCheckpointId)) {
    return {};
  }
  for (const PendingTransaction& transaction : pending) {
    const sim::Result<void> committed = Commit(transaction, Input::kRestored);
    if (!committed) {
      return Fail(committed);
    }
  }
  return {};
}

bool TransactionalLogWriter::IsMine(const PendingTransaction& transaction) const {
  const std::optional<uint32_t> owner = SubtaskOfTransaction(name_, transaction.transactional_id);
  return !owner || *owner % parallelism_ == index_;
}

sim::Result<void> TransactionalLogWriter::TakeOverAll() {
  sim::Result<void> taken = TakeOver(owner_);
  const uint32_t end = std::max(old_parallelism_, widest_);
  for (uint32_t gone = index_ + parallelism_; taken && gone < end; gone += parallelism_) {
    taken = TakeOver({.name = fmt::format("{}-{}", name_, gone), .session = owner_.session});
  }
  return taken;
}

// Makes this attempt the only one that can write for the subtask. Fencing comes first: what an
// earlier attempt begins after the list was made would stay open until its time-out.
sim::Result<void> TransactionalLogWriter::TakeOver(const TransactionOwner& owner) {
  const sim::Result<LogAcknowledged> fenced = client_->Call(FenceOwnerRequest{.owner = owner});
  if (!fenced) {
    return Fail(fenced);
  }
  const sim::Result<ListTransactionsReply> listed =
      client_->Call(ListTransactionsRequest{.prefix = owner.name + "-"});
  if (!listed) {
    return Fail(listed);
  }
  for (const ListedTransaction& transaction : listed->transactions) {
    const std::optional<SinkTransactionName> name =
        ParseSinkTransaction(owner.name, transaction.transactional_id);
    if (!name || name->attempt >= attempt_) {
      continue;  // another sink's, whose name begins like this subtask's, or a newer attempt's
    }
    const sim::Result<void> discarded = Discard(transaction, owner);
    if (!discarded) {
      return Fail(discarded);
    }
  }
  return {};
}

// The new epoch fences a writer that is still alive and aborts what it has open; then the new epoch
// is closed too, or the next attempt would find it.
sim::Result<void> TransactionalLogWriter::Discard(const ListedTransaction& leftover,
                                                  const TransactionOwner& owner) {
  if (leftover.has_records && defects_.Has(Defect::kSinkCommitsLeftovers)) {
    const sim::Result<LogAcknowledged> adopted =
        client_->Call(EndTransactionRequest{.transactional_id = leftover.transactional_id,
                                            .identity = leftover.identity,
                                            .end = TransactionEnd::kCommit});
    return adopted ? sim::Result<void>() : Fail(adopted);
  }
  const sim::Result<ProducerIdentity> identity = InitProducer(leftover.transactional_id, owner);
  if (!identity) {
    return Fail(identity);
  }
  const sim::Result<LogAcknowledged> closed =
      client_->Call(EndTransactionRequest{.transactional_id = leftover.transactional_id,
                                          .identity = *identity,
                                          .end = TransactionEnd::kAbort});
  if (!closed) {
    return Fail(closed);
  }
  if (leftover.has_records) {
    events::Trace(environment_, events::SinkAborted{.transaction = leftover.transactional_id,
                                                    .subtask = subtask_name_});
  }
  return {};
}

sim::Result<ProducerIdentity> TransactionalLogWriter::InitProducer(
    const std::string& transactional_id, const TransactionOwner& owner) {
  return client_->Call(InitProducerRequest{.transactional_id = transactional_id,
                                           .owner = owner,
                                           .timeout = options_.transaction_timeout});
}

sim::Result<void> TransactionalLogWriter::Write(std::string_view key, std::string_view value,
                                                EventTime timestamp) {
  const SinkTransactionTransition& row =
      Step(kSinkTransactionTransitions, open_.phase, Input::kRecord);
  open_.phase = row.to;
  if (row.action == Action::kBegin && open_.transactional_id.empty()) {
    open_.transactional_id = fmt::format("{}-{}-{}", owner_.name, attempt_, counter_++);
  }
  open_.buffer.Append(key, value, timestamp);
  if (!HasToSend()) {
    return failure_ ? sim::Result<void>(std::unexpected(*failure_)) : sim::Result<void>();
  }
  changed_.NotifyAll();
  const uint64_t ahead_max = uint64_t{2} * options_.batch_records_max;
  changed_.WaitFor([this, ahead_max] { return failure_ || open_.buffer.size() < ahead_max; });
  return failure_ ? sim::Result<void>(std::unexpected(*failure_)) : sim::Result<void>();
}

bool TransactionalLogWriter::HasToSend() const {
  const bool is_first = !open_.identity;
  return !open_.buffer.empty() &&
         (is_first || is_flushing_ || open_.buffer.size() >= options_.batch_records_max);
}

// The sending fiber.
void TransactionalLogWriter::Send() {
  for (;;) {
    changed_.WaitFor([this] { return is_stopping_ || HasToSend(); });
    if (is_stopping_) {
      failure_ = failure_.value_or(
          sim::Error{.code = ErrorCode::kCancelled, .message = "The sink was cancelled."});
      break;
    }
    is_in_flight_ = true;
    const sim::Result<void> sent = SendOnce();
    is_in_flight_ = false;
    if (!sent) {
      failure_ = sent.error();
      break;
    }
    changed_.NotifyAll();
  }
  is_sending_ = false;
  changed_.NotifyAll();
}

// The transaction stays the same while something is in flight: a snapshot waits for that.
sim::Result<void> TransactionalLogWriter::SendOnce() {
  if (!open_.identity) {
    const sim::Result<ProducerIdentity> identity = InitProducer(open_.transactional_id, owner_);
    if (!identity) {
      return Fail(identity);
    }
    open_.identity = *identity;
  }
  const uint64_t count = open_.buffer.size();
  const sim::Result<ProduceReply> reply =
      client_->Call(ProduceRequest{.producer = open_.transactional_id,
                                   .identity = *open_.identity,
                                   .topic = options_.topic,
                                   .partition = partition_,
                                   .base_sequence = open_.next_sequence,
                                   .records = std::exchange(open_.buffer, {})});
  if (!reply) {
    return Fail(reply);
  }
  open_.next_sequence += count;
  if (reply->next_sequence != open_.next_sequence) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("Transaction \"{}\" has {} records at the log, but {} were written; "
                            "another writer uses its name.",
                            open_.transactional_id, reply->next_sequence, open_.next_sequence));
  }
  return {};
}

sim::Result<void> TransactionalLogWriter::Flush() {
  is_flushing_ = true;
  changed_.NotifyAll();
  changed_.WaitFor([this] { return failure_ || (open_.buffer.empty() && !is_in_flight_); });
  is_flushing_ = false;
  return failure_ ? sim::Result<void>(std::unexpected(*failure_)) : sim::Result<void>();
}

sim::Result<void> TransactionalLogWriter::EndInput() {
  if (!defects_.Has(Defect::kSinkTagsTheEndAlike)) {
    return Flush();
  }
  const sim::Result<std::optional<PendingTransaction>> last = PreCommit(CheckpointId());
  if (last && *last) {
    pending_.insert(pending_.begin(), **last);
  }
  return last ? sim::Result<void>() : Fail(last);
}

// Nothing when there were no records.
sim::Result<std::optional<PendingTransaction>> TransactionalLogWriter::PreCommit(
    CheckpointId checkpoint) {
  const SinkTransactionTransition& row =
      Step(kSinkTransactionTransitions, open_.phase, Input::kSnapshot);
  if (row.action == Action::kIgnore) {
    return std::nullopt;
  }
  // Planted: what is buffered is left to the next transaction.
  RecordBatch left;
  if (defects_.Has(Defect::kSinkSnapshotsBeforeFlush) && open_.identity) {
    left = std::exchange(open_.buffer, {});
  }
  const sim::Result<void> flushed = Flush();
  if (!flushed) {
    return Fail(flushed);
  }
  open_.phase = row.to;
  sim::Check(open_.identity.has_value(), "an open transaction has records, so it was flushed");
  const PendingTransaction transaction{.transactional_id = open_.transactional_id,
                                       .identity = *open_.identity,
                                       .checkpoint = checkpoint};
  KeepHandle(std::exchange(open_, OpenTransaction()));
  for (RecordCursor records = left.records(); !records.AtEnd();) {
    const RecordView record = records.Take();
    if (sim::Result<void> written = Write(record.key, record.value, record.timestamp); !written) {
      return Fail(written);
    }
  }
  events::Trace(environment_, events::SinkPreCommitted{.transaction = transaction.transactional_id,
                                                       .checkpoint = checkpoint,
                                                       .subtask = subtask_name_});
  return transaction;
}

// Planted: the next transaction begins on the handle of this one, whose name and epoch it keeps.
void TransactionalLogWriter::KeepHandle(const OpenTransaction& used) {
  if (defects_.Has(Defect::kSinkReusesOpenHandle)) {
    open_.transactional_id = used.transactional_id;
    open_.identity = used.identity;
    open_.next_sequence = used.next_sequence;
  }
}

sim::Result<OperatorState> TransactionalLogWriter::Snapshot(CheckpointId checkpoint) {
  const sim::Result<std::optional<PendingTransaction>> transaction = PreCommit(checkpoint);
  if (!transaction) {
    return Fail(transaction);
  }
  if (!*transaction) {
    return State();
  }
  if (defects_.Has(Defect::kSinkCommitsAtSnapshot)) {
    const sim::Result<void> committed = Commit(**transaction, Input::kCheckpointComplete);
    if (!committed) {
      return Fail(committed);
    }
    return State();
  }
  sim::Check(pending_.empty() || pending_.back().checkpoint < checkpoint,
             "checkpoint {} comes after {}", checkpoint.value(),
             pending_.empty() ? 0 : pending_.back().checkpoint.value());
  pending_.push_back(**transaction);
  return State();
}

bool TransactionalLogWriter::IsDue(const PendingTransaction& transaction,
                                   CheckpointId completed) const {
  if (defects_.Has(Defect::kSinkCommitsOnlyMatchingId)) {
    return transaction.checkpoint == completed;
  }
  return transaction.checkpoint <= completed || defects_.Has(Defect::kSinkCommitsAllPending);
}

// All are attempted; those that fail stay pending, and the first error fails the task.
sim::Result<void> TransactionalLogWriter::NotifyCheckpointComplete(CheckpointId checkpoint) {
  if (defects_.Has(Defect::kSinkExpectsNotificationsInOrder)) {
    sim::Check(checkpoint >= last_notified_, "the notification of checkpoint {} comes after {}",
               checkpoint.value(), last_notified_.value());
    last_notified_ = checkpoint;
  }
  sim::Result<void> outcome;
  std::vector<PendingTransaction> kept;
  for (PendingTransaction& transaction : std::exchange(pending_, {})) {
    if (IsDue(transaction, checkpoint)) {
      const sim::Result<void> committed = Commit(transaction, Input::kCheckpointComplete);
      if (committed) {
        continue;
      }
      outcome = outcome ? committed : outcome;
    }
    kept.push_back(std::move(transaction));
  }
  pending_ = std::move(kept);
  if (defects_.Has(Defect::kSinkReusesOpenHandle) && open_.phase == SinkTransactionPhase::kNone) {
    open_ = OpenTransaction();
  }
  return outcome;
}

void TransactionalLogWriter::NotifyCheckpointAborted(CheckpointId checkpoint) {
  if (defects_.Has(Defect::kSinkAbortsWithItsCheckpoint)) {
    std::erase_if(pending_, [&](const PendingTransaction& transaction) {
      if (transaction.checkpoint != checkpoint) {
        return false;
      }
      client_->Tell(EndTransactionRequest{.transactional_id = transaction.transactional_id,
                                          .identity = transaction.identity,
                                          .end = TransactionEnd::kAbort});
      return true;
    });
  }
  for (const PendingTransaction& transaction : pending_) {
    if (transaction.checkpoint == checkpoint) {
      const Action action = Step(kSinkTransactionTransitions, SinkTransactionPhase::kPending,
                                 Input::kCheckpointAborted)
                                .action;
      sim::Check(action == Action::kIgnore, "an aborted checkpoint changes no transaction");
    }
  }
}

sim::Result<void> TransactionalLogWriter::Commit(const PendingTransaction& transaction,
                                                 SinkTransactionInput input) {
  const Action action =
      Step(kSinkTransactionTransitions, SinkTransactionPhase::kPending, input).action;
  sim::Check(action == Action::kCommit, "{} commits what is pending", Name(input));
  events::Trace(environment_, events::SinkCommitting{.transaction = transaction.transactional_id,
                                                     .checkpoint = transaction.checkpoint,
                                                     .subtask = subtask_name_});
  const EndTransactionRequest request{.transactional_id = transaction.transactional_id,
                                      .identity = transaction.identity,
                                      .end = TransactionEnd::kCommit};
  if (defects_.Has(Defect::kSinkCommitsWithoutWaiting)) {
    client_->Tell(request);
    return {};
  }
  const sim::Result<LogAcknowledged> ended = client_->Call(request);
  if (!ended && !defects_.Has(Defect::kSinkSwallowsFailedCommits)) {
    return Fail(ended.error().code,
                fmt::format("Transaction \"{}\" of completed checkpoint {} could not be committed: "
                            "{} If the log has aborted it, its records are lost; make "
                            "sink.transaction-timeout longer than the longest recovery.",
                            transaction.transactional_id, transaction.checkpoint.value(),
                            ended.error().message));
  }
  events::Trace(environment_, events::SinkCommitted{.transaction = transaction.transactional_id,
                                                    .checkpoint = transaction.checkpoint,
                                                    .subtask = subtask_name_});
  return {};
}

OperatorState TransactionalLogWriter::State() const {
  OperatorState state;
  std::vector<Bytes>& pending = state[std::string(kSinkPendingState)];
  for (const PendingTransaction& transaction : pending_) {
    pending.push_back(Encode(transaction));
  }
  if (defects_.Has(Defect::kSinkKeepsTheNewestPendingOnly) && pending.size() > 1) {
    pending = {pending.back()};
  }
  state[std::string(kSinkCounterState)] = {Encode(counter_)};
  return state;
}

}  // namespace flinch::engine
