#include "engine/runtime/task_parts.h"

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

std::variant<BarrierCore, BarrierTracker> MakeBarriers(CheckpointingMode mode, size_t channels,
                                                       const Defects& defects) {
  if (mode == CheckpointingMode::kAtLeastOnce) {
    return BarrierTracker(channels, defects);
  }
  return BarrierCore(channels, defects);
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
