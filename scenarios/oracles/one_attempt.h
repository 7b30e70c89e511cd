// A subtask has one attempt at a time, and it lives as the state machine says.
//
// Promise: 1. the attempts of job.restored grow strictly, over all JobManagers; 2. execution.state
//          is about the newest attempt only, starts from CREATED, goes on from where it stood, and
//          takes no step that Flink's execution does not take (in batch a task may have FINISHED
//          before it is known to run, and waits for its input while others begin anew); 3. an
//          attempt starts when all executions of the one before have ended, as far as the same
//          JobManager had started them (of some regions, job.restored all=0: those of theirs);
//          4. task.started comes once per attempt of a subtask; 5. once a newer attempt has started
//          (job.restored), a task of an older one does nothing any more (checkpoint.barrier_sent,
//          barrier_received, aligned, task.first_record, end_of_input) when its TaskManager has had
//          its heartbeat time-out, and kSlack, to notice that it is alone.
// Cost:    a map operation per event of an execution. Keeps a state per subtask of one attempt, and
//          a time per process.
// Silent:  about what a task does within that time: it lives on as a zombie, whose writes are
//          fenced (no_zombie). The time counts anew from the end of a pause of the process and of a
//          fault of its clock, and from each change of a link: late heartbeats keep it in faith. A
//          new JobManager knows nothing of the executions of the old one.
// Source:  Flink's ExecutionState.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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

  // Beyond the heartbeat time-out: messages under way, the turn that a task is in.
  static constexpr sim::Duration kSlack = std::chrono::milliseconds(500);

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override {
    timeout_ = subject.heartbeat_timeout;
    is_batch_ = subject.is_batch;
  }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  void OnRestored(const sim::TraceEvent& event);
  void OnState(const sim::TraceEvent& event);
  void OnStarted(const sim::TraceEvent& event);
  void OnWork(const sim::TraceEvent& event);
  void OnFault(const sim::TraceEvent& event);

  struct Stand {
    int64_t attempt = 0;
    std::string state = "CREATED";
    sim::SimTime since{};  // the attempt was started
  };

  // The attempt that a subtask is in, and since when.
  Stand StandOf(const std::string& subtask) const;
  void Begin(const sim::TraceEvent& event, int64_t attempt, const std::string& subtask,
             Stand& stand);

  int64_t attempt_ = 0;                                // the newest
  int64_t whole_ = 0;                                  // the newest of the whole job
  std::map<std::string, Stand> stands_;                // by subtask
  std::set<std::pair<int64_t, std::string>> started_;  // of the newest attempts
  std::optional<sim::Duration> timeout_;
  bool is_batch_ = false;
  sim::SimTime restored_{};  // the whole job
  sim::SimTime links_changed_{};
  bool links_are_whole_ = true;
  // By host: until when it could not know. kForever: while its trouble lasts.
  std::map<std::string, sim::SimTime, std::less<>> excused_until_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
