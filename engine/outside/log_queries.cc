// What can be asked of the log's state without changing it.

#include <fmt/format.h>

#include "engine/outside/log_state.h"

namespace flinch::engine {
namespace {

using Phase = LogTransactionPhase;
using sim::ErrorCode;
using sim::Fail;

bool IsCommitted(const std::vector<LogState::Transaction>& transactions,
                 const LogState::Chunk& chunk) {
  return chunk.transaction == 0 || transactions[chunk.transaction - 1].phase == Phase::kCommitted;
}

}  // namespace

sim::Result<FetchReply> LogState::Query(const FetchRequest& query) const {
  FetchReply reply;
  for (const FetchPosition& position : query.positions) {
    const auto found = topics_.find(position.topic);
    if (found == topics_.end() || position.partition >= found->second.partitions.size()) {
      return Fail(ErrorCode::kNotFound, fmt::format("There is no partition {} of a topic \"{}\".",
                                                    position.partition, position.topic));
    }
    const Partition& partition = found->second.partitions[position.partition];
    if (position.offset > partition.end() || query.records_max == 0) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("Partition {} of topic \"{}\" ends at offset {}: {} records from "
                              "offset {} cannot be read.",
                              position.partition, position.topic, partition.end(),
                              query.records_max, position.offset));
    }
    const bool committed_only = query.isolation == Isolation::kReadCommitted;
    const uint64_t limit = partition.LimitFor(query.isolation);
    FetchedPartition& out = reply.partitions.emplace_back();
    uint64_t offset = position.offset;
    uint64_t room = query.records_max;
    size_t at = offset < limit ? partition.ChunkOf(offset) : 0;
    // A chunk is of one transaction, so none reaches over the limit.
    while (offset < limit && room > 0) {
      const Chunk& chunk = partition.chunks[at++];
      const uint64_t first = offset - chunk.first_offset;
      if (committed_only && !IsCommitted(transactions_, chunk)) {
        offset = chunk.first_offset + chunk.records.size();
        continue;
      }
      FetchedBatch& batch = out.batches.emplace_back();
      batch.first_offset = offset;
      batch.records = chunk.records.Slice(first, room);
      offset += batch.records.size();
      room -= batch.records.size();
    }
    out.next_offset = offset;
    out.end_of_partition =
        found->second.sealed && limit == partition.end() && offset == partition.end();
  }
  return reply;
}

bool LogState::HasEnoughFor(const FetchRequest& query) const {
  uint64_t found_records = 0;
  for (const FetchPosition& position : query.positions) {
    const auto found = topics_.find(position.topic);
    if (found == topics_.end() || position.partition >= found->second.partitions.size()) {
      return true;
    }
    const Partition& partition = found->second.partitions[position.partition];
    const uint64_t limit = partition.LimitFor(query.isolation);
    const bool is_sealed_to_here = found->second.sealed && limit == partition.end();
    if (position.offset > partition.end() || is_sealed_to_here) {
      return true;
    }
    const uint64_t here = limit > position.offset ? limit - position.offset : 0;
    found_records += here;
    if (here >= query.records_max) {
      return true;
    }
  }
  return query.positions.empty() || found_records >= query.records_min;
}

sim::Result<TopicInfoReply> LogState::Query(const TopicInfoRequest& query) const {
  const auto found = topics_.find(query.topic);
  if (found == topics_.end()) {
    return Fail(ErrorCode::kNotFound, fmt::format("There is no topic \"{}\".", query.topic));
  }
  TopicInfoReply reply{.end_offsets = {}, .sealed = found->second.sealed};
  for (const Partition& partition : found->second.partitions) {
    reply.end_offsets.push_back(partition.end());
  }
  return reply;
}

sim::Result<ListTransactionsReply> LogState::Query(const ListTransactionsRequest& query) const {
  ListTransactionsReply reply;
  for (auto at = not_ended_.lower_bound(query.prefix);
       at != not_ended_.end() && at->first.starts_with(query.prefix); ++at) {
    const Transaction& transaction = transactions_[at->second];
    reply.transactions.push_back({.transactional_id = transaction.id,
                                  .identity = transaction.identity,
                                  .has_records = transaction.phase == Phase::kOngoing});
  }
  return reply;
}

}  // namespace flinch::engine
