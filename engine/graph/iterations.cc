#include "engine/graph/iterations.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

std::unexpected<sim::Error> BadLoop(std::string message) {
  return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(message));
}

bool IsFeedback(const StreamEdge& edge) { return edge.kind == EdgeKind::kFeedback; }

// What follows from the nodes along the edges of this kind, or, backwards, what they follow from.
std::set<size_t> Closure(const StreamGraph& stream, std::set<size_t> nodes, bool backwards) {
  std::vector<size_t> unseen(nodes.begin(), nodes.end());
  while (!unseen.empty()) {
    const size_t node = unseen.back();
    unseen.pop_back();
    for (const StreamEdge& edge : stream.edges) {
      const auto [from, to] =
          backwards ? std::pair(edge.to, edge.from) : std::pair(edge.from, edge.to);
      if (!IsFeedback(edge) && from == node && nodes.insert(to).second) {
        unseen.push_back(to);
      }
    }
  }
  return nodes;
}

sim::Result<void> CheckFeedback(const StreamGraph& stream, const StreamEdge& edge) {
  const OperatorSpec& from = stream.nodes[edge.from];
  const OperatorSpec& head = stream.nodes[edge.to];
  if (!Closure(stream, {edge.to}, false).contains(edge.from)) {
    return BadLoop(
        fmt::format("'{}' feeds records back to '{}', from which it gets none: close an "
                    "iteration with what comes of it.",
                    from.name, head.name));
  }
  if (edge.partitioning == Partitioning::kHash) {
    return BadLoop(
        fmt::format("The feedback from '{}' to '{}' is partitioned by key: use KeyBy "
                    "behind the head of the iteration.",
                    from.name, head.name));
  }
  const bool is_mixed = std::ranges::any_of(stream.edges, [&](const StreamEdge& other) {
    return !IsFeedback(other) && other.to == edge.to && other.input == edge.input;
  });
  if (is_mixed) {
    return BadLoop(
        fmt::format("Input {} of '{}' gets feedback and other records: give the feedback an "
                    "input of its own.",
                    edge.input, head.name));
  }
  return {};
}

}  // namespace

bool HasIterations(const StreamGraph& stream) {
  return std::ranges::any_of(stream.edges, IsFeedback);
}

bool IsFedBack(const StreamGraph& stream, OperatorId to, uint32_t input) {
  return std::ranges::any_of(stream.edges, [&](const StreamEdge& edge) {
    return IsFeedback(edge) && edge.input == input && stream.nodes.at(edge.to).id() == to;
  });
}

std::vector<Iteration> FindIterations(const StreamGraph& stream) {
  std::map<size_t, std::set<size_t>> tails;  // by head
  for (const StreamEdge& edge : stream.edges) {
    if (IsFeedback(edge)) {
      tails[edge.to].insert(edge.from);
    }
  }
  std::vector<Iteration> iterations;
  for (const auto& [head, from] : tails) {
    const std::set<size_t> behind = Closure(stream, {head}, false);
    const std::set<size_t> before = Closure(stream, from, true);
    Iteration& iteration = iterations.emplace_back(Iteration{.head = head, .nodes = {}});
    std::ranges::set_intersection(behind, before,
                                  std::inserter(iteration.nodes, iteration.nodes.end()));
  }
  return iterations;
}

sim::Result<void> CheckIterations(const StreamGraph& stream) {
  for (const StreamEdge& edge : stream.edges) {
    if (sim::Result<void> checked =
            IsFeedback(edge) ? CheckFeedback(stream, edge) : sim::Result<void>();
        !checked) {
      return checked;
    }
  }
  std::map<size_t, size_t> heads;  // by node
  for (const Iteration& iteration : FindIterations(stream)) {
    for (const size_t node : iteration.nodes) {
      const auto [first, is_new] = heads.emplace(node, iteration.head);
      if (!is_new) {
        return BadLoop(
            fmt::format("'{}' belongs to the iterations of '{}' and '{}': iterations "
                        "may follow each other, and not overlap.",
                        stream.nodes[node].name, stream.nodes[first->second].name,
                        stream.nodes[iteration.head].name));
      }
    }
    for (const StreamEdge& edge : stream.edges) {
      if (edge.partitioning == Partitioning::kRescale && iteration.nodes.contains(edge.from) &&
          iteration.nodes.contains(edge.to)) {
        return BadLoop(
            fmt::format("'{}' rescales to '{}' in the iteration of '{}', whose end is "
                        "then known to nobody: rebalance there.",
                        stream.nodes[edge.from].name, stream.nodes[edge.to].name,
                        stream.nodes[iteration.head].name));
      }
    }
  }
  return {};
}

}  // namespace flinch::engine
