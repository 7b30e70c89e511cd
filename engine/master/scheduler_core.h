// Decides what runs where, what a failure brings, and when a job is over. Pure: an input in,
// effects out, no world.
//
// Shape:    the owner (JobMaster) turns mails into inputs, carries out the effects in their order,
//           and gives their results back as inputs.
// Attempts: each execution vertex has its own attempt. Their numbers are drawn from one durable
//           counter of the job, so that none is ever used twice; a restart draws one for all that
//           it starts anew. Whatever carries another attempt is stale.
// Failover: a region (master/execution_graph.h) fails as a whole, the others run on. What
//           checkpoints tell fails all of them, and so does what fails when others have FINISHED.
//           The executions are cancelled. When they are over (or their TaskManagers lost), the
//           restart strategy's delay has passed and no checkpoint is being stored any more, a new
//           attempt of them starts from the latest one. What fails meanwhile, or is not placed yet,
//           goes along.
// Adaptive: a job of the adaptive scheduler starts with as many subtasks as there are slots for,
//           and anew when there are more (master/adaptive_phases.h): always as a whole.
// Batch:    an attempt is scheduled when the results that it reads are there. A lost result that
//           somebody still needs runs its producer anew, and all who have read it. When nothing is
//           left but what sinks have to commit, one checkpoint of them makes the job's end durable;
//           from then on (Committed) they alone start anew, and read nothing.
// Slots:    subtasks of one index share one. What starts anew goes where its index still runs, else
//           to a free slot.
// Retries:  a cancel is sent again by the clock until the execution is over.
// Survives: inputs that are late, repeated or of another attempt: they change nothing.
// Phases:   master/execution_graph.h.
// Source:   Flink's DefaultScheduler, ExecutionGraph, RestartPipelinedRegionFailoverStrategy.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/config.h"
#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/master/adaptive_phases.h"
#include "engine/master/execution_graph.h"
#include "engine/master/restart_strategy.h"
#include "sim/random.h"
#include "sim/time.h"

namespace flinch::engine {

enum class SchedulerTimer : uint8_t {
  kStabilization,  // there are enough slots, and more may come
  kRepeatCancel,
  kRestartDelay,
  // Of the adaptive scheduler.
  kResourceWait,
  kCooldown,  // behind a start, before a rescale
};

std::string_view Name(SchedulerTimer timer);

// What happens to a job.
namespace scheduler_input {

// The job is new, or an earlier JobManager died in mid-job; of a batch job, when its end was
// durable.
struct Start {
  bool is_committed = false;
};

// A batch job's end is durable.
struct Committed {};

// An earlier JobManager saw the job to this end.
struct HasEnded {
  JobStatus status{};
};

// What earlier JobManagers left cannot be read.
struct Unreadable {
  std::string reason;
};

struct NumberDrawn {
  AttemptNumber number;
};

// All slots that there are: the name of a TaskManager for each, in the order of their use.
struct SlotsChanged {
  std::vector<std::string> slots;
};

// The answer to a submission; with a reason it failed.
struct Submitted {
  ExecutionAttemptId task;
  std::optional<std::string> failure;
};

// What a task reports of itself.
struct TaskReported {
  ExecutionAttemptId task;
  ExecutionState state{};
  bool end_of_input = false;
  std::string reason;
  std::optional<ExecutionAttemptId> missing{};  // whose result it did not find
};

// What a TaskManager says it runs.
struct TasksListed {
  std::string task_manager;
  std::vector<ExecutionAttemptId> tasks;
};

struct TaskManagerLost {
  std::string name;
  std::string reason;
};

// More checkpoints failed in a row than are tolerated.
struct CheckpointsFailed {
  std::string reason;
};

// An enumerator cannot go on, or it is unknown what a reader has heard of it.
struct SourceFailed {
  std::string reason;
};

// No checkpoint is being stored any more.
struct CheckpointsSettled {};

// The job's end is durable.
struct ResultWritten {};

// A user wants the job to end as it is.
struct Cancel {};

// A user's stop is under way, which a rescale would undo; or it is over.
struct HoldSize {
  bool holds = false;
};

struct TimerFired {
  SchedulerTimer timer{};
};

}  // namespace scheduler_input

using SchedulerInput = std::variant<
    scheduler_input::Start, scheduler_input::HasEnded, scheduler_input::Unreadable,
    scheduler_input::NumberDrawn, scheduler_input::SlotsChanged, scheduler_input::Submitted,
    scheduler_input::TaskReported, scheduler_input::TasksListed, scheduler_input::TaskManagerLost,
    scheduler_input::CheckpointsFailed, scheduler_input::SourceFailed,
    scheduler_input::CheckpointsSettled, scheduler_input::ResultWritten, scheduler_input::Cancel,
    scheduler_input::HoldSize, scheduler_input::Committed, scheduler_input::TimerFired>;

// What a scheduler wants done.
namespace scheduler_effect {

struct TellStatus {
  JobStatus from{};
  JobStatus to{};
  std::string reason;  // of a failure, else empty
};

struct TellState {
  ExecutionAttemptId task;
  ExecutionState from{};
  ExecutionState to{};
};

// Of a batch job. Is it needed, its producer runs anew.
struct TellResultLost {
  ExecutionAttemptId task;
  bool is_needed = false;
};

// Answered by NumberDrawn.
struct DrawNumber {};

// The job runs in so many slots from now on: that of its vertices which has the most subtasks has
// as many.
struct TellParallelism {
  uint32_t parallelism = 0;
};

// The new attempts of all that starts anew go back to the latest checkpoint.
struct Restore {
  AttemptNumber number;
  size_t subtasks = 0;
  bool all = false;  // of the job
};

// Answered by Submitted, each. All places are known.
struct Deploy {
  std::vector<ExecutionAttemptId> tasks;
};

struct Cancel {
  std::string task_manager;
  ExecutionAttemptId task;
};

struct StartCheckpoints {};

struct StopCheckpoints {};

// A task has seen all of its input.
struct TellEndOfInput {};

// Answered by CheckpointsSettled.
struct SettleCheckpoints {};

// Makes the job's end durable. Answered by ResultWritten.
struct WriteResult {
  JobStatus status{};
};

// Answered by TimerFired. A running timer of this name is replaced.
struct StartTimer {
  SchedulerTimer timer{};
  sim::Duration after{};
};

}  // namespace scheduler_effect

using SchedulerEffect =
    std::variant<scheduler_effect::TellStatus, scheduler_effect::TellState,
                 scheduler_effect::TellResultLost, scheduler_effect::DrawNumber,
                 scheduler_effect::TellParallelism, scheduler_effect::Restore,
                 scheduler_effect::Deploy, scheduler_effect::Cancel,
                 scheduler_effect::StartCheckpoints, scheduler_effect::StopCheckpoints,
                 scheduler_effect::TellEndOfInput, scheduler_effect::SettleCheckpoints,
                 scheduler_effect::WriteResult, scheduler_effect::StartTimer>;

class SchedulerCore {
 public:
  struct Options {
    RestartOptions restart;
    FailoverStrategy failover = FailoverStrategy::kRegion;
    SchedulerOptions scheduler;
    bool is_batch = false;
    Defects defects;
    sim::Random random{0};  // the jitter of restart delays
  };

  SchedulerCore(const JobGraph& graph, const Options& options);

  // Returns what is to be done, in this order; valid until the next step.
  std::span<const SchedulerEffect> Step(const SchedulerInput& input, sim::SimTime now);

  JobStatus status() const { return status_; }

  const ExecutionGraph& graph() const { return graph_; }

  // Of a batch job: nothing is left but what its sinks have to commit.
  bool IsAtItsEnd() const;

  bool is_committed() const { return is_committed_; }

  // As the code says, whatever slots there are.
  const JobGraph& declared() const { return declared_; }

  // Fails a check when the state contradicts itself.
  void Verify() const;

 private:
  void On(const scheduler_input::Start& start);
  void On(const scheduler_input::HasEnded& ended);
  void On(const scheduler_input::Unreadable& unreadable);
  void On(const scheduler_input::NumberDrawn& drawn);
  void On(const scheduler_input::SlotsChanged& changed);
  void On(const scheduler_input::Submitted& submitted);
  void On(const scheduler_input::TaskReported& reported);
  void On(const scheduler_input::TasksListed& listed);
  void On(const scheduler_input::TaskManagerLost& lost);
  void On(const scheduler_input::CheckpointsFailed& failed);
  void On(const scheduler_input::SourceFailed& failed);
  void On(const scheduler_input::CheckpointsSettled& settled);
  void On(const scheduler_input::ResultWritten& written);
  void On(const scheduler_input::Cancel& cancel);
  void On(const scheduler_input::HoldSize& hold);
  void On(const scheduler_input::Committed& committed);
  void On(const scheduler_input::TimerFired& fired);

  void FeedJob(JobInput input, const std::string& reason = {});
  void Feed(Execution& execution, ExecutionInput input, const std::string& reason = {});
  void FeedReport(Execution& execution, ExecutionInput input, const std::string& reason);
  // By index of the subtasks that wait to be placed: the TaskManager; nothing when there are too
  // few slots.
  std::optional<std::vector<std::string>> ChooseSlots() const;
  void WantAttempt();
  void StartAttempt(AttemptNumber number);
  void Schedule();
  void Place();

  // Of the adaptive scheduler (scheduler_adaptive.cc).
  void FeedAdaptive(AdaptiveInput input, const std::string& reason = {});
  // Looks at the slots, as one that waits for them or would use more.
  void LookAtSlots();
  void LookForGrowth();
  void CreateAttempt(AttemptNumber number);
  void Rescale(const std::string& reason);

  JobGraph FitToSlots() const;

  // Of a batch job (scheduler_batch.cc).
  void ScheduleReady();
  bool MayRun(const Execution& execution) const;
  void OnFinished();
  void LoseResult(Execution& execution);
  // Runs anew what has produced a result that is lost and needed.
  void ProduceAgain(const std::string& reason);
  void MarkBatchRestarts(const Execution* failed);

  void StartCheckpointsWhenRunning();
  // Without an execution that failed all start anew.
  void FailOver(const std::string& reason, const Execution* failed = nullptr);
  void MarkRestarts(const Execution* failed);
  void CancelRestarting();
  // Asks the restart strategy about a failure; with why it is the last, where it is.
  std::pair<RestartDecision, std::string> AskForRestart();
  void RepeatCancel();

  bool IsCancelled() const {
    return status_ == JobStatus::kCancelling || status_ == JobStatus::kCanceled;
  }

  // Goes on when everything is over that was cancelled.
  void CheckStopped();
  void End(JobStatus result);

  template <typename Effect>
  void Emit(Effect effect) {
    effects_.emplace_back(std::move(effect));
  }

  Options options_;
  ExecutionGraph graph_;
  sim::SimTime now_{};
  std::vector<SchedulerEffect> effects_;
  std::vector<ExecutionAttemptId> changed_;  // since the step began

  JobStatus status_ = JobStatus::kCreated;
  std::vector<std::string> slots_;
  JobGraph declared_;  // as the code says, before any slots
  AdaptivePhase adaptive_ = AdaptivePhase::kIdle;
  sim::SimTime started_at_{};  // the latest attempt, of the adaptive scheduler
  bool holds_size_ = false;
  bool drawing_ = false;  // a number for the next attempt
  bool waits_for_slots_ = false;
  bool is_committed_ = false;        // of a batch job: its end is durable
  bool checkpointing_ = false;       // checkpoints are on
  bool restart_due_ = false;         // one restart waits for its delay and for the store
  bool settling_ = false;            // the coordinator was asked to
  std::optional<JobStatus> ending_;  // the result that is being written
  RestartStrategy restarts_;
  sim::SimTime restart_not_before_{};
};

}  // namespace flinch::engine
