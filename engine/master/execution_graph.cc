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

ExecutionGraph::ExecutionGraph(JobGraph graph, bool is_batch)
    : graph_(std::move(graph)), is_batch_(is_batch) {
  FindPlaces();
}

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
  has_sink_.clear();
  size_t next = 0;
  for (const JobVertex& vertex : graph_.vertices) {
    sim::Check(vertex.id.value() == first_.size(), "vertex {} is not at its index",
               vertex.id.value());
    std::vector<OperatorId> chain;
    for (const size_t node : vertex.operators) {
      chain.push_back(graph_.stream.nodes.at(node).id());
    }
    has_sink_.push_back(vertex.outputs.empty() || engine::HasSink(graph_.stream, chain));
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
  for (const JobEdge& edge : is_batch_ ? std::vector<JobEdge>() : graph_.edges) {
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

size_t ExecutionGraph::PlaceOfKnown(const Execution& execution) const {
  const std::optional<size_t> place = PlaceOf(execution.id.vertex, execution.id.subtask);
  sim::Check(place.has_value(), "vertex {} has no subtask {}", execution.id.vertex.value(),
             execution.id.subtask.value());
  return *place;
}

template <typename Visit>
void ExecutionGraph::ForEachProducer(size_t place, Visit visit) const {
  const Execution& execution = executions_[place];
  const JobVertex& vertex = graph_.vertex(execution.id.vertex);
  for (const size_t edge : vertex.inputs) {
    const VertexId from = graph_.edges[edge].from;
    const SubtaskRange range =
        ProducersOf(graph_.stream_edge(edge).partitioning, graph_.vertex(from).parallelism,
                    vertex.parallelism, execution.id.subtask.value());
    for (uint32_t i = 0; i < range.count; ++i) {
      visit(first_[from.value()] + range.first + i);
    }
  }
}

template <typename Visit>
void ExecutionGraph::ForEachConsumer(size_t place, Visit visit) const {
  const Execution& execution = executions_[place];
  const JobVertex& vertex = graph_.vertex(execution.id.vertex);
  for (const size_t edge : vertex.outputs) {
    const VertexId to = graph_.edges[edge].to;
    const SubtaskRange range =
        ConsumersOf(graph_.stream_edge(edge).partitioning, vertex.parallelism,
                    graph_.vertex(to).parallelism, execution.id.subtask.value());
    for (uint32_t i = 0; i < range.count; ++i) {
      visit(first_[to.value()] + range.first + i);
    }
  }
}

bool ExecutionGraph::HasResult(const Execution& execution) const {
  const bool is_whole = execution.state == ExecutionState::kFinished ||
                        (execution.state == ExecutionState::kRunning && execution.end_of_input);
  return is_whole && !execution.result_is_lost;
}

bool ExecutionGraph::MayStart(const Execution& execution, const Defects& defects) const {
  bool may = true;
  ForEachProducer(PlaceOfKnown(execution), [&](size_t producer) {
    const Execution& read = executions_[producer];
    const bool is_begun =
        read.state == ExecutionState::kRunning && defects.Has(Defect::kResultIsReadHalfWritten);
    may = may && (HasResult(read) || is_begun) && !read.restarts;
  });
  return may;
}

bool ExecutionGraph::IsNeeded(const Execution& execution) const {
  bool is_needed = false;
  ForEachConsumer(PlaceOfKnown(execution), [&](size_t consumer) {
    const Execution& reader = executions_[consumer];
    is_needed = is_needed || !(reader.state == ExecutionState::kFinished || reader.end_of_input);
  });
  return is_needed;
}

bool ExecutionGraph::HasSink(const Execution& execution) const {
  return has_sink_.at(execution.id.vertex.value());
}

bool ExecutionGraph::IsAtItsEnd(bool is_committed) const {
  return std::ranges::all_of(executions_, [&](const Execution& each) {
    return HasSink(each) ? each.state == ExecutionState::kRunning && each.end_of_input
                         : is_committed || each.state == ExecutionState::kFinished;
  });
}

// What is to be run anew when this one is: Flink's rules. The results that it reads and that are
// lost; and who has read, or begun to read, a result that is produced anew.
void ExecutionGraph::MarkDependants(size_t place) {
  std::vector<bool> is_known(executions_.size());
  std::vector<size_t> waiting = {place};
  while (!waiting.empty()) {
    const size_t next = waiting.back();
    waiting.pop_back();
    if (is_known[next]) {
      continue;
    }
    is_known[next] = executions_[next].restarts = true;
    ForEachProducer(next, [&](size_t producer) {
      if (executions_[producer].result_is_lost) {
        waiting.push_back(producer);
      }
    });
    ForEachConsumer(next, [&](size_t consumer) {
      if (executions_[consumer].state != ExecutionState::kCreated) {
        waiting.push_back(consumer);
      }
    });
  }
}

void ExecutionGraph::MarkSinks() {
  for (Execution& execution : executions_) {
    execution.restarts = HasSink(execution);
  }
}

void ExecutionGraph::MarkRegion(const Execution& execution) {
  const std::optional<size_t> place = PlaceOf(execution.id.vertex, execution.id.subtask);
  sim::Check(place.has_value(), "what is no subtask fails");
  if (is_batch_) {
    return MarkDependants(*place);
  }
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
