#include "engine/runtime/task_deployment.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

GateDescriptor DescribeGate(const JobGraph& graph, size_t edge, SubtaskIndex subtask,
                            const FindProducer& find) {
  const StreamEdge& stream_edge = graph.stream_edge(edge);
  const JobVertex& producers = graph.vertex(graph.edges.at(edge).from);
  const uint32_t consumers = graph.vertex(graph.edges.at(edge).to).parallelism;
  const SubtaskRange range =
      ProducersOf(stream_edge.partitioning, producers.parallelism, consumers, subtask.value());
  GateDescriptor gate{
      .edge = static_cast<uint32_t>(edge), .input = stream_edge.input, .channels = {}};
  for (uint32_t index = range.first; index < range.first + range.count; ++index) {
    const ProducerPlace place = find(producers.id, SubtaskIndex(index));
    const uint32_t first =
        ConsumersOf(stream_edge.partitioning, producers.parallelism, consumers, index).first;
    gate.channels.push_back({.producer = place.task,
                             .address = place.address,
                             .producer_name = SubtaskName(producers, SubtaskIndex(index)),
                             .subpartition = subtask.value() - first});
  }
  sim::Check(!gate.channels.empty(), "edge {} brings nothing to subtask {}", edge, subtask.value());
  return gate;
}

PartitionDescriptor DescribePartition(const JobGraph& graph, size_t edge, SubtaskIndex subtask) {
  const StreamEdge& stream_edge = graph.stream_edge(edge);
  const JobEdge& job_edge = graph.edges.at(edge);
  return {.edge = static_cast<uint32_t>(edge),
          .from = graph.stream.nodes.at(stream_edge.from).id(),
          .tag = stream_edge.tag,
          .to = graph.stream.nodes.at(stream_edge.to).id(),
          .input = stream_edge.input,
          .partitioning = stream_edge.partitioning,
          .subpartitions =
              ConsumersOf(stream_edge.partitioning, graph.vertex(job_edge.from).parallelism,
                          graph.vertex(job_edge.to).parallelism, subtask.value())
                  .count};
}

}  // namespace

TaskDeployment DescribeTask(const JobGraph& graph, const JobEntry& entry,
                            const ExecutionAttemptId& task, const FindProducer& find) {
  const JobVertex& vertex = graph.vertex(task.vertex);
  sim::Check(task.subtask.value() < vertex.parallelism, "{} has no subtask {}", vertex.name,
             task.subtask.value());
  TaskDeployment deployment{.job = JobIdOf(graph.stream.job_name),
                            .job_name = graph.stream.job_name,
                            .entry = entry,
                            .task = task,
                            .name = vertex.name,
                            .parallelism = vertex.parallelism,
                            .max_parallelism = graph.stream.max_parallelism,
                            .chain = {},
                            .gates = {},
                            .partitions = {},
                            .restore = {},
                            .checkpoint = {}};
  for (const size_t node : vertex.operators) {
    deployment.chain.push_back(graph.stream.nodes.at(node).id());
  }
  for (const size_t edge : vertex.inputs) {
    deployment.gates.push_back(DescribeGate(graph, edge, task.subtask, find));
  }
  for (const size_t edge : vertex.outputs) {
    deployment.partitions.push_back(DescribePartition(graph, edge, task.subtask));
  }
  return deployment;
}

sim::Result<void> CheckAgainstCode(const TaskDeployment& deployment, const StreamGraph& code) {
  const auto lacks = [&](const std::string& what) {
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("The code of job '{}' on this TaskManager has no {}: it is another "
                    "version than the JobManager's.",
                    deployment.job_name, what));
  };
  for (const OperatorId id : deployment.chain) {
    if (code.Find(id) == nullptr) {
      return lacks(fmt::format("operator {:016x} of {}", id.value(), deployment.name));
    }
  }
  const OperatorSpec* head = deployment.chain.empty() ? nullptr : code.Find(deployment.chain[0]);
  if (head == nullptr || head->is_source != deployment.gates.empty()) {
    return lacks(fmt::format("{} with {} inputs", deployment.name, deployment.gates.size()));
  }
  for (const GateDescriptor& gate : deployment.gates) {
    if (gate.input >= head->inputs.size() || gate.channels.empty()) {
      return lacks(fmt::format("input {} of {}", gate.input, head->name));
    }
  }
  for (const PartitionDescriptor& partition : deployment.partitions) {
    const OperatorSpec* const to = code.Find(partition.to);
    const bool is_ours =
        std::ranges::find(deployment.chain, partition.from) != deployment.chain.end();
    if (!is_ours || to == nullptr || partition.input >= to->inputs.size() ||
        partition.subpartitions == 0 ||
        (partition.partitioning == Partitioning::kHash && !to->inputs[partition.input].key)) {
      return lacks(fmt::format("edge {} out of {}", partition.edge, deployment.name));
    }
  }
  return {};
}

}  // namespace flinch::engine
