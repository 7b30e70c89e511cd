// What the store points to can be restored from: every file of every retained checkpoint is there,
// whole; and nothing else is left behind.
//
// Promise: after each clean-up (checkpoint.subsumed), at each restore (job.restored) and at the
//          end every file of each checkpoint in the store exists, has the size that the metadata
//          says, and ends with the right checksum. When the job finished, no file lies there that
//          belongs to no checkpoint of the store.
// Cost:    the bytes of the retained checkpoints, per clean-up.
// Silent:  when nobody can look at the volume; from the first fault of the shared volume on
//          (fault.disk): then files may break without the engine's doing. About left files, when a
//          process died or a TaskManager was given up: who is dead or cut off cannot clean up; and
//          when a checkpoint was aborted: a task that is late writes behind the clean-up. That gap
//          is known; Flink has it too, where the late acknowledgement is lost. Nor about files of a
//          checkpoint that was subsumed less than kDeletion before the end, or whose successor was
//          stored since, and which is not yet subsumed: deleting takes time, and the final
//          checkpoint ends the job.
// Source:  the contract of Flink's CompletedCheckpointStore.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class RetainedFiles final : public Oracle {
 public:
  static constexpr std::string_view kName = "retained_files";
  static constexpr std::string_view kPromise =
      "Every file of every checkpoint in the store exists and is whole; in a run without crashes "
      "and aborts none is left behind.";

  static constexpr sim::Duration kDeletion = std::chrono::seconds(2);

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override { outside_ = subject.outside; }

  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  // Nothing: at the end.
  void CheckAll(const sim::TraceEvent* event);
  // Its files are about to be deleted.
  bool MayLie(int64_t id, sim::SimTime end) const;

  const Outside* outside_ = nullptr;
  bool volume_is_faulty_ = false;
  bool may_leak_ = false;
  std::map<int64_t, sim::SimTime> subsumed_;  // by id; the newest few
  int64_t last_subsumed_ = 0;
  int64_t last_stored_ = 0;
  sim::SimTime stored_at_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
