#include "engine/master/execution_graph.h"

#include <algorithm>

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
  static constexpr std::array<std::string_view, 8> kNames = {
      "start",   "unreadable",   "failure",     "give up",
      "restart", "all finished", "all stopped", "cancel"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(JobAction action) {
  static constexpr std::array<std::string_view, 4> kNames = {"nothing", "ignore", "deploy",
                                                             "cancel all"};
  return kNames.at(static_cast<size_t>(action));
}

ExecutionGraph::ExecutionGraph(const JobGraph& graph) : graph_(&graph) {
  size_t next = 0;
  for (const JobVertex& vertex : graph.vertices) {
    sim::Check(vertex.id.value() == first_.size(), "vertex {} is not at its index",
               vertex.id.value());
    first_.push_back(next);
    next += vertex.parallelism;
  }
  first_.push_back(next);
}

void ExecutionGraph::StartAttempt(AttemptNumber number) {
  for (const Execution& execution : executions_) {
    sim::Check(execution.id.attempt != number, "attempt {} is there twice", number.value());
  }
  executions_.clear();
  for (const JobVertex& vertex : graph_->vertices) {
    for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
      Execution& execution = executions_.emplace_back();
      execution.id = {vertex.id, SubtaskIndex(subtask), number};
    }
  }
}

std::optional<size_t> ExecutionGraph::PlaceOf(VertexId vertex, SubtaskIndex subtask) const {
  if (executions_.empty() || vertex.value() >= graph_->vertices.size() ||
      subtask.value() >= graph_->vertex(vertex).parallelism) {
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
  for (const Execution& execution : executions_) {
    const bool is_placed = execution.state != ExecutionState::kCreated &&
                           execution.state != ExecutionState::kScheduled;
    sim::Check(!is_placed || IsTerminal(execution.state) || !execution.task_manager.empty(),
               "an execution that is {} is nowhere", Name(execution.state));
  }
}

bool ExecutionGraph::AllIn(ExecutionState state) const {
  return std::ranges::all_of(executions_,
                             [state](const Execution& each) { return each.state == state; });
}

bool ExecutionGraph::AllTerminal() const {
  return std::ranges::all_of(executions_,
                             [](const Execution& each) { return IsTerminal(each.state); });
}

bool ExecutionGraph::AllAtEndOfInput() const {
  return std::ranges::all_of(executions_, [](const Execution& each) { return each.end_of_input; });
}

}  // namespace flinch::engine
