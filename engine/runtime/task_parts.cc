#include "engine/runtime/task_parts.h"

#include <algorithm>

#include "engine/runtime/element_reader.h"
#include "sim/check.h"

namespace flinch::engine {

std::vector<std::unique_ptr<ResultPartition>> MakePartitions(
    sim::Environment& environment, const NetworkOptions& options, SegmentPool& pool,
    const TaskDeployment& deployment, const std::function<void()>& on_available) {
  std::vector<std::unique_ptr<ResultPartition>> partitions;
  for (const PartitionDescriptor& edge : deployment.partitions) {
    partitions.push_back(std::make_unique<ResultPartition>(environment, options, pool,
                                                           edge.subpartitions, on_available));
  }
  return partitions;
}

std::vector<ChannelOptions> DescribeChannels(const TaskDeployment& deployment) {
  std::vector<ChannelOptions> channels;
  for (const GateDescriptor& gate : deployment.gates) {
    for (const ChannelDescriptor& channel : gate.channels) {
      channels.push_back({.request = {.producer = channel.producer,
                                      .edge = gate.edge,
                                      .subpartition = channel.subpartition},
                          .producer = channel.address,
                          .producer_name = channel.producer_name});
    }
  }
  return channels;
}

Barriers MakeBarriers(const CheckpointOptions& options, size_t channels, const Defects& defects) {
  if (options.mode == CheckpointingMode::kAtLeastOnce) {
    return BarrierTracker(channels, defects);
  }
  if (options.overtakes()) {
    return AlternatingCore(channels, options.aligned_timeout, defects);
  }
  return BarrierCore(channels, defects);
}

std::vector<ChannelEdge> EdgesOfGates(const StreamGraph& code, const TaskDeployment& deployment) {
  std::vector<ChannelEdge> gates;
  for (const StreamEdge& edge : code.edges) {
    const OperatorId to = code.nodes.at(edge.to).id();
    if (to == deployment.chain.front()) {
      gates.push_back(
          {.from = code.nodes.at(edge.from).id(), .tag = edge.tag, .to = to, .input = edge.input});
    }
  }
  sim::Check(gates.size() == deployment.gates.size(), "{} edges into {} with {} gates",
             gates.size(), deployment.name, deployment.gates.size());
  return gates;
}

bool MayOvertake(const StreamGraph& code, OperatorId to) {
  return std::ranges::none_of(code.edges, [&](const StreamEdge& edge) {
    return code.nodes.at(edge.to).id() == to && edge.partitioning == Partitioning::kForward;
  });
}

namespace {

// Counts what it is given.
class CountingOutput final : public Output {
 public:
  sim::Result<void> Emit(const StreamRecord&) override {
    ++records_;
    return {};
  }

  sim::Result<void> EmitWatermark(EventTime) override { return {}; }

  uint64_t records() const { return records_; }

 private:
  uint64_t records_ = 0;
};

}  // namespace

uint64_t CountRecords(const ElementType& type, std::string_view content) {
  CountingOutput counter;
  Decoder in(content);
  while (in.good() && in.remaining() > 0) {
    const Element element = ReadElement(in);
    if (element.kind != ElementKind::kWatermark && in.good() &&
        !type.read(in, element.record, counter)) {
      break;  // whoever processes it will say so
    }
  }
  return counter.records();
}

std::vector<ResultPartition*> Pointers(
    const std::vector<std::unique_ptr<ResultPartition>>& partitions) {
  std::vector<ResultPartition*> pointers;
  for (const std::unique_ptr<ResultPartition>& partition : partitions) {
    pointers.push_back(partition.get());
  }
  return pointers;
}

}  // namespace flinch::engine
