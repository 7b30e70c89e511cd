#include "engine/runtime/record_writer.h"

#include "engine/state/key_groups.h"
#include "sim/check.h"

namespace flinch::engine {

RecordWriter::RecordWriter(const PartitionDescriptor& edge, const InputSpec& input,
                           uint32_t max_parallelism, SubtaskIndex subtask,
                           ResultPartition& partition, EdgeKind kind)
    : partitioning_(edge.partitioning),
      kind_(kind),
      input_(input),
      max_parallelism_(max_parallelism),
      subpartitions_(edge.subpartitions),
      // Everybody's first record shall not go to the same subtask, unless nobody else's goes there.
      next_(edge.partitioning == Partitioning::kRescale ? edge.subpartitions - 1
                                                        : subtask.value() % edge.subpartitions),
      partition_(partition) {
  sim::Check(partition.subpartitions() == subpartitions_, "a partition of {} for {} consumers",
             partition.subpartitions(), subpartitions_);
  sim::Check(partitioning_ != Partitioning::kHash || input.key, "partitioned by a key of nobody");
}

sim::Result<void> RecordWriter::Emit(const StreamRecord& record) {
  switch (partitioning_) {
    case Partitioning::kForward:
    case Partitioning::kGlobal:
      return partition_.EmitRecord(0, input_.type, record);
    case Partitioning::kBroadcast:
      return Broadcast(record);
    case Partitioning::kRescale:
    case Partitioning::kRebalance:
      next_ = next_ + 1 == subpartitions_ ? 0 : next_ + 1;
      return partition_.EmitRecord(next_, input_.type, record);
    case Partitioning::kHash: {
      // The hash travels with the record: the other end need not reckon it again.
      StreamRecord hashed = record;
      hashed.key_hash = input_.key.hash(record.value);
      hashed.is_hashed = true;
      const KeyGroup group = KeyGroupFor(hashed.key_hash, max_parallelism_);
      return partition_.EmitRecord(OwnerOf(group, max_parallelism_, subpartitions_).value(),
                                   input_.type, hashed);
    }
  }
  sim::Unreachable("partitioning {}", static_cast<int>(partitioning_));
}

sim::Result<void> RecordWriter::Broadcast(const StreamRecord& record) {
  for (uint32_t subpartition = 0; subpartition < subpartitions_; ++subpartition) {
    if (sim::Result<void> emitted = partition_.EmitRecord(subpartition, input_.type, record);
        !emitted) {
      return emitted;
    }
  }
  return {};
}

sim::Result<void> RecordWriter::EmitWatermark(EventTime watermark) {
  if (kind_ == EdgeKind::kFeedback) {
    return {};  // the head would wait for its own
  }
  partition_.BroadcastWatermark(watermark);
  return {};
}

}  // namespace flinch::engine
