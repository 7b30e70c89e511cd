// The course of a run as its summary tells it: why each checkpoint failed and for whom it waited,
// why each restart came, who led, and why the job ended as it did.
//
// Shape: observes a run. A restart's cause is the first one that was told, the reason with which
//        the job left RUNNING; what breaks while the job is taken down is a consequence and not
//        told. Where that is a connection at its end, the cause is what befell the other side of
//        it, and the connection stands behind. Keeps the steps of pending checkpoints only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reports/run_summary.h"
#include "scenarios/stage/checkpoint_rows.h"
#include "sim/recording/recording.h"

namespace flinch::scenarios {

class Course final : public sim::TraceObserver {
 public:
  void OnEvent(const sim::TraceEvent& event) override;

  // Adds what was seen to the summary: its checkpoints, restarts and the job's end.
  void Fill(reports::RunSummary& summary) const;

 private:
  // How far a subtask is with a checkpoint, in its order.
  enum class Step : uint8_t { kNothing, kAligning, kAligned, kSnapshot, kUploaded, kAcknowledged };

  struct Pending {
    std::map<std::string, Step, std::less<>> steps;   // by subtask
    std::set<std::string, std::less<>> acknowledged;  // at the coordinator
  };

  struct Trouble {
    sim::SimTime at;
    std::string what;
  };

  void OnCheckpoint(const sim::TraceEvent& event);
  void OnAborted(const sim::TraceEvent& event, int64_t id);
  void OnJobStatus(const sim::TraceEvent& event);
  void OnGranted(const sim::TraceEvent& event);
  // Of the leader that is known, unless it has ended.
  void EndLeader(std::string_view process, sim::SimTime at, std::string_view how);
  void OnTaskFailed(const sim::TraceEvent& event);
  // What befell the producer that the reason names, if one is; then of that one's, and so on.
  const Trouble* RootOf(std::string_view reason) const;
  // Of the restart or the end that is under way.
  Trouble Cause() const;
  static std::string_view Doing(Step step);

  // Of the running attempt: its subtasks with their TaskManagers, and what befell either.
  std::map<std::string, std::string, std::less<>> subtasks_;
  std::map<std::string, Trouble, std::less<>> troubles_;
  std::map<int64_t, Pending> pending_;
  CheckpointRows rows_;
  std::vector<reports::CheckpointFailure> failures_;
  std::vector<reports::Restart> restarts_;
  std::vector<reports::Leader> leaders_;
  std::string cause_;  // as it was told
  sim::SimTime cause_at_{};
  bool has_started_ = false;
  std::string status_;
};

}  // namespace flinch::scenarios
