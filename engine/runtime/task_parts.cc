#include "engine/runtime/task_parts.h"

#include <algorithm>
#include <limits>
#include <set>

#include "engine/graph/iterations.h"
#include "engine/runtime/element_reader.h"
#include "sim/check.h"

namespace flinch::engine {

std::vector<std::unique_ptr<ResultPartition>> MakePartitions(
    sim::Environment& environment, const NetworkOptions& options, SegmentPool& pool,
    const StreamGraph& code, const TaskDeployment& deployment,
    const std::function<void()>& on_available, const Defects& defects,
    const sim::WaitDetail* detail, bool is_batch) {
  NetworkOptions unlimited = options;
  unlimited.buffers_per_subpartition = std::numeric_limits<uint32_t>::max();
  std::vector<std::unique_ptr<ResultPartition>> partitions;
  for (const PartitionDescriptor& edge : deployment.partitions) {
    const bool is_unlimited = is_batch || (IsFedBack(code, edge.to, edge.input) &&
                                           !defects.Has(Defect::kFeedbackHasABound));
    partitions.push_back(
        std::make_unique<ResultPartition>(environment, is_unlimited ? unlimited : options, pool,
                                          edge.subpartitions, on_available, defects, detail));
  }
  return partitions;
}

std::vector<ChannelOptions> DescribeChannels(const StreamGraph& code,
                                             const TaskDeployment& deployment, bool is_batch) {
  std::vector<ChannelOptions> channels;
  for (const GateDescriptor& gate : deployment.gates) {
    const bool is_fed_back = IsFedBack(code, deployment.chain.front(), gate.input);
    for (const ChannelDescriptor& channel : gate.channels) {
      channels.push_back({.request = {.producer = channel.producer,
                                      .edge = gate.edge,
                                      .subpartition = channel.subpartition},
                          .producer = channel.address,
                          .producer_name = channel.producer_name,
                          .comes_first = is_fed_back,
                          .has_finished = is_batch});
    }
  }
  return channels;
}

std::optional<IterationRole> RoleInIteration(const StreamGraph& code,
                                             const TaskDeployment& deployment) {
  if (!HasIterations(code)) {
    return std::nullopt;
  }
  const OperatorId root = deployment.chain.front();
  for (const Iteration& iteration : FindIterations(code)) {
    std::set<OperatorId> members;
    for (const size_t node : iteration.nodes) {
      members.insert(code.nodes[node].id());
    }
    if (!members.contains(root)) {
      continue;
    }
    IterationRole role{.is_head = code.nodes[iteration.head].id() == root};
    const std::vector<ChannelEdge> edges = EdgesOfGates(code, deployment);
    for (size_t gate = 0; gate < edges.size(); ++gate) {
      role.channels.insert(role.channels.end(), deployment.gates[gate].channels.size(),
                           members.contains(edges[gate].from));
    }
    for (const PartitionDescriptor& edge : deployment.partitions) {
      role.partitions.push_back(members.contains(edge.from) && members.contains(edge.to));
    }
    return role;
  }
  return std::nullopt;
}

Barriers MakeBarriers(const CheckpointOptions& options, size_t channels,
                      const std::optional<IterationRole>& role, const Defects& defects) {
  if (role && role->is_head) {
    return LoopBarrierCore(role->channels, defects);
  }
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

bool MayOvertake(const StreamGraph& code, OperatorId to, const Defects& defects) {
  const auto is_in_the_way = [&](const StreamEdge& edge) {
    const bool is_excused = edge.partitioning == Partitioning::kBroadcast &&
                            defects.Has(Defect::kBarriersOvertakeBroadcasts);
    return code.nodes.at(edge.to).id() == to && !MayBeOvertaken(edge.partitioning) && !is_excused;
  };
  return !HasIterations(code) && std::ranges::none_of(code.edges, is_in_the_way);
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
