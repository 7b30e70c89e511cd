// A CoordinatorCore with obedient surroundings: ids are drawn, checkpoints stored and files removed
// at once, unless a test holds them back. What came of it is written down.
//
// Two tasks: kSource hears of checkpoints from the coordinator, kSink does not.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/checkpoint/coordinator_core.h"

namespace flinch::engine {

inline constexpr ExecutionAttemptId kSource{VertexId(0), SubtaskIndex(0), AttemptNumber(1)};
inline constexpr ExecutionAttemptId kSink{VertexId(1), SubtaskIndex(0), AttemptNumber(1)};

class Coordinator {
 public:
  using Ids = std::vector<uint64_t>;

  struct Aborted {
    uint64_t id = 0;
    std::string reason;

    friend bool operator==(const Aborted&, const Aborted&) = default;
  };

  struct Notified {
    uint64_t id = 0;
    std::vector<ExecutionAttemptId> tasks;

    friend bool operator==(const Notified&, const Notified&) = default;
  };

  // All tasks run; nothing is triggered before Start.
  explicit Coordinator(const CheckpointOptions& options);

  // The first checkpoint comes at once.
  void Start();
  void Stop();
  void Pass(Duration span);

  void SetRunning(bool all_running) { moment_.all_running = all_running; }

  void Acknowledge(uint64_t id, const ExecutionAttemptId& task);
  void AcknowledgeAll(uint64_t id);
  void Decline(uint64_t id);
  // Returns the number of the request.
  uint64_t AskForSavepoint(CheckpointKind kind = CheckpointKind::kSavepoint);
  void FailTrigger(uint64_t id);
  // A timer that was cancelled or replaced, and had fired already.
  void FireStale(const CoordinatorTimer& timer);

  // From now on ids and stores wait for an answer.
  void HoldIds() { holds_ids_ = true; }

  void HoldStores() { holds_stores_ = true; }

  void AnswerId(bool drawn = true);
  void AnswerStore(bool stored);

  // In their order.
  const Ids& triggered() const { return triggered_; }

  const std::vector<Aborted>& aborted() const { return aborted_; }

  const std::vector<Notified>& notified() const { return notified_; }

  const std::vector<std::string>& job_failures() const { return job_failures_; }

  // Whose whole directory was to be removed, once for each time.
  const Ids& discarded() const { return discarded_; }

  // Single snapshots likewise.
  const std::vector<std::pair<uint64_t, ExecutionAttemptId>>& discarded_snapshots() const {
    return discarded_snapshots_;
  }

  // Of a request that has an answer: "5", or why it failed; else "".
  std::string AnswerOf(uint64_t request) const {
    const auto found = answers_.find(request);
    return found == answers_.end() ? "" : found->second;
  }

  // Savepoints whose directory was to be removed.
  const Ids& discarded_savepoints() const { return discarded_savepoints_; }

  // What the store keeps.
  const Ids& stored() const { return stored_; }

  // Triggered, and neither given up nor announced.
  Ids pending() const;
  Ids completed() const;

  // Asked for and not answered.
  size_t ids_asked() const { return tickets_.size(); }

  const std::vector<CheckpointId>& stores_asked() const { return stores_; }

  bool HasTimer(CoordinatorTimer::Kind kind, uint64_t id = 0) const {
    return timers_.contains({.kind = kind, .id = CheckpointId(id)});
  }

 private:
  void Feed(CoordinatorInput input);
  void Perform(const coordinator_effect::DrawId& draw);
  void Perform(const coordinator_effect::SnapshotCoordinators& snapshot);
  void Perform(const coordinator_effect::Trigger& trigger);
  void Perform(const coordinator_effect::Count& count);
  void Perform(const coordinator_effect::Complete& complete);
  void Perform(const coordinator_effect::Store& store);
  void Perform(const coordinator_effect::Stored& stored);
  void Perform(const coordinator_effect::NotifyComplete& notify);
  void Perform(const coordinator_effect::SavepointEnded& ended);
  void Perform(const coordinator_effect::Abort& abort);
  void Perform(const coordinator_effect::NotifyAborted& notify);
  void Perform(const coordinator_effect::CleanUp& clean);
  void Perform(const coordinator_effect::FailJob& fail);
  void Perform(const coordinator_effect::StartTimer& start);
  void Perform(const coordinator_effect::CancelTimer& cancel);

  CoordinatorCore core_;
  size_t retained_;
  CoordinatorCore::Moment moment_{.now = sim::kEpoch, .all_running = true};
  std::deque<CoordinatorInput> inputs_;
  std::map<CoordinatorTimer, sim::SimTime> timers_;
  bool holds_ids_ = false;
  bool holds_stores_ = false;
  uint64_t last_id_ = 0;
  std::deque<uint64_t> tickets_;
  std::vector<CheckpointId> stores_;
  Ids triggered_;
  std::vector<Aborted> aborted_;
  std::vector<Notified> notified_;
  std::vector<std::string> job_failures_;
  Ids discarded_;
  std::vector<std::pair<uint64_t, ExecutionAttemptId>> discarded_snapshots_;
  Ids stored_;
  uint64_t last_request_ = 0;
  std::map<uint64_t, std::string> answers_;
  Ids discarded_savepoints_;
  std::set<uint64_t> beside_the_store_;  // savepoints after which the job goes on
};

}  // namespace flinch::engine
