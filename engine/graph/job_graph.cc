#include "engine/graph/job_graph.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
namespace {

using sim::ErrorCode;

std::vector<size_t> EdgesInto(const StreamGraph& stream, size_t node) {
  std::vector<size_t> edges;
  for (size_t i = 0; i < stream.edges.size(); ++i) {
    if (stream.edges[i].to == node) {
      edges.push_back(i);
    }
  }
  return edges;
}

std::vector<size_t> EdgesOutOf(const StreamGraph& stream, size_t node) {
  std::vector<size_t> edges;
  for (size_t i = 0; i < stream.edges.size(); ++i) {
    if (stream.edges[i].from == node) {
      edges.push_back(i);
    }
  }
  return edges;
}

sim::Result<void> CheckNode(const StreamGraph& stream, size_t index) {
  const StreamNode& node = stream.nodes[index];
  if (node.parallelism == 0 || node.parallelism > stream.max_parallelism) {
    return sim::Fail(ErrorCode::kInvalidArgument,
                     fmt::format("Operator '{}' has parallelism {}; it must lie between 1 and the "
                                 "maximum parallelism {}.",
                                 node.name, node.parallelism, stream.max_parallelism));
  }
  const bool has_input = !EdgesInto(stream, index).empty();
  if (node.is_source && has_input) {
    return sim::Fail(ErrorCode::kInvalidArgument,
                     fmt::format("Source '{}' has an input.", node.name));
  }
  if (!node.is_source && !has_input) {
    return sim::Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("Operator '{}' has no input and is no source: connect it.", node.name));
  }
  return {};
}

sim::Result<void> CheckEdge(const StreamGraph& stream, const StreamEdge& edge) {
  if (edge.from >= edge.to || edge.to >= stream.nodes.size()) {
    return sim::Fail(ErrorCode::kInvalidArgument,
                     fmt::format("An edge leads from operator {} to operator {} of {}: edges must "
                                 "lead forward, without a cycle.",
                                 edge.from, edge.to, stream.nodes.size()));
  }
  const StreamNode& from = stream.nodes[edge.from];
  const StreamNode& to = stream.nodes[edge.to];
  if (edge.partitioning == Partitioning::kForward && from.parallelism != to.parallelism) {
    return sim::Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("A forward edge joins '{}' with parallelism {} and '{}' with parallelism {}: "
                    "rebalance in between.",
                    from.name, from.parallelism, to.name, to.parallelism));
  }
  return {};
}

sim::Result<void> Validate(const StreamGraph& stream) {
  if (stream.max_parallelism == 0 || stream.max_parallelism > 32768) {
    return sim::Fail(ErrorCode::kInvalidArgument,
                     fmt::format("The maximum parallelism is {}; it must lie between 1 and 32768.",
                                 stream.max_parallelism));
  }
  std::set<std::string> names;
  for (size_t i = 0; i < stream.nodes.size(); ++i) {
    if (!names.insert(stream.nodes[i].name).second) {
      return sim::Fail(ErrorCode::kInvalidArgument,
                       fmt::format("Two operators are named '{}': state is matched by name, so "
                                   "names must differ.",
                                   stream.nodes[i].name));
    }
  }
  for (const StreamEdge& edge : stream.edges) {
    if (sim::Result<void> checked = CheckEdge(stream, edge); !checked) {
      return checked;
    }
  }
  for (size_t i = 0; i < stream.nodes.size(); ++i) {
    if (sim::Result<void> checked = CheckNode(stream, i); !checked) {
      return checked;
    }
  }
  if (std::ranges::none_of(stream.nodes, &StreamNode::is_source)) {
    return sim::Fail(ErrorCode::kInvalidArgument, "The job has no source.");
  }
  return {};
}

bool IsChained(const StreamGraph& stream, const StreamEdge& edge) {
  return edge.partitioning == Partitioning::kForward && !stream.nodes[edge.to].starts_chain &&
         EdgesInto(stream, edge.to).size() == 1 && EdgesOutOf(stream, edge.from).size() == 1;
}

}  // namespace

uint32_t JobGraph::max_vertex_parallelism() const {
  uint32_t most = 0;
  for (const JobVertex& vertex : vertices) {
    most = std::max(most, vertex.parallelism);
  }
  return most;
}

sim::Result<JobGraph> BuildJobGraph(StreamGraph stream) {
  if (sim::Result<void> valid = Validate(stream); !valid) {
    return sim::Fail(valid);
  }
  JobGraph graph;
  std::vector<VertexId> vertex_of(stream.nodes.size());
  for (size_t i = 0; i < stream.nodes.size(); ++i) {
    const std::vector<size_t> inputs = EdgesInto(stream, i);
    if (inputs.size() == 1 && IsChained(stream, stream.edges[inputs[0]])) {
      vertex_of[i] = vertex_of[stream.edges[inputs[0]].from];
      JobVertex& vertex = graph.vertices[vertex_of[i].value()];
      vertex.operators.push_back(i);
      vertex.name += "->" + stream.nodes[i].name;
      continue;
    }
    vertex_of[i] = VertexId(static_cast<uint32_t>(graph.vertices.size()));
    graph.vertices.push_back({.id = vertex_of[i],
                              .name = stream.nodes[i].name,
                              .operators = {i},
                              .parallelism = stream.nodes[i].parallelism,
                              .inputs = {},
                              .outputs = {}});
  }
  for (size_t i = 0; i < stream.edges.size(); ++i) {
    const VertexId from = vertex_of[stream.edges[i].from];
    const VertexId to = vertex_of[stream.edges[i].to];
    if (from == to) {
      continue;
    }
    graph.vertices[from.value()].outputs.push_back(graph.edges.size());
    graph.vertices[to.value()].inputs.push_back(graph.edges.size());
    graph.edges.push_back({.from = from, .to = to, .stream_edge = i});
  }
  graph.stream = std::move(stream);
  return graph;
}

std::string SubtaskName(const JobVertex& vertex, SubtaskIndex subtask) {
  return fmt::format("{}[{}]", vertex.name, subtask.value());
}

}  // namespace flinch::engine
