// A subtask has one attempt at a time, and it lives as the state machine says.
//
// Promise: 1. the attempts of job.restored grow strictly, over all JobManagers; 2. execution.state
//          is about the newest attempt only, starts from CREATED, goes on from where it stood, and
//          takes no step that Flink's execution does not take; 3. an attempt starts when all
//          executions of the one before have ended, as far as the same JobManager had started them;
//          4. task.started comes once per attempt of a subtask.
// Cost:    a map operation per event of an execution. Keeps a state per subtask of one attempt.
// Silent:  about what a task does after its JobManager died or gave its TaskManager up: it may live
//          on as a zombie, whose writes are fenced (no_zombie). A new JobManager knows nothing of
//          the executions of the old one.
// Source:  Flink's ExecutionState.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class OneAttempt final : public Oracle {
 public:
  static constexpr std::string_view kName = "one_attempt";
  static constexpr std::string_view kPromise =
      "A subtask has one attempt at a time, and no execution takes a step that its state machine "
      "does not have.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  void OnRestored(const sim::TraceEvent& event);
  void OnState(const sim::TraceEvent& event);
  void OnStarted(const sim::TraceEvent& event);

  int64_t attempt_ = 0;
  std::map<std::string, std::string> states_;          // by subtask
  std::set<std::pair<int64_t, std::string>> started_;  // of the newest attempts
  Breaches breaches_;
};

}  // namespace flinch::scenarios
