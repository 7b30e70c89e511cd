// The job as it runs: which attempt of which subtask is where, and in which state.
//
// Both state machines are Flink's. Pure: SchedulerCore feeds it inputs and acts on what it returns.
// Source: Flink's ExecutionState and JobStatus.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/defects.h"
#include "engine/graph/execution_state.h"
#include "engine/graph/job_graph.h"
#include "engine/ids.h"
#include "engine/transition_table.h"

namespace flinch::engine {

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
        // And a batch task's end both of them.
        {ExecutionState::kDeploying, ExecutionInput::kCompleted, ExecutionState::kFinished,
         ExecutionAction::kCheckFinished},
        {ExecutionState::kDeploying, ExecutionInput::kCancel, ExecutionState::kCanceling,
         ExecutionAction::kSendCancel},
        {ExecutionState::kDeploying, ExecutionInput::kError, ExecutionState::kFailed,
         ExecutionAction::kFailOver},
        {ExecutionState::kInitializing, ExecutionInput::kAccepted, ExecutionState::kInitializing,
         ExecutionAction::kIgnore},
        {ExecutionState::kInitializing, ExecutionInput::kStarted, ExecutionState::kRunning,
         ExecutionAction::kNone},
        {ExecutionState::kInitializing, ExecutionInput::kCompleted, ExecutionState::kFinished,
         ExecutionAction::kCheckFinished},
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

enum class JobStatus : uint8_t {
  kCreated,
  kRunning,
  kFailing,     // executions are being cancelled; no restart is allowed
  kRestarting,  // executions are being cancelled, then the next attempt starts
  kFinished,
  kFailed,
  kCancelling,  // a user wants it to end
  kCanceled,
};

constexpr bool IsGloballyTerminal(JobStatus status) {
  return status == JobStatus::kFinished || status == JobStatus::kFailed ||
         status == JobStatus::kCanceled;
}

enum class JobInput : uint8_t {
  kStart,
  kUnreadable,  // what earlier JobManagers left
  kFailure,
  kGiveUp,
  kRestart,
  kAllFinished,
  kAllStopped,
  kCancel,   // asked for by a user
  kRescale,  // it starts anew with another parallelism
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
    // A region may fail while another one is started anew.
    {JobStatus::kRestarting, JobInput::kGiveUp, JobStatus::kFailing, JobAction::kCancelAll},
    {JobStatus::kRestarting, JobInput::kRestart, JobStatus::kRunning, JobAction::kDeploy},
    {JobStatus::kFailing, JobInput::kFailure, JobStatus::kFailing, JobAction::kIgnore},
    {JobStatus::kFailing, JobInput::kAllStopped, JobStatus::kFailed, JobAction::kNone},
    {JobStatus::kFailing, JobInput::kCancel, JobStatus::kFailing, JobAction::kIgnore},
    {JobStatus::kRunning, JobInput::kRescale, JobStatus::kRestarting, JobAction::kCancelAll},
    {JobStatus::kRunning, JobInput::kCancel, JobStatus::kCancelling, JobAction::kCancelAll},
    {JobStatus::kRestarting, JobInput::kCancel, JobStatus::kCancelling, JobAction::kCancelAll},
    {JobStatus::kCancelling, JobInput::kFailure, JobStatus::kCancelling, JobAction::kIgnore},
    {JobStatus::kCancelling, JobInput::kCancel, JobStatus::kCancelling, JobAction::kIgnore},
    {JobStatus::kCancelling, JobInput::kAllStopped, JobStatus::kCanceled, JobAction::kNone},
});
static_assert(IsDeterministic(kJobTransitions) && EveryPhaseReachable(kJobTransitions));

struct Execution {
  ExecutionAttemptId id;
  ExecutionState state = ExecutionState::kCreated;
  std::string task_manager;  // once scheduled
  bool end_of_input = false;
  bool restarts = false;        // a new attempt follows it
  bool result_is_lost = false;  // of a batch job
};

// All subtasks of a job, each in its latest attempt.
//
// Regions: subtasks that exchange records while they run belong together: one that starts anew
//          would send its consumers again what they have. Forward edges join pairs of subtasks, all
//          others all of both sides, so a job that keeps its partitions apart has a region for
//          each.
// Batch:   exchanges are blocking, so each subtask is a region of its own. What a region reads is
//          the results of others; what it gives waits on its TaskManager's disk.
// Source:  Flink's PipelinedRegion, RestartPipelinedRegionFailoverStrategy,
//          PipelinedRegionSchedulingStrategy.
class ExecutionGraph {
 public:
  // Before the first attempt there are no executions.
  explicit ExecutionGraph(JobGraph graph, bool is_batch = false);

  // The same job with other parallelisms: nothing of it runs.
  void Adopt(JobGraph graph);

  // Starts every subtask that is marked so anew, at first all, in an attempt of this number, which
  // no one has had. Returns how many.
  size_t StartAttempt(AttemptNumber number);

  // Marks the executions of the region of this one, which is one of `executions`; of a batch job
  // also those whose lost results it reads, and those that read what is produced anew.
  void MarkRegion(const Execution& execution);
  void MarkAll();
  // Marks what has a sink, and nothing else.
  void MarkSinks();

  // Of a batch job. Whether it has seen all its input and its result is where it was left.
  bool HasResult(const Execution& execution) const;
  // Whether all that it reads is there.
  bool MayStart(const Execution& execution, const Defects& defects = {}) const;
  // Whether somebody who reads its result has not seen all of it.
  bool IsNeeded(const Execution& execution) const;
  // It has sinks, so that it waits at its end for that of the job.
  bool HasSink(const Execution& execution) const;
  // Whether nothing but the sinks' commits is left to do: `is_committed`, that of the sinks alone.
  bool IsAtItsEnd(bool is_committed) const;

  const JobGraph& graph() const { return graph_; }

  std::vector<Execution>& executions() { return executions_; }

  const std::vector<Execution>& executions() const { return executions_; }

  // Null for an attempt that is not the subtask's latest, and for what is no subtask. Takes the
  // same time however many there are.
  Execution* Find(const ExecutionAttemptId& id);
  const Execution* Find(const ExecutionAttemptId& id) const;

  // The latest attempt of a subtask, which there must be.
  const Execution& Latest(VertexId vertex, SubtaskIndex subtask) const;

  bool AllIn(ExecutionState state) const;
  bool AnyIn(ExecutionState state) const;
  bool AllTerminal() const;
  // Of those that are marked.
  bool RestartingAreTerminal() const;
  // Whether all are marked.
  bool AllRestart() const;
  bool AllAtEndOfInput() const;

  // Fails a check when there are more or fewer than subtasks.
  void Verify() const;
  // When the state of one contradicts itself, if it is there. Who changes few need not look at all.
  void Verify(const ExecutionAttemptId& id) const;

 private:
  // Where the execution stands that has these indices; nothing when there is none.
  std::optional<size_t> PlaceOf(VertexId vertex, SubtaskIndex subtask) const;
  void FindPlaces();
  void FindRegions();
  // Calls it with the place of each subtask whose result this one reads, or which reads its result.
  template <typename Visit>
  void ForEachProducer(size_t place, Visit visit) const;
  template <typename Visit>
  void ForEachConsumer(size_t place, Visit visit) const;
  size_t PlaceOfKnown(const Execution& execution) const;
  void MarkDependants(size_t place);

  JobGraph graph_;
  bool is_batch_;
  std::vector<bool> has_sink_;   // by vertex
  std::vector<size_t> first_;    // by vertex: the place of its first subtask; behind them: all
  std::vector<size_t> regions_;  // by place: the first place of its region
  std::vector<Execution> executions_;
};

}  // namespace flinch::engine
