// What a user asks of a job: a savepoint, a stop, a cancellation, to run on from a snapshot.
//
// Shape:    requests to the Dispatcher. Each names its operation, and is sent again until it is
//           answered with an end: the first begins it, the others ask how it is (Flink's REST:
//           a trigger, then its status, by one id). An operation that a JobManager took with it
//           into its death is begun anew by the next request; one that the job ended with is
//           remembered with the job's end.
// Source:   Flink's DispatcherGateway, and its handlers of savepoints and stops.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/graph/job_catalog.h"
#include "engine/master/execution_graph.h"

namespace flinch::engine {

enum class DispatcherMethod : uint16_t {
  kListJobs = 1,
  kTriggerSavepoint,
  kStopJob,
  kCancelJob,
  kSubmitJob,
};

constexpr std::string_view ServiceName(DispatcherMethod) { return "dispatcher"; }

enum class OperationState : uint8_t { kInProgress, kDone, kFailed };

struct OperationStatus {
  OperationState state = OperationState::kInProgress;
  std::string detail;  // the directory of the savepoint, if there is one; or why it failed
  JobStatus job{};

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.state);
    visit(self.detail);
    visit(self.job);
  }
};

// The job goes on. Its sinks commit nothing by it.
struct TriggerSavepoint {
  static constexpr auto kMethod = DispatcherMethod::kTriggerSavepoint;
  using Reply = OperationStatus;

  std::string operation;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.operation);
  }
};

// The job ends FINISHED, with everything committed up to the savepoint. With `drain` its sources
// end as if there were no more input, and all that waits for event time fires; without, nothing
// does.
struct StopJob {
  static constexpr auto kMethod = DispatcherMethod::kStopJob;
  using Reply = OperationStatus;

  std::string operation;
  bool drain = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.operation);
    visit(self.drain);
  }
};

// The job ends CANCELED, as it is; with a savepoint, as soon as that is complete.
struct CancelJob {
  static constexpr auto kMethod = DispatcherMethod::kCancelJob;
  using Reply = OperationStatus;

  std::string operation;
  bool with_savepoint = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.operation);
    visit(self.with_savepoint);
  }
};

// Flink's claim modes. One that is claimed belongs to the job from now on, which removes it like
// its own when a newer one is complete.
enum class ClaimMode : uint8_t { kNoClaim, kClaim };

struct RestoreSettings {
  std::string path;  // a snapshot: a savepoint, or a checkpoint that was kept
  ClaimMode claim = ClaimMode::kNoClaim;
  // State of operators that the job does not have is left behind, instead of refused.
  bool allow_non_restored_state = false;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.path);
    visit(self.claim);
    visit(self.allow_non_restored_state);
  }
};

// The job, which has ended, starts from a snapshot. Its code may be given other arguments: another
// parallelism, other operators.
struct SubmitJob {
  static constexpr auto kMethod = DispatcherMethod::kSubmitJob;
  using Reply = OperationStatus;

  std::string operation;
  std::string arguments;  // of the job's entry; one line
  RestoreSettings restore;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.operation);
    visit(self.arguments);
    visit(self.restore);
  }
};

}  // namespace flinch::engine
