// Decides when a checkpoint is taken, when it is complete, and which files go. Pure: an input in,
// effects out, no world.
//
// Shape:    the owner (CheckpointCoordinator) turns mails into inputs, carries out the effects in
//           their order, and gives their results back as inputs. It adds to each input what holds
//           at that moment: the time, and what the job's tasks do.
// Order:    all acknowledged → stored → notified → older ones subsumed. One checkpoint is stored
//           at a time, the oldest first.
// Bounded:  at most one id is being drawn, one checkpoint stored and one clean-up under way,
//           however slow the volume is. What more is to be removed waits here, by id.
// Retries:  a write or a clean-up that failed is asked for again after a time, until it succeeds.
// Survives: inputs that are late, repeated or of nobody: they change nothing; the snapshots that
//           they name and that belong to nothing are removed.
// Savepoints: asked for, each by its number, and answered by SavepointEnded, whatever comes of it.
//           They come before periodic checkpoints, and neither the pause nor max_concurrent holds
//           them (Flink: forced), unless checkpoints are unaligned, where one waits for the other.
//           One id is drawn at a time all the same. Nothing subsumes or removes one that is
//           complete, and its failure counts only where a task declined. A plain one is not in the
//           store, and the tasks do not hear of it. One that stops the job is, and they do; until
//           it has failed no checkpoint is triggered any more.
// Many:     up to `max_concurrent` are pending. When one is complete the older checkpoints that
//           still wait for acknowledgements are subsumed: given up, without counting as failures.
// Phases:   checkpoint_protocol.h.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/checkpoint/checkpoint_protocol.h"
#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/checkpoint/pending_checkpoint.h"
#include "engine/config.h"
#include "engine/defects.h"
#include "engine/ids.h"
#include "sim/time.h"

namespace flinch::engine {

// Who takes part in a checkpoint.
struct CheckpointPlan {
  std::vector<ExecutionAttemptId> triggered;      // hear of it from the coordinator
  std::vector<ExecutionAttemptId> acknowledging;  // have a part in it
  bool has_coordinators = false;                  // have theirs before any task is triggered
};

struct CoordinatorTimer {
  enum class Kind : uint8_t {
    kInterval,    // the next periodic trigger
    kPause,       // the pause after a completion is over
    kFinalRetry,  // the final checkpoint has failed
    kExpiry,      // of one checkpoint
    kStoreAgain,  // likewise
    kCleanUpAgain,
  };

  Kind kind{};
  CheckpointId id{};

  friend auto operator<=>(const CoordinatorTimer&, const CoordinatorTimer&) = default;
};

std::string_view Name(CoordinatorTimer::Kind kind);

// What happens to a coordinator.
namespace coordinator_input {

// A JobManager begins: what earlier ones left is removed, though the job may have ended.
struct Recovered {};

// All tasks run: checkpoints are triggered from now on, the first after `first_delay`.
struct Start {
  sim::Duration first_delay{};
};

// The job fails over or ends.
struct Stop {};

// A task has seen all of its input.
struct EndOfInput {};

// A savepoint is asked for. With `holds` no periodic checkpoint follows until it has failed: the
// job is to end with it.
struct RequestSavepoint {
  uint64_t request = 0;
  CheckpointKind kind = CheckpointKind::kSavepoint;
  bool holds = false;
};

struct IdDrawn {
  uint64_t ticket = 0;
  uint64_t id = 0;  // burnt, when it was not drawn
  bool drawn = false;
  CheckpointPlan plan;
};

// All of them have taken their part.
struct CoordinatorsReady {
  CheckpointId id;
  CoordinatorStates states;
};

struct Acknowledge {
  ExecutionAttemptId task;
  CheckpointId id;
  SnapshotHandle snapshot;
};

struct Decline {
  CheckpointId id;
};

// A late task may have left files of a checkpoint.
struct Leftovers {
  CheckpointId id;
};

struct TriggerFailed {
  CheckpointId id;
};

struct StoreEnded {
  CheckpointId id;
  bool stored = false;
};

struct CleanedUp {
  std::vector<CheckpointId> subsumed;
  bool all = false;  // else something is left to be removed
};

struct TimerFired {
  CoordinatorTimer timer;
};

}  // namespace coordinator_input

using CoordinatorInput = std::variant<
    coordinator_input::Recovered, coordinator_input::Start, coordinator_input::Stop,
    coordinator_input::EndOfInput, coordinator_input::RequestSavepoint, coordinator_input::IdDrawn,
    coordinator_input::CoordinatorsReady, coordinator_input::Acknowledge,
    coordinator_input::Decline, coordinator_input::Leftovers, coordinator_input::TriggerFailed,
    coordinator_input::StoreEnded, coordinator_input::CleanedUp, coordinator_input::TimerFired>;

// What a coordinator wants done.
namespace coordinator_effect {

// Answered by IdDrawn with the same ticket.
struct DrawId {
  uint64_t ticket = 0;
  bool after_restore = false;
};

// Answered by CoordinatorsReady, or by Decline.
struct SnapshotCoordinators {
  CheckpointId id;
};

struct Trigger {
  CheckpointId id;
  bool after_restore = false;
  std::vector<ExecutionAttemptId> tasks;
  uint64_t acknowledging = 0;  // so many must
  CheckpointKind kind = CheckpointKind::kAligned;
};

// An acknowledgement has been counted.
struct Count {
  CheckpointId id;
  ExecutionAttemptId task;
};

// All have acknowledged.
struct Complete {
  CheckpointId id;
};

// Answered by StoreEnded.
struct Store {
  CompletedCheckpoint checkpoint;
};

struct Stored {
  CheckpointId id;
  bool after_restore = false;
};

struct NotifyComplete {
  CheckpointId id;
  bool is_final = false;
  bool is_repeated = false;
  std::vector<ExecutionAttemptId> tasks;
};

// What became of a savepoint that was asked for: complete and durable, or why not.
struct SavepointEnded {
  uint64_t request = 0;
  CheckpointId id;  // 0: it came to none
  std::optional<std::string> failure;
};

// Given up. Without tasks it was never triggered.
struct Abort {
  CheckpointId id;
  std::string_view reason;
};

struct NotifyAborted {
  CheckpointId id;
  std::vector<ExecutionAttemptId> tasks;
};

// Removes these, and whatever else the store no longer needs. Answered by CleanedUp.
struct CleanUp {
  std::vector<CheckpointId> checkpoints;
  std::vector<std::pair<CheckpointId, ExecutionAttemptId>> snapshots;
  std::vector<CheckpointId> savepoints{};  // that were given up
};

// More checkpoints failed in a row than are tolerated.
struct FailJob {
  std::string reason;
};

// Answered by TimerFired. A running timer of this name is replaced.
struct StartTimer {
  CoordinatorTimer timer;
  sim::Duration after{};
};

struct CancelTimer {
  CoordinatorTimer timer;
};

}  // namespace coordinator_effect

using CoordinatorEffect = std::variant<
    coordinator_effect::DrawId, coordinator_effect::SnapshotCoordinators,
    coordinator_effect::Trigger, coordinator_effect::Count, coordinator_effect::Complete,
    coordinator_effect::Store, coordinator_effect::Stored, coordinator_effect::NotifyComplete,
    coordinator_effect::SavepointEnded, coordinator_effect::Abort,
    coordinator_effect::NotifyAborted, coordinator_effect::CleanUp, coordinator_effect::FailJob,
    coordinator_effect::StartTimer, coordinator_effect::CancelTimer>;

class CoordinatorCore {
 public:
  struct Options {
    CheckpointOptions checkpoint;
    Defects defects;
    uint32_t max_parallelism = kDefaultMaxParallelism;  // of the job
    // Checkpoints up to this id belong to earlier runs of the job: their files are not ours.
    CheckpointId floor{};
  };

  // What holds when an input comes.
  struct Moment {
    sim::SimTime now;
    sim::WallTime wall;
    bool all_running = false;
    bool all_at_end = false;  // every task has seen all of its input
  };

  // `stored`: what earlier JobManagers left in the store, oldest first.
  CoordinatorCore(const Options& options, const std::vector<CompletedCheckpoint>& stored);

  // Returns what is to be done, in this order; valid until the next step.
  std::span<const CoordinatorEffect> Step(const CoordinatorInput& input, const Moment& moment);

  // Whether no checkpoint is being stored, so that `latest` stays as it is while stopped.
  bool settled() const { return pending_.empty(); }

  // The newest checkpoint in the store; null when there is none.
  const CompletedCheckpoint* latest() const { return latest_ ? &*latest_ : nullptr; }

  // Fails a check when the state contradicts itself.
  void Verify() const;

  // The whole state but the time, for explorations: where two texts are equal, and no pause is
  // set, what may follow is equal, too.
  std::string Show() const;

 private:
  using Kind = CoordinatorTimer::Kind;
  using Pending = std::map<CheckpointId, PendingCheckpoint>;

  void On(const coordinator_input::Recovered& recovered);
  void On(const coordinator_input::Start& start);
  void On(const coordinator_input::Stop& stop);
  void On(const coordinator_input::EndOfInput& end);
  void On(const coordinator_input::RequestSavepoint& asked);
  void On(const coordinator_input::IdDrawn& drawn);
  void On(const coordinator_input::CoordinatorsReady& ready);
  void On(const coordinator_input::Acknowledge& ack);
  void On(const coordinator_input::Decline& decline);
  void On(const coordinator_input::Leftovers& leftovers);
  void On(const coordinator_input::TriggerFailed& failed);
  void On(const coordinator_input::StoreEnded& ended);
  void On(const coordinator_input::CleanedUp& cleaned);
  void On(const coordinator_input::TimerFired& fired);

  using Request = coordinator_input::RequestSavepoint;

  bool MayTrigger() const;
  // Whether the job is to end with a savepoint, so that no checkpoint may follow.
  bool IsHeld() const;
  // A savepoint that waits, or else a checkpoint that is overdue.
  void TriggerNext();
  void DrawId(std::optional<Request> request);
  // Tells who asked for it, if anybody has.
  void EndSavepoint(const std::optional<Request>& request, CheckpointId id,
                    std::optional<std::string> failure);
  std::optional<Request> TakeRequestOf(CheckpointId id);
  void OnSavepointStored(CheckpointId id);
  void OnSavepointFailed(CheckpointId id, CheckpointKind kind, CheckpointInput why);
  void DiscardSavepoint(CheckpointId id);
  // Those that are no savepoints.
  size_t CheckpointsPending() const;
  // Whether what is pending must end before anything is triggered: a barrier that overtakes would
  // overtake that of a savepoint.
  bool IsExclusive() const;
  // Savepoints that have waited for that.
  void TriggerWaiting();
  void Begin(CheckpointId id, const std::optional<Request>& request, const CheckpointPlan& plan);
  // Periodic checkpoints come again when what held them has failed.
  void Resume(const Request& request);
  std::string ShowSavepoints() const;
  CompletedCheckpoint CompletedOf(const PendingCheckpoint& pending) const;
  // How long the pause after the last completion still lasts.
  sim::Duration PauseLeft() const;
  void TriggerNow();
  // What comes before the part of the tasks is done.
  void TriggerTasks(CheckpointId id);
  // After a failure: what is due, or the final one, comes again.
  void TriggerAgain();
  // Counts, and asks for a failover when there are too many.
  void OnFailure(CheckpointId id, std::string_view why);
  void Abort(Pending::iterator pending, CheckpointInput why);
  void GiveUp(Pending::iterator pending, CheckpointInput why);
  void Complete(Pending::iterator pending);
  void StoreNext();
  void Announce(const PendingCheckpoint& pending, bool is_final);
  void DiscardLate(CheckpointId id, const ExecutionAttemptId& task);
  void CleanUp();
  void StartTimer(Kind kind, sim::Duration after, CheckpointId id = {});
  void CancelTimer(Kind kind, CheckpointId id = {});

  template <typename Effect>
  void Emit(Effect effect) {
    effects_.emplace_back(std::move(effect));
  }

  Options options_;
  Moment moment_;
  std::vector<CoordinatorEffect> effects_;

  bool running_ = false;
  uint64_t last_ticket_ = 0;
  CheckpointId last_id_;             // that was given out, as far as it is known here
  std::optional<uint64_t> drawing_;  // the ticket of the id that is being drawn
  std::vector<Request> requests_;    // of savepoints, that wait
  std::optional<Request> drawing_for_;
  std::map<CheckpointId, Request> taking_;  // that are pending
  // All that this coordinator has begun; whether they are complete. Those files are the user's.
  std::map<CheckpointId, bool> savepoints_;
  bool ends_ = false;           // a savepoint that held the others is complete
  bool overdue_ = false;        // a trigger came while another one was in progress
  bool after_restore_ = false;  // and none was stored since
  uint32_t failures_in_a_row_ = 0;
  std::optional<sim::SimTime> last_completion_;
  sim::WallTime last_completion_wall_{};

  Pending pending_;
  // The tasks that are to be triggered, of those that wait for coordinators.
  std::map<CheckpointId, std::vector<ExecutionAttemptId>> untriggered_;
  std::optional<CheckpointId> storing_;
  std::optional<CheckpointId> final_;  // stored in this attempt: nothing can follow

  std::set<CheckpointId> stored_;
  std::optional<CompletedCheckpoint> latest_;

  bool cleaning_ = false;
  bool clean_up_due_ = false;
  std::set<CheckpointId> discards_;
  std::set<CheckpointId> discarded_savepoints_;
  std::set<std::pair<CheckpointId, ExecutionAttemptId>> late_snapshots_;
};

}  // namespace flinch::engine
