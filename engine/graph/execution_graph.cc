#include "engine/graph/execution_graph.h"

#include <algorithm>

namespace flinch::engine {

std::string_view Name(ExecutionState state) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "CREATED",   "SCHEDULED", "DEPLOYING", "INITIALIZING", "RUNNING",
      "CANCELING", "CANCELED",  "FINISHED",  "FAILED"};
  return kNames.at(static_cast<size_t>(state));
}

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
  static constexpr std::array<std::string_view, 6> kNames = {"CREATED",    "RUNNING",  "FAILING",
                                                             "RESTARTING", "FINISHED", "FAILED"};
  return kNames.at(static_cast<size_t>(status));
}

std::string_view Name(JobInput input) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "start", "unreadable", "failure", "give up", "restart", "all finished", "all stopped"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(JobAction action) {
  static constexpr std::array<std::string_view, 4> kNames = {"nothing", "ignore", "deploy",
                                                             "cancel all"};
  return kNames.at(static_cast<size_t>(action));
}

void ExecutionGraph::StartAttempt(AttemptNumber attempt) {
  attempt_ = attempt;
  executions_.clear();
  for (const JobVertex& vertex : graph_->vertices) {
    for (uint32_t subtask = 0; subtask < vertex.parallelism; ++subtask) {
      Execution& execution = executions_.emplace_back();
      execution.id = {vertex.id, SubtaskIndex(subtask), attempt};
    }
  }
}

Execution* ExecutionGraph::Find(const ExecutionAttemptId& id) {
  const auto found = std::ranges::find(executions_, id, &Execution::id);
  return found == executions_.end() ? nullptr : &*found;
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
