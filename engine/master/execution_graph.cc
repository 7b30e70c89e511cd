#include "engine/master/execution_graph.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/check.h"

namespace flinch::engine {

std::string_view Name(ExecutionInput input) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "schedule", "deploy", "accepted", "started", "completed", "cancel", "stopped", "error"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(ExecutionAction action) {
  static constexpr std::array<std::string_view, 5> kNames = {"nothing", "ignore", "send cancel",
                                                             "fail over", "check finished"};
  return kNames.at(static_cast<size_t>(action));
}

std::string_view Name(JobStatus status) {
  static constexpr std::array<std::string_view, 8> kNames = {"CREATED",    "RUNNING",  "FAILING",
                                                             "RESTARTING", "FINISHED", "FAILED",
                                                             "CANCELLING", "CANCELED"};
  return kNames.at(static_cast<size_t>(status));
}

std::string_view Name(JobInput input) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "start",        "unreadable",  "failure", "give up", "restart",
      "all finished", "all stopped", "cancel",  "rescale"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(JobAction action) {
  static constexpr std::array<std::string_view, 4> kNames = {"nothing", "ignore", "deploy",
                                                             "cancel all"};
  return kNames.at(static_cast<size_t>(action));
}

ExecutionGraph::ExecutionGraph(JobGraph graph) : graph_(std::move(graph)) { FindPlaces(); }

void ExecutionGraph::Adopt(JobGraph graph) {
  sim::Check(AllTerminal() && graph.vertices.size() == graph_.vertices.size(),
             "a job that runs changes its size");
  graph_ = std::move(graph);
  executions_.clear();
  FindPlaces();
}

void ExecutionGraph::FindPlaces() {
  first_.clear();
  regions_.clear();
  size_t next = 0;
  for (const JobVertex& vertex : graph_.vertices) {
    sim::Check(vertex.id.value() == first_.size(), "vertex {} is not at its index",
               vertex.id.value());
    first_.push_back(next);
    next += vertex.parallelism;
  }
  first_.push_back(next);
  FindRegions();
}

// Places are united in trees, whose roots are their least places.
void ExecutionGraph::FindRegions() {
  regions_.resize(first_.back());
  std::iota(regions_.begin(), regions_.end(), size_t{0});
  const auto root_of = [this](size_t place) {
    while (regions_[place] != place) {
      place = regions_[place] = regions_[regions_[place]];
    }
    return place;
  };
  const auto unite = [&](size_t left, size_t right) {
    const auto [least, other] = std::minmax({root_of(left), root_of(right)});
    regions_[other] = least;
  };
  for (const JobEdge& edge : graph_.edges) {
    const size_t from = first_[edge.from.value()];
    const size_t to = first_[edge.to.value()];
    const uint32_t producers = graph_.vertex(edge.from).parallelism;
    const uint32_t consumers = graph_.vertex(edge.to).parallelism;
    const Partitioning partitioning = graph_.stream.edges.at(edge.stream_edge).partitioning;
    if (!IsPointwise(partitioning)) {
      for (uint32_t i = 0; i < producers; ++i) {
        unite(from + i, to);
      }
      for (uint32_t i = 0; i < consumers; ++i) {
        unite(from, to + i);
      }
      continue;
    }
    for (uint32_t i = 0; i < producers; ++i) {
      const SubtaskRange range = ConsumersOf(partitioning, producers, consumers, i);
      for (uint32_t j = 0; j < range.count; ++j) {
        unite(from + i, to + range.first + j);
      }
    }
  }
  for (size_t& region : regions_) {
    region = root_of(region);
  }
}

size_t ExecutionGraph::StartAttempt(AttemptNumber number) {
  if (executions_.empty()) {
    for (const JobVertex& vertex : graph_.vertices) {
      for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
        Execution& execution = executions_.emplace_back();
        execution.id = {vertex.id, SubtaskIndex(subtask), AttemptNumber()};
      }
    }
    MarkAll();
  }
  size_t started = 0;
  for (Execution& execution : executions_) {
    sim::Check(execution.id.attempt != number, "attempt {} is there twice", number.value());
    if (execution.restarts) {
      execution = {.id = {execution.id.vertex, execution.id.subtask, number}};
      ++started;
    }
  }
  return started;
}

void ExecutionGraph::MarkRegion(const Execution& execution) {
  const std::optional<size_t> place = PlaceOf(execution.id.vertex, execution.id.subtask);
  sim::Check(place.has_value(), "what is no subtask fails");
  for (size_t other = 0; other < executions_.size(); ++other) {
    executions_[other].restarts =
        executions_[other].restarts || regions_[other] == regions_[*place];
  }
}

void ExecutionGraph::MarkAll() {
  for (Execution& execution : executions_) {
    execution.restarts = true;
  }
}

std::optional<size_t> ExecutionGraph::PlaceOf(VertexId vertex, SubtaskIndex subtask) const {
  if (executions_.empty() || vertex.value() >= graph_.vertices.size() ||
      subtask.value() >= graph_.vertex(vertex).parallelism) {
    return std::nullopt;
  }
  return first_[vertex.value()] + subtask.value();
}

Execution* ExecutionGraph::Find(const ExecutionAttemptId& id) {
  const std::optional<size_t> place = PlaceOf(id.vertex, id.subtask);
  return place && executions_[*place].id == id ? &executions_[*place] : nullptr;
}

const Execution* ExecutionGraph::Find(const ExecutionAttemptId& id) const {
  const std::optional<size_t> place = PlaceOf(id.vertex, id.subtask);
  return place && executions_[*place].id == id ? &executions_[*place] : nullptr;
}

const Execution& ExecutionGraph::Latest(VertexId vertex, SubtaskIndex subtask) const {
  const std::optional<size_t> place = PlaceOf(vertex, subtask);
  sim::Check(place.has_value(), "vertex {} has no subtask {}", vertex.value(), subtask.value());
  return executions_[*place];
}

void ExecutionGraph::Verify() const {
  sim::Check(executions_.empty() || executions_.size() == first_.back(),
             "there are {} executions of {} subtasks", executions_.size(), first_.back());
}

void ExecutionGraph::Verify(const ExecutionAttemptId& id) const {
  const Execution* const execution = Find(id);
  const bool is_placed = execution != nullptr && execution->state != ExecutionState::kCreated &&
                         execution->state != ExecutionState::kScheduled;
  sim::Check(!is_placed || IsTerminal(execution->state) || !execution->task_manager.empty(),
             "an execution that is {} is nowhere",
             execution == nullptr ? "" : Name(execution->state));
}

bool ExecutionGraph::AllIn(ExecutionState state) const {
  return std::ranges::all_of(executions_,
                             [state](const Execution& each) { return each.state == state; });
}

bool ExecutionGraph::AnyIn(ExecutionState state) const {
  return std::ranges::any_of(executions_,
                             [state](const Execution& each) { return each.state == state; });
}

bool ExecutionGraph::RestartingAreTerminal() const {
  return std::ranges::all_of(
      executions_, [](const Execution& each) { return !each.restarts || IsTerminal(each.state); });
}

bool ExecutionGraph::AllRestart() const {
  return std::ranges::all_of(executions_, &Execution::restarts);
}

bool ExecutionGraph::AllTerminal() const {
  return std::ranges::all_of(executions_,
                             [](const Execution& each) { return IsTerminal(each.state); });
}

bool ExecutionGraph::AllAtEndOfInput() const {
  return std::ranges::all_of(executions_, [](const Execution& each) { return each.end_of_input; });
}

}  // namespace flinch::engine
