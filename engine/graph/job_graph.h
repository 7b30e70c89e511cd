// The graph as it is scheduled: vertices, each a chain of operators that run in one task.
//
// Two operators are chained when a forward edge joins them, their parallelism is equal, the edge is
// the only input of the second and the only output of the first, and the second does not ask to
// start a chain of its own.
// Source: Flink's StreamingJobGraphGenerator.isChainable.
#pragma once

#include <string>
#include <vector>

#include "engine/graph/stream_graph.h"

namespace flinch::engine {

struct JobVertex {
  VertexId id;
  std::string name;               // of its operators: "source->parse"
  std::vector<size_t> operators;  // nodes of the stream graph, in chain order
  uint32_t parallelism = 1;
  std::vector<size_t> inputs;  // indices of JobGraph::edges
  std::vector<size_t> outputs;
};

struct JobEdge {
  VertexId from;
  VertexId to;
  size_t stream_edge = 0;  // index of StreamGraph::edges
};

struct JobGraph {
  StreamGraph stream;
  std::vector<JobVertex> vertices;  // in topological order; a vertex's id is its index
  std::vector<JobEdge> edges;

  const JobVertex& vertex(VertexId id) const { return vertices.at(id.value()); }

  // Slots needed when subtasks of different vertices share a slot.
  uint32_t max_vertex_parallelism() const;
};

// kInvalidArgument for a graph without a source, with a cycle, with two nodes of one name, with an
// operator that has no input and is no source, with forward edges between different parallelisms,
// or with parallelism 0 or above the maximum.
sim::Result<JobGraph> BuildJobGraph(StreamGraph stream);

// "sink[1]".
std::string SubtaskName(const JobVertex& vertex, SubtaskIndex subtask);

}  // namespace flinch::engine
