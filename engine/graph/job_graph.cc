#include "engine/graph/job_graph.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/graph/iterations.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

std::unexpected<sim::Error> Mistake(std::string message) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(message));
}

size_t EdgesInto(const StreamGraph& stream, size_t node) {
  return static_cast<size_t>(std::ranges::count(stream.edges, node, &StreamEdge::to));
}

// ---- What a graph must be -----------------------------------------------------------------------

sim::Result<void> CheckNames(const StreamGraph& stream) {
  std::set<std::string> names;
  std::map<OperatorId, std::string> owners;
  for (const OperatorSpec& node : stream.nodes) {
    if (!names.insert(node.name).second) {
      return Mistake(
          fmt::format("Two operators are named '{}': events and state are told apart by "
                      "name, so names must differ.",
                      node.name));
    }
    const auto [owner, is_first] = owners.emplace(node.id(), node.name);
    if (!is_first) {
      return Mistake(
          fmt::format("The operators '{}' and '{}' have one uid, '{}': state is matched "
                      "by uid, so uids must differ.",
                      owner->second, node.name, node.uid.empty() ? node.name : node.uid));
    }
  }
  return {};
}

sim::Result<void> CheckInputs(const StreamGraph& stream, size_t index) {
  const OperatorSpec& node = stream.nodes[index];
  if (node.is_source) {
    return node.inputs.empty() && EdgesInto(stream, index) == 0
               ? sim::Result<void>()
               : Mistake(fmt::format("Source '{}' has an input.", node.name));
  }
  for (uint32_t input = 0; input < node.inputs.size(); ++input) {
    const bool is_fed = std::ranges::any_of(stream.edges, [&](const StreamEdge& edge) {
      return edge.to == index && edge.input == input;
    });
    if (!is_fed) {
      return Mistake(fmt::format("Input {} of operator '{}' has no edge: connect it to a stream.",
                                 input, node.name));
    }
    if (bool{node.inputs[input].key} != node.is_keyed()) {
      return Mistake(
          fmt::format("Operator '{}' has keyed and unkeyed inputs: key all or none.", node.name));
    }
  }
  if (node.inputs.empty()) {
    return Mistake(
        fmt::format("Operator '{}' has no input and is no source: connect it.", node.name));
  }
  return {};
}

sim::Result<void> CheckNode(const StreamGraph& stream, size_t index) {
  const OperatorSpec& node = stream.nodes[index];
  if (node.parallelism == 0 || node.parallelism > stream.max_parallelism) {
    return Mistake(
        fmt::format("Operator '{}' has parallelism {}; it must lie between 1 and the "
                    "maximum parallelism {}.",
                    node.name, node.parallelism, stream.max_parallelism));
  }
  return CheckInputs(stream, index);
}

std::string ShowOutputs(const OperatorSpec& node) {
  std::vector<std::string> shown;
  for (const OutputSpec& output : node.outputs) {
    shown.push_back(output.tag == kMainOutput ? "its main output" : "'" + output.name + "'");
  }
  return shown.empty() ? "none" : fmt::format("{}", fmt::join(shown, ", "));
}

sim::Result<void> CheckEdge(const StreamGraph& stream, const StreamEdge& edge) {
  if (edge.from >= stream.nodes.size() || edge.to >= stream.nodes.size()) {
    return Mistake(fmt::format("An edge leads from operator {} to operator {}; there are {}.",
                               edge.from, edge.to, stream.nodes.size()));
  }
  const OperatorSpec& from = stream.nodes[edge.from];
  const OperatorSpec& to = stream.nodes[edge.to];
  if (std::ranges::find(from.outputs, edge.tag, &OutputSpec::tag) == from.outputs.end()) {
    return Mistake(
        fmt::format("'{}' reads an output of '{}' that does not exist (tag {:08x}); "
                    "there is {}. Name it in the function's SideOutputs().",
                    to.name, from.name, edge.tag.value(), ShowOutputs(from)));
  }
  if (!to.is_source && edge.input >= to.inputs.size()) {
    return Mistake(fmt::format("An edge leads from '{}' into input {} of '{}', which has {}.",
                               from.name, edge.input, to.name, to.inputs.size()));
  }
  const auto output = std::ranges::find(from.outputs, edge.tag, &OutputSpec::tag);
  if (!to.is_source && output->type.write != stream.input_of(edge).type.write) {
    return Mistake(
        fmt::format("'{}' reads '{}' of '{}' as another type than what is written "
                    "there: use one tag with one type.",
                    to.name, output->name, from.name));
  }
  if (edge.partitioning == Partitioning::kHash && (to.is_source || !stream.input_of(edge).key)) {
    return Mistake(
        fmt::format("The edge from '{}' to '{}' is partitioned by key, and the input "
                    "has no key: use KeyBy.",
                    from.name, to.name));
  }
  if (edge.partitioning == Partitioning::kForward && from.parallelism != to.parallelism) {
    return Mistake(
        fmt::format("A forward edge joins '{}' with parallelism {} and '{}' with parallelism {}: "
                    "rebalance in between.",
                    from.name, from.parallelism, to.name, to.parallelism));
  }
  return {};
}

// ---- Order --------------------------------------------------------------------------------------

bool LeadsForward(const StreamEdge& edge) { return edge.kind != EdgeKind::kFeedback; }

// The nodes so that every edge leads forward, but for feedback, else by index; fewer than all when
// there is a cycle.
std::vector<size_t> InOrder(const StreamGraph& stream) {
  std::vector<size_t> missing(stream.nodes.size());
  for (const StreamEdge& edge : stream.edges) {
    missing[edge.to] += LeadsForward(edge) ? 1U : 0U;
  }
  std::set<size_t> ready;
  for (size_t i = 0; i < missing.size(); ++i) {
    if (missing[i] == 0) {
      ready.insert(i);
    }
  }
  std::vector<size_t> order;
  while (!ready.empty()) {
    const size_t next = ready.extract(ready.begin()).value();
    order.push_back(next);
    for (const StreamEdge& edge : stream.edges) {
      if (edge.from == next && LeadsForward(edge) && --missing[edge.to] == 0) {
        ready.insert(edge.to);
      }
    }
  }
  return order;
}

// A cycle among the nodes that `order` could not place, as "'a' → 'b' → 'a'".
std::string ShowCycle(const StreamGraph& stream, const std::vector<size_t>& order) {
  const std::set<size_t> placed(order.begin(), order.end());
  size_t at = 0;
  while (placed.contains(at)) {
    ++at;
  }
  // Backwards from any of them: each has an edge from another of them.
  std::vector<size_t> path;
  while (std::ranges::find(path, at) == path.end()) {
    path.push_back(at);
    const auto into = std::ranges::find_if(stream.edges, [&](const StreamEdge& edge) {
      return edge.to == at && LeadsForward(edge) && !placed.contains(edge.from);
    });
    sim::Check(into != stream.edges.end(), "operator {} is in no order and in no cycle", at);
    at = into->from;
  }
  std::string shown = fmt::format("'{}'", stream.nodes[at].name);
  for (auto step = path.rbegin(); *step != at; ++step) {
    shown += fmt::format(" → '{}'", stream.nodes[*step].name);
  }
  return shown + fmt::format(" → '{}'", stream.nodes[at].name);
}

sim::Result<std::vector<size_t>> Validate(const StreamGraph& stream) {
  if (stream.max_parallelism == 0 || stream.max_parallelism > 32768) {
    return Mistake(fmt::format("The maximum parallelism is {}; it must lie between 1 and 32768.",
                               stream.max_parallelism));
  }
  if (sim::Result<void> unique = CheckNames(stream); !unique) {
    return sim::Fail(unique);
  }
  for (const StreamEdge& edge : stream.edges) {
    if (sim::Result<void> checked = CheckEdge(stream, edge); !checked) {
      return sim::Fail(checked);
    }
  }
  std::vector<size_t> order = InOrder(stream);
  if (order.size() != stream.nodes.size()) {
    return Mistake(
        fmt::format("The operators {} form a cycle: edges must lead forward. What is to "
                    "go round is fed back by an iteration, Iterate and CloseWith.",
                    ShowCycle(stream, order)));
  }
  if (sim::Result<void> iterations = CheckIterations(stream); !iterations) {
    return sim::Fail(iterations);
  }
  for (size_t i = 0; i < stream.nodes.size(); ++i) {
    if (sim::Result<void> checked = CheckNode(stream, i); !checked) {
      return sim::Fail(checked);
    }
  }
  if (std::ranges::none_of(stream.nodes, &OperatorSpec::is_source)) {
    return Mistake("The job has no source.");
  }
  return order;
}

// ---- Chains -------------------------------------------------------------------------------------

bool IsChained(const StreamGraph& stream, const StreamEdge& edge) {
  const OperatorSpec& from = stream.nodes[edge.from];
  const OperatorSpec& to = stream.nodes[edge.to];
  return edge.partitioning == Partitioning::kForward && LeadsForward(edge) &&
         EdgesInto(stream, edge.to) == 1 && to.chaining == ChainStrategy::kAlways &&
         from.chaining != ChainStrategy::kNever && from.parallelism == to.parallelism;
}

std::optional<size_t> ChainedInput(const StreamGraph& stream, size_t node) {
  const auto edge = std::ranges::find(stream.edges, node, &StreamEdge::to);
  return edge != stream.edges.end() && IsChained(stream, *edge)
             ? std::optional(static_cast<size_t>(edge - stream.edges.begin()))
             : std::nullopt;
}

// "a->b", "a->(b->c, d)".
std::string NameOfChain(const StreamGraph& stream, size_t node) {
  std::vector<std::string> next;
  for (const StreamEdge& edge : stream.edges) {
    if (edge.from == node && IsChained(stream, edge)) {
      next.push_back(NameOfChain(stream, edge.to));
    }
  }
  const std::string& name = stream.nodes[node].name;
  if (next.empty()) {
    return name;
  }
  return next.size() == 1 ? fmt::format("{}->{}", name, next[0])
                          : fmt::format("{}->({})", name, fmt::join(next, ", "));
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
  const sim::Result<std::vector<size_t>> order = Validate(stream);
  if (!order) {
    return sim::Fail(order);
  }
  JobGraph graph;
  std::vector<VertexId> vertex_of(stream.nodes.size());
  for (const size_t node : *order) {
    if (const std::optional<size_t> edge = ChainedInput(stream, node)) {
      vertex_of[node] = vertex_of[stream.edges[*edge].from];
      graph.vertices[vertex_of[node].value()].operators.push_back(node);
      continue;
    }
    vertex_of[node] = VertexId(static_cast<uint32_t>(graph.vertices.size()));
    graph.vertices.push_back({.id = vertex_of[node],
                              .name = NameOfChain(stream, node),
                              .operators = {node},
                              .parallelism = stream.nodes[node].parallelism,
                              .inputs = {},
                              .outputs = {}});
  }
  for (size_t i = 0; i < stream.edges.size(); ++i) {
    if (IsChained(stream, stream.edges[i])) {
      continue;
    }
    const VertexId from = vertex_of[stream.edges[i].from];
    const VertexId to = vertex_of[stream.edges[i].to];
    sim::Check(from != to || !LeadsForward(stream.edges[i]), "vertex {} feeds itself",
               from.value());
    graph.vertices[from.value()].outputs.push_back(graph.edges.size());
    graph.vertices[to.value()].inputs.push_back(graph.edges.size());
    graph.edges.push_back({.from = from, .to = to, .stream_edge = i});
  }
  graph.stream = std::move(stream);
  return graph;
}

bool HasSink(const StreamGraph& stream, const std::vector<OperatorId>& chain) {
  return std::ranges::any_of(chain, [&stream](OperatorId id) {
    return std::ranges::none_of(stream.edges, [&](const StreamEdge& edge) {
      return stream.nodes.at(edge.from).id() == id;
    });
  });
}

std::string SubtaskName(const JobVertex& vertex, SubtaskIndex subtask) {
  return fmt::format("{}[{}]", vertex.name, subtask.value());
}

}  // namespace flinch::engine
