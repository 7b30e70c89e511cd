// Job graphs by hand, without operators.
#pragma once

#include <cstdint>

#include "engine/graph/job_graph.h"

namespace flinch::tests {

// Joins two vertices of the graph.
inline void Join(engine::JobGraph& graph, uint32_t from, uint32_t to,
                 engine::Partitioning partitioning = engine::Partitioning::kHash) {
  graph.edges.push_back({.from = engine::VertexId(from),
                         .to = engine::VertexId(to),
                         .stream_edge = graph.stream.edges.size()});
  graph.stream.edges.emplace_back().partitioning = partitioning;
}

}  // namespace flinch::tests
