#include "engine/master/adaptive_phases.h"

#include <algorithm>

#include "sim/check.h"

namespace flinch::engine {

std::string_view Name(AdaptivePhase phase) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "idle", "waiting for resources", "stabilizing", "creating", "executing"};
  return kNames.at(static_cast<size_t>(phase));
}

std::string_view Name(AdaptiveInput input) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "wanted",    "insufficient", "sufficient",  "desired", "stabilized",
      "wait over", "created",      "not created", "grown",   "over"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(AdaptiveAction action) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "nothing", "ignore", "wait", "stabilize", "create", "give up", "rescale"};
  return kNames.at(static_cast<size_t>(action));
}

JobGraph FitToSlots(JobGraph graph, uint32_t slots, SchedulerMode mode) {
  sim::Check(slots > 0, "a job is to run in no slot");
  for (JobVertex& vertex : graph.vertices) {
    const uint32_t wanted =
        mode == SchedulerMode::kReactive ? graph.stream.max_parallelism : vertex.parallelism;
    vertex.parallelism = std::min(wanted, slots);
    for (const size_t node : vertex.operators) {
      graph.stream.nodes.at(node).parallelism = vertex.parallelism;
    }
  }
  return graph;
}

uint32_t CumulativeParallelism(const JobGraph& graph) {
  uint32_t sum = 0;
  for (const JobVertex& vertex : graph.vertices) {
    sum += vertex.parallelism;
  }
  return sum;
}

}  // namespace flinch::engine
