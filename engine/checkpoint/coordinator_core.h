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

using CoordinatorInput =
    std::variant<coordinator_input::Recovered, coordinator_input::Start, coordinator_input::Stop,
                 coordinator_input::EndOfInput, coordinator_input::IdDrawn,
                 coordinator_input::CoordinatorsReady, coordinator_input::Acknowledge,
                 coordinator_input::Decline, coordinator_input::Leftovers,
                 coordinator_input::TriggerFailed, coordinator_input::StoreEnded,
                 coordinator_input::CleanedUp, coordinator_input::TimerFired>;

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
    coordinator_effect::Abort, coordinator_effect::NotifyAborted, coordinator_effect::CleanUp,
    coordinator_effect::FailJob, coordinator_effect::StartTimer, coordinator_effect::CancelTimer>;

class CoordinatorCore {
 public:
  struct Options {
    CheckpointOptions checkpoint;
    Defects defects;
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
  void On(const coordinator_input::IdDrawn& drawn);
  void On(const coordinator_input::CoordinatorsReady& ready);
  void On(const coordinator_input::Acknowledge& ack);
  void On(const coordinator_input::Decline& decline);
  void On(const coordinator_input::Leftovers& leftovers);
  void On(const coordinator_input::TriggerFailed& failed);
  void On(const coordinator_input::StoreEnded& ended);
  void On(const coordinator_input::CleanedUp& cleaned);
  void On(const coordinator_input::TimerFired& fired);

  bool MayTrigger() const;
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
  bool overdue_ = false;             // a trigger came while another one was in progress
  bool after_restore_ = false;       // and none was stored since
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
  std::set<std::pair<CheckpointId, ExecutionAttemptId>> late_snapshots_;
};

}  // namespace flinch::engine
