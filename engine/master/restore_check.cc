#include "engine/master/restore_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

bool HasState(const OperatorHandles& handles) {
  return handles.has_keyed_state() ||
         std::ranges::any_of(handles.lists,
                             [](const ListHandle& list) { return !list.entries.empty(); });
}

// In their order, each once.
std::set<std::string> OperatorsWithState(const CompletedCheckpoint& checkpoint) {
  std::set<std::string> names;
  for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
    for (const auto& [name, handles] : snapshot.operators) {
      if (HasState(handles)) {
        names.insert(name);
      }
    }
  }
  return names;
}

const std::string& NameOf(const JobGraph& graph, OperatorId id, const std::string& otherwise) {
  const OperatorSpec* const found = graph.stream.Find(id);
  return found == nullptr ? otherwise : found->state_name();
}

// That each exchange in which records were in flight is there, and is none whose subtasks belong
// together.
sim::Result<void> CheckInFlight(const JobGraph& graph, const CompletedCheckpoint& checkpoint) {
  std::set<ChannelEdge> exchanges;
  for (const JobVertex& vertex : graph.vertices) {
    const std::vector<Exchange> into = ExchangesInto(graph, vertex.id);
    for (size_t i = 0; i < into.size(); ++i) {
      const StreamEdge& edge = graph.stream_edge(vertex.inputs[i]);
      if (MayBeOvertaken(edge.partitioning) || edge.kind == EdgeKind::kFeedback) {
        exchanges.insert(into[i].edge);
      }
    }
  }
  for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
    for (const ChannelHandle& channel : snapshot.channels) {
      if (!exchanges.contains(channel.edge)) {
        static const std::string kGone = "one that is gone";
        return sim::Fail(
            sim::ErrorCode::kInvalidArgument,
            fmt::format(
                "The snapshot holds records that were in flight from operator '{}' to '{}', "
                "between which the job no longer exchanges any. Take a savepoint, which "
                "holds none, and start from that.",
                NameOf(graph, channel.edge.from, kGone), NameOf(graph, channel.edge.to, kGone)));
      }
    }
  }
  return {};
}

}  // namespace

std::vector<Exchange> ExchangesInto(const JobGraph& graph, VertexId vertex) {
  std::vector<Exchange> exchanges;
  for (const size_t input : graph.vertex(vertex).inputs) {
    const StreamEdge& edge = graph.stream_edge(input);
    const OperatorSpec& from = graph.stream.nodes.at(edge.from);
    const OperatorSpec& to = graph.stream.nodes.at(edge.to);
    exchanges.push_back(
        {.edge = {.from = from.id(), .tag = edge.tag, .to = to.id(), .input = edge.input},
         .by_key = edge.partitioning == Partitioning::kHash,
         .producers = from.parallelism,
         .consumers = to.parallelism,
         .max_parallelism = graph.stream.max_parallelism});
  }
  return exchanges;
}

Topology TopologyOf(const CompletedCheckpoint& checkpoint) {
  Topology topology;
  for (const SnapshotHandle& snapshot : checkpoint.snapshots) {
    for (const auto& [name, handles] : snapshot.operators) {
      OperatorTopology& known =
          topology.try_emplace(name, OperatorTopology{.parallelism = 1}).first->second;
      known.parallelism = std::max(known.parallelism, snapshot.subtask.value() + 1);
      known.max_parallelism = checkpoint.max_parallelism;
    }
  }
  return topology;
}

Topology TopologyOf(const JobGraph& graph) {
  Topology topology;
  for (const OperatorSpec& node : graph.stream.nodes) {
    topology[node.state_name()] = {.parallelism = node.parallelism,
                                   .max_parallelism = graph.stream.max_parallelism,
                                   .shared_lists = node.shared_lists};
  }
  return topology;
}

sim::Result<JobGraph> FitToSnapshot(JobGraph graph, const CompletedCheckpoint& checkpoint,
                                    bool allow_non_restored_state) {
  StreamGraph& stream = graph.stream;
  if (!stream.max_parallelism_is_set) {
    stream.max_parallelism = checkpoint.max_parallelism;
  }
  for (const OperatorSpec& node : stream.nodes) {
    if (node.parallelism > stream.max_parallelism) {
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("The parallelism {} of operator '{}' exceeds the maximum parallelism {} that "
                      "the state of the snapshot is divided by. Give at most that.",
                      node.parallelism, node.state_name(), stream.max_parallelism));
    }
  }
  if (sim::Result<void> in_flight = CheckInFlight(graph, checkpoint); !in_flight) {
    return sim::Fail(in_flight);
  }
  const Topology now = TopologyOf(graph);
  for (const std::string& name : OperatorsWithState(checkpoint)) {
    if (!now.contains(name) && !allow_non_restored_state) {
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("The snapshot holds state of operator '{}', which the job does not have. "
                      "Give an operator this uid, or allow non-restored state.",
                      name));
    }
  }
  if (sim::Result<void> assignable =
          CheckAssignable(checkpoint.snapshots, TopologyOf(checkpoint), now);
      !assignable) {
    return sim::Fail(assignable);
  }
  return graph;
}

}  // namespace flinch::engine
