// The job as it runs: which attempt of which subtask is where, and in which state.
//
// Both state machines are Flink's. Pure: JobMaster feeds it inputs and acts on what it returns.
// Source: Flink's ExecutionState and JobStatus.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/graph/job_graph.h"
#include "engine/ids.h"
#include "engine/transition_table.h"

namespace flinch::engine {

enum class ExecutionState : uint8_t {
  kCreated,       // nothing happened yet
  kScheduled,     // wants a slot
  kDeploying,     // was sent to a TaskManager
  kInitializing,  // restores its state
  kRunning,       // processes records
  kCanceling,     // was told to stop
  kCanceled,
  kFinished,
  kFailed,
};

enum class ExecutionInput : uint8_t {
  kSchedule,
  kDeploy,
  kAccepted,  // the TaskManager has it
  kStarted,   // state is restored
  kCompleted,
  kCancel,
  kStopped,  // the TaskManager confirms the cancellation
  kError,    // of the task, or its TaskManager is lost
};

enum class ExecutionAction : uint8_t { kNone, kIgnore, kSendCancel, kFailOver, kCheckFinished };

std::string_view Name(ExecutionState state);
std::string_view Name(ExecutionInput input);
std::string_view Name(ExecutionAction action);

inline constexpr auto kExecutionTransitions =
    std::to_array<Transition<ExecutionState, ExecutionInput, ExecutionAction>>({
        {ExecutionState::kCreated, ExecutionInput::kSchedule, ExecutionState::kScheduled,
         ExecutionAction::kNone},
        {ExecutionState::kCreated, ExecutionInput::kCancel, ExecutionState::kCanceled,
         ExecutionAction::kNone},
        {ExecutionState::kScheduled, ExecutionInput::kDeploy, ExecutionState::kDeploying,
         ExecutionAction::kNone},
        {ExecutionState::kScheduled, ExecutionInput::kCancel, ExecutionState::kCanceled,
         ExecutionAction::kNone},
        {ExecutionState::kDeploying, ExecutionInput::kAccepted, ExecutionState::kInitializing,
         ExecutionAction::kNone},
        // The report of the task may overtake the reply to its submission.
        {ExecutionState::kDeploying, ExecutionInput::kStarted, ExecutionState::kRunning,
         ExecutionAction::kNone},
        {ExecutionState::kDeploying, ExecutionInput::kCancel, ExecutionState::kCanceling,
         ExecutionAction::kSendCancel},
        {ExecutionState::kDeploying, ExecutionInput::kError, ExecutionState::kFailed,
         ExecutionAction::kFailOver},
        {ExecutionState::kInitializing, ExecutionInput::kAccepted, ExecutionState::kInitializing,
         ExecutionAction::kIgnore},
        {ExecutionState::kInitializing, ExecutionInput::kStarted, ExecutionState::kRunning,
         ExecutionAction::kNone},
        {ExecutionState::kInitializing, ExecutionInput::kCancel, ExecutionState::kCanceling,
         ExecutionAction::kSendCancel},
        {ExecutionState::kInitializing, ExecutionInput::kError, ExecutionState::kFailed,
         ExecutionAction::kFailOver},
        {ExecutionState::kRunning, ExecutionInput::kAccepted, ExecutionState::kRunning,
         ExecutionAction::kIgnore},
        {ExecutionState::kRunning, ExecutionInput::kStarted, ExecutionState::kRunning,
         ExecutionAction::kIgnore},
        {ExecutionState::kRunning, ExecutionInput::kCompleted, ExecutionState::kFinished,
         ExecutionAction::kCheckFinished},
        {ExecutionState::kRunning, ExecutionInput::kCancel, ExecutionState::kCanceling,
         ExecutionAction::kSendCancel},
        {ExecutionState::kRunning, ExecutionInput::kError, ExecutionState::kFailed,
         ExecutionAction::kFailOver},
        // Whatever a task reports while it is being cancelled, it is over or soon will be.
        {ExecutionState::kCanceling, ExecutionInput::kAccepted, ExecutionState::kCanceling,
         ExecutionAction::kIgnore},
        {ExecutionState::kCanceling, ExecutionInput::kStarted, ExecutionState::kCanceling,
         ExecutionAction::kIgnore},
        {ExecutionState::kCanceling, ExecutionInput::kCancel, ExecutionState::kCanceling,
         ExecutionAction::kSendCancel},
        {ExecutionState::kCanceling, ExecutionInput::kStopped, ExecutionState::kCanceled,
         ExecutionAction::kNone},
        {ExecutionState::kCanceling, ExecutionInput::kError, ExecutionState::kCanceled,
         ExecutionAction::kNone},
        {ExecutionState::kCanceling, ExecutionInput::kCompleted, ExecutionState::kCanceled,
         ExecutionAction::kNone},
    });
static_assert(IsDeterministic(kExecutionTransitions));
static_assert(EveryPhaseReachable(kExecutionTransitions));

constexpr bool IsTerminal(ExecutionState state) {
  return state == ExecutionState::kCanceled || state == ExecutionState::kFinished ||
         state == ExecutionState::kFailed;
}

enum class JobStatus : uint8_t {
  kCreated,
  kRunning,
  kFailing,     // executions are being cancelled; no restart is allowed
  kRestarting,  // executions are being cancelled, then the next attempt starts
  kFinished,
  kFailed,
};

enum class JobInput : uint8_t {
  kStart,
  kUnreadable,  // what earlier JobManagers left
  kFailure,
  kGiveUp,
  kRestart,
  kAllFinished,
  kAllStopped,
};

enum class JobAction : uint8_t { kNone, kIgnore, kDeploy, kCancelAll };

std::string_view Name(JobStatus status);
std::string_view Name(JobInput input);
std::string_view Name(JobAction action);

inline constexpr auto kJobTransitions = std::to_array<Transition<JobStatus, JobInput, JobAction>>({
    {JobStatus::kCreated, JobInput::kStart, JobStatus::kRunning, JobAction::kDeploy},
    {JobStatus::kCreated, JobInput::kUnreadable, JobStatus::kFailed, JobAction::kNone},
    {JobStatus::kRunning, JobInput::kFailure, JobStatus::kRestarting, JobAction::kCancelAll},
    {JobStatus::kRunning, JobInput::kGiveUp, JobStatus::kFailing, JobAction::kCancelAll},
    {JobStatus::kRunning, JobInput::kAllFinished, JobStatus::kFinished, JobAction::kNone},
    // One failure is answered once: what fails during the answer is being cancelled anyway.
    {JobStatus::kRestarting, JobInput::kFailure, JobStatus::kRestarting, JobAction::kIgnore},
    {JobStatus::kRestarting, JobInput::kRestart, JobStatus::kRunning, JobAction::kDeploy},
    {JobStatus::kFailing, JobInput::kFailure, JobStatus::kFailing, JobAction::kIgnore},
    {JobStatus::kFailing, JobInput::kAllStopped, JobStatus::kFailed, JobAction::kNone},
});
static_assert(IsDeterministic(kJobTransitions) && EveryPhaseReachable(kJobTransitions));

struct Execution {
  ExecutionAttemptId id;
  ExecutionState state = ExecutionState::kCreated;
  std::string task_manager;  // once scheduled
  bool end_of_input = false;
};

// All subtasks of the current attempt of a job.
class ExecutionGraph {
 public:
  explicit ExecutionGraph(const JobGraph& graph) : graph_(&graph) {}

  // Forgets the old attempt and creates every subtask anew.
  void StartAttempt(AttemptNumber attempt);

  const JobGraph& graph() const { return *graph_; }

  AttemptNumber attempt() const { return attempt_; }

  std::vector<Execution>& executions() { return executions_; }

  const std::vector<Execution>& executions() const { return executions_; }

  // Null for an attempt that is not the current one.
  Execution* Find(const ExecutionAttemptId& id);

  bool AllIn(ExecutionState state) const;
  bool AllTerminal() const;
  bool AllAtEndOfInput() const;

 private:
  const JobGraph* graph_;
  AttemptNumber attempt_;
  std::vector<Execution> executions_;
};

}  // namespace flinch::engine
