#include "engine/master/restore_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

bool HasState(const OperatorHandles& handles) {
  return !handles.keyed.groups.empty() ||
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

}  // namespace

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
