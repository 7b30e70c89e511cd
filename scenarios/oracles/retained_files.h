// What the store points to can be restored from: every file of every retained checkpoint is there,
// whole; and nothing else is left behind.
//
// Promise: after each clean-up (checkpoint.subsumed), at each restore (job.restored) and at the
//          end every file of each checkpoint in the store exists, has the size that the metadata
//          says, and ends with the right checksum. When the job finished, no file lies there that
//          belongs to no checkpoint of the store.
// Cost:    the bytes of the retained checkpoints, per clean-up.
// Silent:  when nobody can look at the volume; once the shared volume lied about a sync, let bits
//          rot, wrote to the wrong place or listed late (fault.disk): then files break or hide
//          without the engine's doing. Outages, errors and slowness excuse nothing. About left
//          files, when the JobManager died: what it was about to delete it has forgotten, as
//          Flink's has; about those of a checkpoint that was never stored and of which a
//          TaskManager took a snapshot that died or was given up later: it may write behind the
//          clean-up, and nobody hears of it; and about those of a checkpoint that was subsumed,
//          aborted or written to less than kDeletion before the end, or whose successor was stored
//          since and which is not yet subsumed: deleting takes time, and the final checkpoint ends
//          the job.
// Keeps:   the ids of which each TaskManager took snapshots, but for those that were stored.
// Source:  the contract of Flink's CompletedCheckpointStore.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class RetainedFiles final : public Oracle {
 public:
  static constexpr std::string_view kName = "retained_files";
  static constexpr std::string_view kPromise =
      "Every file of every checkpoint in the store exists and is whole; none is left behind but by "
      "who died.";

  static constexpr sim::Duration kDeletion = std::chrono::seconds(2);

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override { outside_ = subject.outside; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  // Nothing: at the end.
  void CheckAll(const sim::TraceEvent* event);
  void NoteGone(const sim::TraceEvent& event);
  void NoteTouched(const sim::TraceEvent& event);
  void NoteShared(sim::SimTime now);
  bool MayLie(int64_t id, sim::SimTime end) const;

  const Outside* outside_ = nullptr;
  bool volume_is_damaged_ = false;
  bool master_died_ = false;
  uint32_t leaders_ = 0;  // that were granted
  // By id: when something last happened to its files. The newest few.
  std::map<std::string, sim::SimTime> unheld_;  // shared files that nobody holds: since when
  std::map<int64_t, sim::SimTime> touched_;
  std::map<std::string, std::set<int64_t>, std::less<>> snapshots_;  // by TaskManager
  std::set<std::string, std::less<>> adrift_;                        // given up, and not back yet
  std::set<int64_t> may_lie_;  // ids whose files nobody is left to remove
  int64_t floor_ = 0;          // ids up to it are of runs before the job was resumed
  int64_t last_subsumed_ = 0;
  int64_t last_stored_ = 0;
  sim::SimTime stored_at_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
