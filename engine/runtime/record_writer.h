// From an operator to the network: chooses each record's subpartition and hands it over.
//
// Source: Flink's RecordWriterOutput and ChannelSelectorRecordWriter.
#pragma once

#include "engine/graph/stream_graph.h"
#include "engine/network/result_partition.h"
#include "engine/runtime/task_deployment.h"
#include "engine/stream_operator.h"

namespace flinch::engine {

class RecordWriter final : public Output {
 public:
  // `input` is what reads at the other end; it and the partition outlive the writer.
  RecordWriter(const PartitionDescriptor& edge, const InputSpec& input, uint32_t max_parallelism,
               SubtaskIndex subtask, ResultPartition& partition,
               EdgeKind kind = EdgeKind::kPipelined);

  sim::Result<void> Emit(const StreamRecord& record) override;
  sim::Result<void> EmitWatermark(EventTime watermark) override;

 private:
  sim::Result<void> Broadcast(const StreamRecord& record);

  Partitioning partitioning_;
  EdgeKind kind_;
  const InputSpec& input_;
  uint32_t max_parallelism_;
  uint32_t subpartitions_;
  uint32_t next_;  // of the round robin
  ResultPartition& partition_;
};

}  // namespace flinch::engine
