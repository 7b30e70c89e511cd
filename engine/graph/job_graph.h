// The graph as it is scheduled: vertices, each a chain of operators that run in one task.
//
// A chain is a tree: an operator may feed several others of its chain. Two operators are chained
// when a forward edge joins them, it is the only edge into the second, their parallelism is equal,
// the first chains with others and the second is chained to what is before it (ChainStrategy).
// Source: Flink's StreamingJobGraphGenerator.isChainable.
#pragma once

#include <string>
#include <vector>

#include "engine/graph/stream_graph.h"

namespace flinch::engine {

struct JobVertex {
  VertexId id;
  std::string name;               // of its operators: "source->parse", "source->(parse, count)"
  std::vector<size_t> operators;  // nodes of the stream graph, each behind the one that feeds it
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

  const StreamEdge& stream_edge(size_t edge) const {
    return stream.edges.at(edges.at(edge).stream_edge);
  }

  // Slots needed when subtasks of different vertices share a slot.
  uint32_t max_vertex_parallelism() const;
};

// kInvalidArgument, with a sentence that names the place, for a graph without a source, a wrong
// iteration (iterations.h) or a cycle that is none, two operators of one name or uid, an operator
// with an input without an edge, an edge of an unknown output, input or key, forward edges between
// different parallelisms, or parallelism 0 or above the maximum.
sim::Result<JobGraph> BuildJobGraph(StreamGraph stream);

// Whether one of these operators is a sink: nobody reads what it gives.
bool HasSink(const StreamGraph& stream, const std::vector<OperatorId>& chain);

// "sink[1]".
std::string SubtaskName(const JobVertex& vertex, SubtaskIndex subtask);

}  // namespace flinch::engine
