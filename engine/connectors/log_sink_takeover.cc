// The part of the sink's writer that ends what earlier attempts left open.
#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "engine/connectors/log_sink.h"
#include "engine/defects.h"
#include "engine/events.h"

namespace flinch::engine {

using sim::Fail;

sim::Result<void> TransactionalLogWriter::TakeOverAll() {
  sim::Result<void> taken = TakeOver(owner_);
  const uint32_t end = std::max(old_parallelism_, widest_);
  for (uint32_t gone = index_ + parallelism_; taken && gone < end; gone += parallelism_) {
    taken = TakeOver({.name = fmt::format("{}-{}", name_, gone), .session = owner_.session});
  }
  return taken && old_parallelism_ != 0 && old_parallelism_ != parallelism_ ? TakeOverOthers()
                                                                            : taken;
}

// Since the snapshot the job may have run under yet another parallelism, and stored nothing.
sim::Result<void> TransactionalLogWriter::TakeOverOthers() {
  const sim::Result<ListTransactionsReply> listed =
      client_->Call(ListTransactionsRequest{.prefix = name_ + "-"});
  if (!listed) {
    return Fail(listed);
  }
  std::set<uint32_t> gone;
  for (const ListedTransaction& transaction : listed->transactions) {
    const auto owner = SubtaskOfTransaction(name_, transaction.transactional_id);
    if (owner && *owner >= std::max(parallelism_, old_parallelism_) &&
        *owner % parallelism_ == index_) {
      gone.insert(*owner);
    }
  }
  for (const uint32_t subtask : gone) {
    const TransactionOwner owner{.name = fmt::format("{}-{}", name_, subtask),
                                 .session = owner_.session};
    if (sim::Result<void> taken = TakeOver(owner); !taken) {
      return taken;
    }
  }
  return {};
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

}  // namespace flinch::engine
